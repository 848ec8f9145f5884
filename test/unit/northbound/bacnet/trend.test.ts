import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { localDateTime } from '../../../../src/northbound/bacnet/wire/type/date-time.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { readLog, records, told, writeLog } from './logs.ts'
import { ask, local, oid, type PointInit, read, stack } from './support.ts'

const MINUTE = 60_000
const TREND_LOG = 20
const ACK = '20010f'
const ENABLE = 133
const LOG_INTERVAL = 134
const RECORD_COUNT = 141
const START_TIME = 142
const STOP_TIME = 143
const STOP_WHEN_FULL = 144
const TOTAL_RECORD_COUNT = 145
const LOGGING_TYPE = 197
const TRIGGER = 205
const TRUE = '11'
const FALSE = '10'

const power: PointInit = { object: 'analog-input', instance: 7, type: 'number', unit: 'kW', trend: '15m' }

const midnight = new FakeClock().now()

/** The clock begins at midnight UTC on New Year's Day. */
async function logging(init: Partial<PointInit> = {}) {
  const own = await stack()
  const [point] = own.attach([{ ...power, ...init }])
  if (point === undefined) throw new Error('no point')
  let passed = 0
  return {
    own,
    point,
    /** So many more minutes since midnight. */
    pass(minutes: number): void {
      passed += minutes
      own.clock.advance(midnight + passed * MINUTE - own.clock.now())
    },
  }
}

function moment(ms: number): string {
  const { date, time } = localDateTime(ms)
  return `a4${Buffer.from(date).toString('hex')}b4${Buffer.from(time).toString('hex')}`
}

