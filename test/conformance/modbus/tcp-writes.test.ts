import { afterEach, describe, expect, it } from 'vitest'
import { adu, type BuildingOptions, compact, Scene } from '../../unit/northbound/modbus/support.ts'

const scene = new Scene()

afterEach(() => scene.close())

/** The charger, and what was told to core: one entry a point, in order. */
async function open(options: BuildingOptions = {}) {
  const opened = await scene.open(options)
  const { building } = opened
  const link = building.bring()
  link.take()
  const slot = (name: string, connector = 1) => building.downlink.slots(building.find(name, connector))?.[9]
  const untouched = () => {
    expect([slot('limit'), slot('availability'), slot('limit', 2)]).toEqual([null, null, null])
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(link.sent).toEqual([])
  }
  return { ...opened, link, slot, untouched }
}

const word = (value: number) => value.toString(16).padStart(4, '0')

describe('Function 5', () => {
  it('T35 Function 5, FF00 and 0000: on and off, echoed', async () => {
    const { ask, slot } = await open()
    expect(await ask('05 0069 0000')).toBe('0500690000')
    expect(slot('availability')).toBe(false)
    expect(await ask('05 0069 FF00')).toBe('050069ff00')
    expect(slot('availability')).toBe(true)
  })

  it('T36 Function 5, any other value: exception 3, the coil stays', async () => {
    const { ask, untouched } = await open()
    for (const value of ['1234', '0001', '00FF', 'FF01', 'FFFF']) expect(await ask(`05 0069 ${value}`)).toBe('8503')
    untouched()
  })

  it('T37 Function 5, a bit that is not there or is read-only: exception 2', async () => {
    const { ask, untouched } = await open()
    for (const address of ['012c', 'ffff', '0064', '0066']) expect(await ask(`05 ${address} FF00`)).toBe('8502')
    untouched()
  })
})

describe('Function 6', () => {
  it('T38 Function 6: applied, echoed and read back', async () => {
    const { ask, link, slot } = await open()
    expect(await ask('06 0064 00A0')).toBe('06006400a0')
    expect(slot('limit')).toBe(16)
    expect(link.sent).toContainEqual(expect.objectContaining({ kind: 'set-limit', connector: 1 }))
    expect(await ask('03 0064 0001')).toBe('030200a0')
  })

  it('T39 Function 6, a register right behind the map, read-only or in a gap: exception 2', async () => {
    const { ask, untouched } = await open()
    for (const address of ['012c', 'ffff', '0070', '0050']) expect(await ask(`06 ${address} 0001`)).toBe('8602')
    untouched()
  })

  it('T40 Function 6, a value that the point does not have: exception 3, nothing changes', async () => {
    const { ask, untouched } = await open()
    expect(await ask('06 0064 0141')).toBe('8603')
    expect(await ask('06 0065 0002')).toBe('8603')
    untouched()
  })

  it('T41 Function 6, half of a 32-bit value: exception 3, no torn value', async () => {
    const { ask, building } = await open()
    const before = building.find('smartCharging.profileId', 1).value
    expect(await ask('06 0078 0001')).toBe('8603')
    expect(await ask('06 0079 0001')).toBe('8603')
    expect(building.find('smartCharging.profileId', 1).value).toBe(before)
  })
})

