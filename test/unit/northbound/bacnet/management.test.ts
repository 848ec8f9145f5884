import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import {
  type DeviceCommunicationControl,
  writeDeviceCommunicationControl,
} from '../../../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import {
  type ReinitializeDevice,
  writeReinitializeDevice,
} from '../../../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { eventsIn } from '../../../support/event-notifications.ts'
import { told } from './events-told.ts'
import { ask, local, oid, read, type Stack, type Station, stack, write } from './support.ts'
import { ACK, AI, ids, power, recipients } from './watched.ts'

const SILENCED = '200111'
const RESTARTED = '200114'
const password = 'open sesame'
const stranger: Station = { address: '192.0.2.1', port: 47808 }

function control(changed: Partial<DeviceCommunicationControl>): string {
  const writer = new Writer()
  writeDeviceCommunicationControl(writer, { minutes: undefined, state: 'disable-initiation', password, ...changed })
  return Buffer.from(writer.finish()).toString('hex')
}

function reinitialize(changed: Partial<ReinitializeDevice>): string {
  const writer = new Writer()
  writeReinitializeDevice(writer, { state: 'warmstart', password, ...changed })
  return Buffer.from(writer.finish()).toString('hex')
}

/** The APDU that a charger's device answers with. */
function askCharger(own: Stack, instance: number, service: number, data: string): string {
  const npdu = `012407d003${instance.toString(16).padStart(6, '0')}ff000501${service.toString(16).padStart(2, '0')}${data}`
  own.receive(`810a${(npdu.length / 2 + 4).toString(16).padStart(4, '0')}${npdu}`)
  const [answer, ...more] = own.take()
  if (more.length > 0) throw new Error('more than one answer')
  return answer?.hex.slice(24) ?? ''
}

async function managed(settings: object = {}, log?: Log, restart?: () => void) {
  const own = await stack({ password, recipients, ...settings }, log, restart && { restart })
  const [point] = own.attach([power()])
  own.set(point as Point, 10)
  own.clock.advance(1_000)
  own.take()
  return { own, point: point as Point }
}

