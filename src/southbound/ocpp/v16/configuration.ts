import type { Answer } from '../../../core/charger/command.ts'
import type { ConfigurationKey } from '../../../core/charger/event.ts'
import { standardKeys } from '../../../core/points/standard-keys.ts'
import { ownText } from '../../../lib/own-text.ts'
import type { Payload } from '../wire/frame.ts'
import type { Ask } from './ask.ts'
import { objects } from './normalise.ts'

/** Some chargers answer nothing when asked for all keys, and take four at a time at the most. */
const KEYS_PER_CALL = 4
/** The password that the charger calls in with is nobody's business. */
const secret = /^AuthorizationKey$/i

/** The unit that ChargingScheduleAllowedChargingRateUnit (9.4.2) allows; amperes where it allows both. */
export function limitUnit(known: readonly ConfigurationKey[]): 'A' | 'W' | undefined {
  const said = known.find(({ key }) => /^ChargingScheduleAllowedChargingRateUnit$/i.test(key))?.value
  if (said === undefined) return undefined
  const words = said.toLowerCase().split(/[\s,;]+/)
  const current = words.includes('current') || words.includes('a')
  return !current && (words.includes('power') || words.includes('w')) ? 'W' : 'A'
}

type Done = (known: readonly ConfigurationKey[], unknown: readonly string[], answer: Answer) => void

/** Reads configuration keys; all of them where none are named, in small portions where that is refused or unanswered. */
export function readConfiguration(ask: Ask, keys: readonly string[] | undefined, done: Done): void {
  ask(
    'GetConfiguration',
    keys === undefined ? {} : { key: [...keys] },
    { lane: 'setup' },
    (said, _detail, answered) => {
      if (answered.kind === 'result') {
        const { known, unknown } = understood(answered.payload)
        if (known.length > 0 || keys !== undefined) {
          done(known, unknown, said)
          return
        }
      }
      if (keys === undefined && said !== 'not-supported') readInPortions(ask, Object.keys(standardKeys), done)
      else done([], [], said)
    },
  )
}

function readInPortions(ask: Ask, keys: readonly string[], done: Done): void {
  const known: ConfigurationKey[] = []
  const unknown: string[] = []
  const next = (from: number): void => {
    const portion = keys.slice(from, from + KEYS_PER_CALL)
    if (portion.length === 0) {
      done(known, unknown, 'accepted')
      return
    }
    ask('GetConfiguration', { key: portion }, { lane: 'setup' }, (said, _detail, answered) => {
      if (answered.kind !== 'result') {
        done(known, unknown, said)
        return
      }
      const portionSaid = understood(answered.payload)
      known.push(...portionSaid.known)
      unknown.push(...portionSaid.unknown)
      next(from + KEYS_PER_CALL)
    })
  }
  next(0)
}

function understood(payload: Payload): {
  readonly known: readonly ConfigurationKey[]
  readonly unknown: readonly string[]
} {
  const known = objects(payload.configurationKey).flatMap((row): readonly ConfigurationKey[] => {
    const { key, value } = row
    if (typeof key !== 'string' || key === '' || key.length > 100 || secret.test(key)) return []
    return [{ key, value: valueText(value), readonly: row.readonly === true || row.readonly === 'true' }]
  })
  const unknown = Array.isArray(payload.unknownKey)
    ? payload.unknownKey.filter((key): key is string => typeof key === 'string')
    : []
  return { known, unknown }
}

function valueText(value: unknown): string | undefined {
  if (typeof value === 'string') return ownText(value.slice(0, 2000))
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
