import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Write } from '../../../../src/core/history.ts'
import type { LocalHistories } from '../../../../src/store/history/open-local.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { batchOf, message, metered, NOON, openLocal, ownFolder, rows, writerOn } from './support.ts'

const MINUTE = 60_000
const folder = ownFolder()
let file: string
let histories: LocalHistories

beforeEach(async () => {
  file = join(folder.path, 'history.db')
  histories = await openLocal(file)
  return () => void histories.raw.close()
})

const tables = ['log', 'meter', 'transaction_sample', 'quarter_hour', 'day', 'head']
const everything = () => tables.map((table) => histories.raw.prepare(`SELECT * FROM ${table}`).all())
const revisions = () =>
  tables
    .slice(0, -1)
    .flatMap((table) => histories.raw.prepare(`SELECT revision FROM ${table}`).pluck().all() as number[])

const write: Write = {
  kind: 'write',
  at: NOON + 1,
  source: 'Modbus',
  client: 'modbus:192.0.2.9',
  charger: undefined,
  connector: 0,
  point: 'limit',
  value: '63 A',
  priority: 8,
  result: 'accepted',
  frame: '0006',
}

describe('the writer of histories', () => {
  it('makes a row of the log of each message and each write, in their order', () => {
    writerOn(histories).write([
      message(),
      write,
      message({ at: NOON + 2, from: 'bridge', action: 'Reset', text: '[]' }),
    ])
    expect(rows(histories, 'log')).toEqual([
      {
        ...{ at: NOON, charger: 'CP-1', sender: 'charger', type: 'Heartbeat', message: 'says Heartbeat' },
        frame: '[2,"1","Heartbeat",{}]',
      },
      {
        ...{ at: NOON + 1, charger: '', sender: 'modbus:192.0.2.9', type: 'ModbusWrite', frame: '0006' },
        message: 'limit of the bridge: 63 A at priority 8: accepted',
      },
      { at: NOON + 2, charger: 'CP-1', sender: 'bridge', type: 'Reset', message: 'says Reset', frame: '[]' },
    ])
    const [first = 0] = revisions()
    expect(revisions()).toEqual([first, first + 1, first + 2])
  })

  it('leaves out what is not to be described, and everything of the log where none is kept', () => {
    writerOn(histories, { describe: () => undefined }).write([message()])
    writerOn(histories, { config: { log: false, meters: false } }).write([message(), write])
    expect(rows(histories, 'log')).toEqual([])
  })

  it('writes a reading as it came, the energy of its session, and what it adds to its quarter of an hour and its day', () => {
    const session = { transactionId: 7, energyWh: 250 }
    writerOn(histories).write([
      metered({ at: NOON, powerW: 11_000, energyWh: 1000 }),
      metered({ at: NOON + 15 * MINUTE, powerW: 7000, energyWh: 3000, session }),
      metered({ at: NOON + 20 * MINUTE, powerW: 9000, energyWh: 3500 }),
    ])
    const key = { charger: 'CP-1', connector: 1 }
    expect(rows(histories, 'meter')).toEqual([
      { ...key, at: NOON, power: 11_000, energy: 1000 },
      { ...key, at: NOON + 15 * MINUTE, power: 7000, energy: 3000 },
      { ...key, at: NOON + 20 * MINUTE, power: 9000, energy: 3500 },
    ])
    expect(rows(histories, 'transaction_sample')).toEqual([{ transaction: 7, at: NOON + 15 * MINUTE, energy: 250 }])
    const power = (min: number, max: number, sum: number, samples: number) => ({
      ...{ power_min: min, power_max: max, power_sum: sum, samples },
    })
    expect(rows(histories, 'quarter_hour')).toEqual([
      { ...key, start: NOON - 15 * MINUTE, energy: 0, ...power(11_000, 11_000, 11_000, 1) },
      { ...key, start: NOON, energy: 2000, ...power(7000, 7000, 7000, 1) },
      { ...key, start: NOON + 15 * MINUTE, energy: 500, ...power(9000, 9000, 9000, 1) },
    ])
    expect(rows(histories, 'day')).toEqual([
      { ...key, date: '2026-01-01', energy: 2500, ...power(7000, 11_000, 27_000, 3) },
    ])
  })

  it('counts a power to the quarter of its own moment alone, however many the energy is shared among', () => {
    writerOn(histories).write([
      metered({ at: NOON + 10 * MINUTE, energyWh: 0 }),
      metered({ at: NOON + 40 * MINUTE, energyWh: 300, powerW: 600 }),
    ])
    const quarters = rows(histories, 'quarter_hour').map(({ energy, power_max, samples }) => [
      energy,
      power_max,
      samples,
    ])
    expect(quarters).toEqual([
      [50, null, 0],
      [150, null, 0],
      [100, 600, 1],
    ])
    expect(rows(histories, 'day')).toMatchObject([{ energy: 300, power_max: 600, samples: 1 }])
  })

  it('rolls up without keeping readings as they came, where none are to be kept', () => {
    const writer = writerOn(histories, { config: { log: false, meters: false } })
    writer.write([metered({ energyWh: 1000 }), metered({ at: NOON + MINUTE, energyWh: 1100, powerW: 5000 })])
    // The same reading once more is no second sample.
    writer.write([metered({ at: NOON + MINUTE, energyWh: 1100, powerW: 5000 })])
    expect(rows(histories, 'meter')).toEqual([])
    expect(rows(histories, 'day')).toMatchObject([{ energy: 100, samples: 1, power_sum: 5000 }])
  })

  it('takes parts of one reading together, and the newer of two that differ', () => {
    writerOn(histories).write([
      metered({ energyWh: 1000 }),
      metered({ powerW: 5000 }),
      metered({ powerW: 6000, energyWh: 1001 }),
      metered({ energyWh: 1001 }),
    ])
    expect(rows(histories, 'meter')).toMatchObject([{ at: NOON, power: 6000, energy: 1001 }])
    expect(rows(histories, 'day')).toMatchObject([
      { energy: 1, samples: 1, power_sum: 6000, power_min: 5000, power_max: 6000 },
    ])
  })

  it('counts nothing twice when the same is told again, be it by another process', () => {
    const batch = [1, 2, 3, 4].map((n) =>
      metered({
        at: NOON + n * MINUTE,
        powerW: n * 1000,
        energyWh: n * 500,
        session: { transactionId: 1, energyWh: n },
      }),
    )
    writerOn(histories).write(batch)
    const once = ['meter', 'quarter_hour', 'day', 'transaction_sample'].map((table) => rows(histories, table))
    writerOn(histories).write(batch)
    expect(['meter', 'quarter_hour', 'day', 'transaction_sample'].map((table) => rows(histories, table))).toEqual(once)
    expect(once[2]).toMatchObject([{ energy: 1500, samples: 4, power_sum: 10_000 }])
  })

  it('passes over a batch of the run before, too: its file may be there still when the next run has begun', () => {
    const batches: readonly (readonly [number, number])[] = [
      [7, 1],
      [8, 2],
      [7, 1],
      [8, 2],
      [9, 3],
      [8, 2],
    ]
    for (const [n, run] of batches) writerOn(histories).writeBatch(batchOf(n, [message({ text: `${n}` })], run))
    expect(rows(histories, 'log').map(({ frame }) => frame)).toEqual(['7', '8', '9'])
  })

  it('misses nothing of a batch that has more entries than it says', () => {
    expect(writerOn(histories).writeBatch({ ...batchOf(1, [message()]), entries: 0 }).missing).toBe(0)
    expect(writerOn(histories).writeBatch({ ...batchOf(2, [message()]), entries: 3 }).missing).toBe(2)
  })

  it('keeps the heads of connectors apart', () => {
    writerOn(histories).write([
      metered({ energyWh: 1000 }),
      metered({ connector: 2, energyWh: 50 }),
      metered({ charger: 'CP-2', energyWh: 7 }),
      metered({ at: NOON + MINUTE, connector: 2, energyWh: 60 }),
    ])
    expect(rows(histories, 'day').map(({ charger, connector, energy }) => `${charger}/${connector} ${energy}`)).toEqual(
      ['CP-1/1 0', 'CP-1/2 10', 'CP-2/1 0'],
    )
  })

  it('lets pass by what is no number or no moment: nothing else has to wait for it', () => {
    writerOn(histories).write([
      metered({ at: Number.NaN, energyWh: 1 }),
      metered({ at: 9e15, energyWh: 1 }),
      metered({ energyWh: Number.POSITIVE_INFINITY, powerW: Number.NaN }),
      metered({ powerW: Number.NaN, energyWh: 5, session: { transactionId: 1, energyWh: undefined } }),
    ])
    expect(rows(histories, 'meter')).toMatchObject([{ power: null, energy: 5 }])
    expect(rows(histories, 'transaction_sample')).toEqual([])
  })

  it.each(['log', 'meter', 'quarter_hour', 'day', 'head', 'bookmark'])(
    'writes all of a batch or nothing: the table %s takes nothing, and then the same is written once',
    async (table) => {
      const writer = writerOn(histories)
      writer.write([message(), metered({ energyWh: 1000 })])
      const before = everything()
      const batch = [
        ...[1, 2, 3].map((n) => metered({ at: NOON + n * MINUTE, powerW: 10, energyWh: 1000 + n * 100 })),
        ...[message({ at: NOON + 4 * MINUTE }), write],
      ]
      const empty = fillDisk(file, [table])
      for (const _try of [1, 2]) expect(() => writer.write(batch)).toThrow('full')
      expect(everything()).toEqual(before)
      empty()
      writer.write(batch)

      const other = await openLocal(join(folder.path, 'other.db'))
      const untroubled = writerOn(other)
      untroubled.write([message(), metered({ energyWh: 1000 })])
      untroubled.write(batch)
      for (const name of tables.slice(0, -1)) {
        const all = `SELECT * FROM ${name}`
        expect(histories.raw.prepare(all).all()).toEqual(other.raw.prepare(all).all())
      }
      other.raw.close()
    },
  )

  it('goes on counting revisions well beyond the one before it, whatever was deleted or lost meanwhile', async () => {
    writerOn(histories).write([message(), metered({ energyWh: 1000, powerW: 1 })])
    const highest = Math.max(...revisions())
    histories.raw.exec('DELETE FROM log; DELETE FROM meter; DELETE FROM quarter_hour; DELETE FROM day')
    histories.raw.close()
    histories = await openLocal(file)
    writerOn(histories).write([message(), metered({ at: NOON + MINUTE, energyWh: 1040 })])
    expect(new Set(revisions()).size).toBe(4)
    expect(Math.min(...revisions())).toBeGreaterThan(highest + 500_000)
    expect(rows(histories, 'day')).toMatchObject([{ energy: 40 }])
  })
})
