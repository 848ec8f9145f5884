/** Undoes a scheduled call; harmless when it has already run. */
export type Cancel = () => void

/** Where all time comes from, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  now(): number
  /** Milliseconds since whenever, which nobody sets: by these it is measured how long something lasts. */
  steady(): number
  /** Runs `task` once after `ms` milliseconds. */
  after(ms: number, task: () => void): Cancel
}

const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, task) {
    if (ms <= 0) {
      const immediate = setImmediate(task)
      return () => clearImmediate(immediate)
    }
    // Node runs at once what is to run after more than it can count.
    if (ms > LONGEST_MS) {
      let cancel = systemClock.after(LONGEST_MS, () => {
        cancel = systemClock.after(ms - LONGEST_MS, task)
      })
      return () => cancel()
    }
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
