import type { Entry } from '../../core/history.ts'
import type { Batch } from './recorder.ts'

/**
 * A batch as one thread hands it to another: copying two large values costs the sender a third of what copying a thousand
 * objects does. What is neither text nor number stands in `others`.
 */
export interface PackedBatch {
  readonly run: number
  readonly number: number
  /** All texts, one after the other. */
  readonly texts: string
  /** For each entry its kind; then its numbers, and the lengths of its texts. */
  readonly numbers: Float64Array
  readonly others: readonly Entry[]
}

const MESSAGE = 0
const METERED = 1
const OTHER = 2
const froms = ['charger', 'bridge'] as const
const forms = ['call', 'result', 'error', 'nonsense'] as const
/** The most that an entry has. */
const NUMBERS = 8

export function pack({ run, number, entries }: Batch): PackedBatch {
  const numbers = new Float64Array(entries.length * NUMBERS)
  const texts: string[] = []
  const others: Entry[] = []
  let at = 0
  for (const entry of entries) {
    if (entry.kind === 'message') {
      const { charger, action, text } = entry
      numbers[at] = MESSAGE
      numbers[at + 1] = entry.at
      numbers[at + 2] = froms.indexOf(entry.from)
      numbers[at + 3] = forms.indexOf(entry.form)
      numbers[at + 4] = charger.length
      numbers[at + 5] = action.length
      numbers[at + 6] = text.length
      texts.push(charger, action, text)
    } else if (entry.kind === 'metered') {
      const { charger, connector, energyWh, powerW, session } = entry
      numbers[at] = METERED
      numbers[at + 1] = entry.at
      numbers[at + 2] = connector
      numbers[at + 3] = powerW ?? Number.NaN
      numbers[at + 4] = energyWh ?? Number.NaN
      // No transaction has the number 0.
      numbers[at + 5] = session?.transactionId ?? 0
      numbers[at + 6] = session?.energyWh ?? Number.NaN
      numbers[at + 7] = charger.length
      texts.push(charger)
    } else {
      numbers[at] = OTHER
      others.push(entry)
    }
    at += NUMBERS
  }
  return { run, number, texts: texts.join(''), numbers, others }
}

export function unpack({ run, number, texts, numbers, others }: PackedBatch): Batch {
  const entries: Entry[] = []
  let from = 0
  let other = 0
  const text = (length: number): string => {
    from += length
    return texts.slice(from - length, from)
  }
  for (let at = 0; at < numbers.length; at += NUMBERS) {
    const [kind, moment = 0, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers.subarray(at, at + NUMBERS)
    if (kind === MESSAGE)
      entries.push({
        kind: 'message',
        at: moment,
        from: froms[a] ?? 'charger',
        form: forms[b] ?? 'nonsense',
        charger: text(c),
        action: text(d),
        text: text(e),
      })
    else if (kind === METERED)
      entries.push({
        kind: 'metered',
        at: moment,
        connector: a,
        powerW: known(b),
        energyWh: known(c),
        session: d === 0 ? undefined : { transactionId: d, energyWh: known(e) },
        charger: text(f),
      })
    else {
      const entry = others[other]
      other += 1
      if (entry !== undefined) entries.push(entry)
    }
  }
  return { run, number, entries }
}

/** What isn't a number was none before, either: nobody keeps that. */
function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
