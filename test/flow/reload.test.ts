import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Difference } from '../../src/difference.ts'
import { CONFIG, local, routed, site } from '../support/site.ts'

const BAY_3 = '  - { id: CP-3, name: Bay 03, connectors: 1, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }\n'
const without2 = CONFIG.replace(/ {2}- \{ id: CP-2.*\n/, '')

/** ReadProperty of a device's own name: somebody answers, or nobody. */
const deviceName = (instance: number) =>
  routed(instance, `00 05 01 0c 0c ${(8 * 0x40_0000 + instance).toString(16).padStart(8, '0')} 19 4d`)
/** SubscribeCOV, unconfirmed, for ever, of analog-input 101 (power of connector 1). */
const subscribePower = (instance: number) => routed(instance, '00 05 02 05 09 07 1c 00000065 29 00')
const writeLimit = routed(4001, '00 05 01 0f 0c 00400065 19 55 3e 44 41800000 3f 49 08')
const power = (watts: number) => ({
  connectorId: 1,
  meterValue: [
    {
      timestamp: '2026-01-01T00:00:00Z',
      sampledValue: [{ value: String(watts), measurand: 'Power.Active.Import', unit: 'W' }],
    },
  ],
})
const ids = (news: Difference | readonly string[]) => {
  if (!('added' in news)) throw new Error(news.join('\n'))
  const of = (list: Difference['added']) => list.map(({ settings }) => settings.id)
  return { added: of(news.added), removed: of(news.removed), changed: of(news.changed) }
}

describe('a charger that the config gets while the bridge runs', () => {
  it('appears on BACnet and Modbus, and the others notice nothing', async () => {
    const { bacnet, charger, clock, datagrams, edit, modbus } = await site()
    const other = charger('CP-1')
    other.boot()
    other.answer('')
    bacnet(writeLimit)
    other.answer('SetChargingProfile')
    bacnet(subscribePower(4001))
    clock.advance(1)
    expect(modbus(3, '03 0064 0001')).toBe('830a')
    datagrams.splice(0)
    expect(ids(edit(CONFIG + BAY_3))).toEqual({ added: ['CP-3'], removed: [], changed: [] })
    // Whether that instance is somebody's, and its I-Am, to everybody.
    clock.advance(3_000)
    expect(datagrams.splice(0).map(({ to }) => to)).toEqual(['broadcast', 'broadcast'])
    expect(modbus(3, '03 0064 0001')).toBe('0302ffff')
    expect(bacnet(deviceName(4003))).toHaveLength(1)
    expect(other.closed).toBeUndefined()
    expect(other.sent).toEqual([])
    expect(modbus(1, '04 007e 0001')).toBe('040200a0')
    other.call('MeterValues', power(5000))
    clock.advance(10)
    expect(datagrams.filter(({ to }) => to.startsWith('127.0.0.9'))).toHaveLength(1)
    // Bridge: chargers configured.
    expect(modbus(0, '04 000c 0001')).toBe('04020003')
  })

  it('is let in as its entry says when it was inside as a guest', async () => {
    const { charger, edit, gateway, modbus } = await site()
    const guest = charger('cp-3')
    expect(guest.call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' }).status).toBe('Pending')
    expect(gateway.fleet.visitors).toMatchObject([{ identifier: 'cp-3', reason: 'unknown', identity: { model: 'M1' } }])
    edit(CONFIG + BAY_3)
    expect(guest.closed).toContain('in the config now')
    expect(gateway.fleet.visitors).toEqual([])
    const own = charger('CP-3')
    expect(own.call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' }).status).toBe('Accepted')
    expect(modbus(3, '02 0000 0001')).toBe('020101')
  })
})

describe('a charger that leaves the config while the bridge runs', () => {
  it('is gone from BACnet and Modbus with its subscriptions, its socket closes, and it comes back as a guest', async () => {
    const { bacnet, charger, clock, datagrams, edit, gateway, modbus } = await site()
    const own = charger('CP-2')
    own.boot()
    own.answer('')
    bacnet(subscribePower(4002))
    clock.advance(10)
    datagrams.splice(0)
    expect(ids(edit(without2))).toEqual({ added: [], removed: ['CP-2'], changed: [] })
    expect(own.closed).toContain('no longer in the config')
    expect(modbus(2, '03 0064 0001')).toBe('830a')
    expect(bacnet(deviceName(4002))).toEqual([])
    expect(bacnet(local('10 08 0a 0fa2 1a 0fa2'))).toEqual([])
    clock.advance(60_000)
    expect(datagrams).toEqual([])
    expect(modbus(0, '04 000a 0004')).toBe('04080000000000010000')
    const guest = charger('CP-2')
    guest.call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' })
    guest.call('MeterValues', power(5000))
    clock.advance(10_000)
    expect(modbus(0, '04 000a 0004')).toBe('04080000000000010000')
    expect(gateway.fleet.visitors).toMatchObject([{ identifier: 'CP-2', reason: 'unknown' }])
  })

  it('has its number, its limit and its energy again when it returns', async () => {
    const { bacnet, edit, modbus, clock } = await site()
    const write = writeLimit.replace('000fa1', '000fa2').replaceAll(' ', '')
    expect(bacnet(write)).toHaveLength(1)
    edit(without2)
    clock.advance(1_000)
    edit(`${without2}${BAY_3}`)
    expect(modbus(3, '03 0064 0001')).toBe('0302ffff')
    edit(CONFIG)
    expect(bacnet(routed(4002, '00 05 02 0c 0c 00400065 19 57 29 08')).at(-1)).toContain('3e44418000003f')
    expect(bacnet(deviceName(4003))).toEqual([])
  })
})

describe('a charger whose entry changes while the bridge runs', () => {
  it('has its new name and rating at once, and keeps its socket, its limit and its subscriptions', async () => {
    const { bacnet, charger, clock, datagrams, edit, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    bacnet(writeLimit)
    own.answer('SetChargingProfile')
    bacnet(subscribePower(4001))
    clock.advance(10)
    datagrams.splice(0)
    const news = edit(CONFIG.replace('Bay 01', 'Bay One').replace('maxCurrent: 32', 'maxCurrent: 10'))
    expect(ids(news)).toEqual({ added: [], removed: [], changed: ['CP-1'] })
    expect(own.closed).toBeUndefined()
    expect(bacnet(deviceName(4001)).at(-1)).toContain(Buffer.from('Site.Bay One').toString('hex'))
    expect(bacnet(routed(4001, '00 05 02 0c 0c 00400065 19 57 29 08'))[0]).toContain('3e44418000003f')
    // The lower rating binds, whatever the building asked for, as soon as another decrease may follow the last.
    clock.advance(5_000)
    expect(JSON.stringify(own.answer('SetChargingProfile'))).toContain('"limit":10')
    expect(modbus(1, '04 007e 0001')).toBe('04020064')
    own.call('MeterValues', power(5000))
    clock.advance(10)
    expect(datagrams).toHaveLength(1)
  })

  it('moves to its new addresses, also where two change places', async () => {
    const places = CONFIG.replace(
      'connectors: 2',
      'connectors: 2, modbus: { unit: 2 }, bacnet: { instance: 4002 }',
    ).replace('connectors: 1', 'connectors: 1, modbus: { unit: 1 }, bacnet: { instance: 4001 }')
    const { bacnet, charger, edit, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    own.call('MeterValues', power(5000))
    expect(ids(edit(places)).changed).toEqual(['CP-1', 'CP-2'])
    expect(own.closed).toBeUndefined()
    expect(bacnet(deviceName(4001)).at(-1)).toContain(Buffer.from('Site.Bay 02').toString('hex'))
    expect(bacnet(deviceName(4002))[0]).toContain(Buffer.from('Site.Bay 01').toString('hex'))
    // Power of connector 1 as float32: 5 kW.
    expect(modbus(2, '04 006e 0002')).toBe('040440a00000')
    expect(modbus(1, '02 0000 0001')).toBe('020100')
  })

  it('has more or fewer connectors', async () => {
    const { edit, modbus } = await site()
    expect(modbus(2, '03 00c8 0001')).toBe('8302')
    edit(CONFIG.replace('connectors: 1', 'connectors: 2'))
    expect(modbus(2, '03 00c8 0001')).toBe('0302ffff')
    edit(CONFIG)
    expect(modbus(2, '03 00c8 0001')).toBe('8302')
    expect(modbus(2, '03 0064 0001')).toBe('0302ffff')
  })

  it.each([
    ['password', 'password: secret'],
    ['registration', 'registration: rejected'],
  ])('has to come in anew when its %s is another', async (_key, text) => {
    const { charger, edit } = await site()
    const [own, other] = [charger('CP-1'), charger('CP-2')]
    own.boot()
    other.boot()
    edit(CONFIG.replace('name: Bay 01', `name: Bay 01, ${text}`))
    expect(own.closed).toBeDefined()
    expect(other.closed).toBeUndefined()
  })
})

describe('a mapping that changes while the bridge runs', () => {
  it('changes the points of its chargers alone, and of those only what it says anew', async () => {
    const config = CONFIG.replace('name: Bay 01', 'name: Bay 01, mapping: own')
    const { bacnet, charger, clock, datagrams, edit, folder, modbus } = await site()
    const mapping = (rows: string) => {
      mkdirSync(join(folder, 'mappings'), { recursive: true })
      writeFileSync(join(folder, 'mappings/own.yaml'), `mapping: own\nextends: standard\nconnector:\n${rows}`)
    }
    const voltage = (address: number) =>
      `  - { point: meter.Power.Offered, unit: kW, bacnet: { object: analog-input, instance: 60, name: Offered }, modbus: { table: input, address: ${address}, type: float32 } }\n`
    mapping(voltage(60))
    expect(ids(edit(config)).changed).toEqual(['CP-1'])
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    bacnet(writeLimit)
    own.answer('SetChargingProfile')
    bacnet(subscribePower(4001))
    bacnet(routed(4001, '00 05 03 05 09 08 1c 000000a0 29 00'))
    clock.advance(10)
    datagrams.splice(0)
    expect(modbus(1, '04 00a0 0002')).toBe('04047fc00000')
    mapping(voltage(62))
    expect(ids(edit(config)).changed).toEqual(['CP-1'])
    expect(own.closed).toBeUndefined()
    expect(own.sent).toEqual([])
    expect(modbus(1, '04 00a2 0002')).toBe('04047fc00000')
    expect(modbus(1, '04 00a0 0002')).toBe('040400000000')
    expect(bacnet(routed(4001, '00 05 02 0c 0c 00400065 19 57 29 08'))[0]).toContain('3e44418000003f')
    own.call('MeterValues', power(5000))
    clock.advance(10)
    // The subscription of the point that stayed is the one that is left.
    expect(datagrams).toHaveLength(1)
    expect(ids(edit(config)).changed).toEqual([])
  })

  it('counts a limit in the unit that it says now', async () => {
    const { bacnet, charger, edit } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    bacnet(writeLimit)
    own.answer('SetChargingProfile')
    expect(ids(edit(CONFIG.replace('name: Bay 01', 'name: Bay 01, mapping: standard-dc'))).changed).toEqual(['CP-1'])
    // 16 A on three phases of 230 V.
    const watts = Buffer.alloc(4)
    watts.writeFloatBE(11.04)
    expect(bacnet(routed(4001, '00 05 02 0c 0c 00400065 19 57 29 08'))[0]).toContain(`3e44${watts.toString('hex')}3f`)
    expect(JSON.stringify(own.answer('SetChargingProfile'))).toContain('"limit":16')
  })
})

describe('the bridge’s own points', () => {
  it('change with their mapping, and those that stay keep their subscriptions', async () => {
    const { bacnet, clock, datagrams, edit, folder, modbus } = await site()
    // Chargers configured: analog-input 1.
    bacnet(local('00 05 02 05 09 07 1c 00000001 29 00'))
    clock.advance(10)
    datagrams.splice(0)
    mkdirSync(join(folder, 'mappings'))
    writeFileSync(
      join(folder, 'mappings/bridge.yaml'),
      'mapping: bridge\nextends: bridge\nbridge:\n  - { point: totalPower, unit: W, modbus: { table: input, address: 20, type: float32 } }\n',
    )
    expect(edit(CONFIG)).toMatchObject({ bridge: true, changed: [] })
    expect(modbus(0, '04 0014 0002')).toBe('040400000000')
    expect(bacnet(local('00 05 01 0c 0c 00000005 19 55'))[0]).toMatch(/5001(0c|0C)9101911f$/)
    edit(CONFIG + BAY_3)
    clock.advance(10)
    expect(datagrams.filter(({ to }) => to.startsWith('127.0.0.9'))).toHaveLength(1)
    expect(modbus(0, '04 000c 0001')).toBe('04020003')
  })
})

describe('in the flat topology', () => {
  it('the objects of a charger come and go within the bridge’s own device', async () => {
    const { bacnet, charger, edit } = await site({ flat: true })
    // Analog-output slot × 1000 + 101: the limit of connector 1.
    const limit = (slot: number) =>
      bacnet(local(`00 05 01 0c 0c ${(0x40_0000 + slot * 1000 + 101).toString(16).padStart(8, '0')} 19 55`))[0]
    const own = charger('CP-1')
    own.boot()
    expect(limit(2)).toContain('3e44418000003f')
    edit(without2 + BAY_3)
    expect(limit(2)).toMatch(/50010c9101911f$/)
    expect(limit(3)).toContain('3e44420000003f')
    edit(CONFIG.replace('Bay 01', 'Bay One'))
    expect(limit(2)).toContain('3e44418000003f')
    expect(limit(3)).toMatch(/50010c9101911f$/)
    expect(
      bacnet(
        local('00 05 01 0c 0c 00400000 19 4d'.replace('00400000', (0x40_0000 + 1101).toString(16).padStart(8, '0'))),
      )[0],
    ).toContain(Buffer.from('Site.Bay One.1.Limit').toString('hex'))
    expect(own.closed).toBeUndefined()
  })
})

describe('other keys that change while the bridge runs', () => {
  it('are followed: who may charge, who may write, limits, guests', async () => {
    const { charger, bacnet, edit, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    const guest = charger('GUEST')
    expect(own.call('Authorize', { idTag: 'T' })).toEqual({ idTagInfo: { status: 'Accepted' } })
    const edited = CONFIG.replace(
      '"127.0.0.1:0" }',
      '"127.0.0.1:0", authorize: { mode: allExcept, deny: [t] }, guests: { registration: rejected } }',
    )
      .replace('network: 2000,', 'network: 2000, allowWrites: [10.0.0.0/8],')
      .replace('"127.0.0.1:502" }', '"127.0.0.1:502" }, allowWrites: [10.0.0.0/8]')
    expect(edit(`${edited}limits: { default: 10 }\n`)).toMatchObject({ needRestart: [], changed: [] })
    expect(own.call('Authorize', { idTag: 'T' })).toEqual({ idTagInfo: { status: 'Blocked' } })
    expect(guest.closed).toBe('guests are now rejected')
    expect(bacnet(writeLimit)[0]).toMatch(/50010f91029128$/)
    expect(modbus(1, '06 0064 00a0')).toBe('8601')
    expect(JSON.stringify(own.answer('SetChargingProfile'))).toContain('"limit":10')
    expect(own.closed).toBeUndefined()
  })

  it('are followed in files of tags, too: chargers with a list of their own learn of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tags-'))
    const tags = join(folder, 'tags.csv')
    writeFileSync(tags, 'A1\n')
    const listed = CONFIG.replace(
      '"127.0.0.1:0" }',
      `"127.0.0.1:0", authorize: { mode: noneExcept, allow: "${tags}" } }`,
    )
    const { charger, clock, edit, gateway } = await site({ config: listed })
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    expect(gateway.plan.files).toEqual([tags])
    expect(own.call('Authorize', { idTag: 'B2' })).toEqual({ idTagInfo: { status: 'Invalid' } })
    writeFileSync(tags, 'idTag;expires\nB2;2099-12-31\n')
    expect(edit(listed)).toMatchObject({ needRestart: [], settings: ['ocpp.authorize'], changed: [] })
    const idTagInfo = { status: 'Accepted', expiryDate: '2099-12-31T23:59:59.999Z' }
    expect(own.call('Authorize', { idTag: 'b2' })).toEqual({ idTagInfo })
    expect(own.call('Authorize', { idTag: 'A1' })).toEqual({ idTagInfo: { status: 'Invalid' } })
    clock.advance(1_000)
    expect(own.sent).toMatchObject([[2, expect.anything(), 'GetLocalListVersion', {}]])
    writeFileSync(tags, 'THIS-TAG-HAS-TOO-MANY-CHARACTERS\n')
    expect(edit(listed)).toContainEqual(expect.stringMatching(/tag-file .*tags\.csv line 1: idTag has more than 20/))
    rmSync(folder, { recursive: true })
  })

  it('hide at once who charges when tags are no longer shared', async () => {
    const shared = CONFIG.replace('"127.0.0.1:0" }', '"127.0.0.1:0", shareIdTags: true }').replace(
      'name: Bay 01',
      'name: Bay 01, mapping: full',
    )
    const { charger, edit, gateway } = await site({ config: shared })
    const own = charger('CP-1')
    own.boot()
    own.call('StartTransaction', { connectorId: 1, idTag: 'TAG', meterStart: 0, timestamp: '2026-01-01T00:00:00Z' })
    const tag = gateway.points.find(
      ({ definition, connector }) => definition.name === 'transaction.idTag' && connector === 1,
    )
    expect(tag?.value).toBe('TAG')
    edit(shared.replace('shareIdTags: true', 'shareIdTags: false'))
    expect(tag?.value).toMatch(/^[0-9a-f]{8}$/)
  })

  it('take up nothing at all where one of them needs a restart, or something is wrong', async () => {
    const { edit, modbus } = await site()
    const moved = CONFIG.replace('network: 2000', 'network: 2001').replace('127.0.0.1:502', '127.0.0.1:503') + BAY_3
    expect(edit(moved)).toMatchObject({ needRestart: ['bacnet.network', 'modbus.tcp'], added: [{}] })
    expect(modbus(3, '03 0064 0001')).toBe('830a')
    expect(edit(CONFIG + BAY_3.replace('CP-3', 'CP-1'))).toContainEqual(expect.stringContaining('duplicate-id'))
    expect(modbus(3, '03 0064 0001')).toBe('830a')
    expect(edit(CONFIG)).toMatchObject({ needRestart: [], added: [], changed: [] })
  })
})
