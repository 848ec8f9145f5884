import { afterEach, describe, expect, it } from 'vitest'
import { adu, type BuildingOptions, RawClient, startBuilding } from './support.ts'

type Building = Awaited<ReturnType<typeof startBuilding>>

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function open(
  options: BuildingOptions = {},
): Promise<{ building: Building; client: RawClient; ask: (pdu: string) => Promise<string> }> {
  const building = await startBuilding(options)
  cleanups.push(() => building.server.stop())
  const client = await RawClient.open(building.port)
  cleanups.push(() => client.close())
  return { building, client, ask: (pdu) => client.ask(7, pdu) }
}

const compact = (text: string) => text.replaceAll(' ', '').toLowerCase()

/** Charging on connector 1: 7.36 kW, 16 A, 12345 Wh. */
function charge({ fleet, charger }: Building): void {
  fleet.event(charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
  fleet.event(charger, {
    kind: 'metered',
    connector: 1,
    reading: {
      stream: 'periodic',
      samples: [
        { measurand: 'Power.Active.Import', value: 7360 },
        { measurand: 'Current.Import', phase: 'L1', value: 16 },
        { measurand: 'Energy.Active.Import.Register', value: 12_345 },
      ],
    },
  })
}

describe('Units', () => {
  it('of nobody answer exception 0x0A, not silence', async () => {
    const { client } = await open()
    expect(await client.ask(1, '0300000001')).toBe('830a')
    expect(await client.ask(247, '0600000001')).toBe('860a')
  })

  it('0 and 255 are the bridge itself', async () => {
    const { client } = await open()
    for (const unit of [0, 255]) expect(await client.ask(unit, '0400000001')).toBe('04020001')
  })

  it('say who they are: the charger with what it told, the bridge with its own', async () => {
    const { building, client } = await open()
    building.bring()
    expect(Buffer.from(await client.ask(7, '2b0e0100'), 'hex').toString('latin1')).toContain('ACME')
    expect(Buffer.from(await client.ask(7, '2b0e0406'), 'hex').toString('latin1')).toContain('Tower.Bay 01')
    expect(Buffer.from(await client.ask(0, '2b0e0402'), 'hex').toString('latin1')).toContain('1.2.3')
    expect(await client.ask(7, '2b0e0420')).toBe('ab02')
  })
})

describe('Reading', () => {
  it('shows a reading in the registers before the event returns', async () => {
    const { building, ask } = await open()
    building.bring()
    charge(building)
    // Connector 1 begins at 100: power float32 at 110, energy uint32 at 112, L1 0.1 A at 114, status at 115.
    expect(await ask('04 006E 0006')).toBe(compact('04 0C 40EB851F 00003039 00A0 0002'))
  })

  it('shows the same registers with functions 3 and 4, and the same bits with 1 and 2', async () => {
    const { building, ask } = await open()
    building.bring()
    charge(building)
    const [holding, input] = [await ask('03 0064 0064'), await ask('04 0064 0064')]
    expect(holding.slice(2)).toBe(input.slice(2))
    expect(await ask('01 0064 0005')).toBe(compact('01 01 13'))
    expect(await ask('02 0064 0005')).toBe(compact('02 01 13'))
  })

  it('shows "not available" for what was never received', async () => {
    const { ask } = await open()
    expect(await ask('04 006E 0006')).toBe(compact('04 0C 7FC00000 FFFFFFFF 8000 FFFF'))
  })

  it('reads over gaps inside a block, and refuses what is outside all blocks', async () => {
    const { ask } = await open()
    expect(await ask('03 0065 0009')).not.toContain('83')
    expect(await ask('03 00C8 0064')).toMatch(/^03c8/)
    expect(await ask('03 012C 0001')).toBe('8302')
    expect(await ask('03 012B 0002')).toBe('8302')
    expect(await ask('03 FFFF 0001')).toBe('8302')
    expect(await ask('03 FFFF 0002')).toBe('8302')
    expect(await ask('01 0FFF 0001')).toBe('8102')
  })

  it('puts texts in their own block from 10000 on', async () => {
    const { building, ask } = await open()
    building.bring()
    expect(await ask('03 2710 0003')).toBe(compact('03 06 41434D45 0000'))
    expect(await ask('03 2904 000A')).toBe(compact(`03 14 ${'00'.repeat(20)}`))
  })

  it('counts time up to the moment of the request', async () => {
    const { building, ask } = await open()
    building.bring()
    building.clock.advance(12_000)
    expect(await ask('04 0000 0002')).toBe(compact('04 04 0000000C'))
  })

  it('counts time also when another protocol has read the same point just before', async () => {
    const { building, ask } = await open()
    building.bring()
    await ask('04 0000 0002')
    building.clock.advance(3_000)
    building.find('secondsSinceMessage', 0).refresh(building.clock.now())
    expect(await ask('04 0000 0002')).toBe(compact('04 04 00000003'))
  })

  it('never reaches past the map: quantities that are too large are exception 3', async () => {
    const { ask } = await open()
    for (const quantity of ['0000', '007E', '0080', '07D0', 'FFFF'])
      expect(await ask(`03 0000 ${quantity}`)).toBe('8303')
    expect(await ask('01 0000 07D1')).toBe('8103')
  })

  it('answers unknown functions with exception 1 and goes on', async () => {
    const { ask } = await open()
    for (const code of ['07', '11', '16', '08', '63']) {
      expect(await ask(`${code} 0000 0000`)).toBe(`${(Number.parseInt(code, 16) | 0x80).toString(16)}01`)
    }
    expect(await ask('03 0000 0001')).toMatch(/^0302/)
  })
})

describe('A charger that is away', () => {
  async function away(onOffline: 'hold' | 'sentinel' | 'exception') {
    const opened = await open({ options: { onOffline } })
    const link = opened.building.bring()
    charge(opened.building)
    opened.building.fleet.disconnected(opened.building.charger, link)
    return opened
  }

  it('keeps its last values where the mapping says hold', async () => {
    const { ask } = await away('hold')
    expect(await ask('04 006E 0004')).toBe(compact('04 08 40EB851F 00003039'))
    expect(await ask('02 0000 0001')).toBe('020100')
  })

  it('shows "not available" where it says sentinel, but not for what the bridge itself knows', async () => {
    const { ask } = await away('sentinel')
    expect(await ask('04 006E 0004')).toBe(compact('04 08 7FC00000 FFFFFFFF'))
    expect(await ask('04 0000 0002')).toBe(compact('04 04 00000000'))
  })

  it('answers 0x0B where it says exception, but not for what the bridge itself knows', async () => {
    const { building, ask } = await away('exception')
    expect(await ask('04 006E 0004')).toBe('840b')
    expect(await ask('04 0064 0002')).toMatch(/^0404/)
    expect(await ask('02 0000 0001')).toBe('020100')
    building.bring()
    expect(await ask('04 006E 0004')).toBe(compact('04 08 40EB851F 00003039'))
  })
})

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
    const again = await RawClient.open(building.port)
    cleanups.push(() => again.close())
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
