import { describe, expect, it } from 'vitest'
import { configOf } from '../../../../src/config/load.ts'
import { parseYaml } from '../../../../src/lib/yaml-file.ts'
import { bacnet } from '../../../../src/northbound/bacnet/index.ts'
import { ocpp } from '../../../../src/southbound/ocpp/index.ts'

const sections = { southbound: { ocpp: ocpp.config }, northbound: { bacnet }, services: {} }

/** What is wrong with a section `bacnet`, with the line of it. */
function problems(...lines: readonly string[]): readonly string[] {
  const text = [
    'bacnet:',
    '  device: { instance: 4000 }',
    '  network: 2000',
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n')
  return configOf(parseYaml('/site/config.yaml', text), sections, {}).problems.map(
    ({ line, message, path }) => `${line} ${path}: ${message}`,
  )
}

describe('the section bacnet', () => {
  it.each([
    ['foreignDevice: { bbmd: 10.0.0.1 }'],
    ['foreignDevice: { bbmd: "10.0.0.1:47809", ttl: 10m }'],
    ['listen: 10.0.0.5:47808', 'bbmd: { peers: [10.1.0.5, "10.2.0.5:47809"] }'],
    ['listen: 10.0.0.5:47808', 'bbmd: { foreignDevices: [10.8.0.0/16] }'],
    ['ipNetwork: 65534'],
  ])('may say %s', (...lines) => {
    expect(problems(...lines)).toEqual([])
  })

  it.each([
    [['foreignDevice: { ttl: 60s }'], 'bacnet.foreignDevice.bbmd'],
    [['foreignDevice: { bbmd: bbmd.example.org }'], 'write an IPv4 address, with its port if that is not 47808'],
    [['foreignDevice: { bbmd: "10.0.0.1:70000" }'], 'write an IPv4 address, with its port if that is not 47808'],
    [['foreignDevice: { bbmd: 255.255.255.255 }'], 'write an IPv4 address, with its port if that is not 47808'],
    [['foreignDevice: { bbmd: 10.0.0.1, ttl: 1s }'], 'write 10s to 18h'],
    [['foreignDevice: { bbmd: 10.0.0.1, ttl: 1d }'], 'write 10s to 18h'],
    [['listen: 10.0.0.5:47808', 'bbmd: {}'], 'has nobody to pass broadcasts on to'],
    [['bbmd: { peers: [10.1.0.5] }'], 'has to know its own address: write it into bacnet.listen'],
    [
      ['listen: 10.0.0.5:47808', 'bbmd: { peers: [10.1.0.5] }', 'foreignDevice: { bbmd: 10.1.0.5 }'],
      'is not for a BBMD: name the other BBMD in bacnet.bbmd.peers',
    ],
    [['listen: 10.0.0.5:47808', 'bbmd: { foreignDevices: everybody }'], 'write true, false or a list of networks'],
    [
      ['listen: 10.0.0.5:47808', 'bbmd: { foreignDevices: [10.8.0.0/99] }'],
      'write a network such as 10.1.0.0/16 or a single address',
    ],
    [['ipNetwork: 2000'], 'is the number of the virtual network (bacnet.network) already'],
    [['ipNetwork: 65535'], '65534'],
    [['foreignDevice: 10.0.0.1'], 'a set of keys, not 10.0.0.1: write { bbmd: 10.0.0.1 }'],
    [['listen: 10.0.0.5:47808', 'foreignDevice: { bbmd: 10.0.0.5 }'], "is the bridge's own address"],
    [['listen: 10.0.0.5:47808', 'bbmd: 10.1.0.5'], 'a set of keys, not 10.1.0.5: write { peers: [10.1.0.5] }'],
    [['recipients: [1000]'], 'a set of keys, not 1000: write { device: 1000 }'],
    [['recipients: [{ address: 255.255.255.255 }]'], 'write an IPv4 address'],
    [['recipients: [{ device: 1, days: mon-fri }]'], 'not mon-fri: write some of [mon, tue, wed, thu, fri, sat, sun]'],
    [['recipients: [{ device: 1, classes: limits }]'], 'not limits: write [limits]'],
    [['recipients: [{ device: 1, classes: [] }]'], 'classes must have at least 1 entry'],
  ])('may not say %s', (lines, message) => {
    const found = problems(...lines)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(message)
  })
})
