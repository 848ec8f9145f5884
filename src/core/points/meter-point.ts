import type { ChargerPointDefinition } from './point.ts'
import { told } from './reading.ts'
import type { Unit } from './unit.ts'

/** The 22 measurands of OCPP 1.6 (7.31) and the unit that core counts each in. */
export const measurands: Readonly<Record<string, Unit | undefined>> = {
  'Current.Export': 'A',
  'Current.Import': 'A',
  'Current.Offered': 'A',
  'Energy.Active.Export.Register': 'Wh',
  'Energy.Active.Import.Register': 'Wh',
  'Energy.Reactive.Export.Register': 'varh',
  'Energy.Reactive.Import.Register': 'varh',
  'Energy.Active.Export.Interval': 'Wh',
  'Energy.Active.Import.Interval': 'Wh',
  'Energy.Reactive.Export.Interval': 'varh',
  'Energy.Reactive.Import.Interval': 'varh',
  Frequency: 'Hz',
  'Power.Active.Export': 'W',
  'Power.Active.Import': 'W',
  'Power.Factor': undefined,
  'Power.Offered': 'W',
  'Power.Reactive.Export': 'var',
  'Power.Reactive.Import': 'var',
  RPM: 'rpm',
  SoC: '%',
  Temperature: '°C',
  Voltage: 'V',
}

const pattern =
  /^meter\.(?<measurand>[A-Za-z.]+?)(?:\.(?<phase>L[123](?:-L[123])?))?(?:@(?<location>Body|Cable|EV|Inlet))?$/

/** The key under which a reading is kept: `Measurand[.Phase][@Location]`; the outlet is not named. */
export function meterKey(measurand: string, phase: string | undefined, location: string | undefined): string {
  const whole = phase === undefined ? measurand : `${measurand}.${phase}`
  return location === undefined || location === 'Outlet' ? whole : `${whole}@${location}`
}

/** `meter.<Measurand>[.<Phase>][@<Location>]`, as the charger sent it; undefined for any other name. */
export function meterPoint(name: string): ChargerPointDefinition | undefined {
  const groups = pattern.exec(name)?.groups
  const measurand = groups?.measurand
  if (measurand === undefined || !Object.hasOwn(measurands, measurand)) return undefined
  const unit = measurands[measurand]
  const key = meterKey(measurand, groups?.phase, groups?.location)
  return {
    name,
    type: 'number',
    ...(unit !== undefined && { unit }),
    description: `${key} as the charger measures it`,
    read: (charger, connector) => told(charger, charger.state.connectors[connector]?.meters.get(key)),
  }
}
