import { afterEach, describe, expect, it } from 'vitest'
import { site } from '../../mapping/site.ts'
import { compact, Scene } from './support.ts'

const scene = new Scene()
afterEach(() => scene.close())

const u16 = (value: number) => value.toString(16).padStart(4, '0')
const text = (value: string) => Buffer.from(value.padEnd(32, '\0')).toString('hex')
/** Charger number 7's entry: 20000 + 40 × 6. */
const ENTRY = 20_240

describe("The bridge's further unit", () => {
  it('is the one that modbus.unit says, beside 0 and 255', async () => {
    const { client } = await scene.open({ settings: { unit: 100 } })
    for (const unit of [0, 100, 255]) expect(await client.ask(unit, '04 0000 0001'), `${unit}`).toBe('04020001')
    expect(await client.ask(100, '06 000A 0001')).toBe(compact('06 000A 0001'))
    expect((await client.ask(100, '11')).slice(4, 8)).toBe('01ff')
  })

  it('is none by default', async () => {
    const { client } = await scene.open()
    expect(await client.ask(1, '04 0000 0001')).toBe('840a')
    expect(await client.ask(100, '04 0000 0001')).toBe('840a')
  })
})

describe('The list of chargers', () => {
  it('has an entry for each by its number: number, unit, block, connectors, identifier, name', async () => {
    const { building, client } = await scene.open({ settings: { layout: 'both' } })
    const { charger } = building
    const answer = await client.ask(0, `03 ${u16(ENTRY)} 0028`)
    expect(answer).toBe(
      compact(
        `03 50 0007 0007 00F0 ${u16(2100)} ${u16(charger.connectorCount)} 0000 0000 0000 ${text(charger.id)} ${text(charger.settings.name)}`,
      ),
    )
    expect(await client.ask(255, `04 ${u16(ENTRY)} 0028`)).toBe(answer.replace(/^03/, '04'))
  })

  it('says 0xFFFF for a unit or a block that there is not', async () => {
    const units = await scene.open()
    expect(await units.client.ask(0, `03 ${u16(ENTRY)} 0004`)).toBe('0308' + '00070007ffffffff')
    const blocks = await scene.open({ settings: { layout: 'blocks' } })
    expect(await blocks.client.ask(0, `03 ${u16(ENTRY)} 0004`)).toBe(`03080007ffff00f0${u16(2100)}`)
  })

  it('has number 0 where nobody is, and ends with the last entry', async () => {
    const { client } = await scene.open()
    expect(await client.ask(0, `03 ${u16(20_000)} 0001`)).toBe('03020000')
    expect(await client.ask(0, `03 ${u16(ENTRY + 39)} 0001`)).toBe('03020000')
    expect(await client.ask(0, `03 ${u16(ENTRY + 40)} 0001`)).toBe('8302')
    expect(await client.ask(0, `03 ${u16(19_999)} 0002`)).toBe('8302')
  })

  it('follows chargers that leave, come and are renamed, each in its place for ever', async () => {
    const { building, client } = await scene.open()
    const { charger, server, points } = building
    const ninth = { charger, name: 'Tower.Bay 09', number: 9, addresses: { modbus: 9 } }
    server.attach(ninth, points)
    expect(await client.ask(0, `03 ${u16(ENTRY + 80)} 0002`)).toBe('030400090009')
    expect(await client.ask(0, `03 ${u16(ENTRY + 40)} 0001`)).toBe('03020000')
    server.detach({ charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } })
    expect(await client.ask(0, `03 ${u16(ENTRY)} 0028`)).toBe(`0350${'00'.repeat(80)}`)
    expect(await client.ask(0, `03 ${u16(ENTRY + 80)} 0001`)).toBe('03020009')
  })

  it('is written by nobody, and is no part of any charger', async () => {
    const { ask, client } = await scene.open()
    expect(await client.ask(0, `06 ${u16(ENTRY)} 0001`)).toBe('8602')
    expect(await client.ask(0, `16 ${u16(ENTRY)} 0000 0001`)).toBe('9602')
    expect(await client.ask(0, `17 0000 0001 ${u16(ENTRY)} 0001 02 0001`)).toBe('9702')
    expect(await ask(`03 ${u16(ENTRY)} 0001`)).toBe('8302')
  })
})

describe('What check finds of the bridge', () => {
  it('is a row that reaches into the list of chargers', () => {
    const header = 'modbus: {}\nchargers: [{ id: A, electrical: { maxCurrent: 32 } }]'
    const bridge = (address: number) =>
      `mapping: bridge\nextends: bridge\nbridge:\n  - point: softwareVersion\n    modbus: { table: input, address: ${address}, words: 10 }\n`
    const codes = (address: number) => site(header, { bridge: bridge(address) }).problems.map(({ code }) => code)
    expect(codes(10_000)).toEqual([])
    expect(codes(20_000)).toContain('modbus-collision')
  })
})
