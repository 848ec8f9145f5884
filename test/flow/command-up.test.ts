import { describe, expect, it } from 'vitest'
import { CONFIG, routed, site } from '../support/site.ts'

const full = CONFIG.replace('name: Bay 01,', 'name: Bay 01, mapping: full,')

/** A site whose first charger shows everything, and the command's points as each protocol shows them. */
async function full1() {
  const all = await site({ config: full })
  const register = (address: number, words: number): Buffer =>
    Buffer.from(
      all.modbus(1, `04 ${address.toString(16).padStart(4, '0')} ${words.toString(16).padStart(4, '0')}`),
      'hex',
    ).subarray(2)
  const text = (bytes: Buffer): string => bytes.toString('latin1').replace(/\0+$/, '')
  /** Present_Value of an object of device 4001. */
  const present = (type: number, instance: number): string => {
    const object = ((type << 22) | instance).toString(16).padStart(8, '0')
    return (
      all
        .bacnet(routed(4001, `00 05 01 0c 0c ${object} 19 55`))[0]
        ?.split('19553e')[1]
        ?.slice(0, -2) ?? ''
    )
  }
  return {
    ...all,
    /** Last, state, sequence and answer: of connector 1, or of the charge point. */
    registers(connector: 0 | 1): readonly unknown[] {
      const block = register(connector * 100 + 90, 3)
      const answer = connector === 0 ? register(44, 16) : register(10_950, 50)
      return [block.readUInt16BE(0), block.readUInt16BE(2), block.readUInt16BE(4), text(answer)]
    },
    /** The same by multi-state-inputs, which count from 1, a positive-integer-value and a characterstring-value. */
    objects(connector: 0 | 1): readonly unknown[] {
      const base = connector * 100
      const number = (value: string): number => Number.parseInt(value.slice(2), 16)
      const words = Buffer.from(present(40, base + 25), 'hex')
      return [
        number(present(13, base + 7)) - 1,
        number(present(13, base + 8)) - 1,
        number(present(48, base + 7)),
        // A tag, a length of up to 253, and the character set.
        words.subarray((words[0] ?? 0) % 8 === 5 ? 3 : 2).toString('utf8'),
      ]
    },
  }
}

const [UNLOCK, RESET, CONFIGURATION, LIMIT] = [4, 5, 8, 0]
const [PENDING, ACCEPTED, REJECTED, NOT_SUPPORTED, NO_ANSWER, OFFLINE] = [1, 2, 3, 4, 5, 6]

describe('what became of a command', () => {
  it.each(['Modbus', 'BACnet'])(
    'is pending after a write by %s was taken, and then what the charger says',
    async (by) => {
      const { bacnet, charger, modbus, registers, objects } = await full1()
      const own = charger('CP-1')
      own.boot()
      own.answer('')
      expect(registers(1)).toEqual([0xffff, 0, 0, ''])
      // Multi-state-value 103 is unlock, 2 its second state.
      if (by === 'Modbus') expect(modbus(1, '06 0068 0001')).toBe('0600680001')
      else expect(bacnet(routed(4001, '00 05 01 0f 0c 04c00067 19 55 3e 21 02 3f'))[0]).toMatch(/20010f$/)
      expect(registers(1)).toEqual([UNLOCK, PENDING, 1, ''])
      expect(objects(1)).toEqual([UNLOCK, PENDING, 1, ''])
      own.answer('UnlockConnector', 'Unlocked')
      expect(registers(1)).toEqual([UNLOCK, ACCEPTED, 1, 'Unlocked'])
      expect(objects(1)).toEqual([UNLOCK, ACCEPTED, 1, 'Unlocked'])
    },
  )

  it('is told when the charger says no, or does not know how', async () => {
    const { charger, modbus, registers, objects } = await full1()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    modbus(1, '06 0068 0001')
    own.answer('UnlockConnector', 'UnlockFailed')
    expect(registers(1)).toEqual([UNLOCK, REJECTED, 1, 'UnlockFailed'])
    modbus(1, '06 0002 0001')
    const [, id] = own.sent.shift() ?? []
    own.say(JSON.stringify([4, id, 'NotSupported', 'there is no remote reset', {}]))
    // The charge point's register holds 32 characters of it.
    expect(registers(0)).toEqual([RESET, NOT_SUPPORTED, 1, 'NotSupported: there is no remote'])
    expect(objects(0)).toEqual([RESET, NOT_SUPPORTED, 1, 'NotSupported: there is no remote reset'])
  })

  it('is no answer where the charger is silent, or its socket closes', async () => {
    const { charger, clock, modbus, registers } = await full1()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    modbus(1, '06 0068 0001')
    clock.advance(11_000)
    expect(registers(1)).toEqual([UNLOCK, NO_ANSWER, 1, ''])
    modbus(1, '06 0002 0001')
    own.lose()
    expect(registers(0)).toEqual([RESET, NO_ANSWER, 1, ''])
  })

  it('is offline where the charger is away: the write is refused, and counts', async () => {
    const { bacnet, modbus, registers, objects } = await full1()
    expect(modbus(1, '06 0002 0001')).toBe('860b')
    expect(registers(0)).toEqual([RESET, OFFLINE, 1, ''])
    expect(bacnet(routed(4001, '00 05 01 0f 0c 04c00001 19 55 3e 21 02 3f'))[0]).toMatch(/50010f9100911d$/)
    expect(objects(0)).toEqual([RESET, OFFLINE, 2, ''])
  })

  it('is that of the newest of several, each of which counts', async () => {
    const { charger, modbus, registers, objects } = await full1()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    // Limit 16 A and out of use, in one request of two registers; then unlock.
    modbus(1, '10 0064 0002 04 00a0 0000')
    modbus(1, '06 0068 0001')
    expect(registers(1)).toEqual([UNLOCK, PENDING, 3, ''])
    own.answer('UnlockConnector', 'NotSupported')
    expect(registers(1)).toEqual([UNLOCK, NOT_SUPPORTED, 3, 'NotSupported'])
    expect(objects(1)).toEqual([UNLOCK, NOT_SUPPORTED, 3, 'NotSupported'])
    modbus(1, '06 0064 0064')
    expect(registers(1)).toEqual([LIMIT, PENDING, 4, ''])
    own.answer('SetChargingProfile')
  })

  it('of a configuration key stands with the charge point', async () => {
    const { charger, modbus, registers, objects } = await full1()
    const own = charger('CP-1')
    own.boot()
    own.answer('')
    // HeartbeatInterval, 60 s.
    expect(modbus(1, '10 27ea 0002 04 0000 003c')).toBe('1027ea0002')
    own.answer('ChangeConfiguration', 'RebootRequired')
    expect(registers(0)).toEqual([CONFIGURATION, ACCEPTED, 1, 'RebootRequired'])
    expect(objects(0)).toEqual([CONFIGURATION, ACCEPTED, 1, 'RebootRequired'])
  })
})
