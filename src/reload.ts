import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Difference, isNothing } from './difference.ts'
import type { Gateway } from './gateway.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { formatProblem } from './lib/problem.ts'
import { type Watch, watchFiles } from './lib/watch-files.ts'
import { mappingFolders } from './mapping/load.ts'
import { draw, type Remembered } from './plan.ts'

export interface ReloadParts {
  readonly file: string
  readonly gateway: Gateway
  readonly remembered: Remembered
  readonly log: Log
}

/** Follows the config and the mappings as they change on disk. */
export function follow(parts: ReloadParts, clock: Clock): Watch {
  const file = resolve(parts.file)
  const files = () => [file, ...mappingFolders(file).flatMap(mappingsIn), ...parts.gateway.plan.files]
  return watchFiles(clock, files, () => reload(parts))
}

/** Takes up what the config and the mappings say now, or tells why not: whole or not at all. */
function reload({ file, gateway, remembered, log }: ReloadParts): void {
  try {
    const { problems, plan } = draw(file, remembered)
    if (plan === undefined) {
      for (const problem of problems) log[problem.warning ? 'warn' : 'error']({}, formatProblem(problem))
      const errors = problems.filter(({ warning }) => !warning).length
      log.error(
        { problems: errors },
        `${file}: not taken up, ${errors} ${errors === 1 ? 'problem' : 'problems'}: the bridge goes on as before`,
      )
      return
    }
    for (const problem of problems) log.warn({}, formatProblem(problem))
    tell(gateway.take(plan), file, log)
  } catch (error) {
    // A mistake of ours, or a disk that fails: chargers and buildings go on with what was taken up before.
    log.error({ stack: error instanceof Error ? error.stack : String(error) }, `${file}: could not be taken up`)
  }
}

function tell(news: Difference, file: string, log: Log): void {
  const { needRestart, settings } = news
  if (needRestart.length > 0) {
    const fields = { needRestart }
    log.warn(fields, `${file}: nothing taken up, a restart is needed to change ${needRestart.join(', ')}`)
    return
  }
  if (isNothing(news)) {
    log.info({}, `${file}: the bridge runs as it says already`)
    return
  }
  const names = (list: Difference['added']) => list.map(({ settings: { id } }) => id)
  const [added, removed, changed] = [names(news.added), names(news.removed), names(news.changed)]
  log.info({ added, removed, changed, settings, bridge: news.bridge }, `${file}: ${summary(news)}`)
}

function summary({ added, removed, changed, settings, bridge }: Difference): string {
  const chargers = [
    [added.length, 'added'],
    [removed.length, 'removed'],
    [changed.length, 'changed'],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${count === 1 ? 'charger' : 'chargers'} ${word}`]))
  return ['taken up', ...chargers, ...settings, ...(bridge ? ["the bridge's own points"] : [])].join(', ')
}

function mappingsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    // Absent, or not for us to read: no mapping is found there either.
    return []
  }
}
