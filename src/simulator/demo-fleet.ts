import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { ChargePoint } from './charge-point.ts'
import type { ChargePointOptions } from './options.ts'
import { seededRandom } from './random.ts'
import { connect, type Dial, type DialFailure, type SocketHandlers } from './transport/socket.ts'
import { type Rhythm, welcomeVisitors } from './visitors.ts'

type Electrical =
  | { readonly kind: 'ac'; readonly maxCurrent: number; readonly phases: 1 | 2 | 3 }
  | { readonly kind: 'dc' }

interface DemoCharger {
  readonly id: string
  readonly connectors: number
  readonly electrical: Electrical
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

export interface VisitedOptions extends Pick<ChargePointOptions, 'security' | 'violation'> {
  readonly dial: Dial
  readonly connectors: number
  readonly electrical: Electrical
  readonly rhythm: Rhythm
  readonly clock: Clock
  readonly log: Log
  readonly seed: number
}

/** Chargers that a watcher sees boot, charge, fail, vanish and come back within the first minutes. */
export function startDemoFleet({ url, chargers, clock, log, seed }: DemoFleetOptions): { stop(): void } {
  const stops = chargers.map(({ id, connectors, electrical, password }, n) =>
    startVisited({
      dial: { url, id, ...(password !== undefined && { password }) },
      connectors,
      electrical,
      rhythm: demoRhythm(n),
      clock,
      log,
      seed: seed * 1000 + n,
    }),
  )
  return {
    stop() {
      for (const stop of stops) stop()
    },
  }
}

/** How lively the n-th charger of a demo is. */
export function demoRhythm(n: number): Rhythm {
  return {
    firstCarAfter: 2 + n * 2,
    pause: 20,
    faultChance: 1 / 400,
    offlineChance: n % 4 === 3 ? 1 / 120 : 0,
  }
}

/** One charge point with visiting cars; what comes back ends it. */
export function startVisited({ dial, electrical, rhythm, log, seed, ...others }: VisitedOptions): () => void {
  const random = seededRandom(seed)
  const { clock } = others
  const chargePoint = new ChargePoint({
    ...others,
    id: dial.id,
    maxAmps: electrical.kind === 'ac' ? electrical.maxCurrent : 32,
    phases: electrical.kind === 'ac' ? electrical.phases : 3,
    random,
    meterInterval: 5,
    connect: (handlers, habits) => connect({ ...dial, ...habits }, clock, logged(handlers, dial, log)),
    registered: (status, retrySeconds) => {
      if (status === 'Accepted') log.info({ charger: dial.id }, 'accepted by the central system')
      else log.warn({ charger: dial.id, status, retrySeconds }, 'not accepted yet by the central system')
    },
  })
  chargePoint.start()
  log.info({ charger: dial.id }, 'simulated charger started')
  const leave = welcomeVisitors(chargePoint, rhythm, clock, random)
  return () => {
    leave()
    chargePoint.stop()
  }
}

/** The same, and whoever runs the simulation sees how its connection fares. */
function logged(handlers: SocketHandlers, { url, id }: Dial, log: Log): SocketHandlers {
  return {
    ...handlers,
    opened: () => {
      log.info({ charger: id, url }, 'connected')
      handlers.opened()
    },
    closed: () => {
      log.info({ charger: id }, 'disconnected')
      handlers.closed()
    },
    failed: (why, detail) => {
      log.warn({ charger: id, url, detail }, failures[why])
      handlers.failed(why, detail)
    },
  }
}

const failures: Record<DialFailure, string> = {
  unauthorized: 'turned away: its password is missing or wrong',
  certificate: "it doesn't trust the central system's certificate: name who signed it with --ca",
  other: 'could not connect',
}
