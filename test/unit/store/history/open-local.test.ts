import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { setAside } from '../../../../src/store/aside.ts'
import { isCorrupt } from '../../../../src/store/history/corrupt.ts'
import { openLocalHistories } from '../../../../src/store/history/open-local.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { message, NOON, openLocal, ownFolder, rows, writerOn } from './support.ts'

const folder = ownFolder()
let file: string

beforeEach(() => {
  file = join(folder.path, 'data', 'history.db')
})

const sources = (path: string) => {
  const database = new SqliteDatabase(path, { readonly: true })
  const all = database.prepare('SELECT id, key, site FROM source').all()
  database.close()
  return all as { id: number; key: string; site: string }[]
}

async function filled(entries: number): Promise<void> {
  const histories = await openLocal(file)
  const text = 'x'.repeat(2000)
  writerOn(histories).write(Array.from({ length: entries }, () => message({ text })))
  histories.raw.close()
}

/** Overwrites octets of the file. */
function scribble(from: number, length: number): void {
  const open = openSync(file, 'r+')
  writeSync(open, Buffer.alloc(length, 0xa5), 0, length, from)
  closeSync(open)
}

describe("the bridge's own file of histories", () => {
  it('is made with its folder, readable by its owner alone, and has a key of its own for good', async () => {
    const { histories, damaged } = await openLocalHistories(file, 'Depot', NOON)
    expect(damaged).toBeUndefined()
    expect(histories.source).toBe(1)
    histories.raw.close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const [made] = sources(file)
    expect(made).toEqual({ id: 1, key: expect.stringMatching(/^[0-9a-f-]{36}$/), site: 'Depot' })
    ;(await openLocal(file, 'Depot North')).raw.close()
    expect(sources(file)).toEqual([{ ...made, site: 'Depot North' }])
  })

  it('has its tables made as a whole: those that a full disk or a power cut interrupted are begun anew', async () => {
    mkdirSync(join(folder.path, 'data'))
    const database = new SqliteDatabase(file)
    // In the way of the last statement of a step.
    database.exec('CREATE TABLE bookmark (x)')
    await expect(openLocal(file)).rejects.toThrow('bookmark')
    database.exec('DROP TABLE bookmark')
    database.close()
    const histories = await openLocal(file)
    writerOn(histories).write([message({ text: 'whole' })])
    expect(rows(histories, 'log')).toHaveLength(1)
    histories.raw.close()
  })

  it('opens where the disk is full', async () => {
    await filled(1)
    const empty = fillDisk(file)
    const histories = await openLocal(file)
    expect(rows(histories, 'log')).toHaveLength(1)
    expect(() => writerOn(histories).write([message()])).toThrow('full')
    histories.raw.close()
    empty()
  })

  it("is put aside, as it is, where it is none of SQLite's, and another is begun", async () => {
    ;(await openLocal(file)).raw.close()
    writeFileSync(file, 'somebody wrote a letter here, '.repeat(500))
    const { histories, damaged } = await openLocalHistories(file, 'Depot', Date.UTC(2026, 4, 6, 7, 8, 9))
    writerOn(histories).write([message()])
    expect(rows(histories, 'log')).toHaveLength(1)
    histories.raw.close()
    expect(damaged?.aside).toBe(`${file}.corrupt-2026-05-06T07-08-09.000Z`)
    expect(isCorrupt(damaged?.error)).toBe(true)
    expect(readFileSync(damaged?.aside ?? '', 'utf8')).toMatch(/^somebody wrote/)
  })

  it.each([
    ['its first page is damaged', () => scribble(100, 3000)],
    ['it lost its end', () => truncateSync(file, 9000)],
  ])('is put aside where %s', async (_name, damage) => {
    await filled(100)
    damage()
    const { histories, damaged } = await openLocalHistories(file, 'Depot', NOON)
    histories.raw.close()
    expect(damaged && existsSync(damaged.aside)).toBe(true)
  })

  it('takes along what SQLite keeps beside it', async () => {
    await filled(1)
    for (const beside of ['-wal', '-shm']) writeFileSync(`${file}${beside}`, beside)
    const aside = setAside(file, NOON)
    expect(readdirSync(join(folder.path, 'data'))).toHaveLength(3)
    for (const beside of ['-wal', '-shm']) expect(readFileSync(`${aside}${beside}`, 'utf8')).toBe(beside)
  })

  it('stays where it is when a newer bridge wrote it', async () => {
    await filled(1)
    const database = new SqliteDatabase(file)
    database.exec("INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01')")
    database.close()
    await expect(openLocalHistories(file, 'Depot', NOON)).rejects.toThrow('a newer bridge has written these histories')
    expect(readdirSync(join(folder.path, 'data')).filter((name) => name.includes('corrupt'))).toEqual([])
  })

  it('is seen to be damaged while it is open, too; a full disk is no damage', async () => {
    await filled(200)
    const histories = await openLocal(file)
    const size = statSync(file).size
    scribble(8 * 4096, size - 8 * 4096)
    const thrown = (work: () => unknown) => {
      try {
        work()
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(isCorrupt(thrown(() => rows(histories, 'log')))).toBe(true)
    histories.raw.close()
    const code = new SqliteDatabase.SqliteError('malformed', 'SQLITE_CORRUPT_VTAB')
    expect(isCorrupt(new Error('the histories are not to be opened', { cause: code }))).toBe(true)
    expect(isCorrupt(new Error('the disk is full'))).toBe(false)
    expect(isCorrupt(new SqliteDatabase.SqliteError('full', 'SQLITE_FULL'))).toBe(false)
    expect(isCorrupt(undefined)).toBe(false)
  })
})
