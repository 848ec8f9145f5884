import { once } from 'node:events'
import { WebSocket } from 'ws'

type Payload = Record<string, unknown>

/** A charger that says yes to everything, over a real socket and with none of our own code: what it was told, and when. */
export class PlainCharger {
  readonly id: string
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  #socket: WebSocket | undefined
  #next = 1
  readonly #waiting = new Map<string, (payload: Payload) => void>()
  /** Every text since the last connection, as it went over the wire. */
  readonly sent: string[] = []
  readonly received: string[] = []
  /** Calls since the last connection. */
  readonly told: { readonly action: string; readonly payload: Payload }[] = []

  constructor(url: string, id: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.id = id
    this.#headers = headers
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  async connect(): Promise<void> {
    for (const list of [this.told, this.sent, this.received]) list.splice(0)
    this.#waiting.clear()
    const socket = new WebSocket(`${this.#url}/${this.id}`, ['ocpp1.6'], {
      headers: this.#headers,
      perMessageDeflate: false,
    })
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('utf8')
      this.received.push(text)
      this.#take(JSON.parse(text) as unknown[])
    })
    await once(socket, 'open')
  }

  async boot(): Promise<string> {
    const { status } = await this.call('BootNotification', { chargePointVendor: 'Plain', chargePointModel: 'P1' })
    return String(status)
  }

  /** Makes a call; `answered` resolves with the result, or stays open when the link is cut first. */
  call(action: string, payload: Payload): Promise<Payload> {
    const id = `${this.id}-${this.#next}`
    this.#next += 1
    const answered = new Promise<Payload>((resolve) => this.#waiting.set(id, resolve))
    this.send(JSON.stringify([2, id, action, payload]))
    return answered
  }

  /** Any bytes at all. */
  send(raw: string | Uint8Array): void {
    if (typeof raw === 'string') this.sent.push(raw)
    this.#socket?.send(raw)
  }

  /** Without a word. */
  cut(): void {
    this.#socket?.removeAllListeners('message')
    this.#socket?.terminate()
  }

  #take([type, id, third, fourth]: readonly unknown[]): void {
    if (type !== 2) {
      this.#waiting.get(String(id))?.((type === 3 ? third : {}) as Payload)
      this.#waiting.delete(String(id))
      return
    }
    this.told.push({ action: String(third), payload: fourth as Payload })
    this.send(JSON.stringify([3, id, answerTo(String(third))]))
  }
}

function answerTo(action: string): Payload {
  if (action === 'GetConfiguration') return { configurationKey: [] }
  if (action === 'GetLocalListVersion') return { listVersion: 0 }
  return { status: 'Accepted' }
}
