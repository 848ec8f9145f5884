import type { Problem } from '../../lib/problem.ts'
import type { YamlFile } from '../../lib/yaml-file.ts'
import type { HistoryConfig } from './config.ts'

const DAY_MS = 86_400_000
/** Of the longest, in days. */
const lengths = { day: 1, week: 7, month: 31 } as const

/** Files that would have nothing in them, or no longer all of their period when they are written. */
export function checkExport(history: HistoryConfig | false, source: YamlFile): readonly Problem[] {
  if (history === false || history.export === undefined) return []
  const { every, histories } = history.export
  // What began before midnight, or waits for PostgreSQL, has a day more.
  const least = lengths[every] + 1
  return [...new Set(histories)].flatMap((name) => {
    const kept = history[name]
    if (kept !== false && kept.keep >= least * DAY_MS) return []
    const message =
      kept === false
        ? `${name} are not kept, so that their files are empty: leave them out of export.histories`
        : `what is deleted before the ${every} has ended is not in its file: keep ${name} for ${least}d or more`
    const path = kept === false ? ['history', 'export', 'histories'] : ['history', name, 'keep']
    return [{ ...source.problem('history-export', path, message), warning: true as const }]
  })
}
