import { isAbsolute, relative } from 'node:path'
import { harmless } from './table.ts'

/** A place in a file that somebody wrote; lines and columns count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Something wrong in what somebody wrote. */
export interface Problem extends Position {
  readonly code: string
  /** Where it stands inside the file: `chargers[0].bacnet.instance`. */
  readonly path: string
  readonly message: string
  /** A warning doesn't stop the bridge. */
  readonly warning?: true
}

export type Path = readonly (string | number)[]

export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** `file:line:column code message`, the file as seen from where the command runs; harmless to a terminal. */
export function formatProblem(problem: Problem): string {
  const below = relative(process.cwd(), problem.file)
  const file = below === '' || below.startsWith('..') || isAbsolute(below) ? problem.file : below
  const { line, column, code, warning, message } = problem
  return harmless(`${file}:${line}:${column} ${code} ${warning ? 'warning: ' : ''}${message}`)
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => !problem.warning)
}

/** In the order of reading: by file, line and column. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
}
