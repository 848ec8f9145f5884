import { live as liveOfLog, config as log } from './config/log.ts'
import { bacnet } from './northbound/bacnet/index.ts'
import { modbus } from './northbound/modbus/index.ts'
import { ocpp } from './southbound/ocpp/index.ts'
import { config as history } from './store/history/config.ts'
import { web } from './web/index.ts'

/** What buildings speak. */
export const northbound = [bacnet, modbus] as const

/** What chargers speak. */
export const southbound = [ocpp] as const

/** The schemas that the protocols and the web API bring to config.yaml. */
export const sections = {
  southbound: { ocpp },
  northbound: { bacnet, modbus },
  services: { web, history: { config: history }, log: { config: log } },
} as const

/** By section of config.yaml, the keys that a running bridge takes up. */
export const liveKeys: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries([...northbound, ...southbound].map(({ name, live }) => [name, live])),
  log: liveOfLog,
}
