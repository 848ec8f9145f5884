import { readFileSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml'
import { type Path, type Position, type Problem, pathText } from './problem.ts'

/** Far more than any building needs; a wrong file name should not read a disk image. */
const MAX_BYTES = 8_000_000
/** How often aliases may be used; what multiplies itself ends here. */
const MAX_ALIASES = 10_000

/** A YAML file as plain values, with the place of each of them. */
export interface YamlFile {
  readonly file: string
  /** Undefined when `problems` says that it can't be read. */
  readonly value: unknown
  /** What is wrong with it as YAML. */
  readonly problems: readonly Problem[]
  /** Where the value (or with `key`, the name before it) of a path stands; for what is absent, the place around it. */
  at(path: Path, part?: 'key' | 'value'): Position
  problem(code: string, path: Path, message: string, part?: 'key' | 'value'): Problem
  /** A number as it is written, digit by digit; undefined for anything else. */
  written(path: Path): string | undefined
}

export function readYaml(file: string): YamlFile {
  let text: string
  try {
    const bytes = readFileSync(file)
    if (bytes.length > MAX_BYTES) return unreadable(file, `has more than ${MAX_BYTES} bytes`)
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    return unreadable(file, cause instanceof TypeError ? 'is no UTF-8 text' : reason(cause))
  }
  return parseYaml(file, text)
}

export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
    const problems = syntaxProblems(document, text, place)
    if (problems.length > 0) return yamlFile(file, undefined, problems, () => place(0))
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? undefined
    const numberAt = (path: Path) => {
      const node = document.getIn(path, true)
      return isScalar(node) && typeof node.value === 'number' ? node.source : undefined
    }
    return yamlFile(file, value, [], (path, part) => place(offsetOf(document, path, part)), numberAt)
  } catch (cause) {
    // Aliases beyond the bound (ReferenceError) and nesting beyond the stack (RangeError) are the file's fault.
    if (!(cause instanceof Error && /^(Reference|Range)Error$/.test(cause.name))) throw cause
    const message = cause.name === 'RangeError' ? 'too deeply nested' : firstLine(cause.message)
    return yamlFile(file, undefined, [{ ...place(0), code: 'yaml-syntax', path: '', message }], () => place(0))
  }
}

/** What YAML itself objects to: of each line the first, for one slip makes all that follows it look wrong. */
function syntaxProblems(document: Document, text: string, place: (offset: number) => Position): readonly Problem[] {
  const problems = new Map<number, Problem>()
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const at = place(pos[0])
    if (problems.has(at.line)) continue
    const twice = code === 'DUPLICATE_KEY'
    const hint = hintFor(text.split('\n')[at.line - 1] ?? '', code)
    problems.set(at.line, {
      ...at,
      code: twice ? 'duplicate-key' : 'yaml-syntax',
      path: '',
      message: twice ? `${wordAt(text, pos[0])} stands here twice` : `${firstLine(message)}${hint}`,
    })
  }
  return [...problems.values()]
}

/** The slips that people make most. */
function hintFor(line: string, code: string): string {
  if (line.includes('${')) return ': put texts with ${ in quotes'
  if (code === 'TAB_AS_INDENT') return ': indent with spaces'
  if (/^(BAD_INDENT|BLOCK_AS_IMPLICIT_KEY|UNEXPECTED_TOKEN|MISSING_CHAR)$/.test(code))
    return ': look at the indentation here and above, and put texts with ": " in quotes'
  return ''
}

function unreadable(file: string, why: string): YamlFile {
  const start = { file, line: 1, column: 1 }
  return yamlFile(file, undefined, [{ ...start, code: 'file', path: '', message: `the file ${why}` }], () => start)
}

function yamlFile(
  file: string,
  value: unknown,
  problems: readonly Problem[],
  at: (path: Path, part: 'key' | 'value') => Position,
  written: (path: Path) => string | undefined = () => undefined,
): YamlFile {
  return {
    file,
    value,
    problems,
    at: (path, part = 'value') => at(path, part),
    written,
    problem: (code, path, message, part = 'value') => ({ ...at(path, part), code, path: pathText(path), message }),
  }
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT')
    return 'does not exist: write one, or name another with --config (config.example.yaml has every key)'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read'
  if (code === 'EISDIR') return 'is a folder'
  throw cause
}

/** Follows a path as far as it goes; an absent part leaves us at what is around it. */
function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        ({ key }) => (isScalar(key) ? String(key.value) : undefined) === String(step),
      )
      if (pair === undefined) return offset
      const keyOffset = startOf(pair.key) ?? offset
      node = pair.value
      const last = index === path.length - 1
      // An absent part of a map is best seen at the key that leads to the map.
      offset = last && part === 'value' ? (valueStart(node) ?? keyOffset) : keyOffset
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined
}

/** Nothing at all after a key has no place of its own. */
function valueStart(node: unknown): number | undefined {
  return isScalar(node) && node.source === '' ? undefined : startOf(node)
}

function wordAt(text: string, offset: number): string {
  return /^[^\s:]*/.exec(text.slice(offset, offset + 80))?.[0] ?? ''
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}
