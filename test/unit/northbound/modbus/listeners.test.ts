import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { config } from '../../../../src/northbound/modbus/config.ts'
import { draw, type Remembered } from '../../../../src/plan.ts'
import { Authority, folderOf, type Issued } from '../../../support/authority.ts'
import { rtu } from '../../../support/rtu.ts'
import { StreamClient } from '../../../support/stream-client.ts'
import { adu, startBuilding } from './support.ts'

let root: Authority
let own: Issued
let folder: string

beforeAll(async () => {
  root = await Authority.root('Plant')
  own = await root.issue('bridge')
})
beforeEach(() => {
  folder = folderOf({ 'cert.pem': own.cert, 'key.pem': own.key, 'ca.pem': root.pem, 'rubbish.pem': 'rubbish' })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `line:column code message` of what `check` says. */
function problems(modbus: string, chargers = '', remembered?: Remembered): readonly string[] {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, `modbus:\n${modbus.replace(/^/gm, '  ')}\nchargers:\n${chargers || '  []'}\n`)
  return draw(file, remembered).problems.map(({ line, column, code, message, warning }) =>
    [`${line}:${column}`, code, ...(warning ? ['(warning)'] : []), message].join(' '),
  )
}

const charger = (unit: number) =>
  `  - { id: A, name: Bay 01, electrical: { maxCurrent: 32 }, modbus: { unit: ${unit} } }`

describe('The listeners of a config', () => {
  it.each([
    ['{}', {}, ['tcp']],
    ['what needs no listener', { priority: 9 }, ['tcp']],
    ['a serial line alone', { rtu: { port: '/dev/ttyUSB0' } }, ['rtu']],
    ['RTU over TCP alone', { rtuTcp: { listen: '127.0.0.1:5021' } }, ['rtuTcp']],
    ['Modbus TCP and a serial line', { tcp: {}, rtu: { port: '/dev/ttyUSB0' } }, ['rtu', 'tcp']],
  ])('with %s are those that it names, and Modbus TCP where it names none', (_what, written, listeners) => {
    const parsed = config.parse(written)
    const named = (['rtu', 'rtuTcp', 'tcp', 'tls'] as const).filter((key) => parsed[key] !== undefined)
    expect(named).toEqual(listeners)
  })

  it('take a serial line as the standard of Modbus does, and let nobody write', () => {
    expect(config.parse({ rtu: { port: 'COM3' } }).rtu).toEqual({
      port: 'COM3',
      baudRate: 19_200,
      parity: 'even',
      stopBits: 1,
      unit: 247,
      writable: false,
    })
  })

  it.each([
    [{ baudRate: 19_201 }],
    [{ parity: 'mark' }],
    [{ stopBits: 3 }],
    [{ unit: 0 }],
    [{ unit: 248 }],
    [{ unit: 255 }],
    [{ port: '' }],
  ])('refuse a line with %j', (wrong) => {
    expect(config.safeParse({ rtu: { port: '/dev/ttyUSB0', ...wrong } }).success).toBe(false)
  })

  it('all listen together, and answer the same', async () => {
    const building = await startBuilding({
      settings: { tcp: { listen: '127.0.0.1:0' }, rtuTcp: { listen: '127.0.0.1:0' } },
    })
    try {
      expect(building.address).toMatch(/^127\.0\.0\.1:\d+,rtu\+tcp:\/\/127\.0\.0\.1:\d+$/)
      const [tcp = 0, line = 0] = building.address.split(',').map((each) => Number(each.split(':').at(-1)))
      const [first, second] = [await StreamClient.open(tcp), await StreamClient.open(line)]
      first.send(adu(1, 255, '04 0000 0001'))
      second.send(rtu('f7 04 0000 0001'))
      expect((await first.gather(11)).slice(14)).toBe('04020001')
      expect((await second.gather(7)).slice(2, 10)).toBe('04020001')
      await first.close()
      await second.close()
    } finally {
      await building.server.stop()
    }
  })

  it('start together or not at all', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    const { port } = squatter.address() as { port: number }
    const settings = { tcp: { listen: '127.0.0.1:0' }, rtuTcp: { listen: `127.0.0.1:${port}` } }
    await expect(startBuilding({ settings })).rejects.toThrow(
      `modbus.rtuTcp.listen 127.0.0.1:${port}: the port is already in use`,
    )
    await new Promise<void>((resolve) => squatter.close(() => resolve()))
  })
})

