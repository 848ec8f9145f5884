import { existsSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { writeWhole } from '../lib/whole-file.ts'
import type { HistoryDatabase } from '../store/history/database.ts'
import { type Export, type ExportForm, exportHistory, withRows } from '../store/history/export/export.ts'
import type { Pages } from '../store/history/query/chunks.ts'
import { type LogEntry, type LogFilter, logPage } from '../store/history/query/log.ts'
import { sitesOf } from '../store/history/query/sites.ts'
import { type LogLines, tableText } from './table.ts'

/** Columns for which a terminal has no room. */
const wide: readonly string[] = ['seconds', 'sender', 'frame']
const PAGE = 500

/** What a terminal is shown. */
export interface Shown {
  readonly text: string
  readonly rows: number
  /** There are older ones. */
  readonly more: boolean
}

/** The newest rows as a table, the newest of them last. */
export async function historyText(db: HistoryDatabase, what: Export, limit: number): Promise<Shown> {
  const sites = await sitesOf(db)
  return withRows(db, what, sites, async (table, pages) => {
    const { rows, more } = await newest(pages, limit)
    const text = rows.length === 0 ? '' : tableText(table, rows, sites.size > 1 ? wide : [...wide, 'site'])
    return { text, rows: rows.length, more }
  })
}

/** The newest lines of the log, the newest of them last. */
export async function logText(db: HistoryDatabase, filter: LogFilter, lines: LogLines, limit: number): Promise<Shown> {
  const { rows, more } = await newestEntries(db, filter, limit)
  return { text: lines.text(rows), rows: rows.length, more }
}

/** The newest entries of the log, the newest of them last. */
export function newestEntries(
  db: HistoryDatabase,
  filter: LogFilter,
  limit: number,
): Promise<{ readonly rows: readonly LogEntry[]; readonly more: boolean }> {
  return newest((page) => logPage(db, filter, page), limit)
}

/** Writes a file in another format, or its bytes to standard output. */
export async function writeHistory(db: HistoryDatabase, what: Export, form: ExportForm, out?: string): Promise<void> {
  const bytes = await exportHistory(db, what, form)
  if (out === undefined) await pipeline(bytes, process.stdout, { end: false })
  else await writeWhole(out, bytes)
}

/** Writes a text as a file. */
export function writeText(text: string, out: string): Promise<void> {
  return writeWhole(out, Readable.from([text], { objectMode: false }))
}

/** Refuses what no file can be put in place of. */
export function mayWrite(out: string): void {
  if (existsSync(out) && !statSync(out).isFile())
    throw new Error(`--out ${out} is no file: name one, or leave --out away and send standard output there`)
}

async function newest<Row>(
  pages: Pages<Row>,
  limit: number,
): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }> {
  const rows: Row[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await pages({ limit: Math.min(PAGE, limit - rows.length), newestFirst: true, cursor })
    rows.push(...page.rows)
    if (rows.length === limit || page.next === undefined) return { rows: rows.reverse(), more: page.next !== undefined }
    cursor = page.next
  }
}
