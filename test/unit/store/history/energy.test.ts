import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metered } from '../../../../src/core/history.ts'
import type { LocalHistories } from '../../../../src/store/history/open-local.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { runs } from '../../../support/runs.ts'
import { localDays, metered, NOON, openLocal, ownFolder, writerOn } from './support.ts'

const DAY = 86_400_000
const days = localDays('America/New_York')
const folder = ownFolder()

/** One reading: of which connector, how long after that connector's last (or late), and how far its total grew. */
const step = fc.record({
  connector: fc.integer({ min: 1, max: 3 }),
  gap: fc.oneof(
    fc.integer({ min: 1, max: 15 * 60_000 }),
    fc.integer({ min: 1, max: 4 * 3_600_000 }),
    // Told late, by up to six hours.
    fc.integer({ min: -6 * 3_600_000, max: 0 }),
  ),
  grown: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20_000, noNaN: true })),
  // A store that was restored: the total is a lower one for this once.
  fallen: fc.option(fc.integer({ min: 1, max: 50_000 }), { freq: 30, nil: 0 }),
  power: fc.option(fc.integer({ min: 0, max: 22_000 }), { nil: undefined }),
})
/** What happens with a batch: it is written, written twice, the process is killed after it, or the disk takes it only later. */
const fate = fc.constantFrom('written', 'written', 'twice', 'restart', 'full')

interface Known {
  at: number
  total: number
}

describe('three days of readings', () => {
  it('add up: quarters of an hour, days and what the meters grew by are the same, whatever happens to the process', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 50, maxLength: 250 }),
        fc.array(fc.record({ length: fc.integer({ min: 1, max: 30 }), fate }), { minLength: 20, maxLength: 20 }),
        async (steps, batches) => {
          run += 1
          const file = join(folder.path, `${run}.db`)
          const known = new Map<number, Known>()
          const first = new Map<number, number>()
          const told: Metered[] = []
          for (const { connector, gap, grown, fallen, power } of steps) {
            const own = known.get(connector) ?? { at: NOON, total: 1000 * connector }
            const at = own.at + gap
            if (at > NOON + 3 * DAY) continue
            own.at = Math.max(own.at, at)
            own.total += grown
            known.set(connector, own)
            const energyWh = first.has(connector) ? own.total - fallen : own.total
            if (!first.has(connector)) first.set(connector, own.total)
            // A fallen total is followed by the right one, in another reading.
            told.push(metered({ connector, at, energyWh, powerW: power }))
            if (fallen > 0) told.push(metered({ connector, at, energyWh: own.total }))
          }

          let histories = await openLocal(file)
          let writer = writerOn(histories, { days })
          for (let index = 0; told.length > 0; index += 1) {
            const batch = batches[index % batches.length]
            const entries = told.splice(0, batch?.length ?? 1)
            if (batch?.fate === 'full') {
              const empty = fillDisk(file, ['day'])
              expect(() => writer.write(entries)).toThrow('full')
              empty()
            }
            writer.write(entries)
            if (batch?.fate === 'twice') writer.write(entries)
            if (batch?.fate === 'restart') {
              histories.raw.close()
              histories = await openLocal(file)
              writer = writerOn(histories, { days })
            }
          }

          for (const [connector, { total }] of known) {
            const grown = total - (first.get(connector) ?? 0)
            const quarters = sum(histories, 'quarter_hour', connector)
            const ofDays = sum(histories, 'day', connector)
            expect(quarters.energy).toBeCloseTo(grown, 4)
            expect(ofDays.energy).toBeCloseTo(grown, 4)
            expect(quarters.least).toBeGreaterThanOrEqual(0)
            expect(quarters.samples).toBe(ofDays.samples)
            expect(quarters.samples).toBe(count(histories, connector))
          }
          histories.raw.close()
        },
      ),
      { numRuns: runs(15) },
    )
  })
})

function sum({ raw }: LocalHistories, table: string, connector: number) {
  const query = `SELECT sum(energy) AS energy, min(energy) AS least, sum(samples) AS samples FROM ${table} WHERE connector = ?`
  return raw.prepare(query).get(connector) as { energy: number; least: number; samples: number }
}

function count({ raw }: LocalHistories, connector: number): number {
  return raw.prepare('SELECT count(power) FROM meter WHERE connector = ?').pluck().get(connector) as number
}