describe('DeviceCommunicationControl', () => {
  it('is unknown, as is ReinitializeDevice, where the config has no password', async () => {
    const { own } = await managed({ password: undefined })
    // Protocol_Services_Supported: bit 17 and bit 20 (clause 21).
    const bits = (other: Stack) => Buffer.from(read(other, 8, 4000, 97), 'hex').subarray(3)
    expect(ask(own, 17, control({}))).toBe('600109')
    expect(ask(own, 20, reinitialize({}))).toBe('600109')
    expect((bits(own)[2] ?? 0) & 0b0100_1000).toBe(0)
    const { own: other } = await managed()
    expect((bits(other)[2] ?? 0) & 0b0100_1000).toBe(0b0100_1000)
  })

  it.each([
    // security / password-failure.
    ['no password', { password: undefined }, '5001119104911a'],
    ['the wrong password', { password: 'open sesam' }, '5001119104911a'],
    ['more than the password', { password: 'open sesame!' }, '5001119104911a'],
    ['a password of 21 characters', { password: 'x'.repeat(21) }, '600106'],
    ['a password of none', { password: '' }, '600106'],
    // services / service-request-denied: at this revision nobody makes a device deaf.
    ['DISABLE', { state: 'disable' }, '5001119105911d'],
    ['a minute too many', { minutes: 65_536 }, '600106'],
  ] as const)('with %s is refused, and silences nobody', async (_name, changed, answer) => {
    const { own, point } = await managed()
    expect(ask(own, 17, control(changed))).toBe(answer)
    own.set(point, 30)
    expect(told(own)).toHaveLength(1)
  })

  it('of no known state, cut short, or with something behind it is rejected', async () => {
    const { own } = await managed()
    const whole = control({})
    expect(ask(own, 17, whole.replace('1902', '1903'))).toBe('600108')
    expect(ask(own, 17, `${whole}00`)).toBe('600107')
    for (let cut = 0; cut < whole.length; cut += 2)
      expect(ask(own, 17, whole.slice(0, cut))).toMatch(cut === 4 ? /^5001119104911a$/ : /^6001/)
  })

  it('from an address that may not write is refused', async () => {
    const { own, point } = await managed()
    expect(ask(own, 17, control({}), stranger)).toBe('50011191029128')
    own.set(point, 30)
    expect(told(own)).toHaveLength(1)
  })

  it('silences notifications of alarms and of changes, never an answer, a write or a limit', async () => {
    const { own, point } = await managed()
    const [limit] = own.attach([{ object: 'analog-output', instance: 1, type: 'number', unit: 'A', setpoint: true }])
    expect(ask(own, 5, `09071c${oid(0, 1)}29003900`)).toBe('200105')
    own.clock.advance(0)
    own.take()
    expect(ask(own, 17, control({}))).toBe(SILENCED)
    own.set(point, 30)
    own.clock.advance(3_600_000)
    expect(own.take()).toEqual([])
    expect(read(own, ...AI, ids.state)).toBe('9103')
    expect(write(own, [1, 1], 85, '4441200000')).toBe(ACK)
    expect(own.downlink.written).toMatchObject([{ value: 10 }])
    expect(limit?.value).toBe(10)
    own.receive(local('1008'))
    own.clock.advance(1_000)
    expect(own.take()).toHaveLength(1)
    expect(ask(own, 17, control({ state: 'enable' }))).toBe(SILENCED)
    own.set(point, 12)
    own.clock.advance(0)
    const sent = own.take()
    expect(eventsIn(sent)).toHaveLength(1)
    expect(sent).toHaveLength(2)
  })

  it('silences what waits already, and the repetitions of what is under way', async () => {
    const { own, point } = await managed({ recipients: [{ address: '127.0.0.20' }, { device: 77, confirmed: false }] })
    own.set(point, 30)
    expect(told(own)).toHaveLength(1)
    own.set(point, 10)
    ask(own, 17, control({}))
    own.receive(local(`1000c4${oid(8, 77)}2205c491002203e7`), { address: '127.0.0.77', port: 47808 })
    own.clock.advance(60_000)
    expect(eventsIn(own.take())).toEqual([])
  })

  it('lasts for its minutes, those of the newest request, or until it is enabled', async () => {
    const { own, point } = await managed()
    let value = 10
    const speaks = () => {
      value = 40 - value
      own.set(point, value)
      return told(own).length > 0
    }
    ask(own, 17, control({ minutes: 5 }))
    own.clock.advance(299_999)
    expect(speaks()).toBe(false)
    own.clock.advance(1)
    expect(speaks()).toBe(true)
    ask(own, 17, control({ minutes: 1 }))
    ask(own, 17, control({ minutes: 10 }))
    own.clock.advance(599_999)
    expect(speaks()).toBe(false)
    own.clock.advance(1)
    expect(speaks()).toBe(true)
    ask(own, 17, control({}))
    own.clock.advance(100 * 86_400_000)
    expect(speaks()).toBe(false)
    ask(own, 17, control({ minutes: 10, state: 'enable' }))
    expect(speaks()).toBe(true)
  })

  it('is of one device: the others speak on', async () => {
    const { own, point } = await managed()
    const [theirs] = own.charger(4001, [power()])
    own.set(theirs as Point, 10)
    expect(askCharger(own, 4001, 17, control({}))).toBe(SILENCED)
    own.set(theirs as Point, 30)
    own.set(point, 30)
    expect(told(own).map(({ event }) => event.device)).toEqual([4000])
  })
})

