import { createServer, type Server, type Socket } from 'node:net'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import { Connection, type Handle } from './connection.ts'

export interface TcpSettings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly maxConnections: number
  /** Milliseconds without a request after which a connection is closed; 0: never. */
  readonly idleTimeout: number
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
  readonly #throttle: Throttle
  readonly #connections = new Set<Connection>()
  #server: Server | undefined
  #cancelSweep: Cancel | undefined

  constructor(settings: TcpSettings, handle: Handle, clock: Clock, log: Log) {
    this.#settings = settings
    this.#handle = handle
    this.#clock = clock
    this.#log = log
    this.#throttle = new Throttle(clock)
  }

  /** Resolves with `address:port` once it listens; rejects with one clear sentence when it can't. */
  start(): Promise<string> {
    const { host, port } = this.#settings.listen
    // Half open: a peer that asks and ends its side at once still gets its answers.
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }
    const server = createServer(options, (socket) => this.#accept(socket))
    this.#server = server
    this.#sweepLater()
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, cause)))
      server.listen(port, host, () => {
        server.removeAllListeners('error')
        // Out of file descriptors, say: the listener lives on, and the next connection may have more luck.
        server.on('error', (error) => this.#log.error({ error }, 'modbus: a connection could not be accepted'))
        const address = server.address()
        const bound = typeof address === 'object' && address !== null ? address.port : port
        resolve(host.includes(':') ? `[${host}]:${bound}` : `${host}:${bound}`)
      })
    })
  }

  stop(): Promise<void> {
    this.#cancelSweep?.()
    const server = this.#server
    this.#server = undefined
    for (const connection of this.#connections) connection.close()
    return new Promise((resolve) => {
      if (server?.listening) server.close(() => resolve())
      else resolve()
    })
  }

  #accept(socket: Socket): void {
    const peer = socket.remoteAddress
    if (peer === undefined || this.#server === undefined || !this.#hasRoom()) {
      socket.on('error', () => {})
      socket.destroy()
      if (peer !== undefined) {
        this.#warn('refused', { peer }, 'modbus: all connections are in use (modbus.tcp.maxConnections): refused')
      }
      return
    }
    const connection: Connection = new Connection(socket, peer, {
      handle: this.#handle,
      clock: this.#clock,
      log: this.#log,
      broken: (reason) => this.#warn('broken', { peer, reason }, 'modbus: not a Modbus TCP frame: connection closed'),
      closed: () => void this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }

  #hasRoom(): boolean {
    if (this.#connections.size < this.#settings.maxConnections) return true
    let longest: Connection | undefined
    for (const each of this.#connections) if (longest === undefined || each.activeAt < longest.activeAt) longest = each
    if (longest === undefined || this.#clock.now() - longest.activeAt <= EVICT_AFTER_MS) return false
    this.#warn('evicted', { peer: longest.peer }, 'modbus: the longest idle connection gave way to a new one')
    longest.close()
    return true
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      const now = this.#clock.now()
      for (const connection of this.#connections) {
        const reason = connection.overdue(now, this.#settings.idleTimeout)
        if (reason === undefined) continue
        this.#log.info({ peer: connection.peer, reason }, 'modbus: connection closed')
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

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): Error {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is already in use',
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE',
    EADDRNOTAVAIL: 'this machine has no such address',
  }
  return new Error(`modbus.tcp.listen ${host}:${port}: ${why[cause.code ?? ''] ?? cause.message}`, { cause })
}
