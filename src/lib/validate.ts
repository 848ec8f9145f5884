import { z } from 'zod'
import { didYouMean } from './nearest.ts'
import type { Path, Problem } from './problem.ts'
import type { YamlFile } from './yaml-file.ts'

type Issue = z.core.$ZodIssue

/**
 * A value as its schema makes it; what is wrong goes to `problems`, each at its own place. `path` is where `value`
 * stands in `yaml`.
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  yaml: YamlFile,
  path: Path,
  problems: Problem[],
): z.output<S> | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const strange = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  // A schema's own checks wait until all keys are known; so that they are heard at once, the unknown ones are left out.
  const rest = strange.length === 0 ? result : schema.safeParse(withoutKeys(value, strange))
  for (const issue of [...strange, ...(rest.error?.issues ?? [])])
    problems.push(...toProblems(issue, schema, value, yaml, path))
  return undefined
}

function withoutKeys(value: unknown, issues: readonly z.core.$ZodIssueUnrecognizedKeys[]): unknown {
  const copy = structuredClone(value)
  for (const { path, keys } of issues) {
    const holder = path.reduce<unknown>((at, step) => (isRecord(at) ? at[String(step)] : undefined), copy)
    if (isRecord(holder)) for (const key of keys) delete holder[key]
  }
  return copy
}

function toProblems(issue: Issue, schema: z.ZodType, value: unknown, yaml: YamlFile, path: Path): readonly Problem[] {
  const below = issue.path.filter((step) => typeof step !== 'symbol')
  const full = [...path, ...below]
  const name = nameOf(full)
  const found = below.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), value)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysOf(schema, below)
      return issue.keys.map((key) =>
        yaml.problem(
          'unknown-key',
          [...full, key],
          `there is no key ${key} here${didYouMean(key, known) || elsewhere(schema, below, key)}`,
          'key',
        ),
      )
    }
    case 'invalid_type':
      if (found === undefined) return [yaml.problem('missing', full, `${name} is missing`)]
      return [
        yaml.problem(
          'wrong-type',
          full,
          `${name} must be ${typeName(issue.expected)}, not ${yaml.written(full) ?? describe(found)}${hint(issue.expected, found, { form: formOf(schema, below), choices: choicesOf(schema, below) })}`,
        ),
      ]
    case 'invalid_value': {
      const choices = issue.values.map(String)
      const allowed = choices.length === 1 ? `only ${choices[0]}` : `one of ${choices.join(', ')}`
      return [
        found === undefined
          ? yaml.problem('missing', full, `${name} is missing: ${allowed}`)
          : yaml.problem(
              'invalid-value',
              full,
              `${name} can't be ${describe(found)}${typeof found === 'string' ? didYouMean(found, choices) : ''}: ${allowed}`,
            ),
      ]
    }
    case 'too_small':
    case 'too_big': {
      const most = issue.code === 'too_big' ? issue.maximum : issue.minimum
      const side =
        issue.code === 'too_big'
          ? issue.inclusive
            ? 'at most'
            : 'less than'
          : issue.inclusive
            ? 'at least'
            : 'more than'
      if (issue.origin === 'array') {
        const entries = Number(most) === 1 ? 'entry' : 'entries'
        return [yaml.problem('out-of-range', full, `${name} must have ${side} ${most} ${entries}`)]
      }
      const of = issue.origin === 'string' ? ` ${Number(most) === 1 ? 'character' : 'characters'} long` : ''
      return [yaml.problem('out-of-range', full, `${name} must be ${side} ${most}${of}`)]
    }
    case 'invalid_union': {
      const meant = meantBranch(issue)
      if (meant !== undefined) return meant.flatMap((each) => toProblems(each, schema, value, yaml, path))
      return [yaml.problem(codeOf(issue), full, `${name}: ${issue.message}`)]
    }
    default:
      return [yaml.problem(codeOf(issue), full, `${name}: ${issue.message}`)]
  }
}

/** What is wrong with a value that one branch of a union takes for its own: only something inside it is wrong there. */
function meantBranch({ errors, path }: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined {
  const branch = errors.find((issues) =>
    issues.every(({ code, path: inner }) => code === 'unrecognized_keys' || inner.length > 0),
  )
  return branch?.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))
}

