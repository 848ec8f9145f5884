import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js'
import { WebSocket } from 'ws'

export type Payload = Record<string, unknown>

/** How a charger comes to the bridge. */
export interface Dial {
  readonly password?: string | Uint8Array
  readonly tls?: ConnectionOptions
  readonly protocols?: readonly string[]
}

const ajv = new Ajv({ strict: false })
const addFormats = 'default' in formats ? formats.default : formats
addFormats(ajv as never)
const compiled = new Map<string, ValidateFunction>()

/** What breaks the published schema of a message; undefined: nothing. */
function breach(name: string, payload: unknown): string | undefined {
  const schema = (schemas as Readonly<Record<string, object>>)[name]
  if (schema === undefined) return `${name} is no message of OCPP 1.6`
  const validate = compiled.get(name) ?? ajv.compile(schema)
  compiled.set(name, validate)
  return validate(payload) ? undefined : `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(payload)}`
}

/** The charge point's side of a test case: it holds each frame of the bridge to the published schemas. */
export class OcttCharger {
  readonly id: string
  readonly #url: string
  #socket: WebSocket | undefined
  #next = 1
  readonly #waiting = new Map<string, { readonly action: string; readonly done: (answer: Payload) => void }>()
  readonly #expected: {
    readonly action: string
    readonly answer: Payload
    readonly seen: (payload: Payload) => void
  }[] = []
  /** What the bridge sent that it should not have. */
  readonly faults: string[] = []
  /** What it says when it is asked; keys that stand nowhere here are unknown to it. */
  readonly configuration = new Map<string, { value: string; readonly: boolean }>()

  constructor(url: string, id: string) {
    this.#url = url
    this.id = id
  }

  get subprotocol(): string | undefined {
    return this.#socket?.protocol
  }

  /** Resolves when it is let in; `url` where that is not its usual one. */
  async connect(dial: Dial = {}, url = this.#url): Promise<void> {
    const status = await this.#dial(dial, url)
    if (status !== 101) throw new Error(`${this.id} was turned away with ${status}`)
  }

  /** Resolves with the HTTP status of the refusal. */
  async refused(dial: Dial = {}, url = this.#url): Promise<number> {
    const status = await this.#dial(dial, url)
    if (status === 101) throw new Error(`${this.id} was let in`)
    return status
  }

  #dial({ password, protocols = ['ocpp1.6'], tls = {} }: Dial, url: string): Promise<number> {
    const secret = Buffer.concat([Buffer.from(`${this.id}:`), Buffer.from(password ?? '')]).toString('base64')
    const socket = new WebSocket(`${url}/${this.id}`, [...protocols], {
      headers: password === undefined ? {} : { authorization: `Basic ${secret}` },
      perMessageDeflate: false,
      ...tls,
    })
    socket.on('message', (data: Buffer) => this.#received(data.toString('utf8')))
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        this.#socket = socket
        resolve(101)
      })
      socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        request.destroy()
        resolve(response.statusCode ?? 0)
      })
      socket.on('error', reject)
    })
  }

  /** Without a word. */
  async disconnect(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
    const closed = once(socket, 'close')
    socket.terminate()
    await closed
  }

  /** BootNotification, the status of each connector, and all that the bridge asks of a charger that has booted. */
  async boot(identity: Payload = {}): Promise<Payload> {
    const asked = this.expects('GetConfiguration', {
      configurationKey: [...this.configuration].map(([key, entry]) => ({ key, ...entry })),
    })
    const answer = await this.call('BootNotification', {
      chargePointVendor: 'OCTT',
      chargePointModel: 'Charge point',
      chargePointSerialNumber: `SN-${this.id}`,
      firmwareVersion: '1.0',
      ...identity,
    })
    await asked
    await this.statuses('Available')
    return answer
  }

  async statuses(status: string, of: readonly number[] = [0, 1, 2]): Promise<void> {
    for (const connectorId of of) await this.status(connectorId, status)
  }

  status(connectorId: number, status: string, errorCode = 'NoError'): Promise<Payload> {
    return this.call('StatusNotification', { connectorId, status, errorCode, timestamp: now() })
  }

  /** The idTagInfo that the bridge gives for a tag. */
  async authorize(idTag: string): Promise<Payload> {
    return (await this.call('Authorize', { idTag })).idTagInfo as Payload
  }

  /** From the tag to the car that charges; resolves with the transaction's id. */
  async charge(idTag: string, connectorId = 1, more: Payload = {}): Promise<number> {
    const info = await this.authorize(idTag)
    await this.status(connectorId, 'Preparing')
    const started = await this.start(idTag, connectorId, more)
    await this.status(connectorId, 'Charging')
    if (info.status !== 'Accepted' || started.info.status !== 'Accepted') throw new Error(`${idTag} is not accepted`)
    return started.transactionId
  }

  async start(idTag: string, connectorId = 1, more: Payload = {}) {
    const request = { connectorId, idTag, meterStart: 1000, timestamp: now(), ...more }
    const { transactionId, idTagInfo } = await this.call('StartTransaction', request)
    return { transactionId: Number(transactionId), info: idTagInfo as Payload }
  }

  stop(transactionId: number, reason: string, more: Payload = {}): Promise<Payload> {
    return this.call('StopTransaction', { transactionId, reason, meterStop: 2500, timestamp: now(), ...more })
  }

  /** Makes a call and resolves with the result, which fits its schema. */
  async call(action: string, payload: Payload): Promise<Payload> {
    const own = breach(`${action}Request`, payload)
    if (own !== undefined) throw new Error(`the test's own call breaks the schema: ${own}`)
    const id = `${this.id}-${this.#next}`
    this.#next += 1
    const answered = new Promise<Payload>((done) => this.#waiting.set(id, { action, done }))
    this.#socket?.send(JSON.stringify([2, id, action, payload]))
    return await answered
  }

  /** Answers the bridge's next call of an action so; resolves with its payload when it comes. */
  expects(action: string, answer: Payload): Promise<Payload> {
    const own = breach(`${action}Response`, answer)
    if (own !== undefined) throw new Error(`the test's own answer breaks the schema: ${own}`)
    return new Promise((seen) => this.#expected.push({ action, answer, seen }))
  }

  #received(text: string): void {
    const frame = JSON.parse(text) as readonly [number, string, ...unknown[]]
    const [type, id, third, fourth] = frame
    if (type === 3) this.#answered(id, frame.length === 3 ? third : undefined)
    else if (type === 2 && frame.length === 4) this.#called(id, String(third), fourth)
    else this.#fault(`unexpected frame ${text}`)
  }

  #answered(id: string, payload: unknown): void {
    const call = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (call === undefined) {
      this.#fault(`answer to nothing: ${id}`)
      return
    }
    this.#hold(breach(`${call.action}Response`, payload))
    call.done(payload as Payload)
  }

  #called(id: string, action: string, payload: unknown): void {
    if (typeof id !== 'string' || id.length > 36) this.#fault(`message id ${id}`)
    this.#hold(breach(`${action}Request`, payload))
    const index = this.#expected.findIndex((each) => each.action === action)
    const [expected] = index < 0 ? [] : this.#expected.splice(index, 1)
    const answer = expected?.answer ?? this.#usual(action, payload as Payload)
    if (answer === undefined) this.#fault(`unexpected call of ${action}: ${JSON.stringify(payload)}`)
    const text = answer === undefined ? [4, id, 'NotImplemented', '', {}] : [3, id, answer]
    this.#socket?.send(JSON.stringify(text))
    expected?.seen(payload as Payload)
  }

  /** What it says to what the bridge does by itself beside a test case. */
  #usual(action: string, { key }: Payload): Payload | undefined {
    if (action === 'GetLocalListVersion') return { listVersion: 0 }
    if (action === 'SendLocalList' || action === 'SetChargingProfile') return { status: 'Accepted' }
    if (action === 'ClearChargingProfile') return { status: 'Unknown' }
    if (action === 'GetCompositeSchedule') return { status: 'Rejected' }
    if (action !== 'GetConfiguration') return undefined
    const keys = Array.isArray(key) ? key.map(String) : [...this.configuration.keys()]
    return {
      configurationKey: keys.flatMap((each) => {
        const entry = this.configuration.get(each)
        return entry === undefined ? [] : [{ key: each, ...entry }]
      }),
      unknownKey: keys.filter((each) => !this.configuration.has(each)),
    }
  }

  #hold(fault: string | undefined): void {
    if (fault !== undefined) this.#fault(fault)
  }

  #fault(fault: string): void {
    this.faults.push(fault)
  }
}

export function now(): string {
  return new Date().toISOString()
}
