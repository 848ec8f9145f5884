import type { Charger } from '../charger/charger.ts'
import { limitInForce, limitOutcome, limitReason, requestedLimit } from '../charger/limit.ts'
import { keyText, methodText } from '../charger/method.ts'
import { isDisabled, profileOverrides } from '../charger/profile-overrides.ts'
import { limitEvidence } from '../charger/verify.ts'
import {
  limitEvidences,
  limitReasons,
  outcomes,
  profileKinds,
  profilePurposes,
  profileUnits,
  recurrencies,
} from '../charger/vocabulary.ts'
import { actionPoints } from './action-points.ts'
import type { ChargerPointDefinition, Parameter } from './point.ts'
import { known, outcomeReading } from './reading.ts'

/** A parameter with a fixed choice. */
function choice(
  name: 'unit' | 'kind' | 'recurrency' | 'purpose',
  choices: readonly string[],
  description: string,
): ChargerPointDefinition {
  const parameter: Parameter = `smartCharging.${name}`
  return {
    name: parameter,
    type: 'state',
    states: choices,
    write: { kind: 'parameter', parameter },
    description,
    read: (charger, connector) => known(choices.indexOf(profileOverrides(charger, connector)[name])),
  }
}

/** A parameter that is a number; -1 leaves it to the bridge. */
function numeral(name: 'profileId' | 'stackLevel', description: string): ChargerPointDefinition {
  const parameter: Parameter = `smartCharging.${name}`
  return {
    name: parameter,
    type: 'number',
    write: { kind: 'parameter', parameter },
    description: `${description}; -1: the bridge's own`,
    read: (charger, connector) => known(profileOverrides(charger, connector)[name] ?? -1),
  }
}

/** The limit of a connector, or of the charge point at connector 0, and what is known of it. */
export const limitPoints: readonly ChargerPointDefinition[] = [
  {
    name: 'limit',
    type: 'number',
    unit: 'A',
    alternativeUnit: 'W',
    write: { kind: 'setpoint', setpoint: 'limit' },
    description: 'Charging limit that the building asks for: per phase in A, or in W as the mapping says; 0 pauses',
    read: (charger, connector) => known(requestedLimit(charger, connector)),
  },
  {
    name: 'limit.request',
    type: 'number',
    unit: 'A',
    alternativeUnit: 'W',
    description: 'Limit that won the priority array, before any cap',
    read: (charger, connector) => known(requestedLimit(charger, connector)),
  },
  {
    name: 'limit.applied',
    type: 'number',
    unit: 'A',
    alternativeUnit: 'W',
    description: 'Limit that the charger accepted and that is known to be in force; the rating while nothing is known',
    read: limitInForce,
  },
  {
    name: 'limit.reason',
    type: 'state',
    states: limitReasons,
    description: 'Who or what decided the limit',
    read: (charger, connector) => known(limitReasons.indexOf(limitReason(charger, connector))),
  },
  {
    name: 'limit.evidence',
    type: 'state',
    states: limitEvidences,
    description:
      'How limit.applied is known: accepted by the charger, verified by what it offers and draws, or not honoured',
    read: (charger, connector) => known(limitEvidences.indexOf(limitEvidence(charger, connector))),
  },
  {
    name: 'smartCharging.method',
    type: 'text',
    length: 120,
    description: 'In which way the charger was found to take limits; empty until it took one',
    read: (charger, connector) => known(methodsText(charger, connector)),
  },
  {
    name: 'smartCharging.sendStatus',
    type: 'state',
    states: outcomes,
    description: 'What the charger answered to the last limit',
    read: (charger, connector) => outcomeReading(limitOutcome(charger, connector)),
  },
  {
    name: 'smartCharging.enable',
    type: 'boolean',
    write: { kind: 'parameter', parameter: 'smartCharging.enable' },
    description: 'Inactive: the bridge clears its profiles and writes none',
    read: (charger, connector) => known(!isDisabled(charger, connector)),
  },
  choice('unit', profileUnits, 'Unit of the profile that is sent'),
  choice('kind', profileKinds, 'Kind of the profile that is sent'),
  choice('recurrency', recurrencies, 'Period of a profile of kind Recurring'),
  choice('purpose', profilePurposes, 'Purpose of the profile that is sent'),
  numeral('profileId', 'Id of the profile that is sent'),
  numeral('stackLevel', 'Stack level of the profile that is sent'),
  ...actionPoints('smartCharging.set', ['Idle', 'Set'], 'Sends the limit again, and enables smart charging'),
  ...actionPoints('smartCharging.clear', ['Idle', 'Clear'], 'Clears our profiles, and disables smart charging'),
]

function methodsText(charger: Charger, connector: number): string {
  const { key, profiles } = charger.state.methods
  if (key !== undefined && connector !== 0) return keyText(key)
  const purposes = connector === 0 ? (['ChargePointMaxProfile'] as const) : (['TxDefaultProfile', 'TxProfile'] as const)
  return purposes
    .flatMap((purpose) => {
      const method = profiles.get(purpose)
      return method === undefined ? [] : [methodText(purpose, method)]
    })
    .join('; ')
}