describe('check', () => {
  it('has nothing to say of listeners that fit', () => {
    const tls = 'tls: { cert: cert.pem, key: key.pem, clientCa: ca.pem, writeRoles: [Operator] }'
    const lines = 'rtu: { port: /dev/ttyUSB0, unit: 100 }\nrtuTcp: { listen: "0.0.0.0:5021" }'
    expect(problems(`tcp: {}\n${tls}\n${lines}`, charger(1))).toEqual([])
  })

  it('finds a charger in the bridge’s own unit of a line, and only there', () => {
    expect(problems('rtu: { port: /dev/ttyUSB0 }\nrtuTcp: { listen: "0.0.0.0:5021", unit: 5 }', charger(247))).toEqual([
      "2:3 modbus-unit unit 247 is the bridge's own on this line, and that of Site.Bay 01: choose another",
    ])
    expect(problems('rtuTcp:\n  listen: 0.0.0.0:5021\n  unit: 5', charger(5))).toEqual([
      "4:11 modbus-unit unit 5 is the bridge's own on this line, and that of Site.Bay 01: choose another",
    ])
    expect(problems('tcp: {}', charger(247))).toEqual([])
  })

  it('finds two listeners on one address', () => {
    expect(problems('tcp: { listen: "0.0.0.0:5020" }\nrtuTcp: { listen: "0.0.0.0:5020" }')).toEqual([
      '3:21 duplicate-listen 0.0.0.0:5020 is modbus.tcp.listen already: each needs a port of its own',
    ])
    expect(problems('tcp: { listen: "0.0.0.0:5020" }\nrtuTcp: { listen: "127.0.0.1:5020" }')).toEqual([
      '3:21 duplicate-listen 127.0.0.1:5020 is modbus.tcp.listen already (0.0.0.0:5020): each needs a port of its own',
    ])
    expect(problems('tcp: { listen: "127.0.0.2:5020" }\nrtuTcp: { listen: "127.0.0.1:5020" }')).toEqual([])
  })

  it('finds a port that chargers or the web have already, each once', () => {
    const tcp = 'tcp: { listen: "0.0.0.0:5020" }\nrtuTcp: { listen: "0.0.0.0:5021" }'
    const taken = (text: string) => problems(tcp, `  []\n${text}`)
    expect(taken('web: { listen: "127.0.0.1:5021" }')).toEqual([
      '3:21 duplicate-listen 0.0.0.0:5021 is web.listen already (127.0.0.1:5021): each needs a port of its own',
    ])
    expect(taken('ocpp: { listen: "0.0.0.0:5020" }')).toEqual([
      '2:18 duplicate-listen 0.0.0.0:5020 is ocpp.listen already: each needs a port of its own',
    ])
    expect(taken('ocpp: { listen: "127.0.0.1:5030" }\nweb: { listen: "127.0.0.1:5030" }')).toEqual([
      '7:16 duplicate-listen 127.0.0.1:5030 is ocpp.listen already: each needs a port of its own',
    ])
    // UDP has ports of its own, and 0 is another one each time.
    expect(taken('bacnet: { listen: "0.0.0.0:5020", device: { instance: 1 }, network: 2 }')).toEqual([])
    expect(problems('tcp: { listen: "127.0.0.1:0" }', '  []\nocpp: { listen: "127.0.0.1:0" }')).toEqual([])
  })

  it('warns of a list that lets nobody in, and not where no address counts', () => {
    const [found, ...more] = problems('tcp: {}\nallow: []')
    expect(more).toEqual([])
    expect(found).toMatch(/^3:\d+ no-effect .*an empty allow lets nobody connect: leave it out for everybody$/)
    expect(problems('rtu: { port: /dev/ttyUSB0 }\nallow: []')).toEqual([])
  })

  it('only warns of a block that a charger outgrew by connectors it told of, so that the bridge starts again', () => {
    const blocks = 'layout: blocks\nblocks: { size: 170 }'
    const remembered = { numbers: new Map(), connectorsOf: () => 2 }
    const [found = '', ...more] = problems(blocks, charger(1), remembered)
    expect(more).toEqual([])
    expect(found).toMatch(
      /^3:19 modbus-range \(warning\) .* of connector 2 of Site\.Bay 01 does not fit .* fit all; what/,
    )
    const [written = ''] = problems(blocks, charger(1).replace('modbus:', 'connectors: 2, modbus:'), remembered)
    expect(written).toMatch(/^3:19 modbus-range .* of connector 2 of Site\.Bay 01 does not fit .* fit all$/)
    const [small = ''] = problems('layout: blocks\nblocks: { size: 100 }', charger(1), remembered)
    expect(small).toMatch(/^3:19 modbus-range [^(]/)
  })

  it('finds what is wrong with the certificates, relative to the config', () => {
    const [first = '', ...others] = problems('tls: { cert: none.pem, key: rubbish.pem, clientCa: cert.pem }')
    expect(first).toMatch(/^2:16 tls-files cert there is no file .*none\.pem$/)
    expect(others).toEqual([
      '2:31 tls-files key holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)',
      '2:54 tls-files clientCa holds a certificate that is no authority: it needs those that sign, not those of the clients',
    ])
  })
})
