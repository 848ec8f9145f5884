/** A charging profile as SetChargingProfile carries it (OCPP 1.6 7.8), as far as a charger needs it. */
export interface Profile {
  readonly chargingProfileId: number
  readonly transactionId?: number
  readonly stackLevel: number
  readonly chargingProfilePurpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile'
  readonly chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative'
  readonly recurrencyKind?: 'Daily' | 'Weekly'
  readonly validFrom?: string
  readonly validTo?: string
  readonly chargingSchedule: {
    readonly duration?: number
    readonly startSchedule?: string
    readonly chargingRateUnit: 'A' | 'W'
    readonly chargingSchedulePeriod: readonly {
      readonly startPeriod: number
      readonly limit: number
      readonly numberPhases?: number
    }[]
  }
}

export interface Situation {
  readonly now: number
  readonly voltage: number
  readonly phases: number
  readonly transaction?: { readonly id: number | undefined; readonly startedAt: number }
}

interface Installed {
  readonly connector: number
  readonly profile: Profile
}

const DAY_MS = 86_400_000

/** The profiles of a charge point and what they allow (OCPP 1.6 3.13). */
export class ProfileStore {
  #installed: Installed[] = []

  /** Takes the place of one with the same id, or with the same purpose and stack level on that connector. */
  install(connector: number, profile: Profile): void {
    this.#installed = this.#installed.filter(
      (each) =>
        each.profile.chargingProfileId !== profile.chargingProfileId &&
        !(
          each.connector === connector &&
          each.profile.chargingProfilePurpose === profile.chargingProfilePurpose &&
          each.profile.stackLevel === profile.stackLevel
        ),
    )
    this.#installed.push({ connector, profile })
  }

  /** Removes what matches all that is given; false when nothing did. */
  clear(filter: {
    readonly id?: number
    readonly connectorId?: number
    readonly chargingProfilePurpose?: string
    readonly stackLevel?: number
  }): boolean {
    const before = this.#installed.length
    this.#installed = this.#installed.filter(
      ({ connector, profile }) =>
        !(
          (filter.id === undefined || profile.chargingProfileId === filter.id) &&
          (filter.connectorId === undefined || connector === filter.connectorId) &&
          (filter.chargingProfilePurpose === undefined ||
            profile.chargingProfilePurpose === filter.chargingProfilePurpose) &&
          (filter.stackLevel === undefined || profile.stackLevel === filter.stackLevel)
        ),
    )
    return this.#installed.length < before
  }

  forgetAll(): void {
    this.#installed = []
  }

  /** A transaction is over: its profiles are, too. */
  transactionEnded(connector: number): void {
    this.#installed = this.#installed.filter(
      (each) => each.connector !== connector || each.profile.chargingProfilePurpose !== 'TxProfile',
    )
  }

  /** Amperes per phase that the transaction's own or the default profiles allow; undefined: no limit. */
  connectorAmps(connector: number, situation: Situation): number | undefined {
    return (
      this.#lowest('TxProfile', [connector], situation) ?? this.#lowest('TxDefaultProfile', [connector, 0], situation)
    )
  }

  /** Amperes per phase that the whole charge point may draw; undefined: no limit. */
  chargePointAmps(situation: Situation): number | undefined {
    return this.#lowest('ChargePointMaxProfile', [0], situation)
  }

  /** The valid profile of the highest stack level decides; for equal levels the connector's own goes before connector 0's. */
  #lowest(
    purpose: Profile['chargingProfilePurpose'],
    connectors: readonly number[],
    situation: Situation,
  ): number | undefined {
    const candidates = this.#installed
      .filter(({ connector, profile }) => connectors.includes(connector) && profile.chargingProfilePurpose === purpose)
      .flatMap(({ connector, profile }) => {
        const amps = ampsOf(profile, situation)
        return amps === undefined ? [] : [{ amps, level: profile.stackLevel, connector }]
      })
      .sort((a, b) => b.level - a.level || b.connector - a.connector)
    return candidates[0]?.amps
  }
}

/** What a profile allows now; undefined: it isn't valid now. */
function ampsOf(profile: Profile, { now, voltage, phases, transaction }: Situation): number | undefined {
  if (profile.validFrom !== undefined && now < Date.parse(profile.validFrom)) return undefined
  if (profile.validTo !== undefined && now >= Date.parse(profile.validTo)) return undefined
  if (
    profile.chargingProfilePurpose === 'TxProfile' &&
    (transaction === undefined || (profile.transactionId !== undefined && profile.transactionId !== transaction.id))
  )
    return undefined
  const { duration, startSchedule, chargingRateUnit, chargingSchedulePeriod } = profile.chargingSchedule
  const start = startSchedule === undefined ? (transaction?.startedAt ?? now) : Date.parse(startSchedule)
  let elapsed =
    (profile.chargingProfileKind === 'Relative' ? now - (transaction?.startedAt ?? now) : now - start) / 1000
  if (profile.chargingProfileKind === 'Recurring') {
    const period = (profile.recurrencyKind === 'Weekly' ? 7 * DAY_MS : DAY_MS) / 1000
    elapsed = ((elapsed % period) + period) % period
  }
  if (elapsed < 0 || (duration !== undefined && elapsed >= duration)) return undefined
  const current = [...chargingSchedulePeriod].reverse().find(({ startPeriod }) => startPeriod <= elapsed)
  if (current === undefined) return undefined
  return chargingRateUnit === 'A' ? current.limit : current.limit / (voltage * (current.numberPhases ?? phases))
}
