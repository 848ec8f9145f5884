import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import type { Peer } from '../peer.ts'
import { FrameReader } from '../wire/mbap.ts'
import { Connection, type Framing, type Handle } from './connection.ts'
import { Turns } from './turns.ts'

export interface TcpSettings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly maxConnections: number
  /** Milliseconds without a request after which a connection is closed; 0: never. */
  readonly idleTimeout: number
}

/** Whether an address may be connected at all, as the config says now. */
export type Admits = (peer: string) => boolean
/** What one kind of listener has of its own. */
export interface Listening {
  /** Its key in the config, and what stands before its address. */
  readonly key: string
  readonly prefix: string
  /** A listener whose sockets, once they may ask something, are given to `accept`. */
  readonly open: (options: ServerOpts, accept: (socket: Socket, peer: Peer) => void) => Server
  readonly framing: () => Framing
}

/** Modbus TCP as everybody speaks it. */
export const plain: Listening = { key: 'modbus.tcp', prefix: '', open: openPlain, framing: () => new FrameReader() }

/** Sockets of whom no more is known than an address. */
export function openPlain(options: ServerOpts, accept: (socket: Socket, peer: Peer) => void): Server {
  return createServer(options, (socket) => accept(socket, addressOf(socket)))
}

function addressOf(socket: Socket): Peer {
  return { kind: 'address', name: socket.remoteAddress ?? '' }
}

/** How often connections are looked after. */
const SWEEP_MS = 1_000
const KEEP_ALIVE_MS = 30_000
/** When all places are taken, one that was silent for longer gives way to a newcomer. */
const EVICT_AFTER_MS = 10_000

/** The TCP side: who may stay connected and for how long. What is asked is the handler's business. */
export class TcpServer {
  readonly #settings: TcpSettings
  readonly #handle: Handle
  readonly #clock: Clock
  readonly #log: Log
  readonly #kind: Listening
  readonly #admits: Admits
  readonly #throttle: Throttle
  readonly #turns = new Turns()
  readonly #connections = new Set<Connection>()
  #server: Server | undefined
  #cancelSweep: Cancel | undefined

  constructor(
    settings: TcpSettings,
    handle: Handle,
    clock: Clock,
    log: Log,
    kind: Listening = plain,
    admits: Admits = () => true,
  ) {
    this.#settings = settings
    this.#handle = handle
    this.#clock = clock
    this.#log = log
    this.#kind = kind
    this.#admits = admits
    this.#throttle = new Throttle(clock)
  }

  /** Resolves with `address:port` once it listens; rejects with one clear sentence when it can't. */
  start(): Promise<string> {
    const { host, port } = this.#settings.listen
    const { key, prefix } = this.#kind
    // Half open: a peer that asks and ends its side at once still gets its answers.
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    const server = this.#kind.open(options, (socket, peer) => this.#accept(socket, peer))
    this.#server = server
    this.#sweepLater()
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(key, host, port, cause)))
      server.listen(port, host, () => {
        server.removeAllListeners('error')
        // Out of file descriptors, say: the listener lives on, and the next connection may have more luck.
        server.on('error', (error) => this.#log.error({ error }, 'modbus: a connection could not be accepted'))
        const { port: bound } = server.address() as AddressInfo
        resolve(`${prefix}${host.includes(':') ? `[${host}]` : host}:${bound}`)
      })
    })
  }

  stop(): Promise<void> {
    this.#cancelSweep?.()
    const server = this.#server
    this.#server = undefined
    for (const connection of this.#connections) connection.close()
    return new Promise((resolve) => {
      if (server === undefined) resolve()
      else server.close(() => resolve())
    })
  }

  #accept(socket: Socket, peer: Peer): void {
    const { name } = peer
    if (name !== '' && !this.#admits(name)) {
      socket.on('error', () => {})
      socket.destroy()
      this.#warn('kept out', { peer: name }, `modbus: ${name} was not let in: it is in none of modbus.allow`)
      return
    }
    if (name === '' || this.#server === undefined || !this.#hasRoom()) {
      socket.on('error', () => {})
      socket.destroy()
      const { key } = this.#kind
      if (name !== '')
        this.#warn('refused', { peer: name }, `modbus: all connections are in use (${key}.maxConnections): refused`)
      return
    }
    const connection: Connection = new Connection(socket, peer, {
      turns: this.#turns,
      framing: this.#kind.framing(),
      handle: this.#handle,
      clock: this.#clock,
      log: this.#log,
      broken: (reason) =>
        this.#warn('broken', { peer: name, reason }, 'modbus: not a Modbus TCP frame: connection closed'),
      closed: () => void this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }

  #hasRoom(): boolean {
    if (this.#connections.size < this.#settings.maxConnections) return true
    let longest: Connection | undefined
    for (const each of this.#connections) if (longest === undefined || each.activeAt < longest.activeAt) longest = each
    if (longest === undefined || this.#clock.now() - longest.activeAt <= EVICT_AFTER_MS) return false
    this.#warn('evicted', { peer: longest.peer.name }, 'modbus: the longest idle connection gave way to a new one')
    longest.close()
    return true
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      const now = this.#clock.now()
      for (const connection of this.#connections) {
        const reason = this.#admits(connection.peer.name)
          ? connection.overdue(now, this.#settings.idleTimeout)
          : 'in none of modbus.allow'
        if (reason === undefined) continue
        this.#log.info({ peer: connection.peer.name, reason }, 'modbus: connection closed')
        connection.close()
      }
      this.#sweepLater()
    })
  }

  /** What peers can cause as often as they like is logged once in a while. */
  #warn(kind: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const missed = this.#throttle.pass(kind)
    if (missed !== undefined) this.#log.warn(missed === 0 ? fields : { ...fields, missed }, message)
  }
}

function listenError(key: string, host: string, port: number, cause: NodeJS.ErrnoException): Error {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is already in use',
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE',
    EADDRNOTAVAIL: 'this machine has no such address',
  }
  return new Error(`${key}.listen ${host}:${port}: ${why[cause.code ?? ''] ?? cause.message}`, { cause })
}
