import { afterEach, describe, expect, it } from 'vitest'
import { modbus } from '../../../../src/northbound/modbus/index.ts'
import { compact, connectorRows, RawClient, type Row, Scene } from './support.ts'

const scene = new Scene()
afterEach(() => scene.close())

const LIMIT = '06 0064 00A0'
const writes = [
  '05 0068 FF00',
  LIMIT,
  '0F 0068 0001 01 01',
  '10 0064 0001 02 00A0',
  '16 0064 0000 00A0',
  '17 0064 0001 0064 0001 02 00A0',
]

describe('modbus.allow', () => {
  it('is everybody by default', async () => {
    const { ask } = await scene.open()
    expect(await ask('03 0064 0001')).toBe('0302ffff')
  })

  it('closes connections from anywhere else, unanswered and logged', async () => {
    const { building, client } = await scene.open({ settings: { allow: ['10.0.0.0/8', '::1'] } })
    await client.untilClosed()
    expect(client.answers).toEqual([])
    expect(building.log.count('warn', '127.0.0.1')).toBe(1)
    expect(building.log.count('warn', 'modbus.allow')).toBe(1)
  })

  it('takes no place of maxConnections from those who may', async () => {
    const settings = { allow: ['10.0.0.0/8'], tcp: { listen: '127.0.0.1:0', maxConnections: 1 } }
    const { building, client } = await scene.open({ settings })
    await client.untilClosed()
    building.server.configure(modbus.config.parse({ ...settings, allow: ['127.0.0.0/8'] }))
    const welcome = await scene.connect(building)
    expect(await welcome.ask(7, '03 0064 0001')).toBe('0302ffff')
  })

  it('counts at once when it changes: for newcomers, and soon for those who are there', async () => {
    const { building, ask, client } = await scene.open()
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    building.server.configure(modbus.config.parse({ allow: ['10.0.0.0/8'] }))
    const late = await RawClient.open(building.port)
    await late.untilClosed()
    building.clock.advance(1_000)
    await client.untilClosed()
    expect(building.log.count('info', 'connection closed')).toBe(1)
  })
})

describe('modbus.readOnly', () => {
  it('makes every write exception 1, whatever allowWrites says, and reads go on', async () => {
    const { building, ask } = await scene.open({ settings: { readOnly: true, allowWrites: ['127.0.0.0/8'] } })
    for (const pdu of writes) {
      const code = (Number.parseInt(pdu.slice(0, 2), 16) | 0x80).toString(16)
      expect(await ask(pdu), pdu).toBe(`${code}01`)
    }
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
    expect(building.log.count('warn', 'modbus.readOnly')).toBe(1)
  })

  it('is taken up while the bridge runs, and given up again', async () => {
    const { building, ask } = await scene.open()
    building.server.configure(modbus.config.parse({ readOnly: true }))
    expect(await ask(LIMIT)).toBe('8601')
    building.server.configure(modbus.config.parse({}))
    expect(await ask(LIMIT)).toBe(compact(LIMIT))
    building.server.configure(modbus.config.parse({ allowWrites: ['10.0.0.0/8'] }))
    expect(await ask(LIMIT)).toBe('8601')
    // Another reason is said at once, though the last refusal was a moment ago.
    expect(building.log.count('warn', 'modbus.readOnly')).toBe(1)
    expect(building.log.count('warn', 'modbus.allowWrites')).toBe(1)
    expect(modbus.live).toEqual(expect.arrayContaining(['allow', 'allowWrites', 'readOnly']))
  })
})

describe('write: false', () => {
  const limit = (part: object): Row => ({
    point: 'limit',
    modbus: { table: 'holding', address: 0, type: 'uint16', scale: 0.1, ...part },
  })

  it('keeps a point read-only on Modbus, and writable for everybody else', async () => {
    const { building, ask } = await scene.open({ connectorRows: [limit({ write: false })] })
    for (const pdu of [LIMIT, '10 0064 0001 02 00A0', '16 0064 0000 00A0', '17 0064 0001 0064 0001 02 00A0']) {
      const code = (Number.parseInt(pdu.slice(0, 2), 16) | 0x80).toString(16)
      expect(await ask(pdu), pdu).toBe(`${code}02`)
    }
    const bacnet = { source: 'BACnet', client: 'bacnet:192.0.2.7' } as const
    expect(building.downlink.write(building.find('limit', 1), 10, bacnet, 8)).toBeUndefined()
  })

  it('holds for coils', async () => {
    const coil: Row = { point: 'smartCharging.enable', modbus: { table: 'coil', address: 4, write: false } }
    const { ask } = await scene.open({ connectorRows: [coil] })
    expect(await ask('05 0068 0000')).toBe('8502')
    expect(await ask('0F 0068 0001 01 00')).toBe('8f02')
    expect(await ask('01 0068 0001')).toBe('010101')
  })

  it('is told by points, and lets a point stand in a read-only table', async () => {
    const { building } = await scene.open({ connectorRows: [limit({ write: false, table: 'input' })] })
    const config = modbus.config.parse({})
    const device = { charger: building.charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
    expect(modbus.describe(config, device, building.find('limit', 1))).toMatchObject({ table: 'input', write: false })
    expect(modbus.check(config, [{ device, points: building.points }])).toEqual([])
    expect(modbus.binding.safeParse({ table: 'holding', address: 0, write: true }).success).toBe(false)
  })
})

describe('The audit', () => {
  const lines = (building: Awaited<ReturnType<typeof scene.open>>['building']) =>
    building.log.lines.filter(({ level, message }) => level === 'info' && message.includes('by modbus:127.0.0.1'))

  it.each([
    ['function 6', LIMIT],
    ['function 16', '10 0064 0001 02 00A0'],
    ['function 22', '16 0064 0000 00A0'],
    ['function 23', '17 0064 0001 0064 0001 02 00A0'],
  ])('has one line for a write by %s, and none for the same once more', async (_, pdu) => {
    const { building, ask } = await scene.open({ connectorRows })
    await ask(pdu)
    await ask(pdu)
    expect(lines(building).map(({ message }) => message)).toEqual([
      `limit of ${building.charger.id} connector 1: 16 A at priority 10, by modbus:127.0.0.1`,
    ])
  })

  it('has one for each point that one request changes, and none for one that is refused', async () => {
    const { building, ask } = await scene.open()
    await ask('10 0064 0002 04 00A0 0007')
    expect(lines(building)).toEqual([])
    await ask('10 0064 0002 04 00A0 0000')
    await ask('05 0068 0000')
    await ask('0F 0068 0001 01 01')
    expect(lines(building)).toHaveLength(4)
  })
})