/** A check of a schema may name its own code: `addIssue({code: 'custom', params: {code: 'x'}})`. */
function codeOf(issue: Issue): string {
  const code = issue.code === 'custom' ? issue.params?.code : undefined
  return typeof code === 'string' ? code : 'invalid-value'
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a set of keys',
    record: 'a set of keys',
    array: 'a list',
  }
  return names[expected] ?? expected
}

function describe(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a set of keys'
  const text = String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/**
 * What to do about a value of another type; `form` is how what belongs here is written, if not as one likes, `choices`
 * what may stand in a list.
 */
function hint(
  expected: string,
  found: unknown,
  { form, choices }: { readonly form: string | undefined; readonly choices: readonly string[] | undefined },
): string {
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean'))
    return form === undefined ? ': put it in quotes' : `: ${form}`
  if (expected === 'object' && form !== undefined) return `: ${form}`
  if (expected === 'array' && typeof found === 'string')
    return choices === undefined || choices.includes(found)
      ? `: write [${describe(found)}]`
      : `: write some of [${choices.join(', ')}]`
  if (typeof found !== 'string') return ''
  if (expected === 'number' || expected === 'int') {
    const digits = /^-?\d+(\.\d+)?/.exec(found)?.[0]
    if (digits === found) return ': take the quotes off'
    return digits === undefined ? '' : `: write ${digits}`
  }
  if (expected === 'boolean' && /^(yes|no|on|off|true|false)$/i.test(found))
    return `: write ${/^(yes|on|true)$/i.test(found)}`
  return ''
}

/** The last key of a path; of an entry in a list, the list's with its place. */
function nameOf(path: Path): string {
  const key = path.findLastIndex((step) => typeof step === 'string')
  return key < 0
    ? 'the file'
    : path
        .slice(key)
        .map((step) => (typeof step === 'number' ? `[${step}]` : step))
        .join('')
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}

/** The keys that a schema knows at a path. */
function keysOf(schema: z.ZodType, path: Path): readonly string[] {
  return nodesAt(schema, path).flatMap((node) => (isRecord(node.properties) ? Object.keys(node.properties) : []))
}

/** Where a key belongs that stands one level too high: ` (it belongs under tcp or tls)`, or nothing. */
function elsewhere(schema: z.ZodType, path: Path, key: string): string {
  const holders = keysOf(schema, path).filter((holder) => keysOf(schema, [...path, holder]).includes(key))
  return holders.length === 0 ? '' : ` (it belongs under ${holders.join(' or ')})`
}

/** How a text at a path is written, where its schema says so: `.meta({ form: 'write a duration such as 10s' })`. */
function formOf(schema: z.ZodType, path: Path): string | undefined {
  return nodesAt(schema, path)
    .map(({ form }) => form)
    .find((form) => typeof form === 'string')
}

/** What may stand in the list at a path, where that is a choice of texts. */
function choicesOf(schema: z.ZodType, path: Path): readonly string[] | undefined {
  return nodesAt(schema, path)
    .flatMap(({ items }) => (isRecord(items) && Array.isArray(items.enum) ? [items.enum.map(String)] : []))
    .at(0)
}

/** A schema at a path, looked up in its JSON schema (defaults and unions already unwrapped). */
function nodesAt(schema: z.ZodType, path: Path): readonly Record<string | number, unknown>[] {
  const root: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  let at: readonly unknown[] = branches(root)
  for (const step of path) {
    at = at.flatMap((node) => {
      const next =
        isRecord(node) &&
        (typeof step === 'number' ? node.items : isRecord(node.properties) ? node.properties[step] : undefined)
      return isRecord(next) ? branches(next) : []
    })
  }
  return at.filter(isRecord)
}

/** A union's branches; of anything else, itself. */
function branches(node: unknown): readonly unknown[] {
  return isRecord(node) && Array.isArray(node.anyOf) ? [node, ...node.anyOf.flatMap(branches)] : [node]
}
