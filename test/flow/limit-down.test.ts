import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { routed, site } from '../support/site.ts'

/** WriteProperty of analog-output 101 (the limit of connector 1), Present_Value, at priority 8. */
const writeLimit = (amps: number, invoke = '01') => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(amps)
  return routed(4001, `00 05 ${invoke} 0f 0c 00400065 19 55 3e 44${bytes.toString('hex')} 3f 49 08`)
}
const RELEASE = routed(4001, '00 05 09 0f 0c 00400065 19 55 3e 00 3f 49 08')
const SIMPLE_ACK = /20 ?010f$/

interface Profile {
  readonly connectorId: number
  readonly csChargingProfiles: {
    readonly chargingProfilePurpose: string
    readonly transactionId?: number
    readonly chargingSchedule: {
      readonly chargingRateUnit: string
      readonly startSchedule: string
      readonly chargingSchedulePeriod: { readonly limit: number }[]
    }
  }
}

function profiles(calls: readonly Record<string, unknown>[]) {
  return (calls as unknown as Profile[]).map(({ connectorId, csChargingProfiles: profile }) => ({
    connectorId,
    purpose: profile.chargingProfilePurpose,
    unit: profile.chargingSchedule.chargingRateUnit,
    limit: profile.chargingSchedule.chargingSchedulePeriod[0]?.limit,
    transactionId: profile.transactionId,
  }))
}

const TX_DEFAULT = { connectorId: 1, purpose: 'TxDefaultProfile', unit: 'A', limit: 16, transactionId: undefined }

