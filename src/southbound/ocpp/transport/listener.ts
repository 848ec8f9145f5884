import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from 'node:tls'
import type { Log } from '../../../lib/log.ts'
import type { ListenAddress } from '../../../lib/schema.ts'
import type { Lobby, Visit } from './lobby.ts'
import { mendRequest } from './mend.ts'
import { notFoundPage } from './page.ts'

export interface ListenerParts {
  readonly listen: ListenAddress
  /** Undefined: without TLS. */
  readonly secure: SecureContextOptions | undefined
  readonly lobby: Lobby
  readonly log: Log
  readonly upgraded: (request: IncomingMessage, socket: Duplex, head: Buffer, visit: Visit) => void
  /** Somebody got no further than TLS. */
  readonly tlsFailed: (address: string, detail: string) => void
}

const MAX_SOCKETS = 10_000
const HANDSHAKE_TIMEOUT_MS = 15_000
const TLS_HANDSHAKE = 0x16

/** One port, ws:// or wss://: from the socket to the request for an upgrade. */
export class Listener {
  readonly #parts: ListenerParts
  /** Only reads requests; the sockets come from `#server`. */
  readonly #http = createHttpServer()
  readonly #server: Server
  readonly #tls: TlsServer | undefined
  readonly #sockets = new Set<Socket>()
  /** By remote port and address: TLS hides the socket that came in. */
  readonly #visits = new Map<string, Visit>()

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#tls = parts.secure && this.#secureServer(parts.secure)
    this.#server = this.#tls ?? createServer((socket) => this.#read(socket))
    this.#server.on('connection', (socket: Socket) => this.#arrived(socket))
    this.#http.on('request', (request, response) => {
      const html = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', connection: 'close' }
      response.writeHead(404, html)
      const scheme = this.#tls === undefined ? 'ws' : 'wss'
      const host = request.headers.host ?? `this-host:${this.port}`
      response.end(request.method === 'HEAD' ? '' : notFoundPage(scheme, host))
    })
    this.#http.on('upgrade', (request, socket, head) => {
      const visit = this.#visits.get(nameOf(request.socket))
      if (visit === undefined) socket.destroy()
      else parts.upgraded(request, socket, head, visit)
    })
    this.#http.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
      if (error.rawPacket?.[0] === TLS_HANDSHAKE && this.#tls === undefined)
        parts.tlsFailed((socket as Socket).remoteAddress ?? '', 'it came by wss:// to the port of ws://')
      socket.destroy()
    })
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | null
    return address?.port ?? this.#parts.listen.port
  }

  start(): Promise<void> {
    const { host, port } = this.#parts.listen
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        this.#server.on('error', (error) => this.#parts.log.error({ error: error.message }, 'chargers: server'))
        resolve()
      })
    })
  }

  /** New connections get these certificates; those that are open keep theirs. */
  secure(options: SecureContextOptions): void {
    this.#tls?.setSecureContext(options)
  }

  /** Resolves when every socket is gone; those that don't go by themselves are cut. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy()
      }, 500)
      this.#server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      for (const socket of this.#sockets) if (this.#visits.has(nameOf(socket))) socket.destroy()
    })
  }

  #secureServer(secure: SecureContextOptions): TlsServer {
    const server = createTlsServer({
      ...secure,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Whose certificate counts is the security profile's affair: chargers without one connect as well.
      requestCert: secure.ca !== undefined,
      rejectUnauthorized: false,
    })
    server.on('secureConnection', (socket) => this.#read(socket))
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // Whoever hangs up has not failed.
      if (error.code !== 'ECONNRESET') this.#parts.tlsFailed(socket.remoteAddress ?? '', tlsDetail(error))
      socket.destroy()
    })
    return server
  }

  #arrived(socket: Socket): void {
    socket.on('error', () => {})
    const address = socket.remoteAddress
    if (address === undefined || this.#sockets.size >= MAX_SOCKETS) {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    const name = nameOf(socket)
    const visit = this.#parts.lobby.enter(address, () => socket.destroy())
    const leave = (): void => {
      visit.leave()
      this.#visits.delete(name)
    }
    this.#sockets.add(socket)
    this.#visits.set(name, { stay: visit.stay, leave })
    socket.once('close', () => {
      this.#sockets.delete(socket)
      leave()
    })
  }

  #read(socket: Socket): void {
    socket.on('error', () => {})
    mendRequest(socket, () => this.#http.emit('connection', socket))
  }
}

function nameOf(socket: Socket): string {
  return `${socket.remotePort} ${socket.remoteAddress}`
}

function tlsDetail(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ERR_SSL_HTTP_REQUEST':
      return 'it came by ws:// to the port of wss://'
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
      return 'its TLS is older than ocpp.tls.minVersion'
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSL/TLS_ALERT_UNKNOWN_CA':
      return "it doesn't trust who signed the bridge's certificate: give the charger that root"
    default:
      return `TLS failed: ${error.code ?? error.message}`
  }
}
