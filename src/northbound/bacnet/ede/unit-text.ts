import type { Unit } from '../../../core/points/unit.ts'
import { engineeringUnit } from '../binding.ts'

/** BACnetEngineeringUnits as the standard names them (clause 21). */
const texts: Record<Unit, string> = {
  W: 'watts',
  kW: 'kilowatts',
  Wh: 'watt-hours',
  kWh: 'kilowatt-hours',
  MWh: 'megawatt-hours',
  A: 'amperes',
  mA: 'milliamperes',
  V: 'volts',
  kV: 'kilovolts',
  var: 'volt-amperes-reactive',
  kvar: 'kilovolt-amperes-reactive',
  varh: 'watt-hours-reactive',
  kvarh: 'kilowatt-hours-reactive',
  Hz: 'hertz',
  '°C': 'degrees-celsius',
  '%': 'percent',
  rpm: 'revolutions-per-minute',
  s: 'seconds',
  min: 'minutes',
  h: 'hours',
}

/** Every unit that an object can have, by its number. */
export const unitTexts: ReadonlyMap<number, string> = new Map(
  [
    [engineeringUnit(undefined), 'no-units'] as const,
    ...Object.entries(texts).map(([unit, text]) => [engineeringUnit(unit as Unit), text] as const),
  ].sort(([a], [b]) => a - b),
)
