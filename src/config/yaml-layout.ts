/** A text and how its lines end. */
export interface Layout {
  readonly text: string
  readonly eol: string
}

export interface Insertion {
  readonly at: number
  readonly insert: string
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Whole lines after the one in which `at` stands; at the beginning of a line, before it. */
export function lineAfter({ text, eol }: Layout, at: number, lines: string): Insertion {
  if (at === 0 || text[at - 1] === '\n') return { at, insert: lines }
  const next = text.indexOf('\n', at)
  if (next !== -1) return { at: next + 1, insert: lines }
  // The last line has no end: as before, the text ends without one.
  return { at: text.length, insert: eol + lines.slice(0, -eol.length) }
}

/** One more entry at the end of `[ … ]` or `{ … }`, laid out as the last one is. */
export function intoFlow(
  { text, eol }: Layout,
  { range, last }: { readonly range: Span; readonly last: Span | undefined },
  entry: string,
): readonly Insertion[] {
  if (last === undefined) return [{ at: range.start + 1, insert: entry }]
  const lineStart = text.lastIndexOf('\n', last.start - 1) + 1
  const indent = text.slice(lineStart, last.start)
  const alone = lineStart > range.start && indent.trim() === ''
  const comma = trailingComma(text, last.end, range.end - 1)
  const from = comma === undefined ? last.end : comma + 1
  const between = alone ? eol + indent : ' '
  const lineEnd = text.indexOf('\n', from)
  const rest = lineEnd === -1 ? '' : text.slice(from, lineEnd)
  // A comment stays with the entry that it stands beside.
  if (alone && lineEnd !== -1 && lineEnd < range.end && rest.trim() !== '') {
    const line = { at: lineEnd + 1, insert: `${indent}${entry}${comma === undefined ? '' : ','}${eol}` }
    return comma === undefined ? [{ at: from, insert: ',' }, line] : [line]
  }
  return [{ at: from, insert: comma === undefined ? `,${between}${entry}` : `${between}${entry},` }]
}

/** Where the comma after the last entry stands, if there is one before the bracket. */
function trailingComma(text: string, from: number, bracket: number): number | undefined {
  const gap = text.slice(from, bracket).replace(/(^|\s)#.*/g, (comment) => ' '.repeat(comment.length))
  const comma = gap.indexOf(',')
  return comma === -1 ? undefined : from + comma
}
