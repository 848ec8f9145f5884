import { describe, expect, it } from 'vitest'
import { destinationsOf, recipients } from '../../../../src/northbound/bacnet/recipients.ts'

const mac = (...octets: number[]) => Uint8Array.from(octets)
const one = (recipient: object) => destinationsOf(recipients.parse([recipient]), 'limits')

describe('a recipient of the config', () => {
  it.each<[object, object]>([
    [{ device: 1000 }, { kind: 'device', instance: 1000 }],
    [{ address: '10.1.0.9' }, { kind: 'address', network: 0, mac: mac(10, 1, 0, 9, 0xba, 0xc0) }],
    [{ address: '10.1.0.9:1' }, { kind: 'address', network: 0, mac: mac(10, 1, 0, 9, 0, 1) }],
    [
      { network: 5, mac: '0A' },
      { kind: 'address', network: 5, mac: mac(10) },
    ],
    [{ network: 65_535 }, { kind: 'address', network: 65_535, mac: mac() }],
  ])('%j is told of everything, at any time, and has to acknowledge', (settings, recipient) => {
    expect(one(settings)).toEqual([
      {
        validDays: [true, true, true, true, true, true, true],
        fromTime: [0, 0, 0, 0],
        toTime: [23, 59, 59, 99],
        recipient,
        process: 0,
        confirmed: true,
        transitions: [true, true, true],
      },
    ])
  })

  it('is told only of its classes, transitions, days and times', () => {
    const settings = recipients.parse([
      { device: 1, classes: ['charger'] },
      {
        device: 2,
        transitions: ['to-normal'],
        days: ['sat', 'sun'],
        from: '07:30',
        to: '18:00',
        process: 9,
        confirmed: false,
      },
    ])
    expect(destinationsOf(settings, 'charger')).toHaveLength(2)
    expect(destinationsOf(settings, 'limits')).toEqual([
      {
        validDays: [false, false, false, false, false, true, true],
        fromTime: [7, 30, 0, 0],
        toTime: [18, 0, 0, 0],
        recipient: { kind: 'device', instance: 2 },
        process: 9,
        confirmed: false,
        transitions: [false, false, true],
      },
    ])
  })

  it.each([
    [{}],
    [{ device: 1, address: '10.0.0.1' }],
    [{ device: 1, network: 5, mac: '0a' }],
    [{ network: 5 }],
    [{ mac: '0a' }],
    [{ network: 0, mac: '0a' }],
    [{ network: 65_535, mac: '0a' }],
    [{ network: 65_536 }],
    [{ network: 5, mac: '0' }],
    [{ network: 5, mac: '0102030405060708' }],
    [{ device: 4_194_303 }],
    [{ device: -1 }],
    [{ address: '10.0.0' }],
    [{ address: '10.0.0.256' }],
    [{ address: '10.0.0.1:0' }],
    [{ address: '10.0.0.1:65536' }],
    [{ address: 'bms.example' }],
    [{ address: '0.0.0.0' }],
    [{ address: '239.1.1.1' }],
    [{ address: '255.255.255.255' }],
    [{ device: 1, process: 0x1_0000_0000 }],
    [{ device: 1, classes: [] }],
    [{ device: 1, days: ['monday'] }],
    [{ device: 1, from: '24:01' }],
    [{ device: 1, from: '7:30' }],
    [{ device: 1, from: '12:60' }],
    [{ device: 1, from: '12:01', to: '12:00' }],
    [{ device: 1, priority: 3 }],
  ])('%j is none', (settings) => {
    expect(recipients.safeParse([settings]).success).toBe(false)
  })

  it('is one of 32 at the most', () => {
    const many = (count: number) =>
      recipients.safeParse(Array.from({ length: count }, (_, n) => ({ device: n }))).success
    expect([many(32), many(33)]).toEqual([true, false])
  })
})
