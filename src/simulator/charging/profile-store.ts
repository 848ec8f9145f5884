import type { OCPP16 } from 'typed-ocpp'
import type { ChargingProfile } from '../../southbound/ocpp/v16/messages.ts'

export interface Installed {
  /** 0: the charge point. */
  readonly connector: number
  readonly profile: ChargingProfile
  /** Accepted, and never applied. */
  readonly inert: boolean
}

/** The profiles that a charge point holds (OCPP 1.6 3.13). */
export class ProfileStore {
  #installed: readonly Installed[] = []

  get installed(): readonly Installed[] {
    return this.#installed
  }

  /** Those whose place a profile would take: with its id, or with its purpose and stack level on that connector (5.16). */
  replacedBy(connector: number, profile: ChargingProfile): readonly Installed[] {
    return this.#installed.filter(
      (each) =>
        each.profile.chargingProfileId === profile.chargingProfileId ||
        (each.connector === connector &&
          each.profile.chargingProfilePurpose === profile.chargingProfilePurpose &&
          each.profile.stackLevel === profile.stackLevel),
    )
  }

  install(connector: number, profile: ChargingProfile, inert = false): void {
    const replaced = this.replacedBy(connector, profile)
    this.#installed = [...this.#installed.filter((each) => !replaced.includes(each)), { connector, profile, inert }]
  }

  /** Removes the one with that id, or what matches all the other criteria that are given (5.3); false: there was none. */
  clear({ id, connectorId, chargingProfilePurpose, stackLevel }: OCPP16.ClearChargingProfileRequest): boolean {
    const before = this.#installed.length
    this.#keep(({ connector, profile }) => {
      if (id !== undefined) return profile.chargingProfileId !== id
      return !(
        (connectorId === undefined || connector === connectorId) &&
        (chargingProfilePurpose === undefined || profile.chargingProfilePurpose === chargingProfilePurpose) &&
        (stackLevel === undefined || profile.stackLevel === stackLevel)
      )
    })
    return this.#installed.length < before
  }

  forgetAll(): void {
    this.#installed = []
  }

  /** A transaction is over: its profiles are, too. */
  transactionEnded(connector: number): void {
    this.#keep((each) => each.connector !== connector || each.profile.chargingProfilePurpose !== 'TxProfile')
  }

  #keep(wanted: (each: Installed) => boolean): void {
    this.#installed = this.#installed.filter(wanted)
  }
}