describe('ReinitializeDevice', () => {
  it('of a charger restarts it, warm softly and cold hard', async () => {
    const { own } = await managed()
    own.charger(4001)
    expect(askCharger(own, 4001, 20, reinitialize({}))).toBe(RESTARTED)
    expect(askCharger(own, 4001, 20, reinitialize({ state: 'coldstart' }))).toBe(RESTARTED)
    expect(own.downlink.resets).toEqual([
      { charger: 'CP-4001', hard: false },
      { charger: 'CP-4001', hard: true },
    ])
    // device / service-request-denied: it is away.
    own.downlink.refusal = 'offline'
    expect(askCharger(own, 4001, 20, reinitialize({}))).toBe('5001149100911d')
    expect(own.downlink.resets).toHaveLength(2)
  })

  it('of the bridge restarts it where that is allowed, and where somebody can', async () => {
    let restarts = 0
    const restart = () => {
      restarts += 1
    }
    const refused = '5001149105911d'
    expect(ask((await managed({}, undefined, restart)).own, 20, reinitialize({}))).toBe(refused)
    expect(ask((await managed({ allowRestart: true })).own, 20, reinitialize({}))).toBe(refused)
    expect(restarts).toBe(0)
    const { own } = await managed({ allowRestart: true }, undefined, restart)
    expect(ask(own, 20, reinitialize({ password: 'wrong' }))).toBe('5001149104911a')
    expect(ask(own, 20, reinitialize({}), stranger)).toBe('50011491029128')
    expect(restarts).toBe(0)
    expect(ask(own, 20, reinitialize({ state: 'coldstart' }))).toBe(RESTARTED)
    expect(restarts).toBe(1)
    // A running config takes it back.
    own.configure({ allowRestart: false })
    expect(ask(own, 20, reinitialize({}))).toBe(refused)
    expect(restarts).toBe(1)
  })

  it('gives a device that was silenced its voice back', async () => {
    const { own } = await managed()
    const [point] = own.charger(4001, [power()])
    own.set(point as Point, 10)
    askCharger(own, 4001, 17, control({}))
    askCharger(own, 4001, 20, reinitialize({}))
    own.set(point as Point, 30)
    expect(told(own)).toHaveLength(1)
  })

  it.each(['start-backup', 'end-backup', 'start-restore', 'end-restore', 'abort-restore'] as const)(
    'for %s is refused, after the password',
    async (state) => {
      const { own } = await managed()
      own.charger(4001)
      // services / optional-functionality-not-supported.
      expect(ask(own, 20, reinitialize({ state }))).toBe('5001149105912d')
      expect(askCharger(own, 4001, 20, reinitialize({ state }))).toBe('5001149105912d')
      expect(ask(own, 20, reinitialize({ state, password: undefined }))).toBe('5001149104911a')
      expect(own.downlink.resets).toEqual([])
    },
  )

  it('of no known state is rejected', async () => {
    const { own } = await managed()
    expect(ask(own, 20, reinitialize({}).replace('0901', '0908'))).toBe('600108')
  })
})

