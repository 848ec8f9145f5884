import type { History } from '../../../core/history.ts'
import type { Log } from '../../../lib/log.ts'
import { describe } from './describe.ts'
import type { ShownTag } from './mask-text.ts'

/** A history whose messages are said in the log as well, a line each. */
export function aloud(history: History, log: Log, shownTag: ShownTag): History {
  return {
    tell(entry) {
      history.tell(entry)
      if (entry.kind !== 'message') return
      const { sender, type, message } = describe(entry, shownTag)
      log.debug({ charger: entry.charger, from: sender, type }, message)
    },
  }
}
