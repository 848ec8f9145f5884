import { configOf } from '../../../src/config/load.ts'
import type { Problem } from '../../../src/lib/problem.ts'
import { parseYaml } from '../../../src/lib/yaml-file.ts'
import { modbus } from '../../../src/northbound/modbus/index.ts'
import { ocpp } from '../../../src/southbound/ocpp/index.ts'
import { config as history } from '../../../src/store/history/config.ts'
import { web } from '../../../src/web/index.ts'

export const sections = {
  southbound: { ocpp: ocpp.config },
  northbound: { modbus },
  services: { web: web.config, history },
}

export function read(text: string, environment: Readonly<Record<string, string>> = {}) {
  return configOf(parseYaml('/site/config.yaml', text), sections, environment)
}

/** `line:column code`, as the eye compares it. */
export function brief({ line, column, code }: Problem): string {
  return `${line}:${column} ${code}`
}
