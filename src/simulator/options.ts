import type { Clock } from '../lib/clock.ts'
import type { Quirks } from './quirks.ts'
import type { ChargerSocket, DialHabits, SocketHandlers } from './transport/socket.ts'

/** What a charge point knows of the OCPP 1.6 security extension; one without it answers NotImplemented to its calls. */
interface SecurityOptions {
  /** The profile that it begins with; 0 is plain websockets without a password. */
  readonly profile?: number
  /** Where it goes when its SecurityProfile is raised to one of these. */
  readonly urls?: Readonly<Record<number, string>>
  /** PEM: roots that it trusts from the factory on. */
  readonly roots?: readonly string[]
  /** PEM: its own certificate. */
  readonly certificate?: string
  /** What SignCertificate carries, in PEM. */
  readonly csr?: string
}

export interface ChargePointOptions {
  readonly id: string
  readonly connectors: number
  /** Rating of each connector. */
  readonly maxAmps: number
  readonly phases: 1 | 2 | 3
  readonly clock: Clock
  /** Numbers in [0, 1); the same numbers give the same run. */
  readonly random: () => number
  readonly connect: (handlers: SocketHandlers, habits: DialHabits) => ChargerSocket
  /** Seconds between meter values. */
  readonly meterInterval: number
  /** Configuration keys that differ from the factory's; null: it doesn't have that one. */
  readonly keys?: Readonly<Record<string, string | null>>
  readonly security?: SecurityOptions
  readonly quirks?: Quirks
  /** Told of each answer to its BootNotification, and when it asks again if it has to. */
  readonly registered?: (status: string, retrySeconds: number) => void
  /** What is wrong with a payload by a schema such as `ResetRequest`; without it, whatever comes is believed. */
  readonly violation?: (schema: string, payload: unknown) => string | undefined
}