describe('a trend log', () => {
  it('stands beside its object with every property that the standard requires, in its data type', async () => {
    const { own } = await logging()
    const [NULL, BOOLEAN, UNSIGNED, TEXT, BITS, ENUMERATED, DATE, OBJECT_ID] = [0, 1, 2, 7, 8, 9, 10, 12]
    const types = {
      75: OBJECT_ID,
      77: TEXT,
      79: ENUMERATED,
      28: TEXT,
      111: BITS,
      36: ENUMERATED,
      103: ENUMERATED,
      [ENABLE]: BOOLEAN,
      [START_TIME]: DATE,
      [STOP_TIME]: DATE,
      [LOG_INTERVAL]: UNSIGNED,
      127: NULL,
      [STOP_WHEN_FULL]: BOOLEAN,
      126: UNSIGNED,
      [RECORD_COUNT]: UNSIGNED,
      [TOTAL_RECORD_COUNT]: UNSIGNED,
      [LOGGING_TYPE]: ENUMERATED,
      193: BOOLEAN,
      195: UNSIGNED,
      [TRIGGER]: BOOLEAN,
      371: ENUMERATED,
    }
    for (const [property, tag] of Object.entries(types)) {
      const value = read(own, TREND_LOG, 7, Number(property))
      expect({ property, tag: Number.parseInt(value[0] ?? '', 16) }).toEqual({ property, tag })
    }
    expect(read(own, TREND_LOG, 7, LOG_INTERVAL)).toBe('23015f90')
    expect(read(own, TREND_LOG, 7, 126)).toBe('2203e8')
    // Present_Value of analog-input 7.
    expect(read(own, TREND_LOG, 7, 132)).toBe(`0c${oid(0, 7)}1955`)
    expect(Buffer.from(read(own, TREND_LOG, 7, 77).slice(6), 'hex').toString()).toBe('Site.analog-input 7 Trend')
    // Only ReadRange reads the buffer.
    expect(read(own, TREND_LOG, 7, 131)).toBe('50010c9102911b')
    expect(read(own, 8, 4000, 76)).toContain(`c4${oid(TREND_LOG, 7)}`)
  })

  it('stands in an instance of its own, and keeps as many records as it is told', async () => {
    const { own, pass } = await logging({ trend: { every: '1m', instance: 12, keep: 10 } })
    expect(read(own, TREND_LOG, 7, 77)).toBe('50010c9101911f')
    expect(read(own, TREND_LOG, 12, 126)).toBe('210a')
    pass(25)
    expect(read(own, TREND_LOG, 12, RECORD_COUNT)).toBe('210a')
    expect(read(own, TREND_LOG, 12, TOTAL_RECORD_COUNT)).toBe('2119')
    expect(told(own, 12)[0]).toContain('00:16 ')
  })

  it('records the value at every quarter of an hour by the clock, with its flags', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 7.5)
    pass(20)
    own.set(point, 11, 'offline')
    pass(20)
    own.downlink.setOutOfService(point, true)
    pass(20)
    expect(told(own)).toEqual(['00:15 7.5', '00:30 11!', '00:45 11!', '01:00 11!'])
    const [, second] = records(readLog(own))
    expect(second?.timestamp).toEqual(localDateTime(midnight + 30 * MINUTE))
    expect(second?.statusFlags).toBe(4)
  })

  it('records of a value that never came that it could not be had', async () => {
    const { own, point, pass } = await logging()
    pass(15)
    own.set(point, 0)
    pass(15)
    expect(told(own)).toEqual(['00:15 failure 2/72!', '00:30 0'])
  })

  it.each([
    ['binary-input', { type: 'boolean' }, true, '1'],
    ['multi-state-input', { type: 'state', states: ['a', 'b', 'c'] }, 2, '3'],
    ['positive-integer-value', { type: 'integer' }, 300, '300'],
    ['characterstring-value', { type: 'text' }, 'hi', 'any 73006869'],
    ['large-analog-value', { type: 'number' }, 1.5, 'any 55083ff8000000000000'],
  ] as const)('records a %s in its data type', async (object, init, value, word) => {
    const { own, point, pass } = await logging({ object, ...init, trend: '1h' })
    own.set(point, value)
    pass(60)
    expect(told(own)).toEqual([`01:00 ${word}`])
  })

  it('records changes of value, where that is what it does: by the increment, and every change of flags', async () => {
    const { own, point, pass } = await logging({ trend: 'cov', covIncrement: 1 })
    expect(read(own, TREND_LOG, 7, LOGGING_TYPE)).toBe('9101')
    expect(read(own, TREND_LOG, 7, LOG_INTERVAL)).toBe('2100')
    for (const value of [5, 5.5, 5.9, 6, 6.5]) {
      own.set(point, value)
      pass(1)
    }
    own.set(point, 6.5, 'offline')
    expect(told(own)).toEqual(['00:00 failure 2/72!', '00:00 5', '00:03 6', '00:05 6.5!'])
  })

  it('says when it was disabled and enabled', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 1)
    pass(15)
    expect(writeLog(own, ENABLE, FALSE)).toBe(ACK)
    expect(writeLog(own, ENABLE, FALSE)).toBe(ACK)
    pass(15)
    expect(writeLog(own, ENABLE, TRUE)).toBe(ACK)
    pass(15)
    expect(told(own)).toEqual(['00:15 1', '00:15 disabled', '00:30 enabled', '00:45 1'])
  })

  it('is emptied by writing 0 to Record_Count, and says so first; its records count on', async () => {
    const { own, pass } = await logging()
    pass(31)
    expect(writeLog(own, RECORD_COUNT, '2101')).toBe('50010f91029125')
    expect(read(own, TREND_LOG, 7, RECORD_COUNT)).toBe('2102')
    expect(writeLog(own, RECORD_COUNT, '2100')).toBe(ACK)
    expect(told(own)).toEqual(['00:31 purged'])
    expect(read(own, TREND_LOG, 7, TOTAL_RECORD_COUNT)).toBe('2103')
    writeLog(own, ENABLE, FALSE)
    writeLog(own, RECORD_COUNT, '2100')
    expect(told(own)).toEqual(['00:31 disabled+purged'])
  })

  it('stops when it is full, where it shall, and goes on once it is emptied', async () => {
    const { own, point, pass } = await logging({ trend: { every: '1m', keep: 10 } })
    own.set(point, 1)
    expect(writeLog(own, STOP_WHEN_FULL, TRUE)).toBe(ACK)
    pass(30)
    expect(told(own)).toHaveLength(10)
    expect(told(own).slice(-2)).toEqual(['00:09 1', '00:10 disabled'])
    expect(read(own, TREND_LOG, 7, ENABLE)).toBe(FALSE)
    // Object, log-buffer-full.
    expect(writeLog(own, ENABLE, TRUE)).toBe('50010f9101914b')
    writeLog(own, RECORD_COUNT, '2100')
    expect(writeLog(own, ENABLE, TRUE)).toBe(ACK)
    pass(1)
    expect(told(own)).toEqual(['00:30 disabled+purged', '00:30 enabled', '00:31 1'])
  })

  it('stops at once where it is full already: the oldest record makes room for saying so', async () => {
    const { own, point, pass } = await logging({ trend: { every: '1m', keep: 10 } })
    own.set(point, 1)
    pass(20)
    expect(writeLog(own, STOP_WHEN_FULL, TRUE)).toBe(ACK)
    pass(5)
    expect(told(own)).toHaveLength(10)
    expect([told(own)[0], told(own)[9]]).toEqual(['00:12 1', '00:20 disabled'])
  })

  it('collects between Start_Time and Stop_Time; wildcards mean any time', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 1)
    expect(writeLog(own, START_TIME, moment(midnight + 20 * MINUTE))).toBe(ACK)
    expect(writeLog(own, STOP_TIME, moment(midnight + 50 * MINUTE))).toBe(ACK)
    expect(read(own, TREND_LOG, 7, STOP_TIME)).toBe(moment(midnight + 50 * MINUTE))
    pass(65)
    expect(told(own)).toEqual(['00:00 disabled', '00:30 enabled', '00:30 1', '00:45 1', '01:00 disabled'])
    expect(writeLog(own, STOP_TIME, 'a4ffffffffb4ffffffff')).toBe(ACK)
    pass(10)
    expect(told(own).slice(-2)).toEqual(['01:05 enabled', '01:15 1'])
    // No such hour; one value only; too many.
    expect(writeLog(own, START_TIME, 'a47e0101ffb418000000')).toBe('50010f91029125')
    expect(writeLog(own, START_TIME, 'a47e0101ff')).toBe('50010f91029109')
    expect(writeLog(own, START_TIME, 'a47e0101ffb40800000010')).toBe('50010f91029109')
  })

  it('takes another interval, none for changes of value, and waits for Trigger', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 1)
    // Not under a second.
    expect(writeLog(own, LOG_INTERVAL, '2163')).toBe('50010f91029125')
    expect(writeLog(own, LOG_INTERVAL, '221770')).toBe(ACK)
    pass(2)
    expect(told(own)).toEqual(['00:01 1', '00:02 1'])
    expect(writeLog(own, LOG_INTERVAL, '2100')).toBe(ACK)
    expect(read(own, TREND_LOG, 7, LOGGING_TYPE)).toBe('9101')
    pass(2)
    own.set(point, 3)
    expect(told(own).slice(2)).toEqual(['00:02 1', '00:04 3'])
    // Property, not-configured-for-triggered-logging.
    expect(writeLog(own, TRIGGER, TRUE)).toBe('50010f9102914e')
    expect(writeLog(own, LOGGING_TYPE, '9102')).toBe(ACK)
    expect(writeLog(own, LOG_INTERVAL, '221770')).toBe('50010f91029128')
    own.set(point, 9)
    pass(20)
    expect(writeLog(own, TRIGGER, TRUE)).toBe(ACK)
    expect(read(own, TREND_LOG, 7, TRIGGER)).toBe(FALSE)
    expect(told(own).slice(4)).toEqual(['00:24 9'])
    expect(writeLog(own, LOGGING_TYPE, '9100')).toBe(ACK)
    expect(read(own, TREND_LOG, 7, LOG_INTERVAL)).toBe('221770')
    pass(1)
    expect(told(own).slice(5)).toEqual(['00:25 9'])
    expect(writeLog(own, LOGGING_TYPE, '9103')).toBe('50010f91029125')
  })

  it.each([
    [ENABLE, '2101', '09'],
    [LOG_INTERVAL, '9101', '09'],
    [RECORD_COUNT, '9100', '09'],
    [126, '2164', '28'],
    [131, '00', '28'],
    [TOTAL_RECORD_COUNT, '2100', '28'],
    [132, `0c${oid(0, 8)}1955`, '28'],
  ])('refuses to have written to property %i: %s', async (property, value, code) => {
    const { own } = await logging()
    expect(writeLog(own, property, value)).toBe(`50010f910291${code}`)
  })

  it('goes on after a restart with the same records and what was written, and says that it was away', async () => {
    const clock = new FakeClock()
    const kept = { journal: journals(), pages: new Map<string, string>(), clock }
    const first = await stack({}, silentLog, kept)
    first.set(first.attach([power])[0] as never, 1)
    first.clock.advance(15 * MINUTE)
    writeLog(first, LOG_INTERVAL, '221770')
    writeLog(first, STOP_WHEN_FULL, TRUE)
    await first.north.stop()
    clock.advance(30 * MINUTE)
    const second = await stack({}, silentLog, kept)
    second.set(second.attach([power])[0] as never, 2)
    clock.advance(MINUTE)
    expect(told(second)).toEqual(['00:15 1', '00:45 interrupted', '00:46 2'])
    expect(read(second, TREND_LOG, 7, STOP_WHEN_FULL)).toBe(TRUE)
    writeLog(second, ENABLE, FALSE)
    await second.north.stop()
    // Disabled, it misses nothing.
    const third = await stack({}, silentLog, kept)
    third.attach([power])
    expect(told(third).at(-1)).toContain('disabled')
  })

  it('stops with its point, and goes on with it', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 1)
    pass(15)
    own.detach([point])
    expect(read(own, TREND_LOG, 7, 77)).toBe('50010c9101911f')
    expect(read(own, 8, 4000, 76)).not.toContain(`c4${oid(TREND_LOG, 7)}`)
    pass(30)
    own.attachAgain([point])
    pass(15)
    expect(told(own)).toEqual(['00:15 1', '00:45 interrupted', '01:00 1'])
  })

  it('takes note of a client that sets the clock, and records by the new time', async () => {
    const { own, point, pass } = await logging()
    own.set(point, 1)
    pass(5)
    const set = moment(midnight + 14 * MINUTE)
    own.receive(local(`10 06 ${set}`))
    pass(2)
    expect(told(own)).toEqual(['00:14 clock 540', '00:15 1'])
  })

  it('stands in the structured view of its point', async () => {
    const { own } = await logging()
    // Subordinate_List of the site's view, which is the only one.
    const [, view = ''] = /c4(07[0-9a-f]{6})/.exec(read(own, 8, 4000, 76)) ?? []
    expect(read(own, 29, Number.parseInt(view, 16) & 0x3f_ffff, 211)).toContain(`1c${oid(TREND_LOG, 7)}`)
  })

  it("says in the bridge's own log who wrote what", async () => {
    const lines: string[] = []
    const log = { ...silentLog, info: (_fields: object, text: string) => void lines.push(text) }
    const own = await stack({}, log)
    own.attach([power])
    writeLog(own, ENABLE, FALSE)
    writeLog(own, ENABLE, '2101')
    writeLog(own, RECORD_COUNT, '2100')
    expect(lines.filter((line) => line.includes('Trend'))).toEqual([
      'enable of Site.analog-input 7 Trend: false, by bacnet:127.0.0.9',
      'record-count of Site.analog-input 7 Trend: 0, by bacnet:127.0.0.9',
    ])
  })

  it('begins anew where another point or another unit stands in its place', async () => {
    const journal = journals()
    for (const init of [
      power,
      { ...power, unit: 'W' as const },
      { ...power, instance: 8, trend: { every: '15m', instance: 7 } },
    ]) {
      const own = await stack({}, silentLog, { journal })
      own.attach([init])
      own.clock.advance(15 * MINUTE)
      expect(told(own)).toHaveLength(1)
    }
  })

  it('counts its records to 2^32-1, and then from 1', async () => {
    const journal = journals()
    const first = await stack({}, silentLog, { journal })
    first.attach([power])
    for (const book of journal.shelf.values()) book.last = 2 ** 32 - 3
    first.clock.advance(15 * MINUTE)
    expect(read(first, TREND_LOG, 7, TOTAL_RECORD_COUNT)).toBe('24fffffffe')
    first.clock.advance(15 * MINUTE)
    expect(read(first, TREND_LOG, 7, TOTAL_RECORD_COUNT)).toBe('24ffffffff')
    first.clock.advance(15 * MINUTE)
    expect(read(first, TREND_LOG, 7, TOTAL_RECORD_COUNT)).toBe('2101')
  })
})

it('a log is not told of by COV: its buffer is read', async () => {
  const { own } = await logging()
  // Object, optional-functionality-not-supported.
  expect(ask(own, 5, `0901 1c${oid(TREND_LOG, 7)} 2900 3978`)).toBe('5001059101912d')
  expect(typeof readLog(own)).toBe('object')
})
