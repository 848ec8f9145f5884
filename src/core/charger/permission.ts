import { type Authorizer, fold, type Permission } from './authorize.ts'
import type { Charger } from './charger.ts'
import type { TransactionStart } from './event.ts'
import { wasQueued } from './transactions.ts'

const REFUSED: Permission = { authorization: 'invalid' }

/** What is said of a tag that is shown to a charger. */
export function permissionOf(charger: Charger, idTag: string, authorizer: Authorizer, now: number): Permission {
  // A charger that isn't let in can't let anybody charge.
  if (charger.registration !== 'accepted') return REFUSED
  return authorizer.authorize(idTag, now, isStarted(charger, idTag, now))
}

/** What is said of the tag of a transaction that begins, or that began while the charger was away. */
export function startPermission(
  charger: Charger,
  { connector, idTag, chargerTime }: TransactionStart,
  transactionId: number,
  authorizer: Authorizer,
  all: Iterable<Charger>,
  now: number,
): Permission {
  if (charger.registration !== 'accepted') return REFUSED
  if (chargerTime === undefined || !wasQueued(chargerTime, now)) {
    const charges = () => isCharging(all, fold(idTag), transactionId)
    return authorizer.authorize(idTag, now, isStarted(charger, idTag, now), charges)
  }
  // Whose session is over can't be turned away any more; one that may still run counts as it did when it began.
  const runs = charger.state.connectors[connector]?.transaction?.id === transactionId
  return runs ? authorizer.authorize(idTag, chargerTime) : { authorization: 'accepted' }
}

/** The building has just started a session with this tag. */
function isStarted({ control: { started } }: Charger, idTag: string, now: number): boolean {
  return started !== undefined && now <= started.until && fold(started.idTag) === fold(idTag)
}

/** A transaction of this tag runs, other than the one with this id. */
function isCharging(chargers: Iterable<Charger>, tag: string, except: number): boolean {
  for (const { state } of chargers) {
    for (const { transaction } of state.connectors) {
      if (transaction !== undefined && transaction.id !== except && fold(transaction.idTag) === tag) return true
    }
  }
  return false
}
