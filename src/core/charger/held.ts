import { newSlots, type Slots } from '../points/priority-array.ts'
import type { Store, StoredSlots } from '../ports.ts'
import type { Charger } from './charger.ts'
import type { Command, ProfileIds } from './command.ts'
import { convertLimit } from './limit.ts'
import { profileIds, profileOverrides } from './profile-overrides.ts'
import { restoreTransactions } from './restore.ts'
import { restoreSnapshot } from './snapshot.ts'
import { registrationOrder } from './vocabulary.ts'

// Keys of held values. `config.` and the parameters' names are followed by nothing but themselves.
const INSTALLED = 'installed.'
const INOPERATIVE = 'inoperative.'
const TAGS = 'tags'
export const ENFORCED = 'enforced.'
export const CONFIGURATION = 'config.'
export const PARAMETER = 'parameter.'

/** Gives a new charger object what the store remembers: last values, wishes, the session that runs. */
export function restoreCharger(charger: Charger, store: Store, shownTag: (idTag: string) => string): void {
  const snapshot = store.snapshot(charger.id)
  const sessions = snapshot === undefined ? [] : restoreSnapshot(charger, snapshot)
  restoreTransactions(charger, sessions, store, shownTag)
  for (const [key, value] of store.held(charger.id)) restoreHeld(charger, key, value)
  forgetCurrentIds(charger, 0)
}

/** The same of connectors that the config has added, from `first` on: they may have been there before. */
export function restoreConnectors(charger: Charger, store: Pick<Store, 'held'>, first: number): void {
  for (const [key, value] of store.held(charger.id)) {
    const connector = /^(?:installed|inoperative|parameter)\.(\d+)/.exec(key)?.[1]
    if (connector !== undefined && Number(connector) >= first) restoreHeld(charger, key, value)
  }
  forgetCurrentIds(charger, first)
}

/** Puts the priority arrays back; the mapping's unit of the limit is known only after the points are made. */
export function restoreSlots(charger: Charger, store: Store): void {
  for (const stored of store.slots(charger.id)) {
    const control = charger.control.connectors[stored.connector]
    if (control === undefined) continue
    if (stored.setpoint === 'limit') copy(control.limit, limitSlots(charger, stored))
    else copy(control.availability, stored.slots as Slots<boolean>)
  }
}

/** Remembers which connectors may hold something of ours, so that a release after a restart undoes it. */
export function keepInstalled(charger: Charger, command: Command, store: Store): void {
  if (command.kind === 'set-limit' || command.kind === 'clear-limit') {
    store.holdSoon(charger.id, `${INSTALLED}${command.connector}`, installedIds(charger, command.connector))
  } else if (command.kind === 'set-availability') {
    const ours = charger.control.connectors[command.connector]?.availabilityProgress.ours
    store.holdSoon(charger.id, `${INOPERATIVE}${command.connector}`, ours ? '1' : undefined)
  } else if (command.kind === 'tell-tags') {
    store.holdSoon(charger.id, TAGS, charger.control.tags.told ? '1' : undefined)
  } else if (command.kind === 'write-configuration') {
    const progress = charger.control.configuration.get(command.key)
    const over = progress !== undefined && progress.outcome !== 'pending' && progress.outcome !== 'no-answer'
    if (over && !progress.enforce) store.holdSoon(charger.id, `${CONFIGURATION}${command.key}`, undefined)
  }
}

/** The ids of profiles that may stand, as a JSON list; undefined: none. */
function installedIds(charger: Charger, connector: number): string | undefined {
  const progress = charger.control.connectors[connector]?.limitProgress
  if (!progress?.installed) return undefined
  return JSON.stringify([...new Set([...progress.replaced, profileIds(profileOverrides(charger, connector))])])
}

function restoreHeld(charger: Charger, key: string, value: string): void {
  const { control } = charger
  if (key.startsWith(INSTALLED)) {
    const own = control.connectors[Number(key.slice(INSTALLED.length))]
    if (own) {
      own.limitProgress.installed = true
      for (const ids of idsIn(value)) own.limitProgress.replaced.add(ids)
    }
  } else if (key.startsWith(INOPERATIVE)) {
    const own = control.connectors[Number(key.slice(INOPERATIVE.length))]
    if (own) own.availabilityProgress.ours = true
  } else if (key.startsWith(CONFIGURATION)) {
    restoreWish(charger, key.slice(CONFIGURATION.length), value, false)
  } else if (key.startsWith(ENFORCED)) {
    restoreWish(charger, key.slice(ENFORCED.length), value, true)
  } else if (key.startsWith(PARAMETER)) {
    const [connector = '', ...name] = key.slice(PARAMETER.length).split('.')
    control.connectors[Number(connector)]?.parameters.set(name.join('.'), value)
  } else if (key === TAGS) {
    control.tags.told = true
  } else if (key === 'registration') {
    const known = registrationOrder.find((each) => each === value)
    if (known) charger.registration = known
  }
}

/** Profiles under the ids of now need no clearing: the next limit takes their place. */
function forgetCurrentIds(charger: Charger, first: number): void {
  charger.control.connectors.forEach(({ limitProgress }, connector) => {
    if (connector >= first) limitProgress.replaced.delete(profileIds(profileOverrides(charger, connector)))
  })
}

/** An older bridge kept a mere 1. */
function idsIn(text: string): readonly ProfileIds[] {
  const kept: unknown = JSON.parse(text)
  return Array.isArray(kept) ? (kept as ProfileIds[]) : ['own']
}

function restoreWish(charger: Charger, key: string, value: string, enforce: boolean): void {
  charger.control.configuration.set(key, {
    value,
    enforce,
    command: undefined,
    outcome: 'idle',
    retryAt: 0,
    retries: 0,
  })
}

function limitSlots(charger: Charger, stored: StoredSlots): Slots<number> {
  const slots = newSlots<number>()
  stored.slots.forEach((slot, index) => {
    if (slot === null || typeof slot.value !== 'number') return
    slots[index] = { value: convertLimit(charger, slot.value, stored.unit), source: slot.source }
  })
  return slots
}

function copy<T>(into: Slots<T>, from: Slots<T>): void {
  for (let index = 0; index < into.length; index += 1) into[index] = from[index] ?? null
}
