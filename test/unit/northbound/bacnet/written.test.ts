import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { ask, oid, type PointInit, read, type Station, stack, write } from './support.ts'
import { ACK, AI, power } from './watched.ts'

const stranger: Station = { address: '192.0.2.1', port: 47808 }

describe('what is written to BACnet alone', () => {
  const cases: readonly [
    name: string,
    own: PointInit,
    at: readonly [number, number],
    property: number,
    value: string,
  ][] = [
    ['a limit', power(), AI, 45, '4441480000'],
    ['Event_Enable', power(), AI, 35, '8205e0'],
    ['Time_Delay', power(), AI, 113, '2105'],
    ['Notify_Type', power(), AI, 72, '9101'],
    ['COV_Increment', power(), AI, 22, '443f000000'],
    ['Ack_Required', power(), [15, 1], 1, '8205e0'],
    ['Priority', power(), [15, 1], 86, '210121022103'],
    ['Recipient_List', power(), [15, 1], 102, '8201feb400000000b4173b3b630c0200004d2101118205e0'],
  ]

  it.each(cases)(
    '%s is one line in the log, and none when it is written again, refused, or wrong',
    async (_name, init, at, property, value) => {
      const lines: string[] = []
      const log: Log = { ...silentLog, info: (_fields, message) => void lines.push(message) }
      const own = await stack({}, log)
      own.attach([init])
      lines.splice(0)
      const data = `0c${oid(...at)}19${property.toString(16).padStart(2, '0')}3e${value}3f`
      expect(ask(own, 15, data, stranger)).toBe('50010f91029128')
      expect(ask(own, 15, data.replace(value, '7400616263'))).toMatch(/^50010f/)
      expect(lines).toEqual([])
      expect(ask(own, 15, data)).toBe(ACK)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(/ of Site\..*: .*, by bacnet:127\.0\.0\.9$/)
      expect(ask(own, 15, data)).toBe(ACK)
      expect(lines).toHaveLength(1)
      // What reads back is no change either, whatever digits the mapping has.
      const before = read(own, ...at, property)
      expect(write(own, at, property, before)).toBe(ACK)
      expect(lines).toHaveLength(1)
    },
  )

  it('a limit of the mapping that a REAL can’t hold is not changed by writing back what was read', async () => {
    const lines: string[] = []
    const own = await stack({}, { ...silentLog, info: (_fields, message) => void lines.push(message) })
    own.attach([power({ high: 22.08, low: 0.1, deadband: 0.3 })])
    lines.splice(0)
    for (const property of [45, 59, 25]) expect(write(own, AI, property, read(own, ...AI, property))).toBe(ACK)
    expect(lines).toEqual([])
  })

  it('an acknowledgement is one line the first time, and none when it is refused or repeated', async () => {
    const lines: string[] = []
    const own = await stack({}, { ...silentLog, info: (_fields, message) => void lines.push(message) })
    own.attach([])
    // To off-normal has to be acknowledged of the class of limits.
    write(own, [15, 1], 1, '820580')
    own.attach([power()], 30)
    lines.splice(0)
    const stamp = read(own, ...AI, 130, 1)
    const acknowledgement = (state: string) =>
      ask(own, 0, `09001c${oid(...AI)}29${state}3e${stamp}3f4b006f705e${stamp}5f`)
    expect(acknowledgement('04')).toMatch(/^500100/)
    expect(lines).toEqual([])
    expect(acknowledgement('03')).toBe('200100')
    expect(lines).toEqual(['acked-transitions of Site.analog-input 1: acknowledged by op, by bacnet:127.0.0.9'])
    expect(acknowledgement('03')).toBe('200100')
    expect(lines).toHaveLength(1)
  })

  it('a list element that is added or taken away is one line, one that was there or is not is none', async () => {
    const lines: string[] = []
    const own = await stack({}, { ...silentLog, info: (_fields, message) => void lines.push(message) })
    own.attach([])
    lines.splice(0)
    const element = '8201feb400000000b4173b3b630c0200004d2101118205e0'
    const change = (service: number) => ask(own, service, `0c${oid(15, 1)}19663e${element}3f`)
    for (const service of [8, 8, 9, 9]) change(service)
    expect(lines).toEqual([
      'recipient-list of Site.Alarms Limits: device 77, by bacnet:127.0.0.9',
      'recipient-list of Site.Alarms Limits: nobody, by bacnet:127.0.0.9',
    ])
  })
})
