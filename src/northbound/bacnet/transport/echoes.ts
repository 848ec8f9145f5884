import type { Clock } from '../../../lib/clock.ts'
import { type IpAddress, stationKey } from '../wire/bvlc.ts'

const WINDOW_MS = 1_000
/** Nobody says the same to everybody more often in a second, unless it goes round. */
const MAX_ECHOES = 3
/** Different broadcasts of one second that are told apart. */
const MAX_KNOWN = 1_024

/** Knows a broadcast that comes again and again: BBMDs whose tables name each other crosswise send it round. */
export class Echoes {
  readonly #clock: Clock
  readonly #heard = new Map<string, number>()
  #window = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts this one; true: it has come too often. */
  isEcho(origin: IpAddress, npdu: Uint8Array): boolean {
    const window = Math.floor(this.#clock.steady() / WINDOW_MS)
    if (window !== this.#window) {
      this.#window = window
      this.#heard.clear()
    }
    const key = `${stationKey(origin)} ${Buffer.from(npdu).toString('latin1')}`
    const times = this.#heard.get(key)
    if (times === undefined && this.#heard.size >= MAX_KNOWN) return false
    this.#heard.set(key, (times ?? 0) + 1)
    return (times ?? 0) >= MAX_ECHOES
  }
}
