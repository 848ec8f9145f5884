import type { Keeping } from './core/keep.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { Kept } from './kept.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { formatProblem } from './lib/problem.ts'
import type { Watch } from './lib/watch-files.ts'
import { draw, type Plan, rememberedBy } from './plan.ts'
import { follow } from './reload.ts'
import { UnusableStore } from './store/unusable-store.ts'

export interface RunParts {
  readonly file: string
  readonly log: Log
  readonly openKept: (plan: Plan) => Kept
  /** Starts every listener, or ends the process. */
  readonly started: (gateway: Gateway) => Promise<unknown>
}

interface Begun {
  readonly kept: Kept
  readonly gateway: Gateway
  readonly changes: Watch
}

/** A bridge that follows its config, and can start anew without leaving its process. */
export interface RunningBridge {
  /** Looks at the config now. */
  reload(): void
  stop(): Promise<void>
}

/** Whoever asked for a restart has its answer by then. */
const RESTART_AFTER_MS = 500

export async function runBridge(plan: Plan, { file, log, openKept, started }: RunParts): Promise<RunningBridge> {
  let stopping = false
  let restarting: Promise<void> | undefined
  /** Undefined: it is stopped. */
  let current: Begun | undefined = await begin(plan)

  async function begin(own: Plan): Promise<Begun> {
    const kept = openKept(own)
    const gateway = createGateway(own, { ...kept, clock: systemClock, log, restart: () => later(kept.store.keeping) })
    await started(gateway)
    return { kept, gateway, changes: follow({ file, gateway, remembered: rememberedBy(kept.store), log }, systemClock) }
  }

  /** The answer to whoever asked for it may wait for the disk. */
  function later(keeping: Keeping): void {
    if (restarting !== undefined || stopping) return
    restarting = new Promise<void>((resolve) =>
      keeping.whenKept(() => void systemClock.after(RESTART_AFTER_MS, resolve)),
    ).then(restart)
  }

  async function end(): Promise<void> {
    const own = current
    current = undefined
    own?.changes.stop()
    await own?.gateway.stop()
  }

  async function restart(): Promise<void> {
    if (stopping) return
    const waiting = current?.kept.health.waiting ?? 0
    const next = waiting > 0 ? undefined : drawn()
    if (waiting > 0)
      log.error({}, `no restart: ${waiting} entries wait in memory for a disk that takes nothing, and would be lost`)
    if (next !== undefined) {
      await end()
      if (!isStopping()) current = await begin(next)
    }
    restarting = undefined
  }

  /** Undefined: there is something wrong with the config, or the store can't be read, and it was said. */
  function drawn(): Plan | undefined {
    try {
      const { problems, plan: next } = draw(file)
      for (const problem of next === undefined ? problems : []) log.error({}, formatProblem(problem))
      if (next === undefined) log.error({}, `${file} has mistakes: no restart, the bridge goes on as before`)
      return next
    } catch (error) {
      if (!(error instanceof UnusableStore)) throw error
      log.error({}, `${error.message}; no restart, the bridge goes on as before`)
      return undefined
    }
  }

  /** It may have come to that while the bridge was being stopped. */
  function isStopping(): boolean {
    return stopping
  }

  return {
    reload: () => current?.changes.now(),
    async stop() {
      stopping = true
      await restarting
      await end()
    },
  }
}
