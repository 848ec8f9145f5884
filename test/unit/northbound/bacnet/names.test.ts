import { expect, it } from 'vitest'
import { site } from '../../mapping/site.ts'

function problems(topology: string, charger: string) {
  const config = `site: Site\nbacnet: { device: { instance: 4000 }, network: 2000, topology: ${topology} }
chargers: [{ id: A, mapping: m, electrical: { maxCurrent: 32 } }]`
  const m = `mapping: m
charger:
  - { point: online, bacnet: { object: binary-input, instance: 1, name: "${charger}" } }
connector:
  - { point: power, unit: kW, bacnet: { object: analog-input, instance: 1, name: Power } }
`
  return site(config, { m }).problems.map(({ code }) => code)
}

it.each([
  ['virtual', 'View', ['bacnet-name']],
  ['flat', 'View', ['bacnet-name']],
  ['virtual', '1.View', ['bacnet-name']],
  ['flat', '1.View', ['bacnet-name']],
  ['virtual', 'Network Port', ['bacnet-name']],
  // There is one port, and that is the bridge's.
  ['flat', 'Network Port', []],
  ['virtual', 'Alarms Limits', ['bacnet-name']],
  // So do the classes of alarms.
  ['flat', 'Alarms Limits', []],
  ['virtual', '1.Power', ['bacnet-name']],
  ['virtual', '2.View', []],
  ['virtual', 'Views', []],
])('in topology %s the name "%s" of a charger is told of: %j', (topology, name, codes) => {
  expect(problems(topology, name)).toEqual(codes)
})
