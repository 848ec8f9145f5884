import { WebSocket } from 'ws'

type Payload = Record<string, unknown>

/** A session as the charger knows it, whatever the central system does. */
export interface OwnSession {
  readonly timestamp: string
  readonly meterStart: number
  /** As the answer to the start said. */
  transactionId: number | undefined
  meterStop: number | undefined
  /** Its stop was answered. */
  closed: boolean
}

interface Queued {
  readonly action: string
  /** Made when it is sent: a stop needs the number that the start's answer brought. */
  readonly payload: () => Payload
  readonly answered: (answer: Payload) => void
}

/**
 * A charger that keeps what it has to say of its sessions: it sends one message after the other, in order,
 * and what was not answered before the link was cut is sent again, word for word. None of our own code speaks here.
 */
export class QueueingCharger {
  readonly id: string
  readonly sessions: OwnSession[] = []
  /** Its meter, which never restarts, in Wh. */
  register: number
  readonly firstRegister: number
  readonly #url: () => string | undefined
  readonly #random: () => number
  readonly #queue: Queued[] = []
  #socket: WebSocket | undefined
  #accepted = false
  #underWay: string | undefined
  #next = 1
  #active = true
  #timers = new Set<NodeJS.Timeout>()

  /** `url`: where the central system is now; undefined: it is away. */
  constructor(id: string, url: () => string | undefined, random: () => number) {
    this.id = id
    this.#url = url
    this.#random = random
    this.register = Math.floor(random() * 1_000_000)
    this.firstRegister = this.register
  }

  start(): void {
    this.#connect()
    this.#live()
  }

  /** Begins no more sessions and ends the one that runs. */
  finish(): void {
    this.#active = false
    if (this.#running !== undefined) this.#stopSession()
  }

  /** Nothing waits for an answer. */
  get idle(): boolean {
    return this.#queue.length === 0
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#socket?.removeAllListeners()
    this.#socket?.on('error', () => {})
    this.#socket?.terminate()
  }

  get #running(): OwnSession | undefined {
    return this.sessions.find(({ meterStop }) => meterStop === undefined)
  }

  #after(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      task()
    }, ms)
    this.#timers.add(timer)
  }

  #live(): void {
    this.#after(60 + this.#random() * 200, () => {
      if (!this.#active) return
      const running = this.#running
      if (running === undefined) this.#startSession()
      else if (this.#random() < 0.25) this.#stopSession()
      else this.#meter(running)
      this.#live()
    })
  }

  #startSession(): void {
    const session: OwnSession = {
      timestamp: new Date().toISOString(),
      meterStart: this.register,
      transactionId: undefined,
      meterStop: undefined,
      closed: false,
    }
    this.sessions.push(session)
    const { meterStart, timestamp } = session
    this.#say(
      'StartTransaction',
      () => ({ connectorId: 1, idTag: this.id, meterStart, timestamp }),
      (answer) => {
        session.transactionId = answer.transactionId as number
      },
    )
  }

  #meter(session: OwnSession): void {
    this.register += 1 + Math.floor(this.#random() * 400)
    const value = String(this.register)
    const sampledValue = [{ value, measurand: 'Energy.Active.Import.Register', unit: 'Wh', context: 'Sample.Periodic' }]
    const meterValue = [{ timestamp: new Date().toISOString(), sampledValue }]
    this.#say('MeterValues', () => ({ connectorId: 1, transactionId: session.transactionId, meterValue }))
  }

  #stopSession(): void {
    const session = this.#running
    if (session === undefined) return
    this.register += Math.floor(this.#random() * 50)
    session.meterStop = this.register
    const [meterStop, timestamp] = [this.register, new Date().toISOString()]
    this.#say(
      'StopTransaction',
      () => ({ transactionId: session.transactionId, meterStop, timestamp }),
      () => {
        session.closed = true
      },
    )
  }

  #say(action: string, payload: () => Payload, answered: (answer: Payload) => void = () => {}): void {
    this.#queue.push({ action, payload, answered })
    this.#pump()
  }

  #pump(): void {
    const [head] = this.#queue
    if (!this.#accepted || this.#underWay !== undefined || head === undefined) return
    this.#underWay = this.#call(head.action, head.payload())
  }

  #call(action: string, payload: Payload): string {
    const id = `${this.#next}`
    this.#next += 1
    this.#socket?.send(JSON.stringify([2, id, action, payload]))
    return id
  }

  #connect(): void {
    const url = this.#url()
    if (url === undefined) {
      this.#after(20, () => this.#connect())
      return
    }
    const socket = new WebSocket(`${url}/${this.id}`, ['ocpp1.6'], { perMessageDeflate: false })
    this.#socket = socket
    let boot: string | undefined
    socket.on('error', () => {})
    socket.on('open', () => {
      boot = this.#call('BootNotification', { chargePointVendor: 'Queue', chargePointModel: 'Q1' })
    })
    socket.on('message', (data) => {
      const [type, id, third] = JSON.parse(String(data)) as [number, string, unknown]
      if (type === 2) {
        const answer = third === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' }
        socket.send(JSON.stringify([3, id, answer]))
      } else if (id === boot) {
        this.#accepted = true
        this.#pump()
      } else if (id === this.#underWay && type === 3) {
        this.#underWay = undefined
        this.#queue.shift()?.answered(third as Payload)
        this.#pump()
      } else if (id === this.#underWay) throw new Error(`${this.id} was answered ${String(data)}`)
    })
    socket.on('close', () => {
      this.#accepted = false
      this.#underWay = undefined
      this.#after(20 + this.#random() * 200, () => this.#connect())
    })
  }
}
