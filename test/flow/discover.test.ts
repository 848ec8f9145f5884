import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { discoverPoints } from '../../src/discover.ts'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'
import { liveSite } from '../support/live-site.ts'

const CONFIG = `bacnet: { listen: "127.0.0.1:0", device: { instance: 4000 }, network: 2000 }
modbus: { tcp: { listen: "127.0.0.1:0" } }
chargers:
  - { id: CP-1, name: Bay 01, connectors: 2, mapping: MAPPING, electrical: { maxCurrent: 32 } }
  - { id: CP-2, name: Bay 02, electrical: { maxCurrent: 32 } }
`

let own: Awaited<ReturnType<typeof liveSite>>

beforeAll(async () => {
  own = await liveSite(CONFIG.replace('MAPPING', 'standard'))
  const chargePoint = own.simulate('CP-1')
  const charger = [...own.gateway.fleet.chargers][0]
  await vi.waitFor(() => expect(charger?.state.configuration.size).toBeGreaterThan(5))
  const connector = chargePoint.connector(1)
  if (connector !== undefined) chargePoint.meter.tell(connector, 'Sample.Periodic')
  await vi.waitFor(() => expect(charger?.state.connectors[1]?.meters.size).toBeGreaterThan(3))
})
afterAll(() => own.stop())

describe('discover', () => {
  it('reads what a charger has shown while the bridge runs, and what it prints passes check', async () => {
    // Last values are gathered for a moment before they are written.
    const { rows } = await vi.waitFor(() => {
      const found = discoverPoints('cp-1', own.file)
      expect(found.rows).toMatch(/meter\.Voltage\.L1/)
      return found
    })
    expect(rows).toMatch(/^charger:\n {2}- point: config\.\w+ # /m)
    const folder = dirname(own.file)
    mkdirSync(join(folder, 'mappings'))
    writeFileSync(join(folder, 'mappings/mine.yaml'), `mapping: mine\nextends: standard\n${rows}`)
    const file = join(folder, 'pasted.yaml')
    writeFileSync(file, `store: sqlite:bridge.db\n${CONFIG.replace('MAPPING', 'mine')}`)
    const { problems, listings } = draw(file)
    expect(problems.map(formatProblem)).toEqual([])
    const names = listings[1]?.points.map(({ definition }) => definition.name)
    expect(names).toEqual(expect.arrayContaining(['config.HeartbeatInterval', 'meter.Voltage.L1']))
  })

  it('names who may be meant, and says so of a charger that was never there', () => {
    expect(discoverPoints('CP-11', own.file).why).toBe('there is no charger CP-11 in the config (did you mean CP-1?)')
    expect(discoverPoints('elsewhere', own.file).why).toMatch(/chargers adopt/)
    expect(discoverPoints('CP-2', own.file).why).toBe('CP-2 has never been seen: connect it, and ask again')
  })

  it('has the problems of a config that has any, and makes no store', () => {
    const file = join(dirname(own.file), 'other.yaml')
    writeFileSync(file, 'chargers: [{ id: CP-1, mapping: nowhere, electrical: { maxCurrent: 32 } }]\n')
    expect(discoverPoints('CP-1', file)).toMatchObject({ problems: [{ code: 'unknown-mapping' }] })
    writeFileSync(file, 'store: sqlite:nowhere/none.db\nchargers: [{ id: CP-1, electrical: { maxCurrent: 32 } }]\n')
    expect(discoverPoints('CP-1', file).why).toMatch(/never been seen/)
    expect(() => writeFileSync(join(dirname(own.file), 'nowhere/x'), '')).toThrow('ENOENT')
  })
})
