import { afterEach, describe, expect, it } from 'vitest'
import { adu, type BuildingOptions, compact, Scene } from './support.ts'

const scene = new Scene()
const open = (options?: BuildingOptions) => scene.open(options)

afterEach(() => scene.close())

describe('Writing a setpoint', () => {
  it('reaches the charger and reads back', async () => {
    const { building, ask } = await open()
    const link = building.bring()
    link.take()
    expect(await ask('06 0064 00A0')).toBe(compact('06 0064 00A0'))
    expect(link.sent).toContainEqual(expect.objectContaining({ kind: 'set-limit', connector: 1 }))
    expect(await ask('03 0064 0001')).toBe('030200a0')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
  })

  it('is held while the charger is away', async () => {
    const { building, ask } = await open()
    expect(await ask('10 0064 0001 02 00A0')).toBe(compact('10 0064 0001'))
    expect(building.bring().sent).toContainEqual(expect.objectContaining({ kind: 'set-limit', connector: 1 }))
  })

  it('reads back what Modbus wrote, also while a higher priority wins', async () => {
    const { building, ask } = await open()
    building.bring()
    const bacnet = { source: 'BACnet', client: 'bacnet:192.0.2.7' } as const
    building.downlink.write(building.find('limit', 1), 10, bacnet, 8)
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(await ask('06 0064 00A0')).toBe(compact('06 0064 00A0'))
    expect(await ask('03 0064 0001')).toBe('030200a0')
    expect(await ask('06 0064 FFFF')).toBe(compact('06 0064 FFFF'))
    expect(await ask('03 0064 0001')).toBe('0302ffff')
  })

  it('0xFFFF releases it', async () => {
    const { building, ask } = await open()
    await ask('06 0064 00A0')
    expect(await ask('06 0064 FFFF')).toBe(compact('06 0064 FFFF'))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
    expect(await ask('03 0064 0001')).toBe('0302ffff')
  })

  it('above the rating is exception 3 and changes nothing', async () => {
    const { building, ask } = await open()
    expect(await ask('06 0064 0141')).toBe('8603')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
  })

  it('availability is 0, 1 or 0xFFFF', async () => {
    const { building, ask } = await open()
    const slot = () => building.downlink.slots(building.find('availability', 1))?.[9]
    expect(await ask('03 0065 0001')).toBe('0302ffff')
    expect(await ask('06 0065 0000')).toBe(compact('06 0065 0000'))
    expect(slot()).toBe(false)
    expect(await ask('03 0065 0001')).toBe('03020000')
    expect(await ask('06 0065 0002')).toBe('8603')
    expect(await ask('06 0065 0001')).toBe(compact('06 0065 0001'))
    expect(slot()).toBe(true)
    expect(await ask('06 0065 FFFF')).toBe(compact('06 0065 FFFF'))
    expect(slot()).toBeNull()
  })

  it('a released availability reads as operative on a coil', async () => {
    const { ask } = await open()
    expect(await ask('01 0069 0001')).toBe('010101')
    await ask('05 0069 0000')
    expect(await ask('01 0069 0001')).toBe('010100')
  })

  it('as a float: NaN is refused, a value is taken', async () => {
    const row = { point: 'limit', modbus: { table: 'holding', address: 0, type: 'float32' } } as const
    const { building, ask } = await open({ connectorRows: [row] })
    expect(await ask('10 0064 0002 04 41800000')).toBe(compact('10 0064 0002'))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
    expect(await ask('10 0064 0002 04 7FC00000')).toBe('9003')
    expect(await ask('10 0064 0002 04 7F800000')).toBe('9003')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
  })
})

