import type { HistoryDatabase } from '../database.ts'

/** The name of each bridge's site, by the source that its rows have. */
export async function sitesOf(db: HistoryDatabase): Promise<ReadonlyMap<number, string>> {
  const rows = await db.selectFrom('source').select(['id', 'site']).execute()
  return new Map(rows.map(({ id, site }) => [id, site]))
}
