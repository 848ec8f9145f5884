import { silentLog } from '../../src/lib/log.ts'
import { Conversation } from '../../src/southbound/ocpp/v16/conversation.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { core, fleetSettings, writer } from './core.ts'
import { FakeClock } from './fake-clock.ts'

/** What a charger takes. */
export interface Taste {
  readonly lowestLevel: number
  readonly units: readonly string[]
  readonly kinds: readonly string[]
  readonly txProfiles: boolean
  readonly maxProfiles: boolean
  readonly lowestLimit: number
}

interface Profile {
  readonly connector: number
  readonly purpose: string
  readonly level: number
  readonly amps: number
  readonly transactionId: number | undefined
}

type Payload = Readonly<Record<string, unknown>>

interface Call {
  readonly id: string
  readonly action: string
  readonly payload: Payload
}

interface WrittenProfile {
  readonly chargingProfileId: number
  readonly stackLevel: number
  readonly chargingProfilePurpose: string
  readonly chargingProfileKind: string
  readonly transactionId?: number
  readonly chargingSchedule: {
    readonly chargingRateUnit: string
    readonly chargingSchedulePeriod: readonly { readonly limit: number }[]
  }
}

const RATING = 32
const RESPONSE_TIMEOUT = 10_000

/** A bridge that can be killed, and a charger with two connectors that keeps to its profiles as OCPP 1.6 has it. */
export class LimitedCharger {
  readonly history: string[] = []
  readonly #taste: Taste
  readonly #profiles = new Map<number, Profile>()
  readonly #running: (number | undefined)[] = []
  readonly #storeClock = new FakeClock()
  readonly #store = openSqlite(':memory:', this.#storeClock)
  readonly #late: (readonly [id: string, payload: Payload])[] = []
  readonly #answers = new Map<string, Payload>()
  #bridge!: ReturnType<typeof core>
  #clock = new FakeClock()
  #conversation: Conversation | undefined
  #waiting: Call[] = []
  #next = 1
  #meter = 0
  /** Until then the bridge waits for an answer that does not come. */
  #awaitedUntil = 0

  constructor(taste: Taste) {
    this.#taste = taste
    this.restartBridge()
  }

  /** The bridge is killed; another begins on the same store. */
  restartBridge(): void {
    this.#conversation = undefined
    this.#waiting = []
    this.#clock = new FakeClock(this.#storeClock.now())
    this.#bridge = core({ store: this.#store, clock: this.#clock })
  }

  write(connector: number, name: string, value: number | boolean | null): void {
    this.#bridge.downlink.write(this.#bridge.point(name, connector), value, writer, 8)
  }

  /** The config chooses other ways of writing limits. */
  configure(parameters: Readonly<Record<string, string>>): void {
    const { charger, fleet } = this.#bridge
    fleet.change(charger, { ...charger.settings, parameters })
    fleet.settle(charger)
  }

