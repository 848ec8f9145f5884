import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { ChargePoint } from './charge-point.ts'
import { seededRandom } from './random.ts'
import { connect } from './transport/socket.ts'
import { welcomeVisitors } from './visitors.ts'

interface DemoCharger {
  readonly id: string
  readonly connectors: number
  readonly electrical:
    | { readonly kind: 'ac'; readonly maxCurrent: number; readonly phases: 1 | 2 | 3 }
    | { readonly kind: 'dc' }
  readonly password?: string
}

export interface DemoFleetOptions {
  /** Where the chargers call in: `ws://host:port`. */
  readonly url: string
  readonly chargers: readonly DemoCharger[]
  readonly clock: Clock
  readonly log: Log
  readonly seed: number
}

/** Chargers that a watcher sees boot, charge, fail, vanish and come back within the first minutes. */
export function startDemoFleet({ url, chargers, clock, log, seed }: DemoFleetOptions): { stop(): void } {
  const stops = chargers.map(({ id, connectors, electrical, password }, n) => {
    const random = seededRandom(seed * 1000 + n)
    const chargePoint = new ChargePoint({
      id,
      connectors,
      maxAmps: electrical.kind === 'ac' ? electrical.maxCurrent : 32,
      phases: electrical.kind === 'ac' ? electrical.phases : 3,
      clock,
      random,
      meterInterval: 5,
      connect: (handlers) => connect(url, password, id, clock, handlers),
    })
    chargePoint.start()
    log.info({ charger: id }, 'simulated charger started')
    const rhythm = {
      firstCarAfter: 2 + n * 2,
      pause: 20,
      faultChance: 1 / 400,
      offlineChance: n % 4 === 3 ? 1 / 120 : 0,
    }
    const leave = welcomeVisitors(chargePoint, rhythm, clock, random)
    return () => {
      leave()
      chargePoint.stop()
    }
  })
  return {
    stop() {
      for (const stop of stops) stop()
    },
  }
}
