import type { Cancel, Clock } from '../lib/clock.ts'
import type { Car } from './car.ts'
import type { ChargePoint } from './charge-point.ts'

const faults = ['GroundFailure', 'HighTemperature', 'OverCurrentFailure', 'PowerMeterFailure'] as const
const STEP_MS = 1_000

/** How lively a charge point is: seconds and chances a second. */
export interface Rhythm {
  readonly firstCarAfter: number
  readonly pause: number
  readonly faultChance: number
  readonly offlineChance: number
}

/** Cars that come, charge until they are full, stay a little, and go, for ever; faults and broken links in between. */
export function welcomeVisitors(chargePoint: ChargePoint, rhythm: Rhythm, clock: Clock, random: () => number): Cancel {
  const nextArrival = chargePoint.connectors.map((_, n) => rhythm.firstCarAfter + n * rhythm.pause * random())
  const leaveIn: (number | undefined)[] = chargePoint.connectors.map(() => undefined)
  let cancel: Cancel = () => {}

  function visit(index: number): void {
    const connector = chargePoint.connectors[index]
    if (connector === undefined) return
    const { id, car, errorCode, transaction } = connector
    if (errorCode !== 'NoError') {
      if (random() < 0.05) chargePoint.fault(id, 'NoError')
      return
    }
    if (random() < rhythm.faultChance) {
      chargePoint.fault(id, faults[Math.floor(random() * faults.length)] ?? 'OtherError')
      return
    }
    if (car === undefined) {
      nextArrival[index] = (nextArrival[index] ?? 0) - 1
      // Preparing without a car: somebody was let in from afar.
      const welcome = connector.status === 'Available' || connector.status === 'Preparing'
      if ((nextArrival[index] ?? 0) <= 0 && welcome) chargePoint.plugIn(id, newCar(random))
      return
    }
    const full = car.soc >= 1
    const left = leaveIn[index]
    if (left === undefined) {
      // Who is full, or whose session was ended, stays a while; one that waits for its session gives up after minutes.
      if (full) leaveIn[index] = 10 + 20 * random()
      else if (transaction === undefined) leaveIn[index] = connector.status === 'Finishing' ? 15 : 180
      return
    }
    if (transaction !== undefined && !full) {
      leaveIn[index] = undefined
      return
    }
    leaveIn[index] = left - 1
    if (left > 0) return
    leaveIn[index] = undefined
    nextArrival[index] = rhythm.pause * (0.5 + random())
    chargePoint.unplug(id)
  }

  function step(): void {
    for (let index = 0; index < chargePoint.connectors.length; index += 1) visit(index)
    if (random() < rhythm.offlineChance) chargePoint.loseLink(10_000 + 20_000 * random())
    cancel = clock.after(STEP_MS, step)
  }

  cancel = clock.after(STEP_MS, step)
  return () => cancel()
}

/** Small batteries, so that a watcher sees a whole session in a few minutes. */
function newCar(random: () => number): Car {
  const phases = random() < 0.3 ? 1 : 3
  return {
    idTag: Math.floor(random() * 0xffff_ffff)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0'),
    phases,
    maxAmps: phases === 1 ? 32 : random() < 0.4 ? 32 : 16,
    capacityWh: 1_500 + 1_500 * random(),
    soc: 0.2 + 0.4 * random(),
  }
}
