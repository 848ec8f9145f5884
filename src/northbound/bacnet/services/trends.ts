import type { OpenJournal } from '../../../core/keep.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import { bindingOf } from '../binding.ts'
import type { PointObject } from '../objects/point-object.ts'
import { TrendLog } from '../objects/trend-log.ts'

export interface TrendParts {
  readonly clock: Clock
  /** Milliseconds UTC, as the building counts them. */
  readonly now: () => number
  readonly journal: OpenJournal
}

/** Logs that fall due in the same moments. */
interface Round {
  readonly every: number
  readonly logs: Set<TrendLog>
  due: number
}

/** Logs that are polled at once: between them chargers and clients have their turn. */
const PORTION = 200
/** Clocks are set: it is looked up at least so often what is due. */
const LONGEST_SLEEP_MS = 60_000
const MINUTE_MS = 60_000

/** All trend logs, and the one timer by which they fall due. */
export class Trends {
  readonly #parts: TrendParts
  readonly #logs = new Map<PointObject, TrendLog>()
  readonly #rounds = new Map<number, Round>()
  /** Fallen due, not yet polled. */
  readonly #due = new Set<TrendLog>()
  #started = false
  #cancelTimer: Cancel | undefined
  #cancelPortion: Cancel | undefined

  constructor(parts: TrendParts) {
    this.#parts = parts
  }

  /** Shows the logs of points that have one; `place` gives an instance of a row its place in the device. */
  attach(
    objects: readonly PointObject[],
    place: (point: PointObject['point'], row: number, stride: number) => number,
  ): void {
    for (const object of objects) {
      const { device, row, point } = object
      if (row.trend === undefined) continue
      const { instance = row.instance } = row.trend
      const log = new TrendLog({
        source: object,
        instance: place(point, instance, bindingOf(point)?.stride ?? 0),
        trend: row.trend,
        journal: this.#parts.journal,
        rescheduled: (changed) => {
          this.#leave(changed)
          this.#join(changed)
        },
      })
      this.#logs.set(object, log)
      device.add([log])
      this.#join(log)
      log.begin()
    }
  }

  detach(objects: readonly PointObject[]): void {
    const gone = objects.flatMap((object) => this.#logs.get(object) ?? [])
    for (const log of gone) {
      this.#logs.delete(log.source)
      this.#leave(log)
    }
    for (const device of new Set(gone.map((log) => log.device)))
      device.remove(gone.filter((log) => log.device === device))
  }

  /** A point's value, quality or service state changed. */
  changed(object: PointObject): void {
    this.#logs.get(object)?.changed()
  }

  /** The building's clock was put on by so many seconds, or back. */
  clockSet(seconds: number): void {
    for (const log of this.#logs.values()) log.clockSet(seconds)
    for (const round of this.#rounds.values()) round.due = nextAligned(this.#parts.now(), round.every)
    this.#sleep()
  }

  start(): void {
    this.#started = true
    for (const round of this.#rounds.values()) round.due = nextAligned(this.#parts.now(), round.every)
    this.#sleep()
  }

  stop(): void {
    this.#started = false
    this.#cancelTimer?.()
    this.#cancelPortion?.()
    this.#cancelTimer = undefined
    this.#cancelPortion = undefined
  }

  #join(log: TrendLog): void {
    const { interval: every, type } = log.settings
    if (type !== 'polled') return
    let round = this.#rounds.get(every)
    if (round === undefined) {
      round = { every, logs: new Set(), due: nextAligned(this.#parts.now(), every) }
      this.#rounds.set(every, round)
      this.#sleep()
    }
    round.logs.add(log)
  }

  #leave(log: TrendLog): void {
    this.#due.delete(log)
    for (const round of this.#rounds.values())
      if (round.logs.delete(log) && round.logs.size === 0) this.#rounds.delete(round.every)
  }

  #sleep(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (!this.#started || this.#rounds.size === 0) return
    const next = Math.min(...[...this.#rounds.values()].map(({ due }) => due))
    const wait = Math.min(LONGEST_SLEEP_MS, Math.max(1, next - this.#parts.now()))
    this.#cancelTimer = this.#parts.clock.after(wait, () => this.#wake())
  }

  #wake(): void {
    const now = this.#parts.now()
    for (const round of this.#rounds.values()) {
      const next = nextAligned(now, round.every)
      if (round.due <= now) for (const log of round.logs) this.#due.add(log)
      // Also where it is further away than it can be: the clock was put back.
      if (round.due <= now || round.due > next) round.due = next
    }
    this.#cancelPortion ??= this.#poll()
    this.#sleep()
  }

  /** Polls a portion; answers with how to cancel the next one, where there is one. */
  #poll(): Cancel | undefined {
    let room = PORTION
    for (const log of this.#due) {
      if (room === 0) break
      room -= 1
      this.#due.delete(log)
      log.poll()
    }
    if (this.#due.size === 0) return undefined
    return this.#parts.clock.after(0, () => {
      this.#cancelPortion = this.#poll()
    })
  }
}

/**
 * The next moment after `now` that is a whole number of intervals from local midnight, or from 1970 where a day has no
 * whole number of them. `zoneAt` is by how much local time is ahead of UTC; all in milliseconds.
 */
export function nextAligned(now: number, every: number, zoneAt: (ms: number) => number = localZoneAt): number {
  const next = (Math.floor((now + zoneAt(now)) / every) + 1) * every
  const guess = next - zoneAt(now)
  // Clocks may be changed for summer in between.
  const exact = next - zoneAt(guess)
  return exact > now ? exact : guess
}

function localZoneAt(ms: number): number {
  return -new Date(ms).getTimezoneOffset() * MINUTE_MS
}
