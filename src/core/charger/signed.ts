import type { Reading, SignedValue } from './event.ts'

/** Start, end and what was signed last in each of a few other contexts: more proves nothing more. */
const MAX_SIGNED = 16

/** Adds signed values to those of a transaction: of each context and measurand the newest, newest last. */
export function mergeSigned(...lists: readonly (readonly SignedValue[] | undefined)[]): {
  readonly signed?: readonly SignedValue[]
} {
  const newest = new Map<string, SignedValue>()
  for (const value of lists.flatMap((list) => list ?? [])) {
    const key = `${value.context}|${value.measurand}`
    newest.delete(key)
    newest.set(key, value)
  }
  return newest.size === 0 ? {} : { signed: [...newest.values()].slice(-MAX_SIGNED) }
}

/** The energy register (Wh) in a reading, if it has one. */
export function registerOf(reading: Reading | undefined): number | undefined {
  return reading?.samples.find(
    ({ measurand, phase, location }) =>
      measurand === 'Energy.Active.Import.Register' && phase === undefined && location === undefined,
  )?.value
}
