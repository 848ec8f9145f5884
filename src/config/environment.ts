import type { Path, Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `$${` stands for itself, `${NAME}` for a variable; any other `${` is a mistake. */
const pattern = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}]*\}?/g

/** The values of a file with `${NAME}` in its texts replaced from the environment; what is missing is a problem. */
export function substitute(yaml: YamlFile, environment: Environment, problems: Problem[]): unknown {
  const text = (value: string, path: Path) =>
    value.replace(pattern, (whole, name: string | undefined) => {
      if (whole === '$${') return '${'
      if (name === undefined) {
        problems.push(
          yaml.problem(
            'environment',
            path,
            `${whole} is no variable: write \${NAME}, or $\${ for the characters themselves`,
          ),
        )
        return whole
      }
      const found = environment[name]
      if (found === undefined)
        problems.push(yaml.problem('environment', path, `the environment variable ${name} is not set`))
      return found ?? whole
    })
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return text(value, path)
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }
  return walk(yaml.value, [])
}
