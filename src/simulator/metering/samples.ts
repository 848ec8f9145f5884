import type { OCPP16 } from 'typed-ocpp'
import { type SimulatedConnector, VOLTAGE } from '../connector.ts'
import type { MeasuredBy } from './measurands.ts'

export type SampledValue = OCPP16.MeterValuesRequest['meterValue'][number]['sampledValue'][number]
export type Context = NonNullable<SampledValue['context']>

export interface Reading {
  readonly connector: SimulatedConnector
  /** Phases that the charger is wired with. */
  readonly phases: number
  /** What the register shows, in Wh. */
  readonly registerWh: number
  /** -0.5 to 0.5: no two readings are quite the same. */
  readonly unrest: number
  readonly context: Context
}

/** What a meter with a good firmware sends (OCPP 1.6 7.43): every value with its measurand, unit and context. */
export function sampledValues(wanted: readonly string[], reading: Reading): readonly SampledValue[] {
  return wanted.flatMap((each) => measure[each as MeasuredBy]?.(reading) ?? [])
}

const measure: Readonly<Record<MeasuredBy, (reading: Reading) => readonly SampledValue[]>> = {
  'Energy.Active.Import.Register': ({ registerWh, context }) => [
    value(registerWh, 0, 'Energy.Active.Import.Register', 'Wh', context),
  ],
  'Power.Active.Import': ({ connector, context }) => [value(connector.powerW, 0, 'Power.Active.Import', 'W', context)],
  'Current.Import': ({ connector, phases, context }) =>
    (['L1', 'L2', 'L3'] as const)
      .slice(0, phases)
      .map((phase, n) =>
        value(n < connector.usedPhases ? connector.amps : 0, 2, 'Current.Import', 'A', context, phase),
      ),
  Voltage: ({ phases, unrest, context }) =>
    (['L1-N', 'L2-N', 'L3-N'] as const)
      .slice(0, phases)
      .map((phase, n) => value(VOLTAGE + unrest + n * 0.3, 1, 'Voltage', 'V', context, phase)),
  'Current.Offered': ({ connector, context }) => [value(connector.offer.amps, 1, 'Current.Offered', 'A', context)],
  'Power.Offered': ({ connector: { offer }, context }) => [
    value(offer.amps * VOLTAGE * offer.phases, 0, 'Power.Offered', 'W', context),
  ],
  Temperature: ({ connector, unrest, context }) => [
    value(31 + connector.amps / 8 + unrest, 1, 'Temperature', 'Celsius', context),
  ],
  SoC: ({ connector: { car }, context }) =>
    car === undefined ? [] : [value(car.soc * 100, 0, 'SoC', 'Percent', context)],
}

function value(
  amount: number,
  digits: number,
  measurand: MeasuredBy,
  unit: NonNullable<SampledValue['unit']>,
  context: Context,
  phase?: NonNullable<SampledValue['phase']>,
): SampledValue {
  return { value: amount.toFixed(digits), context, measurand, unit, ...(phase !== undefined && { phase }) }
}
