import { hintOf, isDamage, isTrouble } from './disk-trouble.ts'

/** A store that can't be opened, or makes no sense, for people who look at it. */
export class UnusableStore extends Error {
  readonly file: string
  readonly damaged: boolean
  /** In one line. */
  readonly why: string

  /** `found`: an error, or what a check of its pages says. */
  constructor(file: string, found: unknown) {
    const damaged = typeof found === 'string' || isDamage(found)
    const why = (found instanceof Error ? found.message : String(found)).replaceAll('\n', ' ')
    // Whoever only reads is as often somebody else as the disk is at fault.
    const isClosed = (found as { readonly code?: unknown } | undefined)?.code === 'SQLITE_CANTOPEN'
    const hint = `${isClosed ? 'do this as the user whose the bridge is, or ' : ''}${hintOf(found)}`
    const message = damaged
      ? `the store ${file} is damaged (${why}): start the bridge, which saves what can still be read`
      : `the store ${file} can't be opened (${why}): ${hint}`
    super(message, { cause: found })
    this.file = file
    this.damaged = damaged
    this.why = why
  }
}

/** The same error, said for people where it is of the disk. */
export function unusable(file: string, error: unknown): unknown {
  return isTrouble(error) ? new UnusableStore(file, error) : error
}
