import SqliteDatabase from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPostgresHistories, type PostgresHistories } from '../../src/store/history/postgres.ts'
import type { PlainCharger } from '../support/plain-charger.ts'
import { type Cluster, missingPostgres, startPostgres } from '../support/postgres.ts'
import { meterValues, RecordedSite, startTransaction } from '../support/recorded-site.ts'

const SOON = { timeout: 60_000, interval: 200 }

describe.skipIf(missingPostgres !== undefined)(
  'a bridge whose histories go to PostgreSQL (skipped without one)',
  () => {
    const site = new RecordedSite()
    let cluster: Cluster
    let postgres: PostgresHistories
    let databases = 0

    beforeAll(async () => {
      cluster = await startPostgres()
    }, 60_000)
    afterAll(() => cluster?.remove())
    beforeEach(async () => {
      databases += 1
      const url = await cluster.create(`process_${databases}`)
      postgres = openPostgresHistories(url)
      site.write({
        store: `store: "${url}"`,
        more: [`spool: "sqlite:${site.folder}/bridge.db"`],
        ocpp: ', shareIdTags: true',
      })
    })
    afterEach(() => postgres?.close())

    /** Everything that the chargers said and were told, held against the database. */
    async function compare(chargers: readonly PlainCharger[], ids: readonly unknown[], energy: number): Promise<void> {
      for (const { id, sent, received } of chargers)
        for (const [sender, texts] of [
          ['charger', sent],
          ['bridge', received],
        ] as const) {
          const order = 'SELECT frame FROM log WHERE charger = $1 AND sender = $2 ORDER BY revision'
          const frames = (await postgres.query(order, [id, sender])).map(({ frame }) => frame)
          const place = texts.findIndex((text, index) => text !== frames[index])
          expect({ id, sender, place, length: frames.length }).toEqual({ id, sender, place: -1, length: texts.length })
        }
      const transactions = await postgres.query('SELECT id FROM transaction', [])
      expect(transactions.map(({ id }) => id).sort()).toEqual([...ids].sort())
      expect(
        await postgres.query('SELECT charger, sum(energy) AS energy FROM day GROUP BY charger ORDER BY 1', []),
      ).toEqual(chargers.map(({ id }) => ({ charger: id, energy })))
    }

    async function rounds(own: readonly PlainCharger[], from: number, to: number): Promise<readonly unknown[]> {
      const ids: unknown[] = []
      for (let n = from; n < to; n += 1)
        for (const each of own) {
          const { transactionId } = await each.call('StartTransaction', startTransaction(n, n * 10))
          ids.push(transactionId)
          await each.call('MeterValues', meterValues(n, n * 10, Number(transactionId)))
        }
      return ids
    }

    const copied = (count: number) =>
      vi.waitFor(async () => {
        expect(await postgres.query('SELECT count(*) AS n FROM transaction', [])).toEqual([{ n: count }])
      }, SOON)

    it('loses nothing where that is away at the start, is stopped under load, hangs, and is gone at the end', async () => {
      await cluster.stop('fast')
      const bridge = await site.start()
      const own = [await site.charger('CP-1'), await site.charger('CP-2')]
      const ids = [...(await rounds(own, 0, 50))]
      await bridge.said('histories are not copied to PostgreSQL')
      await vi.waitFor(async () => expect(await site.modbus(255, '02 0000 0001')).toBe('020101'), SOON)
      expect(await site.limit(1, 100)).toBe('0600640064')
      await cluster.start()
      await copied(100)
      await vi.waitFor(async () => expect(await site.modbus(255, '02 0000 0001')).toBe('020100'), SOON)

      const load = rounds(own, 50, 1_000)
      await vi.waitFor(async () => {
        const [row] = await postgres.query('SELECT count(*) AS n FROM transaction', [])
        expect(Number(row?.n)).toBeGreaterThan(100)
      }, SOON)
      await cluster.stop('immediate')
      ids.push(...(await load))
      await cluster.start()
      await copied(2_000)

      cluster.freeze()
      const before = performance.now()
      ids.push(...(await rounds(own, 1_000, 1_200)))
      const perCall = (performance.now() - before) / 800
      cluster.thaw()
      console.log(`${perCall.toFixed(1)} ms a call while PostgreSQL hangs`)
      expect(perCall).toBeLessThan(20)
      await copied(2_400)

      await site.quiet()
      await cluster.stop('fast')
      ids.push(...(await rounds(own, 1_200, 1_250)))
      await site.quiet()
      const end = performance.now()
      expect(await bridge.end()).toBe(0)
      const took = performance.now() - end
      console.log(`ended within ${took.toFixed(0)} ms, PostgreSQL being away`)
      expect(took).toBeLessThan(5_000)

      await cluster.start()
      const [sent, received] = own.flatMap((each) => [[...each.sent], [...each.received]])
      const again = await site.start()
      await copied(2_500)
      await vi.waitFor(() => {
        const file = new SqliteDatabase(site.history, { readonly: true })
        const left = file.prepare('SELECT count(*) FROM log').pluck().get()
        file.close()
        expect(left).toBe(0)
      }, SOON)
      expect(await again.end()).toBe(0)
      expect(sent?.length).toBeGreaterThan(1_000)
      expect(received?.length).toBeGreaterThan(1_000)
      await compare(own, ids, 12_490)
    }, 240_000)

    it('ends within its time while that says nothing', async () => {
      const bridge = await site.start()
      const own = await site.charger('CP-1')
      const ids = await rounds([own], 0, 10)
      await copied(10)
      cluster.freeze()
      try {
        const more = await rounds([own], 10, 20)
        await site.quiet()
        const before = performance.now()
        expect(await bridge.end()).toBe(0)
        expect(performance.now() - before).toBeLessThan(5_000)
        cluster.thaw()
        const again = await site.start()
        await copied(20)
        expect(await again.end()).toBe(0)
        await compare([own], [...ids, ...more], 190)
      } finally {
        cluster.thaw()
      }
    }, 120_000)
  },
)
