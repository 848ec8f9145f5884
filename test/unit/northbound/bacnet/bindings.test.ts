import { describe, expect, it } from 'vitest'
import { Bindings } from '../../../../src/northbound/bacnet/services/bindings.ts'
import type { Peer } from '../../../../src/northbound/bacnet/transport/peer.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { at } from './bvlc.ts'

const HERE: Peer = at('10.0.0.7')
const BEHIND: Peer = { ...at('10.0.0.2'), remote: { network: 9, mac: Uint8Array.of(5) } }

function bindings() {
  const clock = new FakeClock()
  const asked: number[] = []
  return { asked, clock, own: new Bindings({ clock, ask: (instance) => void asked.push(instance) }) }
}

describe('where a device is', () => {
  it('is asked until it says so, then told, and known from then on', () => {
    const { asked, clock, own } = bindings()
    const told: Peer[] = []
    own.want(77, (peer) => told.push(peer))
    clock.advance(14_999)
    expect(asked).toEqual([77, 77])
    own.heard(77, BEHIND)
    expect(told).toEqual([BEHIND])
    expect(own.find(77)).toEqual(BEHIND)
    own.want(77, (peer) => told.push(peer))
    expect(told).toHaveLength(2)
    clock.advance(3_600_000)
    expect(asked).toHaveLength(2)
  })

  it('is not kept of devices that nobody asked for', () => {
    const { own } = bindings()
    for (let instance = 0; instance < 100_000; instance += 1) own.heard(instance, HERE)
    expect(own.find(77)).toBeUndefined()
  })

  it('is where it said last', () => {
    const { own } = bindings()
    own.want(77, () => {})
    own.heard(77, HERE)
    own.heard(77, BEHIND)
    expect(own.find(77)).toEqual(BEHIND)
  })

  it('is asked for anew when it does not answer there', () => {
    const { asked, clock, own } = bindings()
    own.want(77, () => {})
    own.heard(77, HERE)
    own.forget(77)
    expect(own.find(77)).toBeUndefined()
    const told: Peer[] = []
    own.want(77, (peer) => told.push(peer))
    clock.advance(200)
    own.heard(77, BEHIND)
    expect(told).toEqual([BEHIND])
    expect(asked).toEqual([77])
  })

  it('does not hold on to the datagram that told, nor to who forwarded it', () => {
    const { own } = bindings()
    const mac = Uint8Array.of(5)
    own.want(77, () => {})
    own.heard(77, { ...at('10.0.0.2'), relay: '10.0.0.1', priority: 3, remote: { network: 9, mac } })
    mac[0] = 99
    expect(own.find(77)).toEqual(BEHIND)
  })

  it('is kept for 1,024 devices, the ones that were used last', () => {
    const { own } = bindings()
    for (let instance = 0; instance < 2_000; instance += 1) {
      own.want(instance, () => {})
      own.heard(instance, HERE)
      own.find(3)
    }
    expect(own.find(3)).toEqual(HERE)
    expect(own.find(1_999)).toEqual(HERE)
    expect(own.find(4)).toBeUndefined()
  })

  it('is asked no more when the bridge stops', () => {
    const { clock, own } = bindings()
    own.want(77, () => {})
    own.stop()
    expect(clock.waiting).toBe(0)
  })
})
