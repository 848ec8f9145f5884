import type { Store } from './core/ports.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { formatProblem } from './lib/problem.ts'
import type { Watch } from './lib/watch-files.ts'
import { draw, type Plan, rememberedBy } from './plan.ts'
import { follow } from './reload.ts'

export interface RunParts {
  readonly file: string
  readonly log: Log
  readonly openStore: (plan: Plan) => Store
  /** Starts every listener, or ends the process. */
  readonly started: (gateway: Gateway) => Promise<unknown>
}

/** A bridge that follows its config, and can start anew without leaving its process. */
export interface RunningBridge {
  /** Looks at the config now. */
  reload(): void
  stop(): Promise<void>
}

/** Whoever asked for a restart has its answer by then. */
const RESTART_AFTER_MS = 500

export async function runBridge(plan: Plan, { file, log, openStore, started }: RunParts): Promise<RunningBridge> {
  let stopping = false
  let restarting = false
  let current = await begin(plan)

  async function begin(own: Plan): Promise<{ readonly gateway: Gateway; readonly changes: Watch }> {
    const store = openStore(own)
    const gateway = createGateway(own, { clock: systemClock, log, store, restart: later })
    await started(gateway)
    return { gateway, changes: follow({ file, gateway, remembered: rememberedBy(store), log }, systemClock) }
  }

  function later(): void {
    if (restarting || stopping) return
    restarting = true
    systemClock.after(RESTART_AFTER_MS, () => void restart())
  }

  async function restart(): Promise<void> {
    const { problems, plan: next } = draw(file)
    if (next === undefined) {
      for (const problem of problems) log.error({}, formatProblem(problem))
      log.error({}, `${file} has mistakes: no restart, the bridge goes on as before`)
    } else if (!stopping) {
      current.changes.stop()
      await current.gateway.stop()
      current = await begin(next)
    }
    restarting = false
  }

  return {
    reload: () => current.changes.now(),
    stop() {
      stopping = true
      current.changes.stop()
      return current.gateway.stop()
    },
  }
}
