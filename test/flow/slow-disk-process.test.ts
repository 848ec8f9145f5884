import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlainCharger } from '../support/plain-charger.ts'
import { meterValues, RecordedSite, startTransaction } from '../support/recorded-site.ts'
import { missingSlowSync, SlowSync } from '../support/slow-sync.ts'

const site = new RecordedSite()
let disk: SlowSync

/** How long something takes, in milliseconds, and what comes of it. */
async function timed<T>(work: Promise<T>): Promise<readonly [ms: number, result: T]> {
  const before = performance.now()
  const result = await work
  return [performance.now() - before, result]
}

const power = () => site.modbus(1, '04 0000 0010')
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const storageFault = async () => (await site.modbus(255, '02 0000 0001')) === '020101'

/** Heartbeats and reads, one after the other, until `end`. */
async function meanwhile(charger: PlainCharger, end: Promise<unknown>): Promise<readonly number[]> {
  let isOver = false
  void end.then(() => (isOver = true))
  const all: number[] = []
  while (!isOver) {
    all.push((await timed(charger.call('Heartbeat', {})))[0], (await timed(power()))[0])
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return all
}

describe.skipIf(missingSlowSync !== undefined)(
  `a disk that takes long to sync${missingSlowSync === undefined ? '' : ` (skipped: ${missingSlowSync})`}`,
  () => {
    beforeEach(() => {
      disk = new SlowSync()
    })
    afterEach(() => disk.remove())

    it('holds up what is promised with it, and nothing else', async () => {
      site.write()
      await site.start(disk.environment)
      const [own, other] = [await site.charger('CP-1'), await site.charger('CP-2')]
      disk.takes(500)
      const start = timed(own.call('StartTransaction', startTransaction(1, 100)))
      const limit = timed(site.limit(2, 160))
      const all = Promise.all([start, limit])
      const others = await meanwhile(other, all)
      const [[startMs, started], [limitMs, limited]] = await all
      expect(started).toMatchObject({ idTagInfo: { status: 'Accepted' } })
      expect(limited).toBe('06006400a0')
      expect(startMs).toBeGreaterThan(450)
      expect(limitMs).toBeGreaterThan(450)
      console.log(`others, while a sync takes 500 ms: ${others.length}, median ${median(others).toFixed(1)} ms`)
      expect(others.length).toBeGreaterThan(20)
      expect(median(others)).toBeLessThan(50)
      // The charger hears of its limit before the building hears that it is kept.
      expect(other.told.map(({ action }) => action)).toContain('SetChargingProfile')
    }, 60_000)

    it('loses nothing that was answered when the power fails', async () => {
      const chargers = 10
      site.write({ chargers })
      const bridge = await site.start(disk.environment)
      const store = join(site.folder, 'bridge.db')
      const all = await Promise.all(Array.from({ length: chargers }, (_, n) => site.charger(`CP-${n + 1}`)))
      const answered = new Map<number, boolean>()
      let limit = 0
      let going = true
      copyFileSync(store, join(site.folder, 'left.db'))
      disk.takes(120)
      const charge = async (charger: PlainCharger) => {
        for (let n = 1; going; n += 1) {
          const { transactionId } = await charger.call('StartTransaction', startTransaction(n, n * 100))
          if (going) answered.set(Number(transactionId), false)
          await charger.call('MeterValues', meterValues(n, n * 100 + 5, Number(transactionId)))
          await charger.call('StopTransaction', {
            transactionId,
            meterStop: n * 100 + 10,
            timestamp: new Date().toISOString(),
          })
          if (going) answered.set(Number(transactionId), true)
        }
      }
      for (const charger of all) void charge(charger)
      const write = async () => {
        for (let tenths = 60; going; tenths += 1)
          if ((await site.limit(1, tenths)).startsWith('06') && going) limit = tenths
      }
      // It ends with the bridge, which may not answer any more.
      write().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 4_000))
      going = false
      const log = disk.log
      await bridge.end('SIGKILL')

      const left = join(site.folder, 'left.db')
      writeFileSync(`${left}-wal`, log ?? '')
      const database = new SqliteDatabase(left)
      const rows = database.prepare('SELECT id, stoppedAt FROM "transaction"').all() as {
        id: number
        stoppedAt: number | null
      }[]
      const kept = new Map(rows.map(({ id, stoppedAt }) => [id, stoppedAt !== null]))
      const slots = database.prepare("SELECT slots FROM slots WHERE charger = 'CP-1'").pluck().all()
      database.close()
      expect(answered.size).toBeGreaterThan(chargers * 5)
      for (const [id, isStopped] of answered) {
        expect(kept.has(id), `the start of ${id}`).toBe(true)
        if (isStopped) expect(kept.get(id), `the stop of ${id}`).toBe(true)
      }
      const [written] = slots
        .flatMap((text) => JSON.parse(String(text)) as ({ value: number } | null)[])
        .filter(Boolean)
      // What was written after the last answer may be there as well.
      expect((written?.value ?? 0) * 10).toBeGreaterThanOrEqual(limit)
      expect(limit).toBeGreaterThan(60)
    }, 60_000)

    it('that fails to sync is said, refuses what the building writes, and answers chargers; and is over when it syncs again', async () => {
      site.write()
      const bridge = await site.start(disk.environment)
      const own = await site.charger('CP-1')
      disk.fails()
      const said = bridge.said("can't be written")
      expect(await site.limit(1, 160)).toBe('8604')
      await said
      expect(await storageFault()).toBe(true)
      expect(await site.limit(1, 170)).toBe('8604')
      expect(await own.call('StartTransaction', startTransaction(1, 100))).toMatchObject({
        idTagInfo: { status: 'Accepted' },
      })
      disk.takes(0)
      await bridge.said('can be written again')
      expect(await storageFault()).toBe(false)
      expect(await site.limit(1, 160)).toBe('06006400a0')
      expect(await bridge.end()).toBe(0)
    }, 60_000)

    it('that hangs is said as well, and holds no charger up for more than ten seconds', async () => {
      site.write()
      const bridge = await site.start(disk.environment)
      const [own, other] = [await site.charger('CP-1'), await site.charger('CP-2')]
      disk.takes(14_000)
      const said = bridge.said('it takes more than 10 s')
      const start = timed(own.call('StartTransaction', startTransaction(1, 100)))
      const limit = timed(site.limit(2, 160))
      const others = await meanwhile(other, Promise.all([start, limit, said]))
      expect((await start)[0]).toBeGreaterThan(9_000)
      expect((await limit)[1]).toBe('8604')
      expect(await storageFault()).toBe(true)
      expect(median(others)).toBeLessThan(50)
      disk.takes(0)
      await bridge.said('can be written again')
      expect(await site.limit(2, 160)).toBe('06006400a0')
      expect(await bridge.end()).toBe(0)
    }, 60_000)
  },
)
