import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import type { History, Write } from '../history.ts'
import type { FleetSettings, WriteOutcome, Writer, WriteTarget } from '../ports.ts'
import type { Point, Value } from './point.ts'
import { looksSecret } from './standard-keys.ts'

export interface WriteLogParts {
  readonly settings: Pick<FleetSettings, 'shareIdTags'>
  readonly clock: Clock
  readonly log: Log
  readonly history: History
}

/** A text that was refused may be as long as a request. */
const MAX_WORDS = 200

/** One record for every write: the log has a line of what changed something, the history what was refused as well. */
export class WriteLog {
  readonly #parts: WriteLogParts
  readonly #throttle: Throttle

  constructor(parts: WriteLogParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
  }

  hides(point: Point): boolean {
    return this.#inPlaceOf(point) !== undefined
  }

  /** What is said in place of a value: who charges is nobody's business unless it is shared, a password never is. */
  #inPlaceOf({ definition: { write } }: Point): string | undefined {
    if (write?.kind === 'configuration') return looksSecret(write.key) ? 'another password' : undefined
    const isTag = write?.kind === 'parameter' && write.parameter === 'start.idTag'
    return isTag && !this.#parts.settings.shareIdTags ? 'another tag' : undefined
  }

  /** A write changed something; `words` where they say more than the value, of which they hold nothing that is hidden. */
  changed(point: Point, writer: Writer, value: Value | null, priority?: number, words?: string): void {
    const result = 'accepted'
    const record = this.#record(point, writer, { value, priority, result }, words)
    const { charger, client, connector, point: name, value: told } = record
    const of = charger === undefined ? 'the bridge' : connector === 0 ? charger : `${charger} connector ${connector}`
    const at = priority === undefined ? '' : ` at priority ${priority}`
    const fields = { client, charger, connector, point: name, value: told, priority }
    this.#parts.log.info(fields, `${name} of ${of}: ${told}${at}, by ${client}`)
    this.#parts.history.tell(record)
  }

  /** Keeps in the history alone what was refused, the same once a minute, and what a protocol has said itself. */
  noted(what: Point | WriteTarget, writer: Writer, outcome: WriteOutcome): void {
    const { charger, connector, point } = targetOf(what)
    const { result } = outcome
    if (result !== 'accepted') {
      const kind = `${writer.client} ${charger} ${connector} ${point} ${result}`
      if (this.#throttle.pass(kind) === undefined) return
    }
    this.#parts.history.tell(this.#record(what, writer, outcome))
  }

  #record(
    what: Point | WriteTarget,
    { client, frame, source }: Writer,
    { priority, result, value }: WriteOutcome,
    words?: string,
  ): Write {
    const hidden = isPoint(what) ? this.#inPlaceOf(what) : undefined
    return {
      kind: 'write',
      at: this.#parts.clock.now(),
      source,
      client,
      ...targetOf(what),
      value: words ?? hidden ?? inWords(what, value),
      priority,
      result,
      frame: hidden === undefined ? frame?.() : undefined,
    }
  }
}

function isPoint(what: Point | WriteTarget): what is Point {
  return 'definition' in what
}

function targetOf(what: Point | WriteTarget): WriteTarget {
  if (!isPoint(what)) return { charger: what.charger, connector: what.connector, point: what.point }
  return { charger: what.charger?.id, connector: what.connector, point: what.definition.name }
}

/** A value as people read it. */
function inWords(what: Point | WriteTarget, value: Value | null | undefined): string {
  if (value === undefined) return ''
  if (value === null) return 'released'
  if (typeof value === 'string') return value.length > MAX_WORDS ? `${value.slice(0, MAX_WORDS)}…` : value
  if (!isPoint(what)) return String(value)
  const state = what.definition.type === 'state' ? what.states?.[Number(value)] : undefined
  return state ?? (what.unit === undefined ? String(value) : `${value} ${what.unit}`)
}