  connect(how: { readonly boots: boolean; readonly forgets: boolean }): void {
    this.disconnect()
    if (how.forgets) this.#profiles.clear()
    const { charger, fleet } = this.#bridge
    const conversation: Conversation = new Conversation({
      door: fleet,
      charger,
      send: (text) => {
        const [type, id, ...rest] = JSON.parse(text) as [number, string, ...unknown[]]
        if (type === 3) this.#answers.set(id, rest[0] as Payload)
        else this.#waiting.push({ id, action: String(rest[0]), payload: rest[1] as Payload })
      },
      close: () => {
        if (this.#conversation === conversation) this.#conversation = undefined
        this.#waiting = []
      },
      clock: this.#clock,
      log: silentLog,
      settings: { ...fleetSettings, responseTimeout: RESPONSE_TIMEOUT },
    })
    this.#conversation = conversation
    if (how.boots) this.boot()
  }

  disconnect(): void {
    const conversation = this.#conversation
    this.#conversation = undefined
    this.#waiting = []
    conversation?.closed()
  }

  boot(): void {
    this.#call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' })
  }

  start(connector: number): void {
    if (this.#running[connector] !== undefined) return
    const timestamp = new Date(this.#clock.now()).toISOString()
    this.#meter += 1
    const meterStart = this.#meter
    const started = this.#call('StartTransaction', { connectorId: connector, idTag: 'T', meterStart, timestamp })
    this.#running[connector] = started?.transactionId as number | undefined
  }

  stop(connector: number): void {
    const transactionId = this.#running[connector]
    if (transactionId === undefined || this.#conversation === undefined) return
    this.#running[connector] = undefined
    for (const [id, profile] of this.#profiles) if (profile.transactionId === transactionId) this.#profiles.delete(id)
    const timestamp = new Date(this.#clock.now()).toISOString()
    this.#call('StopTransaction', { transactionId, meterStop: this.#meter, timestamp })
  }

  /** What is drawn where a transaction runs: all that is allowed. */
  measure(): void {
    for (const connector of [1, 2]) {
      const transactionId = this.#running[connector]
      if (transactionId === undefined) continue
      const value = String(this.#draws(connector))
      const sampledValue = [{ value, measurand: 'Current.Import', phase: 'L1', unit: 'A' }]
      const meterValue = [{ timestamp: new Date(this.#clock.now()).toISOString(), sampledValue }]
      this.#call('MeterValues', { connectorId: connector, transactionId, meterValue })
    }
  }

  wait(ms: number): void {
    this.#clock.advance(ms)
    this.#storeClock.advance(ms)
  }

  /** Does what the calls that wait ask for, and those that follow, up to so many. */
  answer(most: number): void {
    for (let n = 0; n < most; n += 1) {
      const call = this.#waiting.shift()
      if (call === undefined) return
      const payload = this.#do(call)
      this.history.push(`${call.action} ${JSON.stringify(call.payload)}: ${JSON.stringify(payload)}`)
      this.#conversation?.receive(JSON.stringify([3, call.id, payload]))
    }
  }

  /** The answer to a call is late: it may be done all the same. */
  delay(done: boolean): void {
    const call = this.#waiting.shift()
    if (call === undefined) return
    this.#awaitedUntil = this.#clock.now() + RESPONSE_TIMEOUT
    this.history.push(`${call.action} ${done ? 'done, but not answered' : 'lost'}`)
    if (done) this.#late.push([call.id, this.#do(call)])
  }

  answerLate(): void {
    const late = this.#late.shift()
    if (late !== undefined) this.#conversation?.receive(JSON.stringify([3, ...late]))
  }

  /** For so long that everything has been tried again. */
  settle(): void {
    for (let n = 0; n < 70; n += 1) {
      if (this.#conversation === undefined) this.connect({ boots: true, forgets: false })
      this.answer(300)
      this.measure()
      this.wait(n < 40 ? 10_000 : 60_000)
    }
    // Until then it answered once a minute, which many of its answers were too late for.
    for (let n = 0; n < 900; n += 1) {
      if (this.#conversation === undefined) this.connect({ boots: true, forgets: false })
      this.answer(300)
      this.wait(1_000)
    }
    this.answer(300)
  }

  /** In amperes per phase; of the charge point, those of both connectors. */
  keeps(connector: number): number {
    if (connector > 0) return this.#profileOf(connector)?.amps ?? RATING
    const connectors = [1, 2].reduce((sum, each) => sum + Math.min(RATING, this.keeps(each)), 0)
    return Math.min(this.#profileOf(0)?.amps ?? Number.POSITIVE_INFINITY, connectors)
  }

  /** Its own profiles, somebody else's perhaps. */
  install(id: number, profile: Profile): void {
    this.#profiles.set(id, profile)
  }

  /** What the building sees of a point, and whether it is vouched for. */
  shown(name: string, connector: number) {
    const point = this.#bridge.point(name, connector)
    point.refresh(this.#clock.now())
    const { quality, states, value } = point
    return { quality, value: states === undefined ? value : states[Number(value)] }
  }

  /** What the building is shown and isn't so; only looked for while nothing is under way. */
  lies(): readonly string[] {
    const { charger } = this.#bridge
    if (this.#conversation === undefined || this.#waiting.length > 0 || !charger.ready) return []
    if (this.#clock.now() < this.#awaitedUntil) return []
    const lies: string[] = []
    for (const connector of [0, 1, 2]) {
      const { value, quality } = this.shown('limit.applied', connector)
      const keeps = this.keeps(connector)
      if (quality === 'good' && keeps > Number(value) + 0.01)
        lies.push(`connector ${connector} is shown with ${value} A and keeps ${keeps} A`)
    }
    return lies
  }

  /** What is not as it should be in the end, when all was answered for long enough. */
  leftovers(): readonly string[] {
    const { charger } = this.#bridge
    const found = this.#waiting.length > 0 ? ['calls that wait'] : []
    for (const connector of [1, 2]) {
      const { value, quality } = this.shown('limit.applied', connector)
      const keeps = this.keeps(connector)
      const progress = charger.control.connectors[connector]?.limitProgress
      if (progress?.outcome === 'pending' || progress?.outcome === 'no-answer')
        found.push(`connector ${connector} is ${progress.outcome} for ever`)
      if (quality === 'good' && keeps < Number(value) - 1.01)
        found.push(`connector ${connector} is shown with ${value} A and has only ${keeps} A`)
      if (!progress?.installed && this.#profileOf(connector) !== undefined)
        found.push(`connector ${connector} has a profile that nobody knows of`)
    }
    return found
  }

  #draws(connector: number): number {
    return Math.min(RATING, this.keeps(connector))
  }

  #profileOf(connector: number): Profile | undefined {
    const transactionId = this.#running[connector]
    const own = transactionId === undefined ? undefined : this.#highest(connector, 'TxProfile', transactionId)
    return own ?? this.#highest(connector, connector === 0 ? 'ChargePointMaxProfile' : 'TxDefaultProfile')
  }

  #highest(connector: number, purpose: string, transactionId?: number): Profile | undefined {
    return [...this.#profiles.values()]
      .filter((each) => each.connector === connector && each.purpose === purpose)
      .filter((each) => each.transactionId === transactionId)
      .sort((a, b) => b.level - a.level)[0]
  }

  #call(action: string, payload: object): Payload | undefined {
    const id = `c${this.#next}`
    this.#next += 1
    this.#conversation?.receive(JSON.stringify([2, id, action, payload]))
    return this.#answers.get(id)
  }

  #do({ action, payload }: Call): Payload {
    switch (action) {
      case 'GetConfiguration':
        return { configurationKey: [{ key: 'X', readonly: true, value: '1' }] }
      case 'SetChargingProfile':
        return { status: this.#takes(payload) ? 'Accepted' : 'Rejected' }
      case 'ClearChargingProfile':
        return { status: this.#clears(payload) ? 'Accepted' : 'Unknown' }
      case 'GetCompositeSchedule':
        return this.#schedule(Number(payload.connectorId))
      default:
        return { status: 'Accepted' }
    }
  }

  #takes(payload: Payload): boolean {
    const connector = Number(payload.connectorId)
    const written = payload.csChargingProfiles as WrittenProfile
    const { chargingProfilePurpose: purpose, stackLevel: level, transactionId, chargingSchedule } = written
    const { chargingRateUnit: unit, chargingSchedulePeriod } = chargingSchedule
    const limit = chargingSchedulePeriod[0]?.limit ?? 0
    const amps = unit === 'A' ? limit : limit / 230
    const { kinds, lowestLevel, lowestLimit, maxProfiles, txProfiles, units } = this.#taste
    if (level < lowestLevel || !units.includes(unit) || !kinds.includes(written.chargingProfileKind)) return false
    if (amps > 0 && amps < lowestLimit) return false
    if (purpose === 'TxProfile' && (!txProfiles || transactionId !== (this.#running[connector] ?? -1))) return false
    if (purpose === 'ChargePointMaxProfile' && !maxProfiles) return false
    // One takes the place of another of its connector, purpose and level (OCPP 1.6 5.16), as it does of another of its id.
    for (const [id, other] of this.#profiles)
      if (other.connector === connector && other.purpose === purpose && other.level === level) this.#profiles.delete(id)
    this.#profiles.set(written.chargingProfileId, { connector, purpose, level, amps, transactionId })
    return true
  }

  #clears({ id, connectorId, chargingProfilePurpose, stackLevel }: Payload): boolean {
    const before = this.#profiles.size
    for (const [own, profile] of this.#profiles) {
      const wanted = [
        [id, own],
        [connectorId, profile.connector],
        [chargingProfilePurpose, profile.purpose],
        [stackLevel, profile.level],
      ]
      if (wanted.every(([asked, has]) => asked === undefined || asked === has)) this.#profiles.delete(own)
    }
    return this.#profiles.size < before
  }

  #schedule(connector: number): Payload {
    const profile = this.#profileOf(connector)
    if (profile === undefined) return { status: 'Rejected' }
    const chargingSchedule = {
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: profile.amps }],
    }
    return { status: 'Accepted', connectorId: connector, chargingSchedule }
  }
}
