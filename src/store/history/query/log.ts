import type { Selectable } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { LogTable } from '../tables.ts'
import { contains, oneOf } from './conditions.ts'
import { distinct } from './distinct.ts'
import { type Page, type PageOf, type Search, search } from './search.ts'

export type LogEntry = Selectable<LogTable>

/** Which entries of the general log are asked for; what is absent doesn't matter. */
export interface LogFilter {
  /** Identifiers, in their own letter case. */
  readonly chargers?: readonly string[] | undefined
  /** Names such as `HeartbeatConfirmation`, or what they begin with, in any letter case. */
  readonly types?: readonly string[] | undefined
  /** Milliseconds UTC, of the first and behind the last. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Part of message or frame, in any letter case. */
  readonly text?: string | undefined
  /** The bridges whose entries these are: of table `source`. */
  readonly sources?: readonly number[] | undefined
}

const log = { name: 'log', time: 'at', beginning: Number.MIN_SAFE_INTEGER, ties: ['revision', 'source'] } as const

/** One page of the general log. */
export async function logPage(db: HistoryDatabase, filter: LogFilter, page: PageOf): Promise<Page<LogEntry>> {
  return search(db, log, await logSearch(db, filter), page)
}

/** What a filter means in the table. */
export async function logSearch(db: HistoryDatabase, filter: LogFilter): Promise<Search> {
  const { chargers, types, from, to, text, sources } = filter
  const names = types === undefined ? undefined : matching(await distinct(db, 'log', 'type'), types)
  return {
    from,
    to,
    paths: [...oneOf('charger', chargers), ...oneOf('type', names)],
    conditions: [
      ...oneOf('source', sources).map(({ condition }) => condition),
      ...(text === undefined || text === '' ? [] : [contains(['message', 'frame'], text)]),
    ],
  }
}

/** All names that are meant: the one written in full, else those that begin with it. */
function matching(names: readonly string[], written: readonly string[]): readonly string[] {
  const found = written.flatMap((text) => {
    const wanted = text.toLowerCase()
    const exact = names.filter((name) => name.toLowerCase() === wanted)
    return exact.length > 0 ? exact : names.filter((name) => name.toLowerCase().startsWith(wanted))
  })
  return [...new Set(found)]
}
