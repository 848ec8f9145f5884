import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONFIG, site } from '../support/site.ts'

const u16 = (value: number) => value.toString(16).padStart(4, '0')
const layout = (options: string) => CONFIG.replace('modbus: {', `modbus: { ${options},`)
const many = (count: number, options: string) =>
  `${layout(options).split('chargers:')[0]}chargers:\n${Array.from(
    { length: count },
    (_, n) => `  - { id: CP-${n + 1}, connectors: 1, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }\n`,
  ).join('')}`

describe('the status word', () => {
  it('says in its bits what the discrete inputs say, before the frame is answered', async () => {
    const { charger, modbus } = await site()
    expect(modbus(1, '04 0010 0001')).toBe('04020000')
    const own = charger('CP-1')
    own.boot()
    // Bit 0 of the charge point: online.
    expect(modbus(1, '04 0010 0001')).toBe('04020001')
    own.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' })
    own.call('StartTransaction', { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: '2026-01-01T00:00:00Z' })
    // Plugged, charging, a transaction: bits 1, 2 and 4 of connector 1, discrete inputs 101, 102 and 104.
    expect(modbus(1, '04 006d 0001')).toBe('04020016')
    expect(modbus(1, '02 0064 0008')).toBe('020116')
    own.call('StatusNotification', { connectorId: 1, status: 'Faulted', errorCode: 'GroundFailure' })
    expect(modbus(1, '04 006d 0001').slice(-1)).toMatch(/[89a-f]/)
    own.lose()
    expect(modbus(1, '04 0010 0001')).toBe('04020000')
  })
})

describe("the bridge's unit", () => {
  it.each([
    ['ABCD', '1234567842f6e979'],
    ['CDAB', '56781234e97942f6'],
    ['BADC', '34127856f64279e9'],
    ['DCBA', '7856341279e9f642'],
  ])('shows a test pattern by which word order %s is told from the others', async (wordOrder, pattern) => {
    const { edit, folder, modbus } = await site()
    mkdirSync(join(folder, 'mappings'))
    const text = `mapping: bridge\nextends: bridge\nmodbus: { wordOrder: ${wordOrder} }\n`
    writeFileSync(join(folder, 'mappings/bridge.yaml'), text)
    expect(edit(CONFIG)).toMatchObject({ needRestart: [], bridge: wordOrder !== 'ABCD' })
    for (const unit of [0, 255]) expect(modbus(unit, '03 0060 0004')).toBe(`0308${pattern}`)
  })

  it('says the version of the map, how many chargers there are, and who they are', async () => {
    const { edit, modbus } = await site()
    expect(modbus(0, '04 005f 0001')).toBe('04020001')
    expect(modbus(0, '04 000c 0001')).toBe('04020002')
    const entry = (number: number) => modbus(0, `03 ${u16(20_000 + 40 * (number - 1))} 0028`)
    const name = (answer: string) =>
      Buffer.from(answer.slice(4 + 4 * 24), 'hex')
        .toString()
        .replaceAll('\0', '')
    expect(entry(2).slice(4, 4 + 20)).toBe('00020002ffffffff0001')
    expect(name(entry(2))).toBe('Bay 02')
    edit(CONFIG.replace('Bay 02', 'Gate'))
    expect(name(entry(2))).toBe('Gate')
    edit(CONFIG.replace(/ {2}- \{ id: CP-1.*\n/, ''))
    expect(entry(1)).toBe(`0350${'00'.repeat(80)}`)
    expect(name(entry(2))).toBe('Bay 02')
  })
})

describe('a site of more than 247 chargers', () => {
  it('has a block for each', async () => {
    const { charger, modbus, seen } = await site({ config: many(300, 'layout: blocks') })
    const own = charger('CP-300')
    own.boot()
    own.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' })
    // 218 blocks of 300 fit the first unit.
    const at = (300 - 218) * 300 + 100
    expect(modbus(241, `04 ${u16(at + 28)} 0001`)).toBe('04020002')
    expect(modbus(241, `06 ${u16(at)} 0064`)).toBe(`06${u16(at)}0064`)
    expect(seen('CP-300', 1, 'limit')).toBe(10)
    expect(modbus(0, `03 ${u16(20_000 + 40 * 299)} 0004`)).toBe(`0308012cffff00f1${u16(at - 100)}`)
    expect(modbus(1, '03 0000 0001')).toBe('830a')
  })

  it('is told to take blocks where it wants a unit for each', async () => {
    await expect(site({ config: many(248, 'priority: 10') })).rejects.toThrow(
      /addresses-run-out.*CP-248.*modbus\.layout: blocks/,
    )
  })
})

describe('who may write, in the config', () => {
  const write = '06 0064 00a0'

  it('is taken up while the bridge runs', async () => {
    const { edit, modbus } = await site()
    expect(modbus(1, write)).toBe('06006400a0')
    expect(edit(layout('readOnly: true'))).toMatchObject({ needRestart: [], settings: ['modbus.readOnly'] })
    expect(modbus(1, '06 0064 0050')).toBe('8601')
    expect(modbus(1, '03 0064 0001')).toBe('030200a0')
    expect(edit(layout('allow: [127.0.0.0/8]'))).toMatchObject({ needRestart: [] })
    expect(modbus(1, '06 0064 0050')).toBe('0600640050')
  })

  it('moves no register: another layout needs a restart', async () => {
    const { edit, modbus } = await site()
    expect(edit(layout('layout: both'))).toMatchObject({ needRestart: ['modbus.layout'] })
    expect(modbus(240, '03 0000 0001')).toBe('830a')
  })
})