describe('Function 15', () => {
  it('T42 Function 15: several coils at once', async () => {
    const { ask, building, slot } = await open()
    expect(await ask('0F 0068 0002 01 00')).toBe('0f00680002')
    expect([building.find('smartCharging.enable', 1).value, slot('availability')]).toEqual([false, false])
    expect(await ask('0F 0068 0002 01 03')).toBe('0f00680002')
    expect([building.find('smartCharging.enable', 1).value, slot('availability')]).toEqual([true, true])
  })

  it('T43 Function 15, quantity 0 or above 1968: exception 3', async () => {
    const { ask, untouched } = await open()
    expect(await ask('0F 0068 0000 00')).toBe('8f03')
    expect(await ask('0F 0068 0000 01 00')).toBe('8f03')
    expect(await ask(`0F 0068 07B1 F7 ${'00'.repeat(247)}`)).toBe('8f03')
    // 1968 are understood; it's the addresses that are missing.
    expect(await ask(`0F 0068 07B0 F6 ${'00'.repeat(246)}`)).toBe('8f02')
    untouched()
  })

  it('T44 Function 15, a byte count that lies, data cut short or too long: exception 3', async () => {
    const { ask, untouched } = await open()
    for (const pdu of ['0F 0068 0002 02 00', '0F 0068 0002 00', '0F 0068 0002 01', '0F 0068 0002 01 0000', '0F 0068']) {
      expect(await ask(pdu)).toBe('8f03')
    }
    untouched()
  })

  it('T45 Function 15, one coil of several not writable: exception 2, none is written, no success is told', async () => {
    const { ask, untouched } = await open()
    expect(await ask('0F 0068 0003 01 00')).toBe('8f02')
    expect(await ask('0F 0067 0003 01 00')).toBe('8f02')
    untouched()
  })
})

describe('Function 16', () => {
  it('T46 Function 16, one or several registers: applied, and address and quantity come back', async () => {
    const { ask, slot } = await open()
    expect(await ask('10 0064 0001 02 0064')).toBe('1000640001')
    expect(slot('limit')).toBe(10)
    expect(await ask('10 0064 0002 04 00A0 0000')).toBe('1000640002')
    expect([slot('limit'), slot('availability')]).toEqual([16, false])
  })

  it('T47 Function 16, quantity 0: exception 3, once', async () => {
    const { client, ask, untouched } = await open()
    expect(await ask('10 0064 0000 00')).toBe('9003')
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(client.answers).toHaveLength(2)
    untouched()
  })

  it('T48 Function 16, quantity 124 and more: exception 3; 123 is understood', async () => {
    const { ask, untouched } = await open()
    for (const quantity of [124, 125, 127]) {
      const data = '00'.repeat(Math.min(247, 2 * quantity))
      expect(
        await ask(`10 0064 ${word(quantity)} ${((2 * quantity) & 0xff).toString(16).padStart(2, '0')} ${data}`),
      ).toBe('9003')
    }
    expect(await ask(`10 0064 007B F6 ${'00'.repeat(246)}`)).toBe('9002')
    untouched()
  })

  it('T49 Function 16, a byte count that lies or is odd, data cut short or too long: exception 3', async () => {
    const { ask, untouched } = await open()
    const broken = [
      '10 0064 0002 02 00A0 0001',
      '10 0064 0001 04 00A0 0001',
      '10 0064 0001 03 00A000',
      '10 0064 0002 04 00A0',
      '10 0064 0002 04 00A000',
      '10 0064 0001 02 00A0 00',
      '10 0064 0001 02',
      '10 0064 0001',
      '10',
    ]
    for (const pdu of broken) expect(await ask(pdu)).toBe('9003')
    untouched()
  })

  it('T50 Function 16, one of several refused: its exception, and none is applied', async () => {
    const { ask, untouched } = await open()
    expect(await ask('10 0064 0002 04 00A0 0002')).toBe('9003')
    expect(await ask('10 0064 0003 06 00A0 0001 0000')).toBe('9002')
    expect(await ask('10 012B 0002 04 0001 0001')).toBe('9002')
    untouched()
  })
})

