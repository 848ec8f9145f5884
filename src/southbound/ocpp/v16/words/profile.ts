import { number, objects } from '../normalise.ts'
import { connector, list, moment, named, object, type Payload, round, said } from './phrase.ts'

/** More periods than these are counted. */
const MAX_PERIODS = 6

/** `limit 16 A on connector 1 (TxDefaultProfile, stack 1, profile 17)`. */
export function profileSet({ connectorId, csChargingProfiles }: Payload): string {
  const where = connector(connectorId, 'the charger')?.toLowerCase() ?? 'no connector'
  return profile(object(csChargingProfiles), where)
}

export function profile(sent: Payload, where: string | undefined): string {
  const details = list(
    said(sent.chargingProfilePurpose, 40),
    named('stack', sent.stackLevel),
    named('profile', sent.chargingProfileId),
    said(sent.chargingProfileKind, 20),
    said(sent.recurrencyKind, 20),
    named('transaction', sent.transactionId),
    named('valid from', moment(sent.validFrom)),
    named('until', moment(sent.validTo)),
  )
  const place = where === undefined ? '' : ` on ${where}`
  const more = details === '' ? '' : ` (${details})`
  return `limit ${schedule(object(sent.chargingSchedule))}${place}${more}`
}

/** `16 A, after 3600 s 10 A on 1 phase, for 86400 s`. */
export function schedule(sent: Payload): string {
  const { duration, startSchedule, chargingRateUnit, minChargingRate } = sent
  const unit = said(chargingRateUnit, 5) ?? ''
  const periods = objects(sent.chargingSchedulePeriod)
  const told = periods.slice(0, MAX_PERIODS).map(({ limit, numberPhases, startPeriod }) => {
    const amount = number(limit)
    const phases = number(numberPhases)
    const start = number(startPeriod) ?? 0
    const text = `${amount === undefined ? 'nothing' : round(amount)} ${unit}`.trim()
    const on = phases === undefined ? '' : ` on ${phases === 1 ? '1 phase' : `${phases} phases`}`
    return `${start === 0 ? '' : `after ${start} s `}${text}${on}`
  })
  const rest = periods.length - MAX_PERIODS
  const span = said(duration, 12)
  return (
    list(
      ...told,
      rest > 0 ? `${rest} more periods` : undefined,
      span && `for ${span} s`,
      named('at least', minChargingRate),
      named('from', moment(startSchedule)),
    ) || 'without a schedule'
  )
}
