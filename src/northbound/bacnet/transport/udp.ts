import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { ListenAddress } from '../../../lib/schema.ts'
import type { IpAddress } from '../wire/bvlc.ts'
import type { DatagramPort, Received } from './datagram-port.ts'
import { Interfaces } from './interfaces.ts'

export interface UdpParts {
  readonly listen: ListenAddress
  readonly clock: Clock
  readonly log: Log
  readonly received: Received
}

const ANY = '0.0.0.0'
const LIMITED_BROADCAST = '255.255.255.255'
const BUFFER_BYTES = 4 * 1024 * 1024

/**
 * BACnet/IP's sockets. Bound to one address, Linux delivers no broadcasts to it: further sockets on the broadcast
 * addresses hear them, and everything is sent from the first.
 */
export class UdpPort implements DatagramPort {
  readonly #parts: UdpParts
  readonly #sockets: Socket[] = []
  #interfaces: Interfaces
  #port: number

  constructor(parts: UdpParts) {
    this.#parts = parts
    this.#port = parts.listen.port
    this.#interfaces = new Interfaces(parts.clock, undefined)
  }

  async start(): Promise<string> {
    const { host } = this.#parts.listen
    const main = await this.#bind(host, this.#port, false)
    this.#port = main.address().port
    if (host !== ANY) this.#interfaces = new Interfaces(this.#parts.clock, main.address().address)
    main.setBroadcast(true)
    const bound = `${host}:${this.#port}`
    if (host === ANY) return bound
    for (const address of [...this.#interfaces.broadcasts(), LIMITED_BROADCAST]) {
      try {
        await this.#bind(address, this.#port, true)
      } catch (error) {
        this.#parts.log.debug({ address, error: String(error) }, 'bacnet: no broadcasts to this address')
      }
    }
    return bound
  }

  stop(): Promise<void> {
    const closing = this.#sockets
      .splice(0)
      .map((socket) => new Promise<void>((resolve) => socket.close(() => resolve())))
    return Promise.all(closing).then(() => {})
  }

  send(datagram: Uint8Array, to: IpAddress): void {
    // What can't be sent (no route, a full buffer) is lost, as any datagram may be: the client asks again.
    // Port 0 can be a sender's, but nobody's to send to: the socket would throw.
    if (to.port !== 0) this.#sockets[0]?.send(datagram, to.port, to.address)
  }

  /** To all on the subnets, or on the one that is listened on. Loopback has no broadcast. */
  broadcast(datagram: Uint8Array): void {
    for (const address of this.#interfaces.broadcasts()) this.send(datagram, { address, port: this.#port })
  }

  isOwn({ address, port }: IpAddress): boolean {
    return port === this.#port && this.#interfaces.has(address)
  }

  isEverybody(address: string): boolean {
    return this.#interfaces.broadcasts().includes(address)
  }

  own(): IpAddress | undefined {
    const address = this.#interfaces.only()
    return address === undefined ? undefined : { address, port: this.#port }
  }

  /** Broadcast addresses are shared with other BACnet programs of this machine; its own address is not. */
  #bind(address: string, port: number, shared: boolean): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', lookup: addressItself, reuseAddr: shared })
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind({ address, port, exclusive: !shared }, () => {
        socket.removeAllListeners('error')
        socket.on('error', (error) => this.#parts.log.debug({ error: error.message }, 'bacnet: not sent'))
        socket.on('message', (datagram, from) => {
          // A broadcast comes back to whoever sent it, and one to 255.255.255.255 is heard from every card.
          if (this.isOwn(from) || (shared && this.#interfaces.isElsewhere(from.address))) return
          this.#parts.received(datagram, { address: from.address, port: from.port }, shared)
        })
        this.#enlarge(socket)
        this.#sockets.push(socket)
        resolve(socket)
      })
    })
  }

  /** A Who-Is wave of a large site comes all at once. */
  #enlarge(socket: Socket): void {
    try {
      socket.setRecvBufferSize(BUFFER_BYTES)
      socket.setSendBufferSize(BUFFER_BYTES)
    } catch (error) {
      this.#parts.log.debug({ error: String(error) }, 'bacnet: the system keeps its socket buffers')
    }
  }
}

/** Only addresses are ever sent to: there is nothing to look up, and no turn of the event loop to wait for. */
function addressItself(
  address: string,
  _options: unknown,
  found: (error: null, address: string, family: number) => void,
): void {
  found(null, address, 4)
}
