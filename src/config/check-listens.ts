import { overlap } from '../lib/listen-overlap.ts'
import type { Problem } from '../lib/problem.ts'
import type { ListenAddress } from '../lib/schema.ts'
import type { YamlFile } from '../lib/yaml-file.ts'

interface Listener extends ListenAddress {
  readonly section: string
  readonly path: readonly string[]
}

/** TCP listeners of different sections that want the same port; within its own each section looks by itself. */
export function checkListens(sections: Readonly<Record<string, unknown>>, source: YamlFile): readonly Problem[] {
  const problems: Problem[] = []
  const taken: Listener[] = []
  for (const [section, config] of Object.entries(sections))
    for (const own of listenersIn(config, section, [section])) {
      const other = taken.find((each) => each.section !== section && overlap(each, own))
      taken.push(own)
      if (other === undefined) continue
      const within = other.host === own.host ? '' : ` (${other.host}:${other.port})`
      const message = `${own.host}:${own.port} is ${other.path.join('.')} already${within}: each needs a port of its own`
      problems.push(source.problem('duplicate-listen', own.path, message))
    }
  return problems
}

/** Whatever is called `listen` in a section. */
function listenersIn(config: unknown, section: string, path: readonly string[]): readonly Listener[] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return []
  return Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
    const place = [...path, key]
    return key === 'listen'
      ? [{ ...(value as ListenAddress), section, path: place }]
      : listenersIn(value, section, place)
  })
}