describe('a limit', () => {
  it('written over BACnet is a charging profile on the socket in the same run, and comes back as applied', async () => {
    const { charger, bacnet, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    expect(bacnet(writeLimit(16))[0]).toMatch(SIMPLE_ACK)
    expect(modbus(1, '04 007e 0001')).toBe('0402ffff')
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
    // limit.applied of connector 1: 16.0 A in steps of 0.1.
    expect(modbus(1, '04 007e 0001')).toBe('040200a0')
    expect(bacnet(RELEASE)[0]).toMatch(/20090f$/)
    expect(own.answer('ClearChargingProfile')).toEqual([{ id: 200_012 }, { id: 200_011 }])
  })

  it('written to a register does the same', async () => {
    const { charger, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    expect(modbus(1, '06 0064 00a0')).toBe('06006400a0')
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
    expect(modbus(1, '03 0064 0001')).toBe('030200a0')
    expect(modbus(1, '06 0064 ffff')).toBe('060064ffff')
    expect(own.answer('ClearChargingProfile')).toHaveLength(2)
    expect(modbus(1, '03 0064 0001')).toBe('0302ffff')
  })

  it('written while the charger is away is held, and is the first thing that it is told on its return', async () => {
    const { charger, bacnet, modbus } = await site()
    expect(bacnet(writeLimit(16))[0]).toMatch(SIMPLE_ACK)
    // Nothing is claimed of a charger that was never told.
    expect(modbus(1, '04 007e 0001')).toBe('0402ffff')
    const own = charger('CP-1')
    own.boot()
    expect(own.sent[0]?.[2]).toBe('SetChargingProfile')
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
    expect(modbus(1, '04 007e 0001')).toBe('040200a0')
  })

  it('binds a transaction that begins, after the start was answered', async () => {
    const { charger, bacnet } = await site()
    const own = charger('CP-1')
    own.boot()
    bacnet(writeLimit(16))
    own.answer('')
    const { transactionId } = own.call('StartTransaction', {
      connectorId: 1,
      idTag: 'A',
      meterStart: 0,
      timestamp: '2026-01-01T00:00:00Z',
    })
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([
      { ...TX_DEFAULT, purpose: 'TxProfile', transactionId },
      TX_DEFAULT,
    ])
  })

  it('is applied again after a reboot and after the link broke', async () => {
    const { charger, bacnet } = await site()
    let own = charger('CP-1')
    own.boot()
    bacnet(writeLimit(16))
    own.answer('')
    own.boot()
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
    own.lose()
    own = charger('CP-1')
    own.boot()
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
  })

  it('is applied to a charger that comes back without a boot', async () => {
    const { charger, bacnet, clock } = await site()
    bacnet(writeLimit(16))
    const own = charger('CP-1')
    own.call('Heartbeat', {})
    expect(own.sent).toEqual([])
    clock.advance(10_000)
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
  })

  it('is applied by a bridge that was started anew', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = await site({ clock, store })
    first.bacnet(writeLimit(16))
    const second = await site({ clock, store })
    // The priority array is as it was: slot 8 holds 16.
    expect(second.bacnet(routed(4001, '00 05 02 0c 0c 00400065 19 57 29 08'))[0]).toContain('3e44418000003f')
    const own = second.charger('CP-1')
    own.boot()
    expect(profiles(own.answer('SetChargingProfile'))).toEqual([TX_DEFAULT])
  })
})

describe('other writes', () => {
  it('availability becomes ChangeAvailability over both protocols', async () => {
    const { charger, bacnet, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    // Binary-output 101, inactive.
    bacnet(routed(4001, '00 05 01 0f 0c 01000065 19 55 3e 91 00 3f 49 08'))
    expect(own.answer('ChangeAvailability')).toEqual([{ connectorId: 1, type: 'Inoperative' }])
    bacnet(routed(4001, '00 05 02 0f 0c 01000065 19 55 3e 00 3f 49 08'))
    expect(own.answer('ChangeAvailability')).toEqual([{ connectorId: 1, type: 'Operative' }])
    expect(modbus(1, '06 0065 0000')).toBe('0600650000')
    expect(own.answer('ChangeAvailability')).toEqual([{ connectorId: 1, type: 'Inoperative' }])
  })

  it('a configuration key becomes ChangeConfiguration and is read back', async () => {
    const { charger, bacnet, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    // Positive-integer-value 31 of the charge point: MeterValueSampleInterval.
    expect(bacnet(routed(4001, '00 05 01 0f 0c 0c00001f 19 55 3e 21 1e 3f'))[0]).toMatch(SIMPLE_ACK)
    expect(own.sent[0]).toMatchObject([
      2,
      expect.any(String),
      'ChangeConfiguration',
      { key: 'MeterValueSampleInterval', value: '30' },
    ])
    own.answer('ChangeConfiguration')
    own.boot()
    const frame = own.sent.find(([, , action]) => action === 'GetConfiguration')
    expect(frame).toBeDefined()
    expect(modbus(1, '10 27ce 0002 04 0000003c')).toBe('1027ce0002')
    expect(own.answer('ChangeConfiguration')).toEqual([{ key: 'MeterValueSampleInterval', value: '60' }])
  })

  it('actions work from both protocols, and are refused while the charger is away', async () => {
    const { charger, bacnet, modbus } = await site()
    // Multi-state-value 1 of the charge point: reset; 2 is soft. Error device / service-request-denied.
    const reset = routed(4001, '00 05 01 0f 0c 04c00001 19 55 3e 21 02 3f')
    expect(bacnet(reset)[0]).toMatch(/50010f9100911d$/)
    expect(modbus(1, '06 0002 0001')).toBe('860b')
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    expect(bacnet(reset)[0]).toMatch(SIMPLE_ACK)
    expect(own.answer('Reset')).toEqual([{ type: 'Soft' }])
    expect(modbus(1, '06 0002 0002')).toBe('0600020002')
    expect(own.answer('Reset')).toEqual([{ type: 'Hard' }])
  })

  it('from an address that may not write are refused, and change nothing', async () => {
    const { charger, bacnet, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    expect(bacnet(writeLimit(16), { address: '192.0.2.1', port: 47808 })[0]).toMatch(/50010f91029128$/)
    expect(modbus(1, '06 0064 00a0', '192.0.2.1')).toBe('8601')
    expect(own.sent).toEqual([])
  })
})
