import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a client of {@link writeServicesSite} has to know of it. */
export const servicesSite = { charger: 'CP-1', device: 4001, password: 'open sesame' } as const

/**
 * Writes the config of a bridge at `listen` (an address of loopback and a port) with a charger of six connectors that
 * shows the whole catalogue and whose powers are logged whenever they change, and answers with its path.
 */
export function writeServicesSite(folder: string, listen: string, topology: 'virtual' | 'flat' = 'virtual'): string {
  const { charger, password } = servicesSite
  mkdirSync(join(folder, 'mappings'), { recursive: true })
  writeFileSync(
    join(folder, 'mappings/logged.yaml'),
    [
      'mapping: logged',
      'extends: full',
      'connector:',
      '  - point: power',
      '    unit: kW',
      '    bacnet: { object: analog-input, instance: 1, name: Power, covIncrement: 0.1, trend: cov }',
      '',
    ].join('\n'),
  )
  const file = join(folder, `services-${topology}.yaml`)
  writeFileSync(
    file,
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "${listen}", device: { instance: 4000 }, topology: ${topology}, network: 2001, password: ${password} }`,
      `store: sqlite:services-${topology}.db`,
      'chargers:',
      `  - { id: ${charger}, name: Bay 01, connectors: 6, mapping: logged, electrical: { maxCurrent: 32 } }`,
      '',
    ].join('\n'),
  )
  return file
}
