import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Entry, Message, Metered } from '../../../../src/core/history.ts'
import { type LocalHistories, openLocalHistories } from '../../../../src/store/history/open-local.ts'
import { Page } from '../../../../src/store/history/record/page.ts'
import type { Batch } from '../../../../src/store/history/record/waiting.ts'
import type { Days } from '../../../../src/store/history/write/roll-up.ts'
import { HistoryWriter, type WriterParts } from '../../../../src/store/history/write/writer.ts'

const NOON = Date.UTC(2026, 0, 1, 12)
const keep = { keep: 86_400_000, maxSize: undefined }

export function localDays(timeZone: string): Days {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone })
  return (at) => format.format(at)
}

/** A folder for the files of each test; gone after it. */
export function ownFolder(): { readonly path: string } {
  const folder = { path: '' }
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'history-'))
  })
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }))
  return folder
}

export async function openLocal(file: string, site = 'Depot'): Promise<LocalHistories> {
  return (await openLocalHistories(file, site, NOON)).histories
}

export function writerOn(histories: LocalHistories, parts: Partial<WriterParts> = {}): HistoryWriter {
  return new HistoryWriter(histories, {
    days: localDays('UTC'),
    describe: ({ from, action, text }) => ({ sender: from, type: action, message: `says ${action}`, frame: text }),
    config: { log: keep, meters: keep },
    ...parts,
  })
}

export function message(change: Partial<Message> = {}): Message {
  const told = { kind: 'message', at: NOON, charger: 'CP-1', from: 'charger', form: 'call' } as const
  return { ...told, action: 'Heartbeat', text: '[2,"1","Heartbeat",{}]', ...change }
}

export function metered(change: Partial<Metered> = {}): Metered {
  const told = { kind: 'metered', at: NOON, charger: 'CP-1', connector: 1, powerW: undefined } as const
  return { ...told, energyWh: undefined, session: undefined, ...change }
}

/** All rows of a table in the order of their keys, without their source and revision. */
export function rows({ raw }: Pick<LocalHistories, 'raw'>, table: string): readonly Record<string, unknown>[] {
  const all = raw.prepare(`SELECT * FROM "${table}" ORDER BY revision`).all() as Record<string, unknown>[]
  return all.map(({ source: _source, revision: _revision, ...row }) => row)
}

export { NOON }

/** What a recorder hands on. */
export function batchOf(number: number, entries: readonly Entry[], run = 1): Batch {
  const page = new Page(2 ** 20)
  for (const entry of entries) if (!page.add(entry)) throw new Error('these entries need a larger page')
  return { run, number, entries: entries.length, page: page.written }
}