describe('Function 22', () => {
  it('T51 Function 22: the bits of the mask alone change; broken, half a value or not writable: its exception', async () => {
    const { ask, slot, untouched } = await open()
    for (const pdu of ['16', '16 0064 FF0F', '16 0064 FF0F 0070 00', '16 0078 0000 0001']) {
      expect(await ask(pdu)).toBe('9603')
    }
    // No value is there to keep bits of.
    expect(await ask('16 0064 FF0F 0070')).toBe('9603')
    for (const address of ['012c', '0070', '0050']) expect(await ask(`16 ${address} 0000 0001`)).toBe('9602')
    untouched()
    await ask('06 0064 00A5')
    expect(await ask('16 0064 FF0F 0070')).toBe('160064ff0f0070')
    expect(slot('limit')).toBe(11.7)
    expect(await ask('16 0064 FFFF 0001')).toBe('160064ffff0001')
    expect(await ask('03 0064 0001')).toBe('03020075')
    expect(await ask('16 0064 00FF FF00')).toBe('9603')
    expect(slot('limit')).toBe(11.7)
  })
})

describe('Function 23', () => {
  it('T52 Function 23: writes, then reads; broken, too much or read outside: its exception, and nothing is written', async () => {
    const { ask, slot, untouched } = await open()
    const broken = [
      ['17 0064 0000 0064 0001 02 00A0', '9703'],
      ['17 0064 007E 0064 0001 02 00A0', '9703'],
      ['17 0064 0001 0064 0000 00', '9703'],
      [`17 0064 0001 0064 007A F4 ${'00'.repeat(243)}`, '9703'],
      ['17 0064 0001 0064 0001 04 00A0', '9703'],
      ['17 0064 0001 0064 0001 02 00', '9703'],
      ['17 0064 0001', '9703'],
      ['17 7000 0001 0064 0001 02 00A0', '9702'],
      ['17 0064 0001 7000 0001 02 00A0', '9702'],
    ] as const
    for (const [pdu, answer] of broken) expect(await ask(pdu)).toBe(answer)
    untouched()
    expect(await ask('17 0064 0002 0064 0001 02 00A0')).toBe(compact('17 04 00A0 FFFF'))
    expect(slot('limit')).toBe(16)
  })
})

describe('Order, rights and what chargers do', () => {
  it('T53 A read behind a write in one segment: answered after it, with the new value', async () => {
    const { client } = await open()
    client.send(
      Buffer.concat([
        adu(1, 7, '06 0064 00A0'),
        adu(2, 7, '03 0064 0001'),
        adu(3, 7, '06 0064 0078'),
        adu(4, 7, '03 0064 0001'),
      ]),
    )
    expect(await client.gather(4)).toEqual(['06006400a0', '030200a0', '0600640078', '03020078'])
    expect(client.answers.map(({ transaction }) => transaction)).toEqual([1, 2, 3, 4])
  })

  it('T54 A write from an address that may not write: exception 1 and one line in the log; reads go on', async () => {
    const { building, ask, untouched } = await open({ settings: { allowWrites: ['10.0.0.0/8'] } })
    for (const [pdu, answer] of [
      ['05 0069 0000', '8501'],
      ['06 0064 00A0', '8601'],
      ['0F 0069 0001 01 00', '8f01'],
      ['10 0064 0001 02 00A0', '9001'],
      ['16 0064 0000 00A0', '9601'],
      ['17 0064 0001 0064 0001 02 00A0', '9701'],
    ] as const) {
      expect(await ask(pdu)).toBe(answer)
    }
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(building.log.count('warn', 'modbus.allowWrites')).toBe(1)
    untouched()
  })

  it('T55 A command while the last one runs: exception 6; of a charger that is offline: 0x0B; a setpoint is held', async () => {
    const { building, link, ask, slot } = await open()
    expect(await ask('06 000A 0001')).toBe('06000a0001')
    expect(await ask('06 000A 0000')).toBe('06000a0000')
    expect(await ask('06 000A 0001')).toBe('8606')
    building.fleet.disconnected(building.charger, link)
    expect(await ask('06 000B 0001')).toBe('860b')
    expect(await ask('06 0064 00A0')).toBe('06006400a0')
    expect(slot('limit')).toBe(16)
  })
})
