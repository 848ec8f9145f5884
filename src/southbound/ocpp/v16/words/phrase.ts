import { number, objects, text, time, transactionId } from '../normalise.ts'

/** What a message carries; without secrets already. */
export type Payload = Readonly<Record<string, unknown>>
/** One line for people: of a payload, and of when the message came (milliseconds UTC). */
export type Sentence = (payload: Payload, at: number) => string

const LONGEST = 200
/** What happened longer ago than this was not told at once: then it is said when it was. */
const LATE_MS = 60_000

/** A value as it was sent, in one line; what is empty, or no text, number or flag, is none. */
export function said(value: unknown, longest = LONGEST): string | undefined {
  if (typeof value === 'boolean') return String(value)
  // What stands on several lines keeps its words apart.
  const line = typeof value === 'string' ? value.replace(/[\n\r\t]+/g, ' ') : value
  const plain = text(line, longest + 1)?.trim()
  return plain !== undefined && plain.length > longest ? `${plain.slice(0, longest)}…` : plain
}

/** What there is of the parts, with commas between. */
export function list(...parts: readonly (string | undefined)[]): string {
  let line = ''
  for (const part of parts) if (part !== undefined && part !== '') line += line === '' ? part : `, ${part}`
  return line
}

/** `serial 123`, where there is a 123. */
export function named(name: string, value: unknown): string | undefined {
  const plain = said(value)
  return plain === undefined ? undefined : `${name} ${plain}`
}

/** `Connector 1`, or the charger as a whole. */
export function connector(value: unknown, wholly = 'Charger'): string | undefined {
  const id = number(value)
  return id === undefined ? undefined : id === 0 ? wholly : `Connector ${id}`
}

/** `42`; what can't be a transaction is named as it was sent. */
export function transaction(value: unknown): string | undefined {
  return said(transactionId(value) ?? value, 20)
}

/** `2024-05-10 13:53:18 UTC`, or what was sent in its place. */
export function moment(value: unknown): string | undefined {
  const ms = time(value)
  return ms === undefined ? said(value, 40) : utc(ms)
}

function utc(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

/** `as of 2024-05-10 13:53:18 UTC`, unless that is about when the message came. */
export function asOf(value: unknown, at: number): string | undefined {
  const ms = time(value)
  if (ms !== undefined && Math.abs(ms - at) <= LATE_MS) return undefined
  const when = ms === undefined ? said(value, 40) : utc(ms)
  return when === undefined ? undefined : `as of ${when}`
}

/** `7.2 kW`: energy and much power in thousands; at the most three decimals. */
export function quantity(value: number, unit: string): string {
  const kilo = unit === 'Wh' || (unit === 'W' && Math.abs(value) >= 1000)
  return `${round(kilo ? value / 1000 : value)} ${kilo ? 'k' : ''}${unit}`
}

export function round(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

/** What a register in Wh says, in kWh. */
export function register(value: unknown): string | undefined {
  const wh = number(value)
  return wh === undefined ? undefined : quantity(wh, 'Wh')
}

/** `3 readings`, `1 reading`. */
export function count(amount: number, word: string): string {
  return `${amount} ${word}${amount === 1 ? '' : 's'}`
}

export function object(value: unknown): Payload {
  return objects([value])[0] ?? {}
}

/** The texts of an array: `a, b and 3 more`. */
export function some(value: unknown, most: number): string {
  const all = Array.isArray(value) ? value.flatMap((each) => said(each) ?? []) : []
  const rest = all.length - most
  return rest <= 0 ? list(...all) : `${list(...all.slice(0, most))} and ${rest} more`
}

/** How an answer begins: its status, or that there is nothing to say. */
export function status(payload: Payload): string {
  return said(payload.status) ?? 'Received'
}

/** What is said of a tag: undefined where nothing is. */
export function tagInfo(value: unknown): { readonly status: string; readonly rest: string } | undefined {
  const info = object(value)
  const own = said(info.status)
  if (own === undefined) return undefined
  const until = moment(info.expiryDate)
  return { status: own, rest: list(until && `until ${until}`, named('parent tag', info.parentIdTag)) }
}
