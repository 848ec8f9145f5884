import { isDeepStrictEqual } from 'node:util'
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Insertion, intoFlow, type Layout, lineAfter } from './yaml-layout.ts'

/** What is written of a charger that is added. */
export interface NewCharger {
  readonly id: string
  readonly name?: string
  readonly mapping?: string
}

/**
 * A config's text with one more charger at the end of `chargers`; every character of it stays where and what it was.
 * Undefined where the list is written in a way that has no such place: an alias, a merged key, `chargers: ~`.
 */
export function insertCharger(text: string, charger: NewCharger): string | undefined {
  const document = parseDocument(text, { stringKeys: true })
  if (document.errors.length > 0) return undefined
  const insertions = insertionsFor(document, { text, eol: /\r?\n/.exec(text)?.[0] ?? '\n' }, charger)
  if (insertions === undefined) return undefined
  const result = [...insertions]
    .sort((a, b) => b.at - a.at)
    .reduce((whole, { at, insert }) => whole.slice(0, at) + insert + whole.slice(at), text)
  return means(result, document, charger) ? result : undefined
}

function insertionsFor(document: Document, layout: Layout, charger: NewCharger): readonly Insertion[] | undefined {
  const root = document.contents
  if (root === null) return [atEnd(document, layout, '', charger)]
  if (!isMap(root)) return undefined
  const indent = ' '.repeat(column(layout.text, startOf(root)))
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === 'chargers')
  if (pair === undefined) {
    return root.flow
      ? intoFlow(layout, { range: rangeOf(root), last: lastPair(root) }, `chargers: [${inFlow(charger)}]`)
      : [atEnd(document, layout, indent, charger)]
  }
  const { key, value } = pair
  if (isSeq(value)) {
    return value.flow
      ? intoFlow(layout, { range: rangeOf(value), last: lastItem(value) }, inFlow(charger))
      : [afterLast(layout, value, charger)]
  }
  const isNothing = value === null || (isScalar(value) && value.source === '')
  if (!isNothing || root.flow || !isScalar(key)) return undefined
  return [lineAfter(layout, key.range?.[1] ?? 0, asItem(charger, `${indent}  `, layout))]
}

/** Below the last item and the comments that belong to it, which stand further in than its dash. */
function afterLast(layout: Layout, list: YAMLSeq, charger: NewCharger): Insertion {
  const { text } = layout
  const indent = column(text, startOf(list))
  const last = lastItem(list)
  let at = last?.end ?? startOf(list) + 1
  const rest = /\n$/.test(text.slice(0, at)) ? at : endOfLine(text, at)
  at = rest
  for (let next = rest; next < text.length; ) {
    const end = endOfLine(text, next)
    const line = text.slice(next, end)
    const comment = /^( *)#/.exec(line)?.[1]
    if (comment !== undefined && comment.length > indent) at = end
    else if (line.trim() !== '') break
    next = end
  }
  return lineAfter(layout, at, asItem(charger, ' '.repeat(indent), layout))
}

/** At the end of the document, whose end may be marked. */
function atEnd(document: Document, layout: Layout, indent: string, charger: NewCharger): Insertion {
  const { text, eol } = layout
  const from = document.range?.[1] ?? 0
  const marker = /^\.\.\.(?=\s|$)/m.exec(text.slice(from))
  const at = marker === null ? text.length : from + marker.index
  return lineAfter(layout, at, `${indent}chargers:${eol}${asItem(charger, `${indent}  `, layout)}`)
}

function asItem(charger: NewCharger, indent: string, { eol }: Layout): string {
  const [first, ...others] = entries(charger).map(
    ([key, value]) => `${key}: ${stringify(value, { lineWidth: 0 }).trimEnd()}`,
  )
  return [`${indent}- ${first}`, ...others.map((line) => `${indent}  ${line}`)].map((line) => line + eol).join('')
}

function inFlow(charger: NewCharger): string {
  return `{ ${entries(charger)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ')} }`
}

function entries(charger: NewCharger): readonly (readonly [string, string])[] {
  return Object.entries(charger).filter(([, value]) => value !== undefined)
}

/** Whether a text says the same as before and has the charger in addition. */
function means(text: string, before: Document, charger: NewCharger): boolean {
  const after = parseDocument(text, { stringKeys: true })
  if (after.errors.length > 0) return false
  const old = (before.toJS() ?? {}) as Readonly<Record<string, unknown>>
  const list = Array.isArray(old.chargers) ? (old.chargers as unknown[]) : []
  return isDeepStrictEqual(after.toJS(), { ...old, chargers: [...list, Object.fromEntries(entries(charger))] })
}

function lastItem({ items }: YAMLSeq): { readonly start: number; readonly end: number } | undefined {
  return spanOf(items.at(-1))
}

function lastPair({ items }: YAMLMap): { readonly start: number; readonly end: number } | undefined {
  const pair: Pair | undefined = items.at(-1)
  const key = spanOf(pair?.key)
  return key && { start: key.start, end: spanOf(pair?.value)?.end ?? key.end }
}

function spanOf(node: unknown): { readonly start: number; readonly end: number } | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[] | null) : null
  return range ? { start: range[0] ?? 0, end: range[1] ?? 0 } : undefined
}

function rangeOf(node: YAMLMap | YAMLSeq): { readonly start: number; readonly end: number } {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 }
}

function startOf(node: YAMLMap | YAMLSeq): number {
  return node.range?.[0] ?? 0
}

function column(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

/** After the line break, or at the end of the text. */
function endOfLine(text: string, at: number): number {
  const next = text.indexOf('\n', at)
  return next === -1 ? text.length : next + 1
}
