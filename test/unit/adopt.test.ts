import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AdoptOptions, adopt } from '../../src/adopt.ts'
import { formatChargers, listChargers } from '../../src/chargers.ts'
import type { Visitor } from '../../src/core/ports.ts'
import { draw } from '../../src/plan.ts'
import { viewStore } from '../../src/store/read.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from '../support/fake-clock.ts'

const CONFIG = `# Tower East
site:   Tower   # odd spacing stays
bacnet: { device: { instance: 4000 }, network: 2000 }
modbus: {}
store: sqlite:bridge.db
chargers:
    - id: "CP-1"   # the first
      name: 'Bay 01'
      electrical: { maxCurrent: 32 }

# the end`

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adopt-'))
  file = join(folder, 'config.yaml')
  writeFileSync(file, CONFIG)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = (id: string, more: Partial<AdoptOptions> = {}) =>
  adopt({
    file,
    id,
    name: undefined,
    mapping: undefined,
    openStore: (plan) => openSqlite(plan.settings.store, new FakeClock()),
    ...more,
  })

const visitor: Visitor = {
  identifier: 'Wallbox.7',
  address: '192.0.2.7',
  path: '/ocpp/Wallbox.7',
  subprotocols: ['ocpp1.6', 'ocpp1.5'],
  reason: 'unknown',
  firstSeen: Date.UTC(2026, 0, 1),
  lastSeen: Date.UTC(2026, 0, 2),
  identity: { vendor: 'ACME', model: 'M\u001b[31m1', serialNumber: '42' },
}

function visited(...visitors: readonly Visitor[]): void {
  const store = openSqlite(join(folder, 'bridge.db'), new FakeClock())
  for (const each of visitors) store.saveVisitorLater(each)
  store.close()
}

const listed = () => {
  const { plan } = draw(file)
  if (plan === undefined) throw new Error('a problem')
  return listChargers(plan, viewStore(plan.settings.store))
}

describe('adopting a charger', () => {
  it('adds it as it was seen, with addresses that are kept from then on, and changes nothing else', () => {
    visited(visitor)
    const adopted = run('WALLBOX.7', { name: 'Bay 07' })
    expect(adopted).toMatchObject({
      kind: 'adopted',
      message: `Wallbox.7 is in ${file} now: name Bay 07, mapping standard, bacnet 4002, modbus 2`,
      warnings: [{ code: 'assumed-rating' }],
    })
    expect(readFileSync(file, 'utf8')).toBe(
      CONFIG.replace('maxCurrent: 32 }\n', 'maxCurrent: 32 }\n    - id: Wallbox.7\n      name: Bay 07\n'),
    )
    expect(viewStore(join(folder, 'bridge.db')).numbers.get('wallbox.7')).toBe(2)
    expect(draw(file).plan?.assignments.chargers.get('Wallbox.7')?.addresses).toEqual({ bacnet: 4002, modbus: 2 })
  })

  it('adds one that nobody has seen, and says so', () => {
    expect(run('CP-2', { mapping: 'full' })).toMatchObject({
      message: expect.stringMatching(/mapping full, .*no charger has knocked with this identifier yet$/),
    })
  })

  it.each([
    ['one that is there', 'cp-1', {}, 'CP-1 is in the config already, as Bay 01'],
    ['a name that can’t be one', 'Wallbox.7', {}, 'give it one with --name'],
    ['a name of somebody else', 'CP-2', { name: 'bay 01' }, 'bay 01 is the name of CP-1 already'],
    ['a wrong name', 'CP-2', { name: 'a/b' }, "a/b can't be part of an object's name"],
  ])('refuses %s', (_what, id, more, message) => {
    expect(run(id, more)).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) })
    expect(readFileSync(file, 'utf8')).toBe(CONFIG)
  })

  it('changes nothing where the result, or what is there, would not pass the check', () => {
    expect(run('CP-2', { mapping: 'stndard' })).toMatchObject({
      kind: 'problems',
      problems: expect.arrayContaining([expect.objectContaining({ code: 'unknown-mapping' })]),
    })
    expect(run('CP/2', { name: 'Bay 2' })).toMatchObject({ kind: 'problems' })
    expect(readFileSync(file, 'utf8')).toBe(CONFIG)
    writeFileSync(file, `${CONFIG}\nsyte: X\n`)
    expect(run('CP-2')).toMatchObject({ kind: 'problems', problems: [{ code: 'unknown-key' }] })
    writeFileSync(file, `${CONFIG.replace(/chargers:[^#]*#[^#]*/, 'chargers: ~\n')}`)
    expect(run('CP-2').kind).not.toBe('adopted')
  })
})

describe('the list of chargers', () => {
  it('has those of the config with their addresses, and the guests with all that is known of them', () => {
    visited(visitor, { ...visitor, identifier: 'cp-1', reason: 'wrong-password', lastSeen: visitor.lastSeen + 1_000 })
    const [configured, guest, ...more] = listed()
    expect(more).toEqual([])
    expect(configured).toMatchObject({
      id: 'CP-1',
      configured: true,
      name: 'Bay 01',
      mapping: 'standard',
      bacnet: 4001,
      modbus: 1,
      reason: 'wrong-password',
      lastSeen: '2026-01-02T00:00:01Z',
      lastHeard: null,
    })
    expect(guest).toMatchObject({
      id: 'Wallbox.7',
      configured: false,
      name: null,
      bacnet: null,
      reason: 'unknown',
      firstSeen: '2026-01-01T00:00:00Z',
      address: '192.0.2.7',
      path: '/ocpp/Wallbox.7',
      subprotocols: 'ocpp1.6, ocpp1.5',
      vendor: 'ACME',
      serialNumber: '42',
      iccid: null,
    })
  })

  it('is a table of what is known, safe for a terminal, or JSON', () => {
    visited(visitor)
    const table = formatChargers(listed(), 'table')
    expect(table.split('\n')[0]).toMatch(
      /^id +configured +name +mapping +bacnet +modbus +reason .* model +serialNumber$/,
    )
    expect(table).toContain('M?[31m1')
    expect(table).not.toContain('iccid')
    expect(JSON.parse(formatChargers(listed(), 'json'))).toEqual(listed())
    expect(formatChargers([], 'table')).toContain('none has knocked yet')
  })
})
