import type { Payload } from '../../southbound/ocpp/wire/frame.ts'
import type { MeterQuirks } from '../quirks.ts'
import type { SampledValue } from './samples.ts'

type Distortion = (values: readonly SampledValue[], phases: number) => readonly SampledValue[]

/** One distortion for each quirk, in the order in which they are put upon each other. */
const distortions: readonly (readonly [keyof MeterQuirks, Distortion])[] = [
  ['emptySampledValue', () => []],
  ['bareEnergy', (values) => values.filter(isEnergy).map(({ value }) => ({ value }))],
  [
    'perPhaseOnly',
    (values, phases) =>
      values.flatMap((each) => {
        if (!isEnergy(each) && each.measurand !== 'Power.Active.Import') return [each]
        const share = String(Math.round(Number(each.value) / phases))
        return (['L1', 'L2', 'L3'] as const).slice(0, phases).map((phase) => ({ ...each, phase, value: share }))
      }),
  ],
  [
    'kiloUnits',
    (values) =>
      values.map((each) =>
        each.unit === 'Wh' || each.unit === 'W'
          ? { ...each, unit: `k${each.unit}` as const, value: (Number(each.value) / 1000).toFixed(3) }
          : each,
      ),
  ],
  [
    'beginDuplicates',
    (values) => [
      ...values,
      ...values.filter(isEnergy).map((each) => ({ ...each, context: 'Transaction.Begin' as const, value: '0' })),
    ],
  ],
]

/** The sampled values of one reading as a charger with these habits sends them. */
export function distorted(values: readonly SampledValue[], quirks: MeterQuirks, phases: number): readonly Payload[] {
  const made = distortions.reduce((sofar, [quirk, distort]) => (quirks[quirk] ? distort(sofar, phases) : sofar), values)
  return quirks.numericValues
    ? made.map((each) => ({ ...each, value: Number(each.value) }))
    : made.map((each) => ({ ...each }))
}

function isEnergy({ measurand }: SampledValue): boolean {
  return measurand === 'Energy.Active.Import.Register'
}
