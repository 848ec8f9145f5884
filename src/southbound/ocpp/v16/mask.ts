import { createHash } from 'node:crypto'
import { looksSecret } from '../../../core/points/standard-keys.ts'
import { HIDDEN, isShared, looksLikeTag, looksSigned, maskText, mayHide, type ShownTag } from './mask-text.ts'
import { idTag } from './normalise.ts'

/** Nobody nests deeper; whoever does has it cut. */
const MAX_DEPTH = 16
/** A text with a secret in it also says that it is one: shorter than this it needs something between the two. */
const SHORT = 16
const between = /[=:>\s"']/

/** What a member of an object is, by its name. */
type Kind = 'tag' | 'secret' | 'signed' | 'word' | 'other'

/** Members that hold words of the standard, dozens in each meter reading. */
const words: ReadonlySet<string> = new Set(['measurand', 'context', 'format', 'unit', 'phase', 'timestamp', 'status'])
const LONGEST_WORD = 40
/** Members whose meaning another one says. */
const partners: ReadonlySet<string> = new Set(['value', 'Value', 'VALUE', 'data', 'attributeValue'])
/** Records whose members say what they are. */
const readable = /^\s*(?:OCMF\||[{[])/
/** Base64 or hexadecimal digits. */
const encoded = /^[\w+/\s-]{16}/
/** Names are few, but a charger may make up as many as it likes. */
const MAX_NAMES = 1_000
const kinds = new Map<string, Kind>()

/**
 * A message's JSON without secrets: tags as they may be shown; passwords and keys hidden, by the name that they have, by
 * the configuration key whose value they are, and within texts. The same object where there are none.
 */
export function mask(json: unknown, shownTag: ShownTag): unknown {
  return masked(json, shownTag, 0)
}

/** Of a member that stands twice in a JSON only the last is read and masked; the one before may be a secret. */
export function hidesDoubles(text: string, json: unknown): boolean {
  if (!mayHide(text)) return false
  let written = 0
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon !== undefined) written += 1
  return written !== membersOf(json)
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce<number>((sum, each) => sum + membersOf(each), 0)
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length)
}

function masked(value: unknown, shownTag: ShownTag, depth: number): unknown {
  if (typeof value === 'string')
    return value.length < SHORT && !between.test(value) ? value : maskedText(value, shownTag, depth)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) return '…'
  return Array.isArray(value) ? maskedArray(value, shownTag, depth) : maskedObject(value, shownTag, depth)
}

/** A text may be JSON again, as that of many a DataTransfer. */
function maskedText(text: string, shownTag: ShownTag, depth: number): string {
  if (!mayHide(text)) {
    const inner = decoded(text)
    const shown = inner === undefined ? undefined : maskedText(inner, shownTag, depth)
    return shown === undefined || shown === inner ? text : shown
  }
  if (text.startsWith('{') || text.startsWith('[')) {
    try {
      const inner: unknown = JSON.parse(text)
      const shown = masked(inner, shownTag, depth + 1)
      return shown === inner && !hidesDoubles(text, inner) ? text : JSON.stringify(shown)
    } catch {
      // It only begins like JSON.
    }
  }
  return maskText(text, shownTag)
}

/**
 * A value that a meter signed. Vendors' own formats hold the tag among other bytes: where it may not be shown, of those
 * is said how long they are, and a hash by which the record is found again.
 */
function maskedSigned(text: string, shownTag: ShownTag, depth: number): string {
  if (text === '' || readable.test(text) || readable.test(decoded(text) ?? '') || isShared(shownTag))
    return maskedText(text, shownTag, depth)
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  return `${HIDDEN} (signed, ${text.length} characters, SHA-256 ${hash}…)`
}

/** What a text that is no secret to anybody hides from a reader: JSON, XML or a signed record as base64 or hexadecimal digits. */
function decoded(text: string): string | undefined {
  if (!encoded.test(text)) return undefined
  for (const form of ['hex', 'base64'] as const) {
    const begin = Buffer.from(text.slice(0, 24), form).toString()
    if (/^\s*(?:OCMF|[{[<][\s\w"{[<])/.test(begin)) return Buffer.from(text, form).toString()
  }
  return undefined
}

function maskedArray(array: readonly unknown[], shownTag: ShownTag, depth: number): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let place = 0; place < array.length; place += 1) {
    const shown = masked(array[place], shownTag, depth + 1)
    if (shown === array[place]) continue
    copy ??= [...array]
    copy[place] = shown
  }
  return copy ?? array
}

function maskedObject(object: object, shownTag: ShownTag, depth: number): object {
  const members = object as Readonly<Record<string, unknown>>
  // A configuration key, a variable, or the topic of a DataTransfer says what stands beside it.
  const subject = members.key ?? members.Key ?? members.KEY ?? members.name ?? members.Name ?? members.messageId
  const ofSubject = isSigned(members) ? 'signed' : typeof subject === 'string' ? kindOf(subject) : 'other'
  let copy: Record<string, unknown> | undefined
  for (const name of Object.keys(members)) {
    const value = members[name]
    const own = kindOf(name)
    const isPartner = ofSubject !== 'other' && partners.has(name)
    const shown = shownAs(isPartner ? ofSubject : own, value, shownTag, depth)
    if (shown === value) continue
    copy ??= { ...members }
    copy[name] = shown
  }
  return copy ?? object
}

/** A sampled value whose `value` is a signed record (OCPP 1.6: ValueFormat). */
function isSigned({ format }: Readonly<Record<string, unknown>>): boolean {
  return typeof format === 'string' && format !== 'Raw' && format.trim().toLowerCase() === 'signeddata'
}

function shownAs(kind: Kind, value: unknown, shownTag: ShownTag, depth: number): unknown {
  if (kind === 'word' && typeof value === 'string' && value.length <= LONGEST_WORD) return value
  if (value === null || value === '' || typeof value === 'boolean') return value
  if (kind === 'secret') return HIDDEN
  if (kind === 'signed' && typeof value === 'string') return maskedSigned(value, shownTag, depth)
  if (kind !== 'tag') return masked(value, shownTag, depth + 1)
  if (depth > MAX_DEPTH) return HIDDEN
  if (Array.isArray(value)) return value.map((each) => shownAs('tag', each, shownTag, depth + 1))
  return typeof value === 'object' ? HIDDEN : shownTag(idTag(value) ?? '')
}

function kindOf(name: string): Kind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  const kind = words.has(name) ? 'word' : kindOfOther(name)
  if (kinds.size < MAX_NAMES && name.length < 100) kinds.set(name, kind)
  return kind
}

function kindOfOther(name: string): Kind {
  if (looksLikeTag(name)) return 'tag'
  if (looksSecret(name)) return 'secret'
  return looksSigned(name) ? 'signed' : 'other'
}
