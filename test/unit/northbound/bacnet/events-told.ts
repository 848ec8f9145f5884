import { eventStates } from '../../../../src/northbound/bacnet/wire/type/enumerations.ts'
import { eventsIn, type Told } from '../../../support/event-notifications.ts'
import type { Stack } from './support.ts'

/** What was told of events since the last time, and can be sent by now. */
export function told(own: Stack): readonly Told[] {
  own.clock.advance(0)
  return eventsIn(own.take())
}

const names = new Map<number | undefined, string>(Object.entries(eventStates).map(([name, number]) => [number, name]))

/** The same in words: the states that the events went from and to. */
export function turns(own: Stack): readonly string[] {
  return told(own).map(({ event: { fromState, toState } }) => `${names.get(fromState)} to ${names.get(toState)}`)
}
