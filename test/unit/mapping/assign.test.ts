import { describe, expect, it } from 'vitest'
import { briefly, header, numbers, site } from './site.ts'

function chargers(...lines: readonly string[]): string {
  return `${header}chargers:\n${lines.map((line) => `  - { ${line}, electrical: { maxCurrent: 32 } }`).join('\n')}\n`
}

function places({ assigned }: ReturnType<typeof site>) {
  return Object.fromEntries(
    [...assigned.chargers].map(([id, { number, addresses }]) => [id, [number, addresses.bacnet, addresses.modbus]]),
  )
}

describe('addresses', () => {
  it('follow from the number that a charger keeps', () => {
    const found = site(chargers('id: A', 'id: B'))
    expect(found.problems).toEqual([])
    expect(places(found)).toEqual({ A: [1, 4001, 1], B: [2, 4002, 2] })
    expect(found.assigned.bridge).toEqual({ bacnet: 4000, modbus: 0 })
  })

  it('stay when other chargers come, go and change places in the file', () => {
    const store = numbers()
    site(chargers('id: A', 'id: B', 'id: C'), {}, store)
    const found = site(chargers('id: D', 'id: C', 'id: A'), {}, store)
    expect(places(found)).toEqual({ D: [4, 4004, 4], C: [3, 4003, 3], A: [1, 4001, 1] })
  })

  it('in the config go before all others, and numbers that would give them again are passed over', () => {
    const found = site(chargers('id: A', 'id: B, modbus: { unit: 1 }', 'id: C, bacnet: { instance: 4004 }', 'id: D'))
    expect(found.problems).toEqual([])
    expect(places(found)).toEqual({ A: [2, 4002, 2], B: [1, 4001, 1], C: [3, 4004, 3], D: [5, 4005, 5] })
  })

  it('of BACnet that do nothing in topology flat are a warning', () => {
    const text = chargers('id: A', 'id: B, bacnet: { instance: 4009 }')
    const [problem, ...more] = site(text.replace('network: 2000', 'topology: flat')).problems
    expect(more).toEqual([])
    expect(problem).toMatchObject({ code: 'no-effect', line: 5, warning: true })
    expect(problem?.message).toContain('leave it out')
    expect(site(text).problems).toEqual([])
  })

  it('are refused when two chargers are given the same one', () => {
    const found = site(chargers('id: A, modbus: { unit: 5 }', 'id: B, modbus: { unit: 5 }'))
    expect(briefly(found)).toEqual(['config.yaml:5:22 address-taken'])
    expect(found.problems[0]?.message).toBe('modbus 5 is already that of A')
  })

  it("are refused when they are the bridge's own", () => {
    const found = site(chargers('id: A, bacnet: { instance: 4000 }'))
    expect(briefly(found)).toEqual(['config.yaml:4:22 address-taken'])
    expect(found.problems[0]?.message).toContain('the bridge itself')
  })

  it('are refused when another charger has kept them from before', () => {
    const found = site(chargers('id: B, modbus: { unit: 3 }', 'id: A'), {}, numbers({ A: 3 }))
    expect(found.problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'address-taken modbus 3 is already that of B',
    ])
  })

  it('run out with a problem at the charger that has none', () => {
    const found = site(
      `bacnet: { device: { instance: 1 }, network: 5, instances: 100-101 }\n${chargers('id: A', 'id: B', 'id: C').split('\n').slice(2).join('\n')}`,
    )
    expect(briefly(found)).toEqual(['config.yaml:5:5 addresses-run-out'])
    expect(places(found)).toEqual({ A: [1, 100, undefined], B: [2, 101, undefined], C: [3, undefined, undefined] })
  })

  it('end at Modbus unit 247', () => {
    const found = site(chargers('id: A'), {}, numbers({ A: 248 }))
    expect(briefly(found)).toEqual(['config.yaml:4:5 addresses-run-out'])
  })
})