describe('A write is all or nothing', () => {
  it('one illegal value and none is applied', async () => {
    const { building, ask } = await open()
    // limit 16 A would do, availability 7 would not.
    expect(await ask('10 0064 0002 04 00A0 0007')).toBe('9003')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
    expect(await ask('10 0064 0002 04 00A0 0000')).toBe(compact('10 0064 0002'))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
    expect(building.downlink.slots(building.find('availability', 1))?.[9]).toBe(false)
  })

  it('a gap or a read-only register among them is exception 2 and nothing is applied', async () => {
    const { building, ask } = await open()
    expect(await ask('10 0064 0003 06 00A0 0001 0001')).toBe('9002')
    expect(await ask('06 006F 0001')).toBe('8602')
    expect(await ask('06 0073 0001')).toBe('8602')
    expect(await ask('06 1FFF 0001')).toBe('8602')
    expect(await ask('10 FFFF 0002 04 0001 0001')).toBe('9002')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
  })

  it('half of a 32-bit value is exception 3', async () => {
    const { building, ask } = await open()
    expect(await ask('06 0078 0001')).toBe('8603')
    expect(await ask('06 0079 0001')).toBe('8603')
    expect(await ask('10 0079 0002 04 0000 0001')).toBe('9003')
    expect(await ask('10 0078 0002 04 0000 0011')).toBe(compact('10 0078 0002'))
    expect(building.find('smartCharging.profileId', 1).value).toBe(17)
    expect(await ask('03 0078 0002')).toBe(compact('03 04 00000011'))
  })

  it('half of a text is exception 3, a whole one is taken and read back', async () => {
    const { building, ask } = await open()
    const text = Buffer.from('TAG-1234'.padEnd(20, '\0')).toString('hex')
    expect(await ask('10 2904 0004 08 5441472D31323334')).toBe('9003')
    expect(await ask(`10 2904 000A 14 ${text}`)).toBe(compact('10 2904 000A'))
    expect(building.find('start.idTag', 1).value).toBe('TAG-1234')
    expect(await ask('03 2904 000A')).toBe(compact(`03 14 ${text}`))
  })

  it('coils likewise', async () => {
    const { building, ask } = await open()
    expect(await ask('0F 0068 0003 01 00')).toBe('8f02')
    expect(await ask('05 0064 FF00')).toBe('8502')
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(await ask('0F 0068 0002 01 02')).toBe(compact('0F 0068 0002'))
    expect(building.find('smartCharging.enable', 1).value).toBe(false)
    expect(building.downlink.slots(building.find('availability', 1))?.[9]).toBe(true)
  })

  it('function 23 writes first and then reads', async () => {
    const { ask } = await open()
    expect(await ask('17 0064 0002 0064 0002 04 0050 0001')).toBe(compact('17 04 0050 0001'))
  })

  it('function 23 writes nothing when its read goes outside', async () => {
    const { building, ask } = await open()
    expect(await ask('17 1FFF 0001 0064 0001 02 0050')).toBe('9702')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
  })

  it('a read behind a write in the same segment sees what was written', async () => {
    const { client } = await open()
    client.send(
      Buffer.concat([
        adu(1, 7, '060064 0078'),
        adu(2, 7, '0300640001'),
        adu(3, 7, '060064FFFF'),
        adu(4, 7, '0300640001'),
      ]),
    )
    expect(await client.gather(4)).toEqual(['0600640078', '03020078', '060064ffff', '0302ffff'])
  })
})

describe('Actions', () => {
  it('run on the edge from idle, and only there', async () => {
    const { building, ask } = await open()
    const link = building.bring()
    link.take()
    expect(await ask('06 000A 0001')).toBe(compact('06 000A 0001'))
    expect(link.take()).toContainEqual(expect.objectContaining({ kind: 'reset', hard: false }))
    expect(await ask('06 000A 0001')).toBe(compact('06 000A 0001'))
    expect(link.take()).toEqual([])
  })

  it('of a charger that is away are exception 0x0B', async () => {
    const { ask } = await open()
    expect(await ask('06 000A 0001')).toBe('860b')
    expect(await ask('06 0084 0001')).toBe('860b')
  })

  it('that are still running are exception 6', async () => {
    const { building, ask } = await open()
    building.bring()
    await ask('06 000A 0001')
    await ask('06 000A 0000')
    expect(await ask('06 000A 0001')).toBe('8606')
  })

  it('without a session to stop are exception 3, and so are values that they do not have', async () => {
    const { building, ask } = await open()
    building.bring()
    expect(await ask('06 0083 0001')).toBe('8603')
    expect(await ask('06 000A 0003')).toBe('8603')
    expect(await ask('06 000A FFFF')).toBe('8603')
  })

  it('are not run twice by a client that connects again', async () => {
    const { building, ask } = await open()
    const link = building.bring()
    await ask('06 000A 0001')
    link.take()
    const again = await scene.connect(building)
    expect(await again.ask(7, '06 000A 0001')).toBe(compact('06 000A 0001'))
    expect(link.take()).toEqual([])
  })
})

describe('Who may write', () => {
  it('is said by modbus.allowWrites; others get exception 1 and one log line names address and key', async () => {
    const { building, ask } = await open({ settings: { allowWrites: ['10.0.0.0/8'] } })
    for (const pdu of ['06 0064 00A0', '10 0064 0001 02 00A0', '05 0068 FF00', '0F 0068 0001 01 01']) {
      expect(await ask(pdu)).toMatch(/^[89]./)
    }
    expect(await ask('06 0064 00A0')).toBe('8601')
    expect(await ask('17 0064 0001 0064 0001 02 0050')).toBe('9701')
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
    const line = building.log.lines.find(({ level }) => level === 'warn')?.message
    expect(line).toContain('127.0.0.1')
    expect(line).toContain('modbus.allowWrites')
  })

  it('includes configuration keys only where the mapping says writable', async () => {
    const rows = [
      { point: 'config.HeartbeatInterval', modbus: { table: 'holding', address: 10_000, type: 'uint16' } },
    ] as const
    const { ask } = await open({ chargerRows: rows })
    expect(await ask('06 2710 0001')).toBe('8602')
  })

  it('the bridge has writable points of its own', async () => {
    const { client } = await open()
    expect(await client.ask(255, '06 000A 0001')).toBe(compact('06 000A 0001'))
    expect(await client.ask(0, '06 000A 0009')).toBe('8603')
  })
})
