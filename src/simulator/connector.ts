import type { OCPP16 } from 'typed-ocpp'
import type { ChargingProfile } from '../southbound/ocpp/v16/messages.ts'
import { type Car, drawnAmps, MINIMUM_AMPS } from './car.ts'
import type { Offer } from './charging/offer.ts'
import type { SampledValue } from './metering/samples.ts'

export type Status = OCPP16.StatusNotificationRequest['status']
export type ErrorCode = OCPP16.StatusNotificationRequest['errorCode']

/** Of the grid, between a phase and neutral. */
export const VOLTAGE = 230

export interface SimulatedTransaction {
  /** As the central system named it; unknown while its answer is awaited. */
  id: number | undefined
  readonly idTag: string
  /** The register for life when it began, in Wh. */
  readonly startWh: number
  readonly startedAt: number
  meteredAt: number
  /** The central system doesn't know the tag, and it was configured to wait instead of to stop. */
  suspended: boolean
  /** Readings that StopTransaction will carry. */
  readonly data: { readonly timestamp: string; readonly sampledValue: readonly SampledValue[] }[]
}

/** Who may charge here as soon as a car is plugged in. */
export interface Permission {
  readonly idTag: string
  /** ConnectionTimeOut is over. */
  readonly until: number
  readonly profile: ChargingProfile | undefined
}

/** One connector: what is plugged in, what flows. */
export class SimulatedConnector {
  readonly id: number
  status: Status = 'Available'
  car: Car | undefined
  transaction: SimulatedTransaction | undefined
  permission: Permission | undefined
  operative = true
  /** A new firmware is being installed. */
  blocked = false
  reserved = false
  /** Its session is over, and the car still there. */
  finishing = false
  errorCode: ErrorCode = 'NoError'
  /** Register for life, in Wh. */
  energyWh: number
  /** What the car may draw. */
  offer: Offer = { amps: 0, phases: 3 }
  /** What it draws, per phase. */
  amps = 0

  constructor(id: number, energyWh: number) {
    this.id = id
    this.energyWh = energyWh
  }

  get powerW(): number {
    return this.amps * VOLTAGE * this.usedPhases
  }

  get usedPhases(): number {
    return Math.min(this.car?.phases ?? 0, this.offer.phases)
  }

  /** Nothing keeps a session from beginning here. */
  get usable(): boolean {
    return this.operative && !this.blocked && this.errorCode === 'NoError' && this.transaction === undefined
  }

  /** Lets `seconds` go by under an offer. `noise`: 0 to 1. */
  flow(offer: Offer, seconds: number, now: number, noise: number): void {
    this.offer = offer
    const { car, transaction } = this
    if (car === undefined || transaction === undefined || this.status === 'Faulted') {
      this.amps = 0
      return
    }
    const drawn = drawnAmps(car, offer.amps, (now - transaction.startedAt) / 1000)
    this.amps = drawn === 0 ? 0 : Math.min(offer.amps, drawn * (0.995 + 0.01 * noise))
    const energy = (this.powerW * seconds) / 3600
    this.energyWh += energy
    car.soc = Math.min(1, car.soc + energy / car.capacityWh)
  }

  /** The status that follows from all of this. */
  natural(): Status {
    if (this.errorCode !== 'NoError') return 'Faulted'
    if (this.transaction !== undefined) {
      if (this.car === undefined) return 'SuspendedEV'
      if (this.offer.amps < MINIMUM_AMPS) return 'SuspendedEVSE'
      return this.car.soc >= 1 ? 'SuspendedEV' : 'Charging'
    }
    if (!this.operative || this.blocked) return 'Unavailable'
    if (this.finishing) return 'Finishing'
    if (this.permission !== undefined) return 'Preparing'
    if (this.reserved) return 'Reserved'
    return this.car === undefined ? 'Available' : 'Preparing'
  }
}
