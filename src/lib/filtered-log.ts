import type { Log } from './log.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'
type Passes = (level: Level, fields: Readonly<Record<string, unknown>>) => boolean

/** A log that says only what passes; asked for each line, so that it may change its mind. */
export function filteredLog(log: Log, passes: Passes): Log {
  const through = (level: Level): Log[Level] => {
    return (fields, message) => {
      if (passes(level, fields)) log[level](fields, message)
    }
  }
  return {
    debug: through('debug'),
    info: through('info'),
    warn: through('warn'),
    error: through('error'),
    get debugs() {
      return log.debugs
    },
  }
}
