import { rmSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { becomeNewSource } from '../../../src/backup/new-source.ts'
import { makeSite, valuesIn } from '../../support/backup-site.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await makeSite('Old')
  file = join(folder, 'data/bridge.history.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(sql: string): void {
  const database = new SqliteDatabase(file)
  database.exec(sql)
  database.close()
}

const HEAD = "INSERT INTO head (charger, connector, at, energy) VALUES ('CP-1', 1, 1, 100)"

describe('histories that come back', () => {
  it('are those of a source that never was before, with all that they had', () => {
    write(HEAD)
    const before = valuesIn(file, 'SELECT key FROM source')
    becomeNewSource(file)
    const after = valuesIn(file, 'SELECT key FROM source')
    expect(after).toHaveLength(1)
    expect(after).not.toEqual(before)
    becomeNewSource(file)
    expect(valuesIn(file, 'SELECT key FROM source')).not.toEqual(after)
    expect(valuesIn(file, 'SELECT revision FROM log ORDER BY revision')).toEqual([1, 2, 3])
    expect(valuesIn(file, 'SELECT energy FROM head')).toEqual([100])
  })

  it('have no more what another database had of them, under the number of the bridge that was', () => {
    write(`${HEAD};
      INSERT INTO bookmark VALUES ('revision', 9), ('transactions', 7), ('copied.log', 2), ('copied.day', 4), ('copied.gone', 9);
      INSERT INTO day (source, revision, charger, connector, date, energy, power_sum, samples)
        VALUES (1, 4, 'CP-1', 1, '2026-01-01', 5, 0, 0), (1, 5, 'CP-1', 2, '2026-01-01', 8, 0, 0),
          (1, 6, 'CP-1', 1, '2026-01-02', 6, 0, 0);`)
    becomeNewSource(file)
    expect(valuesIn(file, 'SELECT revision FROM log')).toEqual([3])
    // Nobody knows how much of a day's sum was there that had begun by then.
    expect(valuesIn(file, 'SELECT date FROM day')).toEqual(['2026-01-02'])
    // What flowed since was told there: it must not be measured again.
    expect(valuesIn(file, 'SELECT energy FROM head')).toEqual([])
    // How far transactions were taken is a matter of the state that comes back with them.
    expect(valuesIn(file, "SELECT value FROM bookmark WHERE name = 'transactions'")).toEqual([7])
  })

  it('may be of a bridge that had no tables for them yet', () => {
    write('DROP TABLE bookmark; DROP TABLE head')
    becomeNewSource(file)
    expect(valuesIn(file, 'SELECT count(*) FROM log')).toEqual([3])
    write('DROP TABLE source')
    becomeNewSource(file)
    expect(valuesIn(file, 'SELECT count(*) FROM log')).toEqual([3])
  })
})
