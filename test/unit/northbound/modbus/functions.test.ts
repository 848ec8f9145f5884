import { afterEach, describe, expect, it } from 'vitest'
import { type BuildingOptions, compact, Scene } from './support.ts'

const scene = new Scene()
const open = (options?: BuildingOptions) => scene.open(options)

afterEach(() => scene.close())

describe('Report Server ID', () => {
  const text = (pdu: string) => Buffer.from(pdu.slice(8), 'hex').toString('utf8')

  it('of a charger says what it told, and runs while it is online', async () => {
    const { building, ask } = await open()
    expect((await ask('11')).slice(0, 8)).toBe('11040200')
    building.bring()
    const answer = await ask('11')
    expect(answer.slice(4, 8)).toBe('02ff')
    expect(text(answer)).toBe('ACME;M1;4.2')
  })

  it('of the bridge says its version, and always runs', async () => {
    const { client } = await open()
    for (const unit of [0, 255]) {
      const answer = await client.ask(unit, '11')
      expect(answer.slice(4, 8)).toBe('01ff')
      expect(text(answer)).toBe('ocpp-bms-bridge;ocpp-bms-bridge;1.2.3')
    }
  })

  it('of nobody is exception 0x0A, and with more bytes exception 3', async () => {
    const { ask, client } = await open()
    expect(await client.ask(9, '11')).toBe('910a')
    expect(await ask('11 00')).toBe('9103')
  })
})

describe('Mask Write Register', () => {
  const mask = (address: string, and: string, or: string) => `16 ${address} ${and} ${or}`

  it('changes the bits that the mask names, and is echoed', async () => {
    const { building, ask } = await open()
    await ask('06 0064 00A0')
    // (0x00A0 AND 0xFF0F) OR (0x0050 AND 0x00F0) = 0x0050: 8 A.
    expect(await ask(mask('0064', 'FF0F', '0050'))).toBe(compact('16 0064 FF0F 0050'))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(8)
    expect(await ask('03 0064 0001')).toBe('03020050')
  })

  it('ignores bits of Or_Mask that And_Mask keeps', async () => {
    const { ask } = await open()
    await ask('06 0064 00A0')
    expect(await ask(mask('0064', 'FFF0', 'FFF1'))).toBe(compact('16 0064 FFF0 FFF1'))
    expect(await ask('03 0064 0001')).toBe('030200a1')
  })

  it('of a released setpoint is exception 3: 0xFFFF there is no value whose bits mean something', async () => {
    const { building, ask } = await open()
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(await ask(mask('0064', 'FF00', '00A0'))).toBe('9603')
    expect(await ask(mask('0064', '00A0', '0000'))).toBe('9603')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
  })

  it('that replaces all bits is a write like any other, and releases', async () => {
    const { building, ask } = await open()
    const slot = () => building.downlink.slots(building.find('limit', 1))?.[9]
    expect(await ask(mask('0064', '0000', '00A0'))).toBe(compact('16 0064 0000 00A0'))
    expect(slot()).toBe(16)
    expect(await ask(mask('0064', '0000', 'FFFF'))).toBe(compact('16 0064 0000 FFFF'))
    expect(slot()).toBeNull()
  })

  it('of some bits releases nothing, though they make the rest into 0xFFFF', async () => {
    const { building, ask } = await open()
    await ask('06 0064 00A0')
    expect(await ask(mask('0064', '00A0', 'FFFF'))).toBe('9603')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
  })

  it('that names no bit changes nothing, not even an action', async () => {
    const { building, ask } = await open()
    const link = building.bring()
    await ask('06 000A 0001')
    link.take()
    expect(await ask(mask('000A', 'FFFF', '0001'))).toBe(compact('16 000A FFFF 0001'))
    expect(await ask(mask('0064', 'FFFF', '1234'))).toBe(compact('16 0064 FFFF 1234'))
    expect(link.take()).toEqual([])
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
  })

  it('whose outcome is out of range is exception 3, and nothing is applied', async () => {
    const { building, ask } = await open()
    await ask('06 0064 00A0')
    expect(await ask(mask('0064', 'FFFF', '0000'))).toBe(compact('16 0064 FFFF 0000'))
    expect(await ask(mask('0064', '00FF', '0100'))).toBe('9603')
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
  })

  it('of a read-only register, a gap or outside is exception 2', async () => {
    const { ask } = await open()
    for (const address of ['0073', '006F', '0066', '1FFF', 'FFFF']) {
      expect(await ask(mask(address, '0000', '0001')), address).toBe('9602')
    }
  })

  it('runs actions on their edge', async () => {
    const { building, ask } = await open()
    const link = building.bring()
    link.take()
    expect(await ask(mask('000A', 'FFFE', '0001'))).toBe(compact('16 000A FFFE 0001'))
    expect(link.take()).toContainEqual(expect.objectContaining({ kind: 'reset', hard: false }))
  })

  it('needs the same right as any write', async () => {
    const { ask } = await open({ settings: { allowWrites: [] } })
    expect(await ask(mask('0064', '0000', '00A0'))).toBe('9601')
  })
})

describe('Half of a 32-bit value', () => {
  const before = 0x0001_0002

  async function held(pdus: readonly string[]): Promise<void> {
    const { building, ask } = await open()
    await ask('10 0078 0002 04 0001 0002')
    for (const pdu of pdus) {
      const code = (Number.parseInt(pdu.slice(0, 2), 16) | 0x80).toString(16)
      expect(await ask(pdu), pdu).toBe(`${code}03`)
    }
    expect(building.find('smartCharging.profileId', 1).value).toBe(before)
    expect(await ask('03 0078 0002')).toBe(compact('03 04 00010002'))
  }

  it('is not written by function 6', () => held(['06 0078 0000', '06 0079 0000']))

  it('is not written by function 16, at either end of what it writes', () =>
    held(['10 0078 0001 02 0000', '10 0079 0001 02 0000', '10 0079 0002 04 0000 0001']))

  it('is not written by function 22, whatever the mask', () =>
    held(['16 0078 0000 0000', '16 0079 0000 0000', '16 0079 FFFF 0000', '16 0078 00FF FF00']))

  it('is not written by function 23', () =>
    held(['17 0064 0001 0078 0001 02 0000', '17 0078 0002 0079 0001 02 0000', '17 0064 0001 0079 0002 04 0000 0001']))

  it('keeps the whole values beside it from being written, too', async () => {
    const { building, ask } = await open()
    const neighbours = [
      { point: 'limit', modbus: { table: 'holding', address: 0, type: 'uint16', scale: 0.1 } },
      { point: 'smartCharging.profileId', modbus: { table: 'holding', address: 1, type: 'int32' } },
    ] as const
    const other = await open({ connectorRows: neighbours })
    expect(await other.ask('10 0064 0002 04 00A0 0000')).toBe('9003')
    expect(await other.ask('17 0064 0001 0064 0002 04 00A0 0000')).toBe('9703')
    expect(other.building.downlink.slots(other.building.find('limit', 1))?.[9]).toBeNull()
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(building.log.count('error', '')).toBe(0)
  })
})