describe('the building’s time', () => {
  const LOCAL = 6
  const UTC = 9
  const hex = (octets: readonly number[]) => Buffer.from(octets).toString('hex')

  /** TimeSynchronization or UTCTimeSynchronization. */
  function synchronize(own: Stack, service: number, date: readonly number[], time: readonly number[], from?: Station) {
    own.receive(local(`10${service.toString(16).padStart(2, '0')}a4${hex(date)}b4${hex(time)}`), from)
  }

  function inUtc(ms: number): readonly [number[], number[]] {
    const at = new Date(ms)
    return [
      [at.getUTCFullYear() - 1900, at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCDay() || 7],
      [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), 0],
    ]
  }

  function inLocal(ms: number): readonly [number[], number[]] {
    const at = new Date(ms)
    return [
      [at.getFullYear() - 1900, at.getMonth() + 1, at.getDate(), at.getDay() || 7],
      [at.getHours(), at.getMinutes(), at.getSeconds(), 0],
    ]
  }

  /** How far the device's Local_Time is ahead of this machine's, in seconds. */
  function ahead(own: Stack): number {
    const date = Buffer.from(read(own, 8, 4000, 56), 'hex').subarray(1)
    const time = Buffer.from(read(own, 8, 4000, 57), 'hex').subarray(1)
    const [year = 0, month = 0, day = 0] = date
    const [hour = 0, minute = 0, second = 0, hundredths = 0] = time
    const at = new Date(year + 1900, month - 1, day, hour, minute, second, hundredths * 10).getTime()
    return Math.round((at - own.clock.now()) / 1000)
  }

  it('is set in local time and in UTC', async () => {
    const { own } = await managed()
    expect(ahead(own)).toBe(0)
    synchronize(own, LOCAL, ...inLocal(own.clock.now() + 1_800_000))
    expect(ahead(own)).toBe(1_800)
    synchronize(own, UTC, ...inUtc(own.clock.now() - 600_000))
    expect(ahead(own)).toBe(-600)
    own.clock.advance(3_600_000)
    expect(ahead(own)).toBe(-600)
    // Nothing is answered.
    expect(own.take()).toEqual([])
  })

  it('is what alarms are stamped with', async () => {
    const { own, point } = await managed()
    const at = own.clock.now() + 1_800_000
    synchronize(own, UTC, ...inUtc(at))
    own.set(point, 30)
    const [date, time] = inLocal(at)
    expect(told(own)[0]?.event.timeStamp).toMatchObject({
      kind: 'date-time',
      dateTime: { date, time: [...time.slice(0, 3), expect.any(Number)] },
    })
  })

  it('is not believed too far from this machine’s clock, however that is reached', async () => {
    const { own } = await managed({ timeSync: '1h' })
    synchronize(own, UTC, ...inUtc(own.clock.now() + 3_602_000))
    expect(ahead(own)).toBe(0)
    for (let step = 1; step < 10; step += 1) synchronize(own, UTC, ...inUtc(own.clock.now() + step * 3_000_000))
    expect(ahead(own)).toBe(3_000)
    synchronize(own, UTC, ...inUtc(own.clock.now() - 3_602_000))
    expect(ahead(own)).toBe(3_000)
    own.configure({ timeSync: '10m' })
    synchronize(own, UTC, ...inUtc(own.clock.now() + 900_000))
    expect(ahead(own)).toBe(3_000)
    synchronize(own, UTC, ...inUtc(own.clock.now() + 500_000))
    expect(ahead(own)).toBe(500)
  })

  it.each([
    ['a wildcard for its year', (date: number[], time: number[]) => [date.with(0, 255), time]],
    ['a wildcard for its hour', (date: number[], time: number[]) => [date, time.with(0, 255)]],
    ['wildcards for its hundredths', (date: number[], time: number[]) => [date, time.with(3, 255)]],
    ['a month 13', (date: number[], time: number[]) => [date.with(1, 13), time]],
    ['a day 0', (date: number[], time: number[]) => [date.with(2, 0), time]],
    ['an hour 24', (date: number[], time: number[]) => [date, time.with(0, 24)]],
  ] as const)('with %s is no time', async (_name, changed) => {
    const { own } = await managed({ timeSync: '365d' })
    const [date, time] = inUtc(own.clock.now() + 60_000)
    const [otherDate = [], otherTime = []] = changed([...date], [...time])
    for (const service of [LOCAL, UTC]) synchronize(own, service, otherDate, otherTime)
    expect(ahead(own)).toBe(0)
  })

  it('of somebody who may not write, or who can’t write it, is passed over in silence', async () => {
    const { own } = await managed()
    synchronize(own, UTC, ...inUtc(own.clock.now() + 60_000), stranger)
    const [date, time] = inUtc(own.clock.now() + 60_000)
    const whole = `1009a4${hex(date)}b4${hex(time)}`
    for (let cut = 4; cut < whole.length; cut += 2) own.receive(local(whole.slice(0, cut)))
    own.receive(local(`${whole}00`))
    expect(ahead(own)).toBe(0)
    expect(own.take()).toEqual([])
  })

  it('is said in the log when it is set, not when it is confirmed', async () => {
    const lines: string[] = []
    const log: Log = { ...silentLog, info: (_fields, message) => void lines.push(message) }
    const { own } = await managed({}, log)
    lines.splice(0)
    for (let n = 0; n < 3; n += 1) synchronize(own, UTC, ...inUtc(own.clock.now() + 60_000))
    expect(lines).toEqual(["BACnet time set by bacnet:127.0.0.9:47808: 60 s ahead of this machine's clock"])
  })
})
