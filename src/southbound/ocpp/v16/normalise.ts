import {
  type ConnectorStatus,
  connectorStatuses,
  type ErrorCode,
  errorCodes,
} from '../../../core/charger/vocabulary.ts'
import { ownText } from '../../../lib/own-text.ts'

// What chargers send in place of what the standard asks for. Each function forgives one kind of value, whatever the
// message; a value that can't be understood is absent, never 0.

const NULL = 'null'
const ordinary = /^[\w.:-]+$/

/** A text; empty, "null" and other types are none. Numbers where texts are due are taken as texts. */
export function text(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  // Nearly every text is an ordinary word, and there are dozens in each meter reading.
  if (typeof value === 'string' && value.length !== NULL.length && ordinary.test(value)) return start(value, longest)
  const plain = String(value).replace(/\p{Cc}/gu, '')
  return plain.trim() === '' || plain.trim().toLowerCase() === NULL ? undefined : start(plain, longest)
}

/** What stays of a text that is too long is kept, the rest of it is not. */
function start(value: string, longest: number): string {
  return value.length > longest ? ownText(value.slice(0, longest)) : value
}

/** A tag of at most 20 characters: some chargers return one with more than they were given. */
export function idTag(value: unknown): string | undefined {
  return text(value, 20)
}

/** A finite number, also when it is written as a text, padded or with a decimal comma. */
export function number(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const plain = Number(value)
  const parsed = Number.isNaN(plain) ? Number(value.trim().replace(',', '.')) : plain
  return Number.isFinite(parsed) ? parsed : undefined
}

/** A transaction id that can have been given: 0, -1 and what int32 can't hold mean none. */
export function transactionId(value: unknown): number | undefined {
  const parsed = number(value)
  return parsed !== undefined && Number.isInteger(parsed) && parsed > 0 && parsed <= 2_147_483_647 ? parsed : undefined
}

export function connectorId(value: unknown): number | undefined {
  const parsed = number(value)
  return parsed !== undefined && Number.isInteger(parsed) && parsed >= 0 ? parsed : undefined
}

/** As nearly all write it. */
const utc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/
const zoned = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}(?::?\d{2})?)$/i
/** Clocks that were never set begin in 1970 or 2000. */
const FIRST_YEAR = Date.UTC(2001, 0, 1)

/** A moment in milliseconds UTC; without a zone, or from a clock that was never set, none. */
export function time(value: unknown): number | undefined {
  if (typeof value === 'string' && utc.test(value)) return plausible(Date.parse(value))
  const match = typeof value === 'string' ? zoned.exec(value.trim()) : null
  if (match === null) return undefined
  const [, moment = '', fraction = '', zone = 'Z'] = match
  const offset = /^z$/i.test(zone)
    ? 'Z'
    : zone.length === 3
      ? `${zone}:00`
      : zone.length === 5
        ? `${zone.slice(0, 3)}:${zone.slice(3)}`
        : zone
  const ms = Date.parse(`${moment.replace(' ', 'T')}${fraction.slice(0, 4)}${offset}`)
  return plausible(ms)
}

function plausible(ms: number): number | undefined {
  return Number.isNaN(ms) || ms < FIRST_YEAR ? undefined : ms
}

/** A status in any letter case; what 1.5 called Occupied is Preparing. */
export function status(value: unknown): ConnectorStatus | undefined {
  const plain = text(value, 30)?.trim().toLowerCase()
  if (plain === 'occupied') return 'Preparing'
  const found = connectorStatuses.find((each) => each.toLowerCase() === plain)
  return found === 'Unknown' ? undefined : found
}

/** An error code; anything outside the enumeration is OtherError, none at all is NoError. */
export function errorCode(value: unknown): ErrorCode {
  const plain = text(value, 50)?.trim().toLowerCase()
  if (plain === undefined) return 'NoError'
  const found = errorCodes.find((each) => each.toLowerCase() === plain)
  return found === undefined || found === 'Unknown' ? 'OtherError' : found
}

/** The members of an array that are objects. */
export function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return []
  return value.filter((each): each is Readonly<Record<string, unknown>> => typeof each === 'object' && each !== null)
}
