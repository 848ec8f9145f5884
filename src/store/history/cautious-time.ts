import type { Clock } from '../../lib/clock.ts'

/** A clock that runs ahead by more than this was set. */
const SET_MS = 60 * 60_000
/** And is believed when it has stayed there so long. */
const BELIEVED_MS = 24 * 60 * 60_000

/**
 * The time for what can't be undone: where somebody sets the clock ahead, it goes on as before for a day, so that a mistake
 * that is put right makes nothing old.
 */
export function cautiousTime(clock: Clock): () => number {
  let offset = clock.now() - clock.steady()
  let since: number | undefined
  return () => {
    const steady = clock.steady()
    const told = clock.now() - steady
    if (told <= offset + SET_MS) since = undefined
    else {
      since ??= steady
      if (steady - since < BELIEVED_MS) return steady + offset
    }
    offset = told
    return steady + offset
  }
}
