import type { Charger } from '../charger/charger.ts'
import type { Identity, NoticeSubject } from '../charger/event.ts'
import { powerOf } from '../charger/state.ts'
import { registrationOrder, registrations, triggerMessages } from '../charger/vocabulary.ts'
import { actionPoints } from './action-points.ts'
import { sharedPoints } from './connector-points.ts'
import type { ChargerPointDefinition } from './point.ts'
import { isoTime, known, told } from './reading.ts'

function identity(name: keyof Identity, length: number, description: string): ChargerPointDefinition {
  return {
    name,
    type: 'text',
    length,
    description,
    // Known once and then kept: who a charger is does not fade when it goes away, but its quality tells.
    read: (charger) =>
      told(charger, charger.state.identity[name] ?? (charger.state.bootedAt === undefined ? undefined : '')),
  }
}

function notice(name: string, subject: NoticeSubject, description: string, length = 50): ChargerPointDefinition {
  return {
    name,
    type: 'text',
    length,
    description: `${description}, in the charger's words; empty while there is none`,
    read: (charger) => told(charger, charger.state.notices.get(subject)?.slice(0, length) ?? ''),
  }
}

/** The sum over connectors 1..n of what is known; undefined when nothing is. */
function sum(charger: Charger, of: (connector: number) => number | undefined): number | undefined {
  let total: number | undefined
  for (let connector = 1; connector <= charger.connectorCount; connector += 1) {
    const value = of(connector)
    if (value !== undefined) total = (total ?? 0) + value
  }
  return total
}

export function chargerPower(charger: Charger): number | undefined {
  return (
    sum(charger, (connector) => connectorPower(charger, connector)) ??
    charger.state.connectors[0]?.meters.get('Power.Active.Import')
  )
}

function connectorPower(charger: Charger, connector: number): number | undefined {
  const state = charger.state.connectors[connector]
  return state === undefined ? undefined : powerOf(state)
}

export const chargerPoints: readonly ChargerPointDefinition[] = [
  {
    name: 'online',
    type: 'boolean',
    description: 'The charger talks to the bridge',
    read: (charger) => known(charger.online),
  },
  {
    name: 'secondsSinceMessage',
    type: 'number',
    unit: 's',
    ticking: true,
    description: 'Age of the last message of the charger',
    read: (charger, _connector, now) =>
      charger.state.heardAt === undefined
        ? { value: undefined, quality: 'never' }
        : known(Math.max(0, Math.floor((now - charger.state.heardAt) / 1000))),
  },
  {
    name: 'registration',
    type: 'state',
    states: registrations,
    write: { kind: 'registration' },
    description: 'Whether the charger is let in: refuse one charger for a while',
    read: (charger) => known(registrationOrder.indexOf(charger.registration)),
  },
  identity('vendor', 20, 'Manufacturer'),
  identity('model', 20, 'Model'),
  identity('serialNumber', 25, 'Serial number of the charge point'),
  identity('chargeBoxSerialNumber', 25, 'Serial number of the charge box'),
  identity('firmwareVersion', 50, 'Firmware version'),
  identity('iccid', 20, "ICCID of the modem's SIM card"),
  identity('imsi', 20, "IMSI of the modem's SIM card"),
  identity('meterSerialNumber', 25, 'Serial number of the main meter'),
  identity('meterType', 25, 'Type of the main meter'),
  {
    name: 'lastBoot',
    type: 'text',
    length: 20,
    description: 'When the charger last booted, UTC',
    read: (charger) => told(charger, isoTime(charger.state.bootedAt)),
  },
  {
    name: 'connectors',
    type: 'integer',
    description: 'How many connectors the charger has',
    read: (charger) => known(charger.connectorCount),
  },
  {
    name: 'rebootRequired',
    type: 'boolean',
    description: 'A configuration key takes effect only after a reset',
    read: (charger) => known(charger.state.rebootRequired),
  },
  notice('firmware.status', 'firmware', 'How far an update of the firmware is'),
  notice('diagnostics.status', 'diagnostics', 'How far an upload of diagnostics is'),
  notice('log.status', 'log', 'How far an upload of a log is'),
  notice('security.event', 'security', 'The last event that concerns security', 255),
  ...sharedPoints,
  {
    name: 'power',
    type: 'number',
    unit: 'W',
    description: 'Active power of all connectors',
    read: (charger) => told(charger, chargerPower(charger)),
  },
  {
    name: 'energy',
    type: 'number',
    unit: 'Wh',
    description: 'Energy of all connectors; only ever grows',
    read: (charger) =>
      told(
        charger,
        sum(charger, (connector) => charger.state.connectors[connector]?.energy.totalWh) ??
          charger.state.connectors[0]?.energy.totalWh,
      ),
  },
  ...actionPoints('reset', ['Idle', 'Soft', 'Hard'], 'Restarts the charger'),
  ...actionPoints('clearCache', ['Idle', 'Clear'], "Empties the charger's cache of tags"),
  ...actionPoints('trigger', ['Idle', ...triggerMessages], 'Asks the charger for a message'),
]
