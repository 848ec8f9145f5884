import type { Parameter } from '../points/point.ts'
import type { Charger } from './charger.ts'
import type { ProfileIds, ProfileOverrides } from './command.ts'
import {
  type ProfileKind,
  type ProfilePurpose,
  type ProfileUnit,
  profileKinds,
  profilePurposes,
  profileUnits,
  type Recurrency,
  recurrencies,
} from './vocabulary.ts'

/** The bridge's own ids of profiles begin here, so that they are told from those of others; nobody chooses one of them. */
export const FIRST_OWN_ID = 200_000
const LAST_OWN_ID = 200_999

/** The integrator's choices for the profiles of a connector: what the building wrote, else what the config says. */
export function profileOverrides(charger: Charger, connector: number): ProfileOverrides {
  const profileId = ownChoice(charger, connector)
  const stackLevel = Number(parameter(charger, connector, 'smartCharging.stackLevel') ?? -1)
  return {
    // Direct current has no amperes per phase: watts are the only unit in which a limit means anything.
    unit:
      charger.settings.electrical.kind === 'dc'
        ? 'W'
        : choice<ProfileUnit>(profileUnits, parameter(charger, connector, 'smartCharging.unit')),
    kind: choice<ProfileKind>(profileKinds, parameter(charger, connector, 'smartCharging.kind')),
    recurrency: choice<Recurrency>(recurrencies, parameter(charger, connector, 'smartCharging.recurrency')),
    purpose: allowedPurpose(connector, parameter(charger, connector, 'smartCharging.purpose')),
    ...(profileId !== undefined && { profileId }),
    ...(stackLevel >= 0 && { stackLevel }),
  }
}

/**
 * The id that the integrator chose for a connector; undefined: none, or one that another connector has already. A profile
 * takes the place of any other of its id, whichever connector that bounds.
 */
function ownChoice(charger: Charger, connector: number): number | undefined {
  const id = chosenId(charger, connector)
  if (id === undefined) return undefined
  // What the config chooses for the charger as a whole is meant for a connector before the charge point.
  const end = connector === 0 ? charger.control.connectors.length : connector
  for (let other = 1; other < end; other += 1) if (chosenId(charger, other) === id) return undefined
  return id
}

function chosenId(charger: Charger, connector: number): number | undefined {
  const id = Number(parameter(charger, connector, 'smartCharging.profileId') ?? -1)
  return id >= 0 ? id : undefined
}

/** True of ids that are the bridge's own, and so nobody's to choose. */
export function isOwnId(profileId: number): boolean {
  return profileId >= FIRST_OWN_ID && profileId <= LAST_OWN_ID
}

/** Under which ids profiles are written with these choices. */
export function profileIds({ profileId }: ProfileOverrides): ProfileIds {
  return profileId ?? 'own'
}

/** A held parameter: as the building wrote it, or as configured where it wrote none or left it to the bridge. */
function parameter(charger: Charger, connector: number, name: Parameter): string | undefined {
  const written = charger.control.connectors[connector]?.parameters.get(name)
  return written === undefined || written === 'auto' || written === '-1'
    ? (charger.settings.parameters?.[name] ?? written)
    : written
}

/**
 * Pairs that the standard forbids (OCPP 1.6 5.16.4, 3.13.1): a charge point's limit on a connector, a transaction's on none;
 * and the default on connector 0, which would give each connector what all of them have to share.
 */
export function forbiddenPurpose(connector: number, purpose: string): boolean {
  return purpose !== 'auto' && (purpose === 'ChargePointMaxProfile') !== (connector === 0)
}

/** A purpose that is configured for the charger as a whole counts where it is possible. */
function allowedPurpose(connector: number, text: string | undefined): ProfilePurpose {
  const purpose = choice<ProfilePurpose>(profilePurposes, text)
  return forbiddenPurpose(connector, purpose) ? 'auto' : purpose
}

/** Smart charging is switched off for this connector. */
export function isDisabled(charger: Charger, connector: number): boolean {
  return parameter(charger, connector, 'smartCharging.enable') === 'false'
}

function choice<T extends string>(choices: readonly T[], text: string | undefined): T {
  return choices.find((each) => each === text) ?? (choices[0] as T)
}
