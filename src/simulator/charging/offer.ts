import type { Installed } from './profile-store.ts'
import { leadingRule, type Rule } from './schedule.ts'

/** What a car may draw: amperes on each of so many phases. */
export interface Offer {
  readonly amps: number
  readonly phases: number
}

/** All that decides about the offer of a connector beside time. */
export interface Situation {
  readonly installed: readonly Installed[]
  readonly connector: number
  /** What the connector can give. */
  readonly rating: Offer
  readonly voltage: number
  /** Among how many the whole charge point's limit is shared. */
  readonly busy: number
  readonly transaction: { readonly id: number | undefined; readonly startedAt: number } | undefined
}

/** An offer, and until when (milliseconds since 1970) it stays. */
export interface TimedOffer {
  readonly offer: Offer
  readonly until: number
}

/** The composite of all purposes at a moment (3.13.3): the lowest of rating, charge point and transaction or default. */
export function offerAt(situation: Situation, at: number, startedAt: number): TimedOffer {
  const { installed, connector, rating, busy, transaction } = situation
  const bound = installed.filter(
    ({ profile }) => profile.transactionId === undefined || profile.transactionId === transaction?.id,
  )
  const own =
    transaction === undefined
      ? { rule: undefined, until: Number.POSITIVE_INFINITY }
      : leadingRule(bound, 'TxProfile', [connector], at, startedAt)
  const byDefault = leadingRule(installed, 'TxDefaultProfile', [connector, 0], at, startedAt)
  const whole = leadingRule(installed, 'ChargePointMaxProfile', [0], at, startedAt)
  const rules = [
    ruled(own.rule ?? byDefault.rule, situation, 1),
    ruled(whole.rule, situation, Math.max(1, busy)),
    rating,
  ]
  return {
    offer: {
      amps: Math.min(...rules.map(({ amps }) => amps)),
      phases: Math.min(...rules.map(({ phases }) => phases)),
    },
    until: Math.min(own.until, byDefault.until, whole.until),
  }
}

/** What all connectors together may draw at a moment: the sum of theirs, held to the limit of the charge point. */
export function wholeOfferAt(situations: readonly Situation[], at: number, startedAt: number): TimedOffer {
  const [first] = situations
  if (first === undefined) return { offer: { amps: 0, phases: 0 }, until: Number.POSITIVE_INFINITY }
  const own = first.installed.filter(({ profile }) => profile.chargingProfilePurpose !== 'ChargePointMaxProfile')
  const each = situations.map((situation) => offerAt({ ...situation, installed: own }, at, startedAt))
  const whole = leadingRule(first.installed, 'ChargePointMaxProfile', [0], at, startedAt)
  const cap = ruled(whole.rule, first, 1)
  return {
    offer: {
      amps: Math.min(
        cap.amps,
        each.reduce((sum, { offer }) => sum + offer.amps, 0),
      ),
      phases: Math.min(cap.phases, Math.max(...each.map(({ offer }) => offer.phases))),
    },
    until: Math.min(whole.until, ...each.map(({ until }) => until)),
  }
}

/** A rule as an offer: watts count over all phases (7.12), amperes for each. */
function ruled(rule: Rule | undefined, { rating, voltage }: Situation, shares: number): Offer {
  if (rule === undefined) return { amps: Number.POSITIVE_INFINITY, phases: rating.phases }
  const phases = Math.min(rule.numberPhases ?? rating.phases, rating.phases)
  const amps = rule.unit === 'A' ? rule.limit : rule.limit / (voltage * phases)
  return { amps: amps / shares, phases }
}
