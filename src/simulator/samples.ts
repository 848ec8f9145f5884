import type { SimulatedConnector } from './connector.ts'

const VOLTAGE = 230

/** A little unrest for readings. */
export function random16(random: () => number): number {
  return random() - 0.5
}

/** What a meter with a good firmware sends (OCPP 1.6 7.43): every value with its measurand, unit and context. */
export function sampledValues(connector: SimulatedConnector, phases: number, unrest: number): readonly object[] {
  const context = 'Sample.Periodic'
  const value = (amount: number, digits: number, measurand: string, unit: string, phase?: string) => ({
    value: amount.toFixed(digits),
    context,
    measurand,
    unit,
    ...(phase !== undefined && { phase }),
  })
  const names = ['L1', 'L2', 'L3'].slice(0, phases)
  const used = connector.car?.phases ?? 0
  return [
    value(connector.energyWh, 0, 'Energy.Active.Import.Register', 'Wh'),
    value(connector.powerW, 0, 'Power.Active.Import', 'W'),
    ...names.map((phase, index) => value(index < used ? connector.amps : 0, 2, 'Current.Import', 'A', phase)),
    ...names.map((phase, index) => value(VOLTAGE + unrest + index * 0.3, 1, 'Voltage', 'V', `${phase}-N`)),
    value(connector.offeredAmps, 1, 'Current.Offered', 'A'),
    value(31 + connector.amps / 8 + unrest, 1, 'Temperature', 'Celsius'),
    ...(connector.car === undefined ? [] : [value(connector.car.soc * 100, 0, 'SoC', 'Percent')]),
  ]
}
