import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import SqliteDatabase from 'better-sqlite3'
import { extract, type Header, pack } from 'tar-stream'
import { backup } from '../../src/backup/backup.ts'
import { type Restored, restore } from '../../src/backup/restore.ts'
import { openLocalHistories } from '../../src/store/history/open-local.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from './fake-clock.ts'

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
export const signal = new AbortController().signal

/** A folder with a config that can be run, and all that belongs to it; `name` stands in each of its files. */
export async function makeSite(name: string, store = 'data/bridge.db'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write(
    'config.yaml',
    `site: ${name}
ocpp: { listen: "127.0.78.1:0", authorize: { mode: noneExcept, allow: lists/tags.csv } }
modbus: { tcp: { listen: "127.0.78.1:0" } }
store: "sqlite:${store}"
chargers:
  - { id: CP-1, name: Bay 01, connectors: 2, mapping: own, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }
`,
  )
  write('lists/tags.csv', `idTag\n${name}\n`)
  write('mappings/own.yaml', `# ${name}\nmapping: own\nextends: standard\n`)
  const file = join(folder, store)
  const open = openSqlite(file, new FakeClock())
  open.keepNumbers(new Map([['CP-1', name.length]]))
  open.hold('CP-1', 'limit', name)
  open.close()
  const { histories } = await openLocalHistories(file.replace(/\.db$/, '.history.db'), name, NOW)
  const insert = histories.raw.prepare(`INSERT INTO log (source, revision, at, charger, sender, type, message, frame)
    VALUES (@source, @revision, @revision, 'CP-1', 'charger', 'Heartbeat', @name, '[]')`)
  for (const revision of [1, 2, 3]) insert.run({ source: histories.source, revision, name })
  histories.raw.close()
  return folder
}

export function backUp(folder: string, file: string, more: { histories?: boolean; force?: boolean } = {}) {
  const config = join(folder, 'config.yaml')
  return backup({ file, config, histories: true, force: false, now: NOW, signal, ...more })
}

export function bringBack(
  file: string,
  folder: string,
  more: { force?: boolean; now?: number } = {},
): Promise<Restored> {
  return restore({ file, config: join(folder, 'config.yaml'), force: false, now: NOW, signal, ...more })
}

/** What each part in a folder says its name is: one name for all of them, or something is mixed. */
export function namesIn(folder: string, store = 'data/bridge.db'): ReadonlySet<string> {
  const text = (path: string, pattern: RegExp) => pattern.exec(readFileSync(join(folder, path), 'utf8'))?.[1] ?? '?'
  return new Set([
    text('config.yaml', /site: (\S+)/),
    text('lists/tags.csv', /\n(\S+)/),
    text('mappings/own.yaml', /# (\S+)/),
    ...valuesIn(join(folder, store), "SELECT value FROM held WHERE key = 'limit'"),
    ...valuesIn(join(folder, store.replace(/\.db$/, '.history.db')), 'SELECT DISTINCT message FROM log'),
  ])
}

export function valuesIn(file: string, query: string): readonly string[] {
  const database = new SqliteDatabase(file, { readonly: true })
  try {
    return database.prepare(query).pluck().all() as string[]
  } finally {
    database.close()
  }
}

/** Every file of a folder with a hash of its bytes: what didn't change is the same. */
export function contentOf(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {}
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const bytes = readFileSync(join(parentPath, name))
      return [join(parentPath, name), createHash('sha256').update(bytes).digest('hex')]
    }),
  )
}

export interface Entry {
  readonly header: Partial<Header> & Pick<Header, 'name'>
  readonly content: Buffer
}

/** What stands in an archive, one after the other. */
export async function entriesOf(archive: Buffer): Promise<Entry[]> {
  const tar = extract()
  tar.end(gunzipSync(archive))
  const entries: Entry[] = []
  for await (const entry of tar) {
    const pieces: Buffer[] = []
    for await (const piece of entry) pieces.push(piece as Buffer)
    entries.push({ header: entry.header, content: Buffer.concat(pieces) })
  }
  return entries
}

/** An archive as somebody else might make it. */
export async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { header, content } of entries) {
    if (header.type === 'file' || header.type === undefined) tar.entry({ ...header, size: content.length }, content)
    else tar.entry({ ...header, size: 0 })
  }
  tar.finalize()
  const pieces: Buffer[] = []
  for await (const piece of tar) pieces.push(piece as Buffer)
  return gzipSync(Buffer.concat(pieces))
}
