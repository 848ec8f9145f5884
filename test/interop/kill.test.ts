import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/simulator/random.ts'
import { type HistoryDatabase, openSqliteHistories } from '../../src/store/history/database.ts'
import { waitingFolder } from '../../src/store/history/file.ts'
import { openPostgresHistories } from '../../src/store/history/postgres.ts'
import { type KeptEnergy, type KeptSession, KillSite } from '../support/kill-site.ts'
import { type Cluster, missingPostgres, startPostgres } from '../support/postgres.ts'

const SOAK = process.env.SOAK === '1'
const KILLS = Number(process.env.KILLS ?? (SOAK ? 200 : 6))
const CHARGERS = SOAK ? 50 : 20
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

let site: KillSite | undefined
afterEach(() => site?.close())

async function sessionsOf(db: HistoryDatabase): Promise<readonly KeptSession[]> {
  const columns = ['charger', 'id', 'meterStart', 'meterStop', 'stoppedAt'] as const
  const rows = await db.selectFrom('transaction').select(columns).execute()
  return rows.map(({ stoppedAt, ...row }) => ({ ...row, stopped: stoppedAt !== null }))
}

async function energyOf(db: HistoryDatabase): Promise<readonly KeptEnergy[]> {
  const sum = async (table: 'quarterHour' | 'day') => {
    const rows = await db
      .selectFrom(table)
      .select(({ fn }) => ['charger', fn.sum<number>('energy').as('energy')])
      .where('connector', '=', 1)
      .groupBy('charger')
      .execute()
    return new Map(rows.map(({ charger, energy }) => [charger, energy]))
  }
  const [quarterHours, days] = [await sum('quarterHour'), await sum('day')]
  return [...quarterHours].map(([charger, energy]) => ({
    charger,
    quarterHours: energy,
    days: days.get(charger) ?? Number.NaN,
  }))
}

/** How many there are; none where there is no such folder. */
function filesIn(folder: string): number {
  return existsSync(folder) ? readdirSync(folder).length : 0
}

function tell(what: string, own: KillSite, losses: readonly string[]): void {
  const { kills, sessions, acknowledgedWrites } = own
  console.log(
    `${what} (seed ${seed}): ${kills} kills, ${sessions} sessions of ${CHARGERS} chargers, ${acknowledgedWrites} acknowledged writes; ${losses.length} losses`,
  )
}

describe('a bridge that is killed at random moments', () => {
  it('loses and doubles no transaction, forgets no write that it acknowledged, and counts no energy twice', async () => {
    const random = seededRandom(seed)
    site = await KillSite.open({ chargers: CHARGERS, store: [], random })
    await site.begin()
    for (let n = 0; n < KILLS; n += 1) await site.kill()
    const history = join(site.folder, 'data/bridge.history.db')
    await site.finish(async () => filesIn(waitingFolder(history)) === 0)
    const { raw, db } = openSqliteHistories(history, { readonly: true })
    const losses = [
      ...site.losses,
      ...site.judgeSessions('store', site.storedSessions()),
      ...site.judgeSessions('history', await sessionsOf(db)),
      ...site.judgeEnergy(await energyOf(db)),
    ]
    raw.close()
    tell('SQLite', site, losses)
    expect(losses).toEqual([])
    expect(site.acknowledgedWrites).toBeGreaterThan(KILLS)
  }, 3_600_000)
})

describe.skipIf(missingPostgres)('a bridge that is killed while its database comes and goes', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startPostgres({ durable: true })
  }, 60_000)
  afterAll(() => cluster?.remove())

  it('has everything there once, in the end', async () => {
    const random = seededRandom(seed + 1)
    const url = await cluster.create('killed')
    site = await KillSite.open({ chargers: CHARGERS, store: [`store: "${url}"`], random })
    await site.begin()
    for (let n = 0; n < KILLS; n += 1) {
      if (n % 3 === 1) await cluster.stop(random() < 0.5 ? 'immediate' : 'fast')
      await site.kill()
      if (n % 3 === 2) await cluster.start()
    }
    if (KILLS % 3 === 2) await cluster.start()
    const { db, close } = openPostgresHistories(url)
    const own = site
    const inDatabase = async () => [
      ...own.judgeSessions('database', await sessionsOf(db)),
      ...own.judgeEnergy(await energyOf(db)),
    ]
    await site.finish(async () => (await inDatabase()).length === 0)
    const losses = [...site.losses, ...site.judgeSessions('store', site.storedSessions()), ...(await inDatabase())]
    await close()
    tell('PostgreSQL', site, losses)
    expect(losses).toEqual([])
  }, 3_600_000)
})
