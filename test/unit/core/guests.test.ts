import { describe, expect, it } from 'vitest'
import type { Knock } from '../../../src/core/ports.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, FakeLink } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const knock = (identifier: string, reason?: Knock['reason']): Knock => ({
  identifier,
  address: '192.0.2.7',
  path: `/ocpp/${identifier}`,
  subprotocols: ['ocpp1.6'],
  reason,
})

describe('the guest book', () => {
  it('has what a guest brought and said, from the first time to the last', () => {
    const { clock, fleet } = core()
    const first = clock.now()
    const guest = fleet.arrive('Wallbox-7')
    if (guest === undefined) throw new Error('turned away')
    fleet.knocked(knock('Wallbox-7'))
    fleet.connected(guest, new FakeLink())
    clock.advance(1_000)
    fleet.event(guest, { kind: 'booted', identity: { vendor: 'ACME', serialNumber: '1' } })
    clock.advance(60_000)
    fleet.event(guest, { kind: 'heard' })
    expect(fleet.visitors).toEqual([
      {
        identifier: 'Wallbox-7',
        address: '192.0.2.7',
        path: '/ocpp/Wallbox-7',
        subprotocols: ['ocpp1.6'],
        reason: 'unknown',
        firstSeen: first,
        lastSeen: first + 61_000,
        identity: { vendor: 'ACME', serialNumber: '1' },
      },
    ])
    // Another try, without a word: who it is, is still known.
    fleet.knocked(knock('WALLBOX-7', 'subprotocol'))
    expect(fleet.visitors).toMatchObject([
      { identifier: 'WALLBOX-7', reason: 'subprotocol', firstSeen: first, identity: { vendor: 'ACME' } },
    ])
  })

  it('has chargers of the config while they are turned away, and not when they are in', () => {
    const { fleet, charger } = core()
    fleet.knocked(knock('cp-1', 'wrong-password'))
    expect(fleet.visitors).toMatchObject([{ identifier: 'cp-1', reason: 'wrong-password' }])
    fleet.knocked(knock('CP-1'))
    expect(fleet.visitors).toEqual([])
    charger.registration = 'rejected'
    fleet.knocked(knock('CP-1'))
    expect(fleet.visitors).toMatchObject([{ identifier: 'CP-1', reason: 'rejected' }])
  })

  it('says of guests that they are rejected where the config rejects them', () => {
    const { fleet } = core({ settings: { guests: { registration: 'rejected', retryInterval: 1_000 } } })
    fleet.arrive('G')
    fleet.knocked(knock('G'))
    expect(fleet.visitors).toMatchObject([{ reason: 'rejected' }])
  })

  it('forgets who came longest ago, in memory as on disk, however many come', () => {
    const { clock, fleet, store } = core()
    for (let n = 0; n < 2_000; n += 1) {
      fleet.knocked(knock(`X-${n}`, 'wrong-password'))
      clock.advance(1)
    }
    clock.advance(1_000)
    for (const visitors of [fleet.visitors, store.visitors()]) {
      expect(visitors).toHaveLength(500)
      expect(visitors[0]?.identifier).toBe('X-1999')
      expect(visitors.at(-1)?.identifier).toBe('X-1500')
    }
  })

  it('outlives the bridge', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    core({ clock, store }).fleet.knocked(knock('G', 'tls'))
    store.flush()
    expect(core({ clock, store }).fleet.visitors).toMatchObject([{ identifier: 'G', reason: 'tls' }])
  })

  it('lets nobody in as what it was when it knocked, where the config has changed since', () => {
    const { charger, fleet } = core()
    const guest = fleet.arrive('G')
    fleet.add({ ...charger.settings, id: 'G', name: 'Bay G', password: 'x' })
    fleet.remove(charger)
    for (const stale of [guest, charger]) {
      const link = new FakeLink()
      if (stale !== undefined) fleet.connected(stale, link)
      expect(link.closed).toContain('come in again')
      expect(stale?.link).toBeUndefined()
    }
  })

  it('forgets that a charger was a stranger once it is in the config', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const { fleet } = core({ clock, store })
    fleet.knocked(knock('CP-9'))
    fleet.knocked(knock('CP-8', 'wrong-password'))
    fleet.add({ ...core().charger.settings, id: 'CP-9', name: 'Bay 9' })
    fleet.add({ ...core().charger.settings, id: 'CP-8', name: 'Bay 8' })
    expect(fleet.visitors.map(({ identifier }) => identifier)).toEqual(['CP-8'])
  })
})
