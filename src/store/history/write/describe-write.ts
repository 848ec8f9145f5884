import type { Write } from '../../../core/history.ts'
import type { LogTable } from '../tables.ts'

/** What the log says of a write: who, what, one line for people, and the request as it came. */
export function describeWrite(write: Write): Pick<LogTable, 'sender' | 'type' | 'message' | 'frame'> {
  const { source, client, point, value, priority, frame } = write
  const at = priority === undefined ? '' : ` at priority ${priority}`
  return {
    sender: client,
    type: `${source}Write`,
    message: `${point} of ${place(write)}: ${value}${at}: ${outcome(write.result)}`,
    frame: frame ?? JSON.stringify(write),
  }
}

function place({ charger, connector }: Write): string {
  if (charger === undefined) return 'the bridge'
  return connector === 0 ? 'the charger' : `connector ${connector}`
}

function outcome(result: Write['result']): string {
  return result === 'accepted' || result === 'denied' ? result : `refused (${result})`
}
