import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backup } from '../../../src/backup/backup.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { version } from '../../../src/lib/version.ts'
import { parseYaml } from '../../../src/lib/yaml-file.ts'
import { namedFiles } from '../../../src/plan.ts'
import { backUp, entriesOf, makeSite, NOW, signal } from '../../support/backup-site.ts'

let site: string
let out: string
let file: string

beforeEach(async () => {
  site = await makeSite('Old')
  out = mkdtempSync(join(tmpdir(), 'backup-out-'))
  file = join(out, 'bridge.tar.gz')
})
afterEach(() => {
  for (const folder of [site, out]) rmSync(folder, { recursive: true, force: true })
})

async function partsOf(archive: string): Promise<readonly string[]> {
  return (await entriesOf(readFileSync(archive))).map(({ header }) => header.name)
}

describe('a backup', () => {
  it('is one file for its owner alone, which begins with a manifest of all that is in it', async () => {
    const done = await backUp(site, file)
    expect(done.kind).toBe('done')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(out)).toEqual(['bridge.tar.gz'])
    const [first, ...rest] = await entriesOf(readFileSync(file))
    expect(first?.header.name).toBe('manifest.json')
    const manifest = JSON.parse(first?.content.toString() ?? '') as Manifest
    expect(manifest).toMatchObject({ format: 1, version, createdAt: '2026-01-02T03:04:05.000Z', config: 'config.yaml' })
    expect(manifest.store).toBe('sqlite')
    expect(manifest.histories).toEqual(expect.arrayContaining(['0001-histories', 'local:0001-head']))
    expect(manifest.files.map(({ path }) => path)).toEqual(rest.map(({ header }) => header.name))
    expect(manifest.files.map(({ bytes }) => bytes)).toEqual(rest.map(({ content }) => content.length))
    expect(await partsOf(file)).toEqual(
      expect.arrayContaining([
        'config.yaml',
        'mappings/own.yaml',
        'packaged/standard.yaml',
        'lists/0',
        'store.db',
        'history.db',
      ]),
    )
  })

  it('has what the bridge wrote to its log of writes and not yet to its files', async () => {
    const open = new SqliteDatabase(join(site, 'data/bridge.db'))
    open.pragma('journal_mode = WAL')
    open.pragma('wal_autocheckpoint = 0')
    open.prepare("INSERT INTO held VALUES ('CP-9', 'limit', 'only in the log')").run()
    await backUp(site, file)
    open.close()
    const store = (await entriesOf(readFileSync(file))).find(({ header }) => header.name === 'store.db')
    writeFileSync(join(out, 'store.db'), store?.content ?? '')
    const copy = new SqliteDatabase(join(out, 'store.db'))
    expect(copy.prepare("SELECT value FROM held WHERE charger = 'CP-9'").pluck().get()).toBe('only in the log')
    copy.close()
  })

  it('leaves histories out where that is asked', async () => {
    const done = await backUp(site, file, { histories: false })
    expect(done).toMatchObject({ manifest: { histories: [] } })
    expect(await partsOf(file)).not.toContain('history.db')
  })

  it('keeps the histories that wait for PostgreSQL in any case', async () => {
    const config = join(site, 'config.yaml')
    const text = readFileSync(config, 'utf8').replace(
      /store: .*/,
      'store: postgres://bridge:secret@127.0.0.1:5432/site',
    )
    writeFileSync(config, text)
    const done = await backUp(site, file, { histories: false })
    expect(done).toMatchObject({ manifest: { store: 'postgres' }, leftOut: { postgres: true } })
    expect(await partsOf(file)).toContain('history.db')
  })

  it('takes the place of no other file unless that is said', async () => {
    writeFileSync(file, 'precious')
    await expect(backUp(site, file)).rejects.toThrow(`${file} exists already: choose another name, or say --force`)
    expect(readFileSync(file, 'utf8')).toBe('precious')
    await backUp(site, file, { force: true })
    expect(await partsOf(file)).toContain('store.db')
  })

  it('names what belongs to the bridge and is not in it', async () => {
    const config = join(site, 'config.yaml')
    writeFileSync(config, `${readFileSync(config, 'utf8')}web: { token: "\${HOME}", listen: "127.0.78.1:0" }\n`)
    const done = await backUp(site, file)
    if (done.kind !== 'done') throw new Error(JSON.stringify(done))
    expect(done.leftOut).toEqual({ certificates: [], variables: ['HOME'], postgres: false })
  })

  it('knows the certificates and keys that a config names, relative or not', () => {
    const text = `
ocpp: { tls: { cert: own.pem, key: /keys/own.key, clientCa: ca.pem, chargerCa: { cert: ca.pem, key: ca.key } } }
chargers: [{ id: A, electrical: { maxCurrent: 32, phases: 3, voltage: 230 }, smartCharging: { key: NotAFile } }]
`
    expect(namedFiles(parseYaml('/etc/bridge/config.yaml', text)).files?.certificates).toEqual([
      '/etc/bridge/own.pem',
      '/keys/own.key',
      '/etc/bridge/ca.pem',
      '/etc/bridge/ca.key',
    ])
  })

  it('is not made of a store in memory, of one that is not there, or with a wrong config', async () => {
    const config = join(site, 'config.yaml')
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace('sqlite:data/bridge.db', 'sqlite::memory:'))
    await expect(backUp(site, file)).rejects.toThrow('is :memory:, of which nothing can be backed up')
    writeFileSync(config, text.replace('sqlite:data/bridge.db', 'sqlite:data/none.db'))
    await expect(backUp(site, file)).rejects.toThrow('there is no store')
    writeFileSync(config, `${text}nonsense: 1\n`)
    expect(await backUp(site, file)).toMatchObject({ kind: 'problems', problems: [{ path: 'nonsense' }] })
    rmSync(config)
    expect(await backUp(site, file)).toMatchObject({ kind: 'problems', problems: [{ code: 'file' }] })
    mkdirSync(config)
    expect(await backUp(site, file)).toMatchObject({ kind: 'problems', problems: [{ code: 'file' }] })
    expect(readdirSync(out)).toEqual([])
  })

  it('is not made with a file whose name restore would refuse', async () => {
    writeFileSync(join(site, 'mappings', 'a\\b.yaml'), '')
    await expect(backUp(site, file)).rejects.toThrow('no file of such a name could be restored')
    expect(readdirSync(out)).toEqual([])
  })

  it('is not made of a damaged store', async () => {
    const store = join(site, 'data/bridge.db')
    const bytes = readFileSync(store)
    // Pages in the middle, of which tables and indexes consist.
    bytes.fill(0xa5, 8192, 40_960)
    writeFileSync(store, bytes)
    await expect(backUp(site, file)).rejects.toThrow(/damaged|malformed/)
    expect(readdirSync(out)).toEqual([])
  })

  it('clears up what one left that was killed', async () => {
    mkdirSync(join(out, '.bridge.tar.gz.part/mappings'), { recursive: true })
    writeFileSync(join(out, '.bridge.tar.gz.part/store.db'), 'half of it')
    await backUp(site, file)
    expect(readdirSync(out)).toEqual(['bridge.tar.gz'])
    expect(await partsOf(file)).toContain('store.db')
  })

  it('leaves nothing behind where somebody ends it', async () => {
    const controller = new AbortController()
    const making = backup({
      file,
      config: join(site, 'config.yaml'),
      histories: true,
      force: false,
      now: NOW,
      signal: controller.signal,
    })
    controller.abort(new Error('ended'))
    await expect(making).rejects.toThrow('ended')
    expect(readdirSync(out)).toEqual([])
    expect(existsSync(file)).toBe(false)
    expect(signal.aborted).toBe(false)
  })
})
