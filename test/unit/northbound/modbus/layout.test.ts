import { afterEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../../../src/core/finding.ts'
import { modbus } from '../../../../src/northbound/modbus/index.ts'
import { blockOf } from '../../../../src/northbound/modbus/layout.ts'
import { type BuildingOptions, compact, makePoints, Scene } from './support.ts'

const scene = new Scene()
afterEach(() => scene.close())

const u16 = (value: number) => value.toString(16).padStart(4, '0')
/** Charger number 7, in blocks of 300. */
const BLOCK = 2100
const texts = { texts: { unit: 230 } }
const open = (layout: 'blocks' | 'both', blocks: object = texts, options: BuildingOptions = {}) =>
  scene.open({ ...options, settings: { layout, blocks } })

describe('The block of a charger', () => {
  const blocks = { unit: 240, size: 300, first: 0 }

  it('stands its number times the size behind the first, and goes on in the next unit', () => {
    expect(blockOf(blocks, 0)).toEqual({ unit: 240, at: 0 })
    expect(blockOf(blocks, 7)).toEqual({ unit: 240, at: 2100 })
    // 218 blocks of 300 fit 65536 registers.
    expect(blockOf(blocks, 217)).toEqual({ unit: 240, at: 65_100 })
    expect(blockOf(blocks, 218)).toEqual({ unit: 241, at: 0 })
    expect(blockOf(blocks, 2000)).toEqual({ unit: 249, at: 38 * 300 })
    expect(blockOf({ unit: 1, size: 1000, first: 40_000 }, 25)).toEqual({ unit: 2, at: 40_000 })
  })

  it('shares no register with that of any other', () => {
    for (const { size, first } of [
      { size: 300, first: 0 },
      { size: 1000, first: 50_000 },
      { size: 10_000, first: 7 },
      { size: 1, first: 0 },
    ]) {
      let free = { unit: 1, at: 0 }
      for (let number = 0; number < 1000; number += 1) {
        const { unit, at } = blockOf({ unit: 1, size, first }, number)
        expect(at).toBeGreaterThanOrEqual(unit === free.unit ? free.at : first)
        expect(at + size).toBeLessThanOrEqual(65_536)
        expect(unit).toBeLessThanOrEqual(free.unit + 1)
        free = { unit, at: at + size }
      }
    }
  })
})

describe('Layout blocks', () => {
  it('shows the registers of a charger in its block, and no unit of its own', async () => {
    const { building, ask, client } = await open('blocks')
    building.bring()
    building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    expect(await ask('03 0000 0001')).toBe('830a')
    // Status of connector 1 stands at 115 of its own map.
    expect(await client.ask(240, `03 ${u16(BLOCK + 115)} 0001`)).toBe('03020002')
    expect(await client.ask(240, `02 ${u16(BLOCK + 100)} 0002`)).toBe('020103')
  })

  it('takes writes there', async () => {
    const { building, client } = await open('blocks')
    const limit = u16(BLOCK + 100)
    expect(await client.ask(240, `06 ${limit} 00A0`)).toBe(compact(`06 ${limit} 00A0`))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(16)
    expect(await client.ask(240, `03 ${limit} 0001`)).toBe('030200a0')
    const coil = u16(BLOCK + 104)
    expect(await client.ask(240, `05 ${coil} 0000`)).toBe(compact(`05 ${coil} 0000`))
    expect(building.find('smartCharging.enable', 1).value).toBe(false)
  })

  it('reads a whole block, gaps and all, and refuses those of nobody', async () => {
    const { client } = await open('blocks')
    expect(await client.ask(240, `03 ${u16(BLOCK)} 007D`)).toMatch(/^03fa/)
    expect(await client.ask(240, `03 ${u16(BLOCK + 299)} 0001`)).toBe('03020000')
    expect(await client.ask(240, `03 ${u16(BLOCK + 300)} 0001`)).toBe('8302')
    expect(await client.ask(240, `03 ${u16(BLOCK - 1)} 0001`)).toBe('8302')
    expect(await client.ask(240, `03 ${u16(BLOCK + 299)} 0002`)).toBe('8302')
    expect(await client.ask(240, '06 012B 0001')).toBe('8602')
    expect(await client.ask(241, '03 0000 0001')).toBe('830a')
  })

  it('has the bridge in block 0, and in units 0 and 255', async () => {
    const { client } = await open('blocks')
    for (const unit of [240, 0, 255]) expect(await client.ask(unit, '04 0000 0001'), `${unit}`).toBe('04020001')
    const answer = Buffer.from(await client.ask(240, '2b0e0400'), 'hex').toString('latin1')
    expect(answer).toContain('ocpp-bms-bridge')
    expect((await client.ask(240, '11')).slice(4, 8)).toBe('03ff')
  })

  it('has texts and keys in blocks of their own where it is asked for them, and nowhere otherwise', async () => {
    const { building, client } = await open('blocks')
    building.bring()
    const vendor = Buffer.from('ACME'.padEnd(20, '\0')).toString('hex')
    // Number 7 in blocks of 1500.
    expect(await client.ask(230, `03 ${u16(7 * 1500)} 000A`)).toBe(`0314${vendor}`)
    expect(await client.ask(230, `06 ${u16(7 * 1500 + 100)} 003C`)).toBe(compact(`06 ${u16(7 * 1500 + 100)} 003C`))
    const without = await open('blocks', {})
    expect(await without.client.ask(230, `03 ${u16(7 * 1500)} 000A`)).toBe('830a')
  })

  it('shows of a charger that turns out larger what fits its block, and logs the rest', async () => {
    const { building, client } = await open('blocks', { size: 200 })
    expect(building.log.count('warn', 'do not fit its block')).toBe(1)
    // Connector 1 is there; number 8 would begin where connector 2 of number 7 did.
    expect(await client.ask(240, `03 ${u16(7 * 200 + 100)} 0001`)).toBe('0302ffff')
    expect(await client.ask(240, `03 ${u16(8 * 200)} 0001`)).toBe('8302')
  })

  it('forgets a charger that left, and no other', async () => {
    const { building, client } = await open('blocks')
    const device = { charger: building.charger, name: 'Tower.Bay 02', number: 8, addresses: { modbus: 8 } }
    building.server.attach(device, building.points)
    const [seventh, eighth] = [u16(BLOCK + 100), u16(BLOCK + 400)]
    expect(await client.ask(240, `03 ${eighth} 0001`)).toBe('0302ffff')
    building.server.detach(device)
    expect(await client.ask(240, `03 ${eighth} 0001`)).toBe('8302')
    expect(await client.ask(240, `03 ${seventh} 0001`)).toBe('0302ffff')
    await client.ask(240, `06 ${seventh} 0050`)
    expect(await client.ask(240, `03 ${seventh} 0001`)).toBe('03020050')
  })

  it('gives a block that was left to whoever has that number, without what stood there', async () => {
    const { building, client } = await open('blocks')
    const { charger, points, server } = building
    const device = { charger, name: 'Tower.Bay 02', number: 8, addresses: { modbus: 8 } }
    const limits = points.filter(({ definition }) => definition.name === 'limit')
    const all = async () => [
      await client.ask(240, `03 ${u16(BLOCK + 300)} 007D`),
      await client.ask(240, `03 ${u16(BLOCK + 425)} 007D`),
      await client.ask(240, `01 ${u16(BLOCK + 300)} 012C`),
    ]
    server.attach(device, points)
    const fresh = await all()
    for (let round = 0; round < 3; round += 1) {
      server.detach(device, limits)
      const [without] = await all()
      expect(without).not.toBe(fresh[0])
      expect(await client.ask(240, `06 ${u16(BLOCK + 400)} 00A0`)).toBe('8602')
      server.attach(device, limits)
      expect(await all()).toEqual(fresh)
      server.detach(device)
      expect(await client.ask(240, `03 ${u16(BLOCK + 300)} 0001`)).toBe('8302')
      server.attach(device, points)
      expect(await all()).toEqual(fresh)
    }
    building.bring()
    building.fleet.event(charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    for (const block of [BLOCK, BLOCK + 300])
      expect(await client.ask(240, `03 ${u16(block + 115)} 0001`)).toBe('03020002')
  })
})

describe('Both layouts at once', () => {
  it('show the same point at two places, with one priority slot', async () => {
    const { building, ask, client } = await open('both')
    const limit = u16(BLOCK + 100)
    await ask('06 0064 00A0')
    expect(await client.ask(240, `03 ${limit} 0001`)).toBe('030200a0')
    await client.ask(240, `06 ${limit} FFFF`)
    expect(await ask('03 0064 0001')).toBe('0302ffff')
    expect(building.downlink.slots(building.find('limit', 1))?.every((slot) => slot === null)).toBe(true)
    building.bring()
    building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    expect(await ask('03 0073 0001')).toBe('03020002')
    expect(await client.ask(240, `03 ${u16(BLOCK + 115)} 0001`)).toBe('03020002')
  })

  it('run an action once, whichever place it is written at', async () => {
    const { building, ask, client } = await open('both')
    const link = building.bring()
    link.take()
    await ask('06 000A 0001')
    await client.ask(240, `06 ${u16(BLOCK + 10)} 0001`)
    expect(link.take().filter(({ kind }) => kind === 'reset')).toHaveLength(1)
  })
})

describe('What points says of places', () => {
  const { charger, points } = makePoints()
  const device = { charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
  const limit = points.find(({ definition, connector }) => definition.name === 'limit' && connector === 1)!
  const vendor = points.find(({ definition }) => definition.name === 'vendor')!
  const told = (settings: object, point = limit, of = device) =>
    modbus.describe(modbus.config.parse(settings), of, point)

  it('with blocks is the place in the unit of blocks', () => {
    expect(told({ layout: 'blocks' })).toMatchObject({ unit: 240, address: 2200, number: 402_201, table: 'holding' })
    expect(told({ layout: 'blocks' })).not.toHaveProperty('blocks')
  })

  it('with both is that of its own unit, and the other under blocks', () => {
    expect(told({ layout: 'both' })).toMatchObject({
      unit: 7,
      address: 100,
      number: 400_101,
      blocks: { unit: 240, address: 2200, number: 402_201 },
    })
    expect(told({ layout: 'units' })).not.toHaveProperty('blocks')
  })

  it('of a charger beyond the units is its block alone', () => {
    const far = { ...device, number: 300, addresses: { modbus: 300 } }
    expect(told({ layout: 'both' }, limit, far)).toMatchObject({ unit: 241, address: 82 * 300 + 100 })
    expect(told({ layout: 'both' }, limit, far)).not.toHaveProperty('blocks')
  })

  it('of a text without blocks of texts is that of its own unit, or nothing', () => {
    expect(told({ layout: 'both' }, vendor)).toMatchObject({ unit: 7, address: 10_000 })
    expect(told({ layout: 'both' }, vendor)).not.toHaveProperty('blocks')
    expect(told({ layout: 'blocks' }, vendor)).toBeUndefined()
    expect(told({ layout: 'blocks', blocks: texts }, vendor)).toMatchObject({ unit: 230, address: 10_500 })
  })
})

describe('What check finds of layouts', () => {
  const { charger, points, bridge } = makePoints()
  const site = (numbers: readonly number[]) => [
    { device: { charger: undefined, name: 'Tower', number: 0, addresses: { modbus: 0 } }, points: bridge },
    ...numbers.map((number) => ({
      device: { charger, name: `Tower.Bay ${number}`, number, addresses: { modbus: number } },
      points,
    })),
  ]
  const check = (settings: object, numbers: readonly number[] = [1, 7]): readonly Finding[] =>
    modbus.check(modbus.config.parse(settings), site(numbers))

  it('is nothing where all fits', () => {
    expect(check({ layout: 'units' })).toEqual([])
    for (const layout of ['blocks', 'both']) expect(check({ layout, blocks: texts }), layout).toEqual([])
  })

  it('is, as a warning, blocks that are described while the layout has none', () => {
    expect(check({ blocks: { size: 400 } })).toMatchObject([
      { code: 'no-effect', key: ['modbus', 'blocks'], warning: true },
    ])
    expect(check({ blocks: texts })).toMatchObject([{ code: 'no-effect', warning: true }])
    expect(check({ blocks: { unit: 240, size: 300, first: 0 } })).toEqual([])
  })

  it('is a block too small for what is mapped, and the size that fits', () => {
    const [found, ...more] = check({ layout: 'blocks', blocks: { size: 200 } })
    expect(more).toEqual([])
    expect(found).toMatchObject({ code: 'modbus-range', key: ['modbus', 'blocks', 'size'] })
    const size = Number(/(\d+) fit all/.exec(found?.message ?? '')?.[1])
    expect(check({ layout: 'blocks', blocks: { size } })).toEqual([])
    expect(check({ layout: 'blocks', blocks: { size: size - 1 } })).not.toEqual([])
    const [text] = check({ layout: 'blocks', blocks: { texts: { unit: 230, size: 500 } } })
    expect(text).toMatchObject({ code: 'modbus-range', key: ['modbus', 'blocks', 'texts', 'size'] })
  })

  it("is a unit of blocks that is a charger's as well, or beyond 247", () => {
    expect(check({ layout: 'both', blocks: { unit: 7 } })).toMatchObject([
      { code: 'modbus-unit', key: ['modbus', 'blocks', 'unit'] },
    ])
    expect(check({ layout: 'blocks', blocks: { unit: 7 } })).toEqual([])
    expect(check({ layout: 'blocks' }, [1743])).toEqual([])
    expect(check({ layout: 'blocks' }, [1744, 1745])).toMatchObject([
      { code: 'modbus-unit', key: ['modbus', 'blocks', 'unit'] },
    ])
    expect(check({ layout: 'blocks', blocks: { unit: 239, texts: { unit: 239 } } })).toMatchObject([
      { code: 'modbus-unit' },
    ])
  })

  it("is a bridge whose further unit is a charger's, or one of blocks", () => {
    expect(check({ unit: 7 })).toMatchObject([{ code: 'modbus-unit', key: ['modbus', 'unit'] }])
    expect(check({ unit: 100 })).toEqual([])
    expect(check({ unit: 7, layout: 'blocks' })).toEqual([])
    expect(check({ unit: 240, layout: 'blocks' })).toMatchObject([
      { code: 'modbus-unit', key: ['modbus', 'blocks', 'unit'] },
    ])
  })

  it('is, as a warning, a unit of its own that nobody will see', () => {
    const [own] = site([7]).slice(1)
    const listing = { ...own!, device: { ...own!.device, addresses: { modbus: 40 } } }
    const found = (layout: string) => modbus.check(modbus.config.parse({ layout }), [listing])
    expect(found('blocks')).toMatchObject([{ code: 'modbus-unit', warning: true }])
    expect(found('both')).toEqual([])
  })

  it('is, as a warning, a charger beyond the units where both are wanted', () => {
    expect(check({ layout: 'both' }, [300])).toMatchObject([{ code: 'modbus-unit', warning: true }])
    expect(check({ layout: 'blocks' }, [300])).toEqual([])
  })

  it('is nothing of a number: with blocks they do not end at 247', () => {
    const of = (layout: string, number: number) => modbus.assign(modbus.config.parse({ layout }), number, undefined)
    expect(of('units', 248)).toBeUndefined()
    expect(of('blocks', 248)).toBe(248)
    expect(of('both', 248)).toBe(248)
  })
})
