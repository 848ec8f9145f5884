import type { Sample } from '../../../../core/charger/event.ts'
import { meterReading } from '../meter-values.ts'
import { asOf, connector, count, list, object, type Payload, quantity, round, transaction } from './phrase.ts'

/** What is shown of a reading, in this order; of the rest one is named, or they are counted. */
const shown: readonly { readonly measurand: string; readonly unit: string; readonly before?: string }[] = [
  { measurand: 'Power.Active.Import', unit: 'W' },
  { measurand: 'Current.Import', unit: 'A' },
  { measurand: 'Voltage', unit: 'V' },
  { measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
  { measurand: 'SoC', unit: '%', before: 'battery ' },
  { measurand: 'Current.Offered', unit: 'A', before: 'offered ' },
  { measurand: 'Power.Offered', unit: 'W', before: 'offered ' },
  { measurand: 'Temperature', unit: '°C' },
]
const places = new Map(shown.map(({ measurand }, place) => [measurand, place]))

/** One measurand's total and what each phase has of it. */
interface Value {
  total: number | undefined
  phases: string
}

/** `Connector 1, transaction 42: 7.2 kW, 10.3 A/10.2 A/10.4 A, 12.345 kWh`. */
export function meterValues({ connectorId, meterValue, transactionId }: Payload, at: number): string {
  const id = transaction(transactionId)
  const where = list(connector(connectorId, 'Main meter'), id && `transaction ${id}`)
  const moments: readonly unknown[] = Array.isArray(meterValue) ? meterValue : []
  return list(
    `${where === '' ? 'Meter' : where}: ${reading(meterValue)}`,
    moments.length > 1 ? count(moments.length, 'reading') : undefined,
    asOf(object(moments.at(-1)).timestamp, at),
  )
}

/** The values of the latest moment, as the bridge understands them. */
function reading(meterValue: unknown): string {
  const { energyAtStartWh, reading: read } = meterReading(meterValue)
  const { samples, signed = [] } = read
  const values: (Value | undefined)[] = []
  const others: Sample[] = []
  for (const sample of samples) {
    const place = places.get(sample.measurand)
    if (place === undefined) others.push(sample)
    else if (sample.location === undefined) add(values, place, sample)
  }
  let text = ''
  for (let place = 0; place < values.length; place += 1) {
    const value = wordsOf(values[place], place)
    if (value !== undefined) text += text === '' ? value : `, ${value}`
  }
  const [first] = others
  return (
    list(
      text,
      energyAtStartWh === undefined ? undefined : `${quantity(energyAtStartWh, 'Wh')} at the start`,
      others.length > 1 ? `${others.length} other values` : first && plainly(first),
      signed.length === 0 ? undefined : count(signed.length, 'signed value'),
    ) ||
    list(...samples.slice(0, 3).map(plainly)) ||
    'no values'
  )
}

/** Phases come in their order, or in that in which the charger has them. */
function add(values: (Value | undefined)[], place: number, { phase, value }: Sample): void {
  const own = values[place] ?? { total: undefined, phases: '' }
  values[place] = own
  if (phase === undefined) own.total = value
  else own.phases += `${own.phases === '' ? '' : '/'}${quantity(value, shown[place]?.unit ?? '')}`
}

/** The total, or the phases where there is none or it says less. */
function wordsOf(value: Value | undefined, place: number): string | undefined {
  const { before = '', unit = '' } = shown[place] ?? {}
  if (value === undefined) return undefined
  const { phases, total } = value
  if (phases !== '' && (total === undefined || unit === 'A')) return `${before}${phases}`
  return total === undefined ? undefined : `${before}${quantity(total, unit)}`
}

/** One of those that are no value of the connector itself. */
function plainly({ location, measurand, phase, value }: Sample): string {
  return `${[measurand.slice(0, 50), phase, location].filter((each) => each !== undefined).join(' ')} ${round(value)}`
}
