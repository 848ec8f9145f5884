import { limitInForce, limitReason, requestedLimit } from '../charger/limit.ts'
import { limitReasons, outcomes, profileKinds, profilePurposes, profileUnits } from '../charger/vocabulary.ts'
import type { ChargerPointDefinition, Parameter } from './point.ts'
import { known, outcomeReading } from './reading.ts'

/** A parameter with a fixed choice; the first choice is the default. */
function choice(parameter: Parameter, choices: readonly string[], description: string): ChargerPointDefinition {
  return {
    name: parameter,
    type: 'state',
    states: choices,
    write: { kind: 'parameter', parameter },
    description,
    read: (charger, connector) =>
      known(Math.max(0, choices.indexOf(charger.control.connectors[connector]?.parameters.get(parameter) ?? ''))),
  }
}

/** A parameter that is a number; -1 leaves it to the bridge. */
function numeral(parameter: Parameter, description: string): ChargerPointDefinition {
  return {
    name: parameter,
    type: 'number',
    write: { kind: 'parameter', parameter },
    description: `${description}; -1: the bridge's own`,
    read: (charger, connector) => known(Number(charger.control.connectors[connector]?.parameters.get(parameter) ?? -1)),
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
    name: 'smartCharging.sendStatus',
    type: 'state',
    states: outcomes,
    description: 'What the charger answered to the last limit',
    read: (charger, connector) =>
      outcomeReading(charger.control.connectors[connector]?.limitProgress.outcome ?? 'idle'),
  },
  {
    name: 'smartCharging.enable',
    type: 'boolean',
    write: { kind: 'parameter', parameter: 'smartCharging.enable' },
    description: 'Inactive: the bridge clears its profiles and writes none',
    read: (charger, connector) =>
      known(charger.control.connectors[connector]?.parameters.get('smartCharging.enable') !== 'false'),
  },
  choice('smartCharging.unit', profileUnits, 'Unit of the profile that is sent'),
  choice('smartCharging.kind', profileKinds, 'Kind of the profile that is sent'),
  choice('smartCharging.purpose', profilePurposes, 'Purpose of the profile that is sent'),
  numeral('smartCharging.profileId', 'Id of the profile that is sent'),
  numeral('smartCharging.stackLevel', 'Stack level of the profile that is sent'),
]
