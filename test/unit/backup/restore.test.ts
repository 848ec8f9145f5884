import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { restore } from '../../../src/backup/restore.ts'
import { draw } from '../../../src/plan.ts'
import { lockStore } from '../../../src/store/lock.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import {
  archiveOf,
  backUp,
  bringBack,
  contentOf,
  entriesOf,
  makeSite,
  NOW,
  namesIn,
  valuesIn,
} from '../../support/backup-site.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let out: string
let old: string
let backup: string
let target: string

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'backup-out-'))
  old = await makeSite('Old')
  backup = join(out, 'old.tar.gz')
  await backUp(old, backup)
})
beforeEach(() => {
  target = mkdtempSync(join(tmpdir(), 'restored-'))
})
afterEach(() => rmSync(target, { recursive: true, force: true }))
afterAll(() => {
  for (const folder of [out, old]) rmSync(folder, { recursive: true, force: true })
})

describe('a restore', () => {
  it('into an empty folder has everything again, where the config says', async () => {
    const done = await bringBack(backup, target)
    expect(done).toMatchObject({ kind: 'done', aside: [], changed: [] })
    expect(namesIn(target)).toEqual(new Set(['Old']))
    expect(readdirSync(target).sort()).toEqual(['config.yaml', 'data', 'lists', 'mappings'])
    expect(
      readdirSync(join(target, 'data'))
        .filter((name) => !/-(wal|shm)$/.test(name))
        .sort(),
    ).toEqual(['bridge.db', 'bridge.db.lock', 'bridge.history.db'])
    for (const secret of ['config.yaml', 'data/bridge.db', 'data/bridge.history.db'])
      expect(statSync(join(target, secret)).mode & 0o777).toBe(0o600)
    const [before, after] = [old, target].map((folder) => draw(join(folder, 'config.yaml')))
    expect(after?.plan?.assignments).toEqual(before?.plan?.assignments)
    expect(after?.plan).toBeDefined()
  })

  it('goes into folders that are not there yet', async () => {
    await bringBack(backup, join(target, 'a/b'))
    expect(namesIn(join(target, 'a/b'))).toEqual(new Set(['Old']))
  })

  it('puts a store where a config names it absolutely', async () => {
    const elsewhere = join(target, 'elsewhere/own.db')
    const site = await makeSite('Far')
    const config = join(site, 'config.yaml')
    mkdirSync(join(target, 'elsewhere'))
    for (const end of ['', '.history'])
      writeFileSync(elsewhere.replace('.db', `${end}.db`), readFileSync(join(site, `data/bridge${end}.db`)))
    writeFileSync(config, readFileSync(config, 'utf8').replace('sqlite:data/bridge.db', `sqlite:${elsewhere}`))
    const file = join(target, 'far.tar.gz')
    await backUp(site, file)
    rmSync(site, { recursive: true })
    rmSync(join(target, 'elsewhere'), { recursive: true })
    await bringBack(file, join(target, 'new'))
    expect(valuesIn(elsewhere, "SELECT value FROM held WHERE key = 'limit'")).toEqual(['Far'])
    expect(readdirSync(join(target, 'new')).sort()).toEqual(['config.yaml', 'lists', 'mappings'])
  })

  it('replaces nothing unless that is said, and then keeps what was there under another name', async () => {
    const site = await makeSite('New')
    writeFileSync(join(site, 'mappings/standard.yaml'), '# of later\nmapping: standard\nextends: standard\n')
    const before = contentOf(site)
    await expect(bringBack(backup, site)).rejects.toThrow(
      /data\/bridge\.db,.* would be replaced: restore elsewhere with --config, or say --force/,
    )
    expect(contentOf(site)).toMatchObject(before)
    expect(Object.keys(contentOf(site)).filter((path) => path.includes('restor'))).toEqual([])
    const done = await bringBack(backup, site, { force: true })
    expect(namesIn(site)).toEqual(new Set(['Old']))
    // A mapping that the backup doesn't have would hide the package's.
    expect(readdirSync(join(site, 'mappings'))).toEqual(['own.yaml'])
    if (done.kind !== 'done') throw new Error(done.kind)
    const mark = '.before-restore-20260102T030405000Z'
    expect(done.aside.map((path) => path.slice(site.length + 1)).sort()).toEqual(
      ['config.yaml', 'data/bridge.db', 'data/bridge.history.db', 'lists/tags.csv', 'mappings'].map((n) => n + mark),
    )
    const kept = contentOf(site)
    for (const [path, hash] of Object.entries(before)) {
      if (/\.lock$|-(wal|shm)$/.test(path)) continue
      const moved = path.includes('/mappings/') ? path.replace('/mappings/', `/mappings${mark}/`) : path + mark
      expect(kept[moved], moved).toBe(hash)
    }
    rmSync(site, { recursive: true })
  })

  it('puts no folder aside for the config: that would be the whole site', async () => {
    const before = contentOf(target)
    const options = { file: backup, config: target, force: true, now: NOW, signal: new AbortController().signal }
    await expect(restore(options)).rejects.toThrow(
      `${target} is a folder: name the file, such as ${target}/config.yaml`,
    )
    expect(contentOf(target)).toEqual(before)
    expect(readdirSync(join(target, '..')).filter((name) => name.startsWith(`${target.slice(-6)}.before`))).toEqual([])
  })

  it('takes nothing of the old store’s log of writes for its own', async () => {
    const site = await makeSite('New')
    const store = join(site, 'data/bridge.db')
    const crashed = new SqliteDatabase(store)
    crashed.pragma('journal_mode = WAL')
    crashed.prepare("UPDATE held SET value = 'in the log'").run()
    const log = readFileSync(`${store}-wal`)
    crashed.close()
    // As a bridge leaves it that was killed.
    writeFileSync(`${store}-wal`, log)
    await bringBack(backup, site, { force: true })
    expect(namesIn(site)).toEqual(new Set(['Old']))
    expect(readFileSync(`${store}.before-restore-20260102T030405000Z-wal`)).toEqual(log)
    rmSync(site, { recursive: true })
  })

  it('puts aside what waits to be written into histories that it replaces', async () => {
    const site = await makeSite('New')
    const history = join(site, 'data/bridge.history.db')
    mkdirSync(`${history}-waiting`)
    writeFileSync(join(`${history}-waiting`, '1-1-1.page1'), 'a page')
    await bringBack(backup, site, { force: true })
    expect(existsSync(`${history}-waiting`)).toBe(false)
    const aside = `${history}.before-restore-20260102T030405000Z-waiting`
    expect(readFileSync(join(aside, '1-1-1.page1'), 'utf8')).toBe('a page')
    rmSync(site, { recursive: true })
  })

  it('keeps two that were put aside in the same moment apart', async () => {
    const site = await makeSite('New')
    await bringBack(backup, site, { force: true })
    await bringBack(backup, site, { force: true })
    const configs = readdirSync(site).filter((name) => name.startsWith('config.yaml.'))
    expect(configs).toHaveLength(2)
    expect(configs.map((name) => /site: (\S+)/.exec(readFileSync(join(site, name), 'utf8'))?.[1]).sort()).toEqual([
      'New',
      'Old',
    ])
    rmSync(site, { recursive: true })
  })

  it('waits for a bridge that runs on the store to be stopped, or on that of the config that is there', async () => {
    const site = await makeSite('New')
    const config = join(site, 'config.yaml')
    writeFileSync(config, readFileSync(config, 'utf8').replace('data/bridge.db', 'other/bridge.db'))
    mkdirSync(join(site, 'other'))
    for (const store of ['data/bridge.db', 'other/bridge.db']) {
      const running = lockStore(join(site, store))
      const before = contentOf(site)
      await expect(bringBack(backup, site, { force: true })).rejects.toThrow(
        `a bridge is running on the store ${join(site, store)}: stop it, then restore`,
      )
      expect(contentOf(site)).toMatchObject(before)
      running?.release()
    }
    await bringBack(backup, site, { force: true })
    expect(namesIn(site)).toEqual(new Set(['Old']))
    rmSync(site, { recursive: true })
  })

  it('lets go of the store afterwards, whether it was done or refused', async () => {
    await bringBack(backup, target)
    await expect(bringBack(backup, target)).rejects.toThrow('--force')
    const lock = lockStore(join(target, 'data/bridge.db'))
    expect(lock).toBeDefined()
    lock?.release()
  })

  it('leaves histories as they are where the backup has none', async () => {
    const site = await makeSite('New')
    const file = join(target, 'without.tar.gz')
    await backUp(old, file, { histories: false })
    const history = readFileSync(join(site, 'data/bridge.history.db'))
    await bringBack(file, site, { force: true })
    expect(namesIn(site)).toEqual(new Set(['Old', 'New']))
    expect(readFileSync(join(site, 'data/bridge.history.db'))).toEqual(history)
    rmSync(site, { recursive: true })
  })

  it('says what a config needs that this machine does not have, and changes nothing', async () => {
    const site = await makeSite('Old')
    const config = join(site, 'config.yaml')
    const variable = 'RESTORED_STORE_FOLDER'
    writeFileSync(config, readFileSync(config, 'utf8').replace('sqlite:data/', `sqlite:\${${variable}}/`))
    const file = join(target, 'variable.tar.gz')
    process.env[variable] = 'data'
    try {
      await backUp(site, file)
    } finally {
      delete process.env[variable]
    }
    const empty = join(target, 'empty')
    expect(await bringBack(file, empty)).toMatchObject({
      kind: 'problems',
      problems: [{ message: `the environment variable ${variable} is not set` }],
    })
    expect(existsSync(empty)).toBe(false)
    rmSync(site, { recursive: true })
  })

  it('brings back what an older bridge backed up, to be brought further by the next start', async () => {
    const site = await makeSite('Old')
    const store = join(site, 'data/bridge.db')
    rmSync(store)
    const first = new SqliteDatabase(store)
    // What the very first version made of it, and no more.
    first.exec(`
      CREATE TABLE charger (id TEXT PRIMARY KEY COLLATE NOCASE, number INTEGER NOT NULL UNIQUE);
      CREATE TABLE slots (
        charger TEXT NOT NULL, connector INTEGER NOT NULL, setpoint TEXT NOT NULL, unit TEXT NOT NULL, slots TEXT NOT NULL,
        PRIMARY KEY (charger, connector, setpoint)
      ) WITHOUT ROWID;
      CREATE TABLE held (
        charger TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (charger, key)
      ) WITHOUT ROWID;
      CREATE TABLE edge (
        charger TEXT NOT NULL, connector INTEGER NOT NULL, action TEXT NOT NULL, client TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (charger, connector, action, client)
      ) WITHOUT ROWID;
      CREATE TABLE "transaction" (
        id INTEGER PRIMARY KEY, charger TEXT NOT NULL, connector INTEGER NOT NULL, idTag TEXT NOT NULL, meterStartWh REAL,
        startedAt INTEGER NOT NULL, timestampText TEXT NOT NULL, meterStopWh REAL, stoppedAt INTEGER, stopReason TEXT
      );
      CREATE INDEX transactionOfCharger ON "transaction" (charger, connector, idTag, timestampText);
      CREATE INDEX openTransaction ON "transaction" (charger) WHERE stoppedAt IS NULL;
      CREATE TABLE transactionBlock (first INTEGER PRIMARY KEY, reserved INTEGER NOT NULL);
      CREATE TABLE orphanStop (charger TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL);
      CREATE TABLE snapshot (charger TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
      PRAGMA user_version = 1;
      INSERT INTO charger VALUES ('CP-1', 77);
      INSERT INTO held VALUES ('CP-1', 'limit', 'Old');
    `)
    first.close()
    const file = join(target, 'first.tar.gz')
    expect(await backUp(site, file)).toMatchObject({ manifest: { schema: 1 } })
    const folder = join(target, 'there')
    expect(await bringBack(file, folder)).toMatchObject({ kind: 'done', manifest: { schema: 1 } })
    const restored = openSqlite(join(folder, 'data/bridge.db'), new FakeClock())
    expect(restored.numbers()).toEqual(new Map([['cp-1', 77]]))
    expect(restored.held('CP-1').get('limit')).toBe('Old')
    expect(restored.visitors()).toEqual([])
    restored.close()
    rmSync(site, { recursive: true })
  })

  it('says which of the package’s mappings are not what they were', async () => {
    const entries = await entriesOf(readFileSync(backup))
    const content = Buffer.from('# as it was\n')
    const changed = entries.map((entry) => (entry.header.name === 'packaged/full.yaml' ? { ...entry, content } : entry))
    const sha256 = createHash('sha256').update(content).digest('hex')
    const manifest = JSON.parse(changed[0]?.content.toString() ?? '') as { files: { path: string }[] }
    manifest.files = manifest.files.map((file) =>
      file.path === 'packaged/full.yaml' ? { ...file, bytes: content.length, sha256 } : file,
    )
    changed[0] = { header: { name: 'manifest.json' }, content: Buffer.from(JSON.stringify(manifest)) }
    const file = join(target, 'changed.tar.gz')
    writeFileSync(file, await archiveOf(changed))
    expect(await bringBack(file, join(target, 'there'))).toMatchObject({ kind: 'done', changed: ['full.yaml'] })
  })

  it('leaves nothing behind where somebody ends it', async () => {
    const controller = new AbortController()
    const config = join(target, 'there/config.yaml')
    const bringing = restore({ file: backup, config, force: false, now: NOW, signal: controller.signal })
    controller.abort(new Error('ended'))
    await expect(bringing).rejects.toThrow('ended')
    expect(readdirSync(target)).toEqual([])
  })
})
