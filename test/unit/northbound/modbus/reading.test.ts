import { afterEach, describe, expect, it } from 'vitest'
import { type Building, type BuildingOptions, compact, Scene } from './support.ts'

const scene = new Scene()
const open = (options?: BuildingOptions) => scene.open(options)

afterEach(() => scene.close())

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

  it('shows gaps as 0', async () => {
    const { ask } = await open()
    expect(await ask('03 0066 0002')).toBe(compact('03 04 0000 0000'))
    expect(await ask('01 0066 0002')).toBe(compact('01 01 00'))
  })

  it('with gaps: strict refuses every address that is no point, whatever is read with it', async () => {
    const { building, ask } = await open({ options: { gaps: 'strict' } })
    expect(await ask('03 0064 0002')).toBe('0304ffffffff')
    expect(await ask('03 0065 0002')).toBe('8302')
    expect(await ask('03 0066 0001')).toBe('8302')
    expect(await ask('04 0063 0002')).toBe('8402')
    expect(await ask('06 0066 0001')).toBe('8602')
    expect(await ask('01 0064 0002')).toBe('010100')
    expect(await ask('01 0064 0003')).toBe('8102')
    // A read of half a value is none of a gap.
    expect(await ask('03 006F 0001')).toMatch(/^0302/)
    expect(await ask('03 012C 0001')).toBe('8302')
    expect(building.log.count('error', '')).toBe(0)
  })

  it('with gaps: strict does so in a unit of blocks as well', async () => {
    const { client } = await open({ options: { gaps: 'strict' }, settings: { layout: 'blocks' } })
    // Number 7 in blocks of 300, connector 1.
    expect(await client.ask(240, '03 0898 0002')).toBe('0304ffffffff')
    expect(await client.ask(240, '03 0899 0002')).toBe('8302')
  })

  it('with gaps: reserved refuses writes to gaps all the same', async () => {
    const { ask } = await open({ options: { gaps: 'reserved' } })
    expect(await ask('03 0066 0001')).toBe('03020000')
    for (const pdu of ['06 0066 0001', '10 0066 0001 02 0001', '05 0066 FF00', '16 0066 0000 0001']) {
      const code = (Number.parseInt(pdu.slice(0, 2), 16) | 0x80).toString(16)
      expect(await ask(pdu), pdu).toBe(`${code}02`)
    }
  })

  it('shows the connectors that a charger turns out to have', async () => {
    const { building, client } = await open()
    const device = { charger: building.charger, name: 'Tower.Bay 02', number: 8, addresses: { modbus: 8 } }
    building.server.attach(
      device,
      building.points.filter(({ connector }) => connector < 2),
    )
    expect(await client.ask(8, '03 00C8 0001')).toBe('8302')
    building.server.attach(device, building.points)
    expect(await client.ask(8, '06 00C8 00A0')).toBe(compact('06 00C8 00A0'))
    expect(await client.ask(8, '03 00C8 0001')).toBe('030200a0')
    expect(await client.ask(8, '06 0064 0050')).toBe(compact('06 0064 0050'))
    expect(await client.ask(8, '03 0064 0001')).toBe('03020050')
  })

  it('shows no point that was taken away, and no unit whose charger left', async () => {
    const { building, ask, client } = await open()
    const device = { charger: building.charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
    const limit = building.points.filter(({ connector, definition }) => connector === 1 && definition.name === 'limit')
    building.server.detach(device, limit)
    expect(await ask('06 0064 00A0')).toBe('8602')
    expect(await ask('03 00C8 0001')).toBe('0302ffff')
    building.server.attach(device, limit)
    expect(await ask('06 0064 00A0')).toBe(compact('06 0064 00A0'))
    building.server.detach(
      device,
      building.points.filter(({ connector }) => connector === 2),
    )
    expect(await ask('03 00C8 0001')).toBe('8302')
    expect(await ask('03 0064 0001')).toBe('030200a0')
    building.server.detach(device)
    expect(await ask('03 0064 0001')).toBe('830a')
    building.bring()
    expect(await client.ask(0, '03 0000 0001')).not.toMatch(/^83/)
    building.server.attach(device, building.points)
    expect(await ask('03 0064 0001')).toBe('030200a0')
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
    for (const code of ['07', '14', '18', '08', '63']) {
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

  it('answers 0x0B there also when it has never come since it is known', async () => {
    const { building, ask } = await open({ options: { onOffline: 'exception' } })
    expect(await ask('04 006E 0004')).toBe('840b')
    expect(await ask('04 0064 0001')).toBe(compact('04 02 FFFF'))
    building.bring()
    expect(await ask('04 006E 0004')).toBe(compact('04 08 7FC00000 FFFFFFFF'))
  })
})
