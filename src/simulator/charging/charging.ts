import type { Clock } from '../../lib/clock.ts'
import type { ChargingProfile } from '../../southbound/ocpp/v16/messages.ts'
import type { Configuration } from '../configuration.ts'
import { type SimulatedConnector, VOLTAGE } from '../connector.ts'
import type { ChargingQuirks } from '../quirks.ts'
import { compositeSchedule, type Schedule } from './composite.ts'
import { type Offer, offerAt, type Situation, wholeOfferAt } from './offer.ts'
import { ProfileStore } from './profile-store.ts'
import { quirkRefusal } from './quirk-refusal.ts'
import { type Bounds, profileRefusal } from './refusal.ts'

export interface ChargingParts {
  readonly connectors: readonly SimulatedConnector[]
  /** What each connector can give. */
  readonly rating: Offer
  readonly clock: Clock
  readonly configuration: Configuration
  readonly quirks: ChargingQuirks
}

/** Smart charging (OCPP 1.6 3.13): which profiles are held, and what they and the rating leave to each car. */
export class Charging {
  readonly store = new ProfileStore()
  readonly #parts: ChargingParts

  constructor(parts: ChargingParts) {
    this.#parts = parts
  }

  /** SetChargingProfile's status. */
  set(connector: number, profile: ChargingProfile): 'Accepted' | 'Rejected' | 'NotSupported' | 'silence' {
    const transaction = this.#parts.connectors[connector - 1]?.transaction
    const transactionId = transaction === undefined ? undefined : (transaction.id ?? null)
    const refused = this.#refused(connector, profile, transactionId)
    if (refused === undefined) this.#install(connector, profile)
    return refused ?? 'Accepted'
  }

  /** A remote start may carry this profile for the connector (5.11): a TxProfile for a transaction that has no id yet. */
  takesForStart(connector: number, profile: ChargingProfile): boolean {
    return (
      profile.chargingProfilePurpose === 'TxProfile' &&
      profile.transactionId === undefined &&
      this.#refused(connector, profile, null) === undefined
    )
  }

  /** What the car at a connector may draw now. */
  offer(connector: SimulatedConnector): Offer {
    const { clock, quirks, rating } = this.#parts
    const now = clock.now()
    if (connector.transaction?.suspended) return { ...rating, amps: 0 }
    const busy = this.#parts.connectors.filter(({ transaction }) => transaction !== undefined).length
    const startedAt = connector.transaction?.startedAt ?? now
    const { offer } = quirks.disobeys ? { offer: rating } : offerAt(this.#situation(connector, busy), now, startedAt)
    return { ...offer, amps: Math.min(offer.amps, this.#vendorLimit(connector)) }
  }

  /** GetCompositeSchedule's schedule; connector 0 is all of them together. */
  composite(connectorId: number, from: number, durationSeconds: number, unit: 'A' | 'W'): Schedule {
    const { connectors, rating } = this.#parts
    const connector = connectors[connectorId - 1]
    const busy = connectors.filter(({ transaction }) => transaction !== undefined).length
    const startedAt = connector?.transaction?.startedAt ?? from
    const situations = connectors.map((each) => this.#situation(each, busy))
    const situation = situations[connectorId - 1]
    return compositeSchedule({
      offerAt: (at) =>
        situation === undefined ? wholeOfferAt(situations, at, startedAt) : offerAt(situation, at, startedAt),
      from,
      durationSeconds,
      unit,
      voltage: VOLTAGE,
      phases: rating.phases,
    })
  }

  /** The unit of a schedule where nobody asks for one. */
  get preferredUnit(): 'A' | 'W' {
    const units = allowedUnits(this.#parts.configuration.text('ChargingScheduleAllowedChargingRateUnit'))
    return units.includes('Current') ? 'A' : 'W'
  }

  #situation(connector: SimulatedConnector, busy: number): Situation {
    const { rating, quirks } = this.#parts
    const installed = quirks.disobeys ? [] : this.store.installed
    const { transaction } = connector
    return { installed, connector: connector.id, rating, voltage: VOLTAGE, busy, transaction }
  }

  #refused(connector: number, profile: ChargingProfile, transactionId: Bounds['transactionId']) {
    const { connectors, configuration, quirks } = this.#parts
    const quirk = quirkRefusal(profile, quirks)
    if (quirk !== undefined) return quirk
    const bound = (key: string) =>
      configuration.text(key) === '' ? Number.POSITIVE_INFINITY : configuration.number(key)
    const bounds = {
      connectors: connectors.length,
      maxStackLevel: bound('ChargeProfileMaxStackLevel'),
      maxPeriods: bound('ChargingScheduleMaxPeriods'),
      allowedUnits: allowedUnits(configuration.text('ChargingScheduleAllowedChargingRateUnit')),
      transactionId,
    }
    const { installed } = this.store
    const left = installed.length - this.store.replacedBy(connector, profile).length
    const full = left >= bound('MaxChargingProfilesInstalled')
    return full || profileRefusal(connector, profile, bounds) !== undefined ? 'Rejected' : undefined
  }

  #install(connector: number, profile: ChargingProfile): void {
    const last = this.store.installed.at(-1)
    const { ignoresAfterZero = false, zeroLimit } = this.#parts.quirks
    const afterPause = last !== undefined && pauses(last.profile) && !last.inert
    const inert = (ignoresAfterZero && afterPause) || (zeroLimit === 'ignored' && pauses(profile))
    this.store.install(connector, profile, inert)
  }

  #vendorLimit(connector: SimulatedConnector): number {
    const { configuration, quirks } = this.#parts
    const keys = Object.entries(quirks.limitKeys ?? {}).filter(([, id]) => id === connector.id)
    const limits = keys.map(([key]) => Number.parseFloat(configuration.text(key))).filter((limit) => limit >= 0)
    return Math.min(Number.POSITIVE_INFINITY, ...limits)
  }
}

function pauses({ chargingSchedule }: ChargingProfile): boolean {
  return chargingSchedule.chargingSchedulePeriod[0]?.limit === 0
}

/** `Current,Power`, and how else chargers write it; nothing at all allows both. */
function allowedUnits(text: string): readonly string[] {
  const words = text.split(/[,;]/).map((word) => word.trim())
  const named = words.flatMap((word) =>
    /^(Current|A)$/i.test(word) ? ['Current'] : /^(Power|W)$/i.test(word) ? ['Power'] : [],
  )
  return named.length === 0 ? ['Current', 'Power'] : named
}
