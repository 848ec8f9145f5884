import { type Car, drawnAmps, MINIMUM_AMPS } from './car.ts'

export type Status =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEVSE'
  | 'SuspendedEV'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted'

export interface SimulatedTransaction {
  /** As the central system named it; unknown while its answer is awaited. */
  id: number | undefined
  readonly idTag: string
  readonly meterStart: number
  readonly startedAt: number
  meteredAt: number
}

/** One connector: what is plugged in, what flows. */
export class SimulatedConnector {
  readonly id: number
  status: Status = 'Available'
  car: Car | undefined
  transaction: SimulatedTransaction | undefined
  operative = true
  errorCode = 'NoError'
  /** Register for life, in Wh. */
  energyWh: number
  offeredAmps = 0
  amps = 0

  constructor(id: number, energyWh: number) {
    this.id = id
    this.energyWh = energyWh
  }

  get powerW(): number {
    return this.amps * this.#voltage * (this.car?.phases ?? 0)
  }

  readonly #voltage = 230

  /** Lets `seconds` go by under an offer of current per phase. */
  flow(offered: number, seconds: number, now: number, noise: number): void {
    this.offeredAmps = offered
    const { car, transaction } = this
    if (car === undefined || transaction === undefined || this.status === 'Faulted') {
      this.amps = 0
      return
    }
    const drawn = drawnAmps(car, offered, (now - transaction.startedAt) / 1000)
    this.amps = drawn === 0 ? 0 : Math.min(offered, drawn * (0.995 + 0.01 * noise))
    const energy = (this.powerW * seconds) / 3600
    this.energyWh += energy
    car.soc = Math.min(1, car.soc + energy / car.capacityWh)
  }

  /** The status that follows from all of this. */
  natural(): Status {
    if (this.errorCode !== 'NoError') return 'Faulted'
    if (!this.operative && this.transaction === undefined) return 'Unavailable'
    if (this.transaction !== undefined && this.car !== undefined) {
      if (this.offeredAmps < MINIMUM_AMPS) return 'SuspendedEVSE'
      return this.car.soc >= 1 ? 'SuspendedEV' : 'Charging'
    }
    if (this.status === 'Finishing' && this.car !== undefined) return 'Finishing'
    return this.car === undefined ? 'Available' : 'Preparing'
  }
}
