import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Charger } from '../../../core/charger/charger.ts'
import type { ChargerDoor } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { ListenAddress } from '../../../lib/schema.ts'
import { authenticates } from './basic-auth.ts'
import { identifierOf } from './identifier.ts'
import { notFoundPage } from './page.ts'

/** What a socket carries to whoever converses over it. */
interface Talk {
  receive(text: string): void
  closed(): void
}

export interface ServerParts {
  readonly listen: ListenAddress
  readonly requireSubprotocol: boolean
  /** Milliseconds; 0: never. */
  readonly pingInterval: number
  readonly silenceTimeout: number
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
  readonly converse: (charger: Charger, send: (text: string) => void, close: (reason: string) => void) => Talk
}

/** Of what a charger offers, what is spoken here. */
const SUBPROTOCOL = 'ocpp1.6'
/** The largest message that real chargers send (all configuration keys) is below 100 kB. */
const MAX_MESSAGE_BYTES = 1_000_000
const MAX_SOCKETS = 10_000
/** What a peer that doesn't read may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 4_000_000

/** The only place that knows of websockets: from the upgrade to texts in and out. */
export class ChargerServer {
  readonly #parts: ServerParts
  readonly #http: Server
  readonly #upgrade: WebSocketServer
  readonly #sockets = new Set<Duplex>()

  constructor(parts: ServerParts) {
    this.#parts = parts
    this.#upgrade = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
    this.#http = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? '' : notFoundPage(request.headers.host ?? `this-host:${this.port}`))
    })
    this.#http.on('upgrade', (request, socket, head) => this.#upgraded(request, socket, head))
    this.#http.on('connection', (socket: Socket) => this.#connected(socket))
    this.#http.on('clientError', (_error, socket) => socket.destroy())
  }

  get port(): number {
    const address = this.#http.address() as AddressInfo | null
    return address?.port ?? this.#parts.listen.port
  }

  start(): Promise<void> {
    const { host, port } = this.#parts.listen
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject)
        this.#http.on('error', (error) => this.#parts.log.error({ error: error.message }, 'chargers: server'))
        resolve()
      })
    })
  }

  stop(): Promise<void> {
    for (const socket of this.#upgrade.clients) socket.close(1001, 'the bridge stops')
    return new Promise((resolve) => {
      // A charger that doesn't answer the close is not waited for.
      const cut = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy()
      }, 500)
      this.#http.close(() => {
        clearTimeout(cut)
        resolve()
      })
      this.#http.closeAllConnections()
    })
  }

  #connected(socket: Socket): void {
    if (this.#sockets.size >= MAX_SOCKETS) {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #upgraded(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request)
    if (typeof refusal !== 'string') {
      this.#upgrade.handleUpgrade(request, socket, head, (webSocket) => this.#open(refusal, webSocket))
      return
    }
    const from = request.socket.remoteAddress
    this.#parts.log.warn({ from, target: request.url?.slice(0, 100) }, `charger turned away: ${refusal}`)
    socket.end(
      `HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n${refusal.startsWith('401') ? 'WWW-Authenticate: Basic realm="ocpp"\r\n' : ''}\r\n`,
    )
  }

  /** The charger that may come in, or the status line that keeps it out. */
  #refusal(request: IncomingMessage): Charger | string {
    const { door, requireSubprotocol } = this.#parts
    const identifier = identifierOf(request.url ?? '')
    if (identifier === undefined) return '404 No charge point identifier in the path'
    const offered = request.headers['sec-websocket-protocol']
    const offers = offered?.split(',').map((each) => each.trim()) ?? []
    if (offers.length > 0 ? !offers.includes(SUBPROTOCOL) : requireSubprotocol)
      return `400 Subprotocol ${SUBPROTOCOL} is needed`
    const charger = door.arrive(identifier)
    if (charger === undefined) return '503 Too many unknown chargers'
    const { password } = charger.settings
    if (password !== undefined && !authenticates(request.headers.authorization, charger.id, password))
      return '401 Unauthorized'
    return charger
  }

  #open(charger: Charger, socket: WebSocket): void {
    const { clock, converse, log, pingInterval, silenceTimeout } = this.#parts
    let heardAt = clock.now()
    const close = (reason: string): void => {
      log.info({ charger: charger.id }, `connection closed: ${reason}`)
      socket.close(1000, reason.slice(0, 120))
      // A half-open peer never answers the close.
      clock.after(2_000, () => socket.terminate())
    }
    const send = (text: string): void => {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
        log.warn({ charger: charger.id }, 'the charger does not read what it is sent: cut off')
        socket.terminate()
        return
      }
      socket.send(text)
    }
    const talk = converse(charger, send, close)
    // Not all chargers answer pings, so a missing pong means nothing: only silence of every kind ends a connection.
    const watch = (): void => {
      if (clock.now() - heardAt > silenceTimeout) {
        log.warn({ charger: charger.id }, 'silent for too long: cut off')
        socket.terminate()
        return
      }
      if (pingInterval > 0) socket.ping()
      cancelWatch = clock.after(pingInterval > 0 ? pingInterval : 60_000, watch)
    }
    let cancelWatch = clock.after(pingInterval > 0 ? pingInterval : 60_000, watch)
    log.info({ charger: charger.id, guest: charger.guest, subprotocol: socket.protocol }, 'charger connected')
    socket.on('message', (data, isBinary) => {
      heardAt = clock.now()
      // Texts that were sent as binary frames are texts all the same.
      try {
        talk.receive((data as Buffer).toString('utf8'))
      } catch (error) {
        // A mistake of ours, or a store that can't be written: this conversation ends unanswered, the others go on.
        log.error(
          { charger: charger.id, stack: error instanceof Error ? error.stack : String(error) },
          'conversation failed',
        )
        socket.terminate()
      }
      if (isBinary) log.debug({ charger: charger.id }, 'binary frame taken as text')
    })
    socket.on('ping', () => {
      heardAt = clock.now()
    })
    socket.on('pong', () => {
      heardAt = clock.now()
    })
    socket.on('error', (error) => log.warn({ charger: charger.id, error: error.message }, 'websocket'))
    socket.once('close', (code) => {
      cancelWatch()
      log.info({ charger: charger.id, code }, 'charger disconnected')
      talk.closed()
    })
  }
}
