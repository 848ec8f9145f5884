import type { IpAddress } from '../wire/bvlc.ts'

/** Where datagrams come from and go to. */
export interface DatagramPort {
  /** Resolves with `address:port` once it hears. */
  start(): Promise<string>
  stop(): Promise<void>
  send(datagram: Uint8Array, to: IpAddress): void
  broadcast(datagram: Uint8Array): void
  /** Whether that is this port itself. What it sends to everybody and hears again it drops. */
  isOwn(station: IpAddress): boolean
  /** Whether what is sent there goes to everybody on a subnet of this machine. */
  isEverybody(address: string): boolean
  /** This port as others see it, where there is one such address. */
  own(): IpAddress | undefined
}

/** Takes what was heard; `toAll`: it is known to have been sent to everybody. */
export type Received = (datagram: Uint8Array, from: IpAddress, toAll?: boolean) => void

export type OpenPort = (received: Received) => DatagramPort
