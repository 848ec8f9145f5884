/** A unit that values are shown in: how many SI units of its quantity one of it is. */
interface UnitRow {
  readonly quantity: string
  readonly factor: number
}

/** The units that a mapping may name. The unit with factor 1 is the one that core counts in. */
export const units = {
  W: { quantity: 'power', factor: 1 },
  kW: { quantity: 'power', factor: 1000 },
  Wh: { quantity: 'energy', factor: 1 },
  kWh: { quantity: 'energy', factor: 1000 },
  MWh: { quantity: 'energy', factor: 1_000_000 },
  A: { quantity: 'current', factor: 1 },
  mA: { quantity: 'current', factor: 0.001 },
  V: { quantity: 'voltage', factor: 1 },
  kV: { quantity: 'voltage', factor: 1000 },
  var: { quantity: 'reactive power', factor: 1 },
  kvar: { quantity: 'reactive power', factor: 1000 },
  varh: { quantity: 'reactive energy', factor: 1 },
  kvarh: { quantity: 'reactive energy', factor: 1000 },
  Hz: { quantity: 'frequency', factor: 1 },
  '°C': { quantity: 'temperature', factor: 1 },
  '%': { quantity: 'ratio', factor: 1 },
  rpm: { quantity: 'speed', factor: 1 },
  s: { quantity: 'time', factor: 1 },
  min: { quantity: 'time', factor: 60 },
  h: { quantity: 'time', factor: 3600 },
} as const satisfies Record<string, UnitRow>

export type Unit = keyof typeof units

export function isUnit(name: string): name is Unit {
  return Object.hasOwn(units, name)
}

/** True when a value in `from` can be shown in `to`. */
export function converts(from: Unit, to: Unit): boolean {
  return units[from].quantity === units[to].quantity
}

/** `value` of unit `from`, in unit `to`; the caller has asked `converts`. */
export function convert(value: number, from: Unit, to: Unit): number {
  if (from === to) return value
  const a = units[from].factor
  const b = units[to].factor
  // Multiplying by a whole ratio keeps 3 kW at 3000 W where dividing by 0.001 would not.
  return a >= b ? value * (a / b) : value / (b / a)
}
