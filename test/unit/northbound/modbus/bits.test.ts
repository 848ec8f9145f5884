import { afterEach, describe, expect, it } from 'vitest'
import { type BuildingOptions, compact, type Row, Scene } from './support.ts'

const scene = new Scene()
afterEach(() => scene.close())

/** One register of states and flags to read, one that is written, one of both. */
const rows: readonly Row[] = [
  { point: 'plugged', modbus: { table: 'discrete', address: 1 } },
  { point: 'plugged', modbus: { table: 'input', address: 50, bit: 1 } },
  { point: 'charging', modbus: { table: 'input', address: 50, bit: 2 } },
  { point: 'status', modbus: { table: 'input', address: 50, bit: 8, bits: 4 } },
  { point: 'smartCharging.enable', modbus: { table: 'holding', address: 51, bit: 0 } },
  { point: 'smartCharging.kind', modbus: { table: 'holding', address: 51, bit: 4, bits: 3 } },
  { point: 'start', modbus: { table: 'holding', address: 51, bit: 8, bits: 2 } },
  { point: 'faulted', modbus: { table: 'input', address: 52, bit: 0 } },
  { point: 'availability', modbus: { table: 'holding', address: 52, bit: 15 } },
]

const open = (options: BuildingOptions = {}) => scene.open({ chargerRows: [], connectorRows: rows, ...options })

describe('A register that several points share', () => {
  it('is read as a whole, each point in its bits, and the bits of nobody are 0', async () => {
    const { building, ask } = await open()
    // Never told: flags are 0, a state of several bits is all ones.
    expect(await ask('04 0096 0001')).toBe('04020f00')
    building.bring()
    building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    // Charging is state 2.
    expect(await ask('04 0096 0001')).toBe('04020206')
    expect(await ask('03 0096 0001')).toBe('03020206')
    building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Available', errorCode: 'NoError' })
    expect(await ask('04 0096 0001')).toBe('04020000')
  })

  it('says the same as the bits of function 2', async () => {
    const { building, ask } = await open()
    building.bring()
    building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Preparing', errorCode: 'NoError' })
    expect(await ask('02 0065 0001')).toBe('020101')
    expect(await ask('04 0096 0001')).toBe('04020102')
  })

  it('is written as a whole where all its bits may be', async () => {
    const { building, ask } = await open()
    const { states = [] } = building.find('smartCharging.kind', 1).definition
    expect(states.length).toBeGreaterThan(2)
    expect(await ask('06 0097 0020')).toBe(compact('06 0097 0020'))
    expect(building.find('smartCharging.enable', 1).value).toBe(false)
    expect(building.find('smartCharging.kind', 1).value).toBe(2)
    expect(await ask('03 0097 0001')).toBe('03020020')
    expect(await ask('10 0097 0001 02 0011')).toBe(compact('10 0097 0001'))
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(building.find('smartCharging.kind', 1).value).toBe(1)
  })

  it('takes no bits that are nobody\'s, no "not available" and no state that there is not: exception 3, and nothing changes', async () => {
    const { building, ask } = await open()
    for (const word of ['0002', '8001', '0071', '0061']) expect(await ask(`06 0097 ${word}`), word).toBe('8603')
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(building.find('smartCharging.kind', 1).value).toBe(0)
  })

  it('changes only the bits that a mask names', async () => {
    const { building, ask } = await open()
    await ask('06 0097 0020')
    expect(await ask('16 0097 FFFE 0001')).toBe(compact('16 0097 FFFE 0001'))
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(building.find('smartCharging.kind', 1).value).toBe(2)
    // One bit of three: 2 becomes 3.
    expect(await ask('16 0097 FFEF 0010')).toBe(compact('16 0097 FFEF 0010'))
    expect(building.find('smartCharging.kind', 1).value).toBe(3)
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
  })

  it("with a mask on bits that are read-only or nobody's is exception 3", async () => {
    const { ask } = await open()
    expect(await ask('16 0097 FFFD 0002')).toBe('9603')
    expect(await ask('16 0097 0000 0001')).toBe('9603')
    expect(await ask('16 0098 7FFE 0001')).toBe('9603')
  })

  it('with one read-only bit is written only through a mask', async () => {
    const { building, ask } = await open()
    const slot = () => building.downlink.slots(building.find('availability', 1))?.[9]
    expect(await ask('06 0098 0000')).toBe('8602')
    expect(await ask('10 0098 0001 02 8000')).toBe('9002')
    expect(slot()).toBeNull()
    // A released availability shows what is in force.
    expect(await ask('03 0098 0001')).toBe('03028000')
    expect(await ask('16 0098 7FFF 0000')).toBe(compact('16 0098 7FFF 0000'))
    expect(slot()).toBe(false)
    expect(await ask('03 0098 0001')).toBe('03020000')
    expect(await ask('16 0096 FFFD 0002')).toBe('9602')
  })

  it('runs an action on the edge of its bits, and on that alone', async () => {
    const { building, ask } = await open()
    expect(await ask('16 0097 FCFF 0100')).toBe('960b')
    const link = building.bring()
    link.take()
    expect(await ask('16 0097 FCFF 0100')).toBe(compact('16 0097 FCFF 0100'))
    expect(link.take().filter(({ kind }) => kind === 'start')).toHaveLength(1)
    expect(await ask('16 0097 FFFE 0000')).toBe(compact('16 0097 FFFE 0000'))
    expect(link.take().filter(({ kind }) => kind === 'start')).toHaveLength(0)
  })

  it('is shared anew when one of its points goes', async () => {
    const { building, ask } = await open()
    const device = { charger: building.charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
    const gone = building.points.filter(({ connector, definition }) => connector === 1 && definition.name === 'status')
    building.server.detach(device, gone)
    expect(await ask('04 0096 0001')).toBe('04020000')
    building.server.attach(device, gone)
    expect(await ask('04 0096 0001')).toBe('04020f00')
  })
})
