import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import { WebSocket } from 'ws'
import { Charger } from '../../../../src/core/charger/charger.ts'
import type { ChargerSettings } from '../../../../src/core/ports.ts'
import { type Clock, systemClock } from '../../../../src/lib/clock.ts'
import type { Log } from '../../../../src/lib/log.ts'
import { Throttle } from '../../../../src/lib/throttle.ts'
import type { Knock, Knocked } from '../../../../src/southbound/ocpp/transport/knock.ts'
import { ChargerServer, type ServerParts } from '../../../../src/southbound/ocpp/transport/server.ts'
import { chargerSettings, fleetSettings } from '../../../support/core.ts'
import { RecordingDoor } from '../../../support/recording-door.ts'

/** What was logged, as one text each. */
class RecordingLog implements Log {
  readonly lines: string[] = []
  readonly debugs = true
  readonly #write = (level: string) => (fields: object, message: string) =>
    void this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  readonly debug = this.#write('debug')
  readonly info = this.#write('info')
  readonly warn = this.#write('warn')
  readonly error = this.#write('error')
}

/** The chargers' port with a conversation that echoes, and everything that it was told. */
export class Port {
  readonly door = new RecordingDoor()
  readonly log = new RecordingLog()
  readonly knocks: Knock[] = []
  readonly let: { readonly charger: string; readonly knocked: Knocked }[] = []
  readonly server: ChargerServer

  constructor(parts: Partial<ServerParts> = {}, clock: Clock = systemClock) {
    this.server = new ChargerServer({
      listen: { host: '127.0.0.1', port: 0 },
      tls: undefined,
      requireSubprotocol: false,
      pingInterval: 0,
      silenceTimeout: 900_000,
      door: this.door,
      clock,
      log: this.log,
      throttle: new Throttle(clock),
      passwords: ({ settings: { password } }) => (password === undefined ? [] : [password]),
      profiles: ({ settings }) => ({ enforced: settings.securityProfile, told: [] }),
      entered: () => {},
      turnedAway: (knock) => void this.knocks.push(knock),
      converse: (charger, send, close, knocked) => {
        this.let.push({ charger: charger.id, knocked })
        const link = { send: () => {}, refresh: () => {}, close }
        charger.link?.close('a newer one came')
        this.door.connected(charger, link)
        return { receive: (text) => send(`echo ${text}`), closed: () => this.door.disconnected(charger, link) }
      },
      ...parts,
    })
  }

  /** A charger of the config. */
  add(id: string, settings: Partial<ChargerSettings> = {}): Charger {
    const own = { ...chargerSettings, ...settings, id }
    const charger = new Charger(own, { guest: false, connectors: 2, limits: fleetSettings.limits })
    this.door.chargers.set(id.toLowerCase(), charger)
    return charger
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.server.port}`
  }

  get wss(): string {
    return `wss://127.0.0.1:${this.server.tlsPort}`
  }
}

export interface Dial {
  readonly protocols?: string | string[]
  /** The password goes with the last segment of the address as user, unless there is `user`. */
  readonly password?: string | Uint8Array
  readonly user?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: ConnectionOptions
  readonly from?: string
}

/** Comes to the port as a charger does; resolves with the open socket, or with the status of the refusal. */
export function dial(url: string, options: Dial = {}): Promise<WebSocket | number> {
  const { password, headers = {}, from, tls = {}, protocols = 'ocpp1.6' } = options
  const user = options.user ?? decodeURIComponent(url.split('/').at(-1) ?? '')
  const secret = password === undefined ? {} : { authorization: basic(user, password) }
  const socket = new WebSocket(url, protocols, {
    headers: { ...secret, ...headers },
    ...tls,
    ...(from !== undefined && { localAddress: from }),
    perMessageDeflate: false,
  })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.once('error', reject)
  })
}

export async function open(url: string, options: Dial = {}): Promise<WebSocket> {
  const socket = await dial(url, options)
  if (typeof socket === 'number') throw new Error(`turned away with ${socket}`)
  socket.on('error', () => {})
  return socket
}

export async function refused(url: string, options: Dial = {}): Promise<number> {
  const socket = await dial(url, options)
  if (typeof socket === 'number') return socket
  socket.terminate()
  throw new Error('it was let in')
}

/** Says something and hears the echo. */
export async function echoes(socket: WebSocket, text = 'hello'): Promise<boolean> {
  socket.send(text)
  const [answer] = await once(socket, 'message')
  return String(answer) === `echo ${text}`
}

export function basic(user: string, password: string | Uint8Array): string {
  return `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString('base64')}`
}

/** Waits for something that sockets bring about. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 2_000) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
