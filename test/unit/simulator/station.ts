import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js'
import { afterEach, expect } from 'vitest'
import type { Car } from '../../../src/simulator/car.ts'
import { ChargePoint } from '../../../src/simulator/charge-point.ts'
import type { SimulatedConnector } from '../../../src/simulator/connector.ts'
import type { ChargePointOptions } from '../../../src/simulator/options.ts'
import { seededRandom } from '../../../src/simulator/random.ts'
import type { Dial, DialHabits, SocketHandlers } from '../../../src/simulator/transport/socket.ts'
import type { ChargingProfile } from '../../../src/southbound/ocpp/v16/messages.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Fields = Record<string, unknown>

// multipleOfPrecision: 16.1 is a multiple of 0.1, whatever a float makes of it.
const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 })
const addFormats = 'default' in formats ? formats.default : formats
addFormats(ajv as never)

/** What the honest chargers of a test sent against the standard's schemas. */
let invalid: string[] = []
afterEach(() => {
  const found = invalid
  invalid = []
  expect(found).toEqual([])
})

/** A message of the charger: `at` is when it left. */
interface Heard {
  readonly at: number
  readonly id: string | number
  readonly action: string
  readonly payload: Fields
}

type Reply = Fields | 'silence' | 'error'
/** What a central system says instead of accepting everything. */
export type Central = Partial<Record<string, (payload: Fields) => Reply>>

/** A charge point and its central system in memory, which accepts everything; what leaves without quirks is held to the schemas. */
export function station(
  options: Partial<ChargePointOptions> & { readonly central?: Central; readonly offline?: boolean } = {},
) {
  const { central = {}, offline = false, ...charger } = options
  const clock = new FakeClock()
  const heard: Heard[] = []
  const answers = new Map<string, unknown[]>()
  const asked = new Map<string, string>()
  const redials: Partial<Dial>[] = []
  const links = {
    handlers: undefined as SocketHandlers | undefined,
    habits: undefined as DialHabits | undefined,
    open: false,
    pings: 0,
  }
  let transactions = 41
  let calls = 0

  const chargePoint = new ChargePoint({
    id: 'CP',
    connectors: 2,
    maxAmps: 32,
    phases: 3,
    clock,
    random: seededRandom(1),
    meterInterval: 10,
    ...charger,
    connect(handlers, habits) {
      links.handlers = handlers
      links.habits = habits
      return {
        send: (text) => {
          if (links.open) take(text)
        },
        ping: () => {
          links.pings += 1
        },
        cut,
        redial: (change) => {
          redials.push(change)
          cut(1_000)
        },
        stop: () => {},
      }
    },
  })

  function take(text: string): void {
    const [type, id, third, fourth] = JSON.parse(text) as [number, string | number, unknown, unknown]
    if (type !== 2) {
      answers.set(String(id), [type, third, fourth])
      if (type === 3) check(`${asked.get(String(id))}Response`, third)
      return
    }
    const [action, payload] = [third as string, fourth as Fields]
    heard.push({ at: clock.now(), id, action, payload })
    check(`${action}Request`, payload)
    const reply = central[action]?.(payload) ?? accepted(action)
    if (reply === 'silence') return
    links.handlers?.received(JSON.stringify(reply === 'error' ? [4, id, 'InternalError', '', {}] : [3, id, reply]))
  }

  function check(name: string, payload: unknown): void {
    const schema = (schemas as Record<string, object>)[name]
    if (schema === undefined) throw new Error(`no schema for ${name}`)
    if (options.quirks === undefined && !ajv.validate(schema, payload))
      invalid.push(`${name} ${ajv.errorsText()} ${JSON.stringify(payload)}`)
  }

  function accepted(action: string): Fields {
    if (action === 'BootNotification') return { status: 'Accepted', interval: 60, currentTime: '2026-01-01T00:00:00Z' }
    if (action === 'Authorize') return { idTagInfo: { status: 'Accepted' } }
    if (action !== 'StartTransaction') return {}
    transactions += 1
    return { transactionId: transactions, idTagInfo: { status: 'Accepted' } }
  }

  function cut(backInMs: number): void {
    const wasOpen = links.open
    links.open = false
    if (wasOpen) links.handlers?.closed()
    clock.after(backInMs, open)
  }

  function open(): void {
    links.open = true
    links.handlers?.opened()
  }

  chargePoint.start()
  if (!offline) open()

  return {
    chargePoint,
    clock,
    heard,
    redials,
    links,
    cut,
    open,
    actions: () => heard.map(({ action }) => action),
    /** Payloads of the calls of an action, in their order. */
    of: (action: string) => heard.filter((each) => each.action === action).map(({ payload }) => payload),
    connector(id: number): SimulatedConnector {
      const connector = chargePoint.connector(id)
      if (connector === undefined) throw new Error(`no connector ${id}`)
      return connector
    },
    /** A call of the central system: the charger's result, `undefined` for none, or the error's code. */
    call(action: string, payload: object = {}): Fields | string | undefined {
      calls += 1
      const id = `s${calls}`
      asked.set(id, action)
      links.handlers?.received(JSON.stringify([2, id, action, payload]))
      const [type, third] = answers.get(id) ?? []
      return type === 4 ? (third as string) : (third as Fields | undefined)
    },
  }
}

export const car = (more: Partial<Car> = {}): Car => ({
  idTag: 'TAG',
  phases: 3,
  maxAmps: 32,
  capacityWh: 50_000,
  soc: 0.3,
  ...more,
})

/** Without a tag of its own. */
export const guestCar = (): Car => ({ phases: 3, maxAmps: 32, capacityWh: 50_000, soc: 0.3 })

let profiles = 0

/** An absolute profile with one period, from a minute before the tests' clock on. */
export function profile(
  purpose: ChargingProfile['chargingProfilePurpose'],
  limit: number,
  more: Partial<ChargingProfile> = {},
  schedule: Partial<ChargingProfile['chargingSchedule']> = {},
): ChargingProfile {
  profiles += 1
  return {
    chargingProfileId: profiles,
    stackLevel: 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: 'Absolute',
    chargingSchedule: {
      startSchedule: '2025-12-31T23:59:00Z',
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
      ...schedule,
    },
    ...more,
  }
}
