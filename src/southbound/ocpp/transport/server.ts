import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Charger } from '../../../core/charger/charger.ts'
import type { ChargerDoor } from '../../../core/ports.ts'
import { CertificateWatch } from '../../../lib/certificate-watch.ts'
import type { CertificateFiles } from '../../../lib/certificates.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { ListenAddress } from '../../../lib/schema.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { certificates } from '../config.ts'
import type { Password } from './basic-auth.ts'
import { type Converse, connect } from './connection.ts'
import { type Entrance, Gate, type Profiles, plainAddress, SUBPROTOCOL } from './gate.ts'
import type { Knock } from './knock.ts'
import { Listener } from './listener.ts'
import { Lobby, type Visit } from './lobby.ts'

/** Settings among them may change: they are looked at when they matter. */
export interface ServerParts {
  readonly listen: ListenAddress
  /** wss:// beside ws://. */
  readonly tls: (Omit<CertificateFiles, keyof typeof certificates> & { readonly listen: ListenAddress }) | undefined
  readonly requireSubprotocol: boolean
  /** Milliseconds; 0: never. */
  readonly pingInterval: number
  readonly silenceTimeout: number
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
  /** The passwords that a charger may come with, two while they are changed; none: it needs none. */
  readonly passwords: (charger: Charger) => readonly Password[]
  readonly profiles: (charger: Charger) => Profiles
  /** A charger was let in. */
  readonly entered: (charger: Charger, by: Entrance) => void
  /** Told of everybody who is not let in. */
  readonly turnedAway: (knock: Knock) => void
  readonly converse: Converse
}

/** The largest message that real chargers send (all configuration keys) is below 100 kB. */
const MAX_MESSAGE_BYTES = 1_000_000
/** What is left to read an answer that keeps a socket out, and to finish the handshake of one that comes in. */
const PARTING_MS = 2_000

/** The only place that knows of websockets: from the upgrade to texts in and out. */
export class ChargerServer {
  readonly #parts: ServerParts
  readonly #lobby: Lobby
  readonly #gate: Gate
  readonly #upgrade: WebSocketServer
  readonly #watch: CertificateWatch | undefined
  readonly #plain: Listener
  #secure: Listener | undefined

  constructor(parts: ServerParts) {
    this.#parts = parts
    const { clock, log, tls } = parts
    this.#lobby = new Lobby(clock, log)
    this.#gate = new Gate(parts, tls?.clientCa !== undefined)
    this.#upgrade = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
    this.#watch =
      tls &&
      new CertificateWatch({
        files: { ...tls, ...certificates },
        clock,
        log,
        changed: (options) => this.#secure?.secure(options),
      })
    this.#plain = this.#listener(parts.listen, undefined)
  }

  get port(): number {
    return this.#plain.port
  }

  /** Undefined without TLS. */
  get tlsPort(): number | undefined {
    return this.#secure?.port
  }

  /** Sockets that are no charger's yet. */
  get waiting(): number {
    return this.#lobby.size
  }

  /** Rejects when a port is taken or the certificates can't be used; then nothing listens. */
  async start(): Promise<void> {
    const { tls } = this.#parts
    if (tls !== undefined && this.#watch !== undefined) this.#secure = this.#listener(tls.listen, this.#watch.start())
    try {
      await this.#plain.start()
      await this.#secure?.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Reads the certificates now instead of at the next look. */
  reload(): void {
    this.#watch?.reload()
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    for (const socket of this.#upgrade.clients) socket.close(1001, 'the bridge stops')
    await Promise.all([this.#plain.stop(), this.#secure?.stop()])
  }

  #listener(listen: ListenAddress, secure: ConstructorParameters<typeof Listener>[0]['secure']): Listener {
    return new Listener({
      listen,
      secure,
      lobby: this.#lobby,
      log: this.#parts.log,
      upgraded: (request, socket, head, visit) => this.#upgraded(request, socket, head, visit),
      tlsFailed: (address, detail) =>
        this.#parts.turnedAway({
          address: plainAddress(address),
          path: '',
          tls: secure !== undefined,
          identifier: undefined,
          subprotocols: [],
          reason: 'tls',
          detail,
        }),
    })
  }

  #upgraded(request: IncomingMessage, socket: Duplex, head: Buffer, visit: Visit): void {
    this.#gate.knock(request, {
      admit: (charger, knocked) => {
        visit.stay(PARTING_MS)
        this.#upgrade.handleUpgrade(request, socket, head, (webSocket) => {
          visit.leave()
          connect(webSocket, socket, charger, knocked, this.#parts)
        })
      },
      refuse: (status) => {
        visit.stay(PARTING_MS)
        const challenge = status.startsWith('401') ? 'WWW-Authenticate: Basic realm="ocpp"\r\n' : ''
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${challenge}\r\n`)
      },
      delayed: (ms) => visit.stay(ms + PARTING_MS),
    })
  }
}
