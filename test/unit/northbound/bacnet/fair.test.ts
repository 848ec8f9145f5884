import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { Throttle } from '../../../../src/lib/throttle.ts'
import { FairShare, SHARE, SHARE_MS } from '../../../../src/northbound/bacnet/transport/fair.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { local, stack } from './support.ts'

function share() {
  const clock = new FakeClock()
  const lines: { readonly fields: object; readonly message: string }[] = []
  const log: Log = { ...silentLog, warn: (fields: object, message: string) => void lines.push({ fields, message }) }
  const fair = new FairShare({ clock, log, throttle: new Throttle(clock) })
  /** How many of so many are looked at. */
  const admitted = (address: string, count: number): number => {
    let seen = 0
    for (let n = 0; n < count; n += 1) if (fair.admit(address)) seen += 1
    return seen
  }
  return { admitted, clock, fair, lines }
}

const FLOOD = 5 * SHARE

describe('an address that floods', () => {
  it('may send what it likes while nobody else talks', () => {
    const { admitted, clock, lines } = share()
    for (let second = 0; second < 5; second += 1) {
      expect(admitted('10.0.0.66', FLOOD)).toBe(FLOOD)
      clock.advance(1_000)
    }
    expect(lines).toEqual([])
  })

  it('has its share of 10,000 a second once another talks, and the other all of its own', () => {
    const { admitted, clock, lines } = share()
    expect(admitted('10.0.0.66', FLOOD)).toBe(FLOOD)
    expect(admitted('10.0.0.1', 50)).toBe(50)
    expect(admitted('10.0.0.66', FLOOD)).toBe(0)
    clock.advance(1_000)
    // The other talked in the last second.
    expect(admitted('10.0.0.66', FLOOD)).toBe(SHARE)
    expect(admitted('10.0.0.1', 50)).toBe(50)
    clock.advance(2_000)
    expect(admitted('10.0.0.66', FLOOD)).toBe(FLOOD)
    expect(lines).toEqual([
      {
        fields: { from: '10.0.0.66', dropped: 1 },
        message: 'bacnet: more from one address than 10000 datagrams or 600 ms of work a second: the rest is dropped',
      },
    ])
  })

  it('has its share of what a second holds of work, once another talks', () => {
    const { admitted, clock, fair } = share()
    const work = (ms: number) => {
      const seen = admitted('10.0.0.66', 1)
      if (seen === 1) fair.spent('10.0.0.66', ms)
      return seen
    }
    for (let n = 0; n < 20; n += 1) expect(work(100)).toBe(1)
    expect(admitted('10.0.0.1', 50)).toBe(50)
    expect(work(1)).toBe(0)
    clock.advance(1_000)
    expect(work(SHARE_MS)).toBe(1)
    expect(work(100)).toBe(1)
    expect(work(100)).toBe(0)
    expect(admitted('10.0.0.1', 50)).toBe(50)
  })

  it('is counted in the next line of the log, a minute later', () => {
    const { admitted, clock, lines } = share()
    admitted('10.0.0.1', 1)
    admitted('10.0.0.66', SHARE + 100)
    clock.advance(60_000)
    admitted('10.0.0.1', 1)
    admitted('10.0.0.66', SHARE + 1)
    expect(lines.map(({ fields }) => fields)).toEqual([
      { from: '10.0.0.66', dropped: 1 },
      { from: '10.0.0.66', dropped: 100 },
    ])
  })
})

describe('a flood of invented addresses', () => {
  const invented = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

  it('shares one share beyond a thousand of them, and leaves those who came before their own', () => {
    const { admitted, clock, fair } = share()
    for (let second = 0; second < 3; second += 1) {
      expect(admitted('192.168.1.5', 20)).toBe(20)
      clock.advance(1_000)
    }
    let seen = 0
    for (let n = 0; n < 200_000; n += 1) if (fair.admit(invented(n))) seen += 1
    expect(seen).toBeLessThanOrEqual(1_024 + SHARE)
    expect(admitted('192.168.1.5', 500)).toBe(500)
    // For minutes on end.
    for (let second = 1; second < 30; second += 1) {
      clock.advance(1_000)
      for (let n = 0; n < 20_000; n += 1) fair.admit(invented(second * 20_000 + n))
      expect(admitted('192.168.1.5', 500)).toBe(500)
    }
  })
})

describe('the BACnet port', () => {
  it('answers a client while another floods it, and the flood not beyond its share', async () => {
    const own = await stack()
    own.attach([])
    const flooder = { address: '127.0.0.66', port: 47808 }
    const request = local('00 05 01 0c 0c 02000fa0 19 4d')
    own.receive(request)
    for (let n = 0; n < SHARE + 500; n += 1) own.receive(request, flooder)
    own.receive(request)
    const to = own.take().map((sent) => sent.to)
    expect(to.filter((each) => each === '127.0.0.66:47808')).toHaveLength(SHARE)
    expect(to.filter((each) => each === '127.0.0.9:47808')).toHaveLength(2)
  })
})
