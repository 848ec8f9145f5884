import { describe, expect, it } from 'vitest'
import { Authorizer, type AuthorizeSettings } from '../../../src/core/charger/authorize.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, fleetSettings } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NOW = Date.UTC(2026, 0, 1)
const later = NOW + 1

function authorizer(settings: Partial<AuthorizeSettings>) {
  return new Authorizer({ ...fleetSettings.authorize, ...settings })
}

describe('who may charge', () => {
  const lists = {
    allow: [
      { idTag: 'FRIEND', expires: later, parent: 'FLEET' },
      { idTag: 'GONE', expires: NOW },
      { idTag: 'MEMBER', parent: 'OUTLAWS' },
    ],
    deny: [{ idTag: 'FOE' }, { idTag: 'PARDONED', expires: NOW }, { idTag: 'OUTLAWS' }],
  }

  it.each([
    ['all', 'ANYONE', 'accepted'],
    ['all', 'FOE', 'accepted'],
    ['none', 'FRIEND', 'invalid'],
    ['allExcept', 'ANYONE', 'accepted'],
    ['allExcept', 'foe', 'blocked'],
    ['allExcept', ' FOE ', 'blocked'],
    ['allExcept', 'PARDONED', 'accepted'],
    ['allExcept', 'MEMBER', 'blocked'],
    ['noneExcept', 'ANYONE', 'invalid'],
    ['noneExcept', 'friend', 'accepted'],
    ['noneExcept', 'GONE', 'expired'],
  ] as const)('with %s, %s is %s', (mode, tag, authorization) => {
    expect(authorizer({ ...lists, mode }).authorize(tag, NOW).authorization).toBe(authorization)
  })

  it('the expiry and the group of a listed tag are told with the yes alone', () => {
    const own = authorizer({ ...lists, mode: 'noneExcept' })
    expect(own.authorize('FRIEND', NOW)).toEqual({ authorization: 'accepted', expires: later, parent: 'FLEET' })
    expect(own.authorize('FRIEND', later)).toEqual({ authorization: 'expired' })
  })

  it('a tag that charges is refused a second transaction only where that is asked for', () => {
    const charges = () => true
    expect(authorizer({}).authorize('A', NOW, false, charges).authorization).toBe('accepted')
    expect(authorizer({ oneTransactionPerTag: true }).authorize('A', NOW, false, charges).authorization).toBe(
      'concurrent',
    )
    expect(
      authorizer({ oneTransactionPerTag: true, mode: 'none' }).authorize('A', NOW, false, charges).authorization,
    ).toBe('invalid')
  })

  it('a second transaction of a tag is told ConcurrentTx, its repeated announcement and Authorize are not', () => {
    const { fleet, charger, bring } = core({
      settings: { authorize: { ...fleetSettings.authorize, oneTransactionPerTag: true } },
    })
    bring()
    const start = { connector: 1, idTag: 'Tag', meterStartWh: 0, timestampText: '2026-01-01T00:00:00Z' }
    expect(fleet.startTransaction(charger, start).permission.authorization).toBe('accepted')
    expect(fleet.startTransaction(charger, start).permission.authorization).toBe('accepted')
    expect(fleet.authorize(charger, 'TAG').authorization).toBe('accepted')
    const second = fleet.startTransaction(charger, { ...start, connector: 2, idTag: 'TAG', timestampText: 'x' })
    expect(second.permission.authorization).toBe('concurrent')
  })
})

describe('a session that the building starts', () => {
  const settings = { authorize: { ...fleetSettings.authorize, mode: 'noneExcept' as const } }

  it('may be charged with its tag for ten minutes, on that charger alone, listed or not', () => {
    const { bring, charger, clock, downlink, fleet, point } = core({ settings })
    const other = fleet.add({ ...charger.settings, id: 'CP-2', name: 'Bay 02' })
    bring()
    const said = (of = charger) => fleet.authorize(of, 'bms').authorization
    expect(said()).toBe('invalid')
    expect(downlink.write(point('start', 1), 1, { source: 'BACnet', client: 'x' })).toBeUndefined()
    expect([said(), said(other)]).toEqual(['accepted', 'invalid'])
    const start = { connector: 1, idTag: 'BMS', meterStartWh: 0, timestampText: 'now' }
    expect(fleet.startTransaction(charger, start).permission.authorization).toBe('accepted')
    clock.advance(601_000)
    expect(said()).toBe('invalid')
  })

  it('is no way round the deny list, nor round a mode that lets nobody charge', () => {
    for (const [mode, authorization] of [
      ['allExcept', 'blocked'],
      ['none', 'invalid'],
    ] as const) {
      const denied = { authorize: { ...settings.authorize, mode, deny: [{ idTag: 'BMS' }] } }
      const { bring, charger, downlink, fleet, point } = core({ settings: denied })
      bring()
      downlink.write(point('start', 1), 1, { source: 'BACnet', client: 'x' })
      expect(fleet.authorize(charger, 'BMS').authorization).toBe(authorization)
    }
  })
})

describe('the list that chargers know by heart', () => {
  const allow = [{ idTag: 'A' }]

  it('is that which the mode goes by', () => {
    const own = authorizer({ allow, deny: [{ idTag: 'B' }], mode: 'noneExcept' })
    expect(own.list(NOW)).toEqual([{ idTag: 'A', authorization: 'accepted' }])
    expect(own.list(NOW)).toBe(own.list(NOW))
    own.mode = 'allExcept'
    expect(own.list(NOW)).toEqual([{ idTag: 'B', authorization: 'blocked' }])
    own.mode = 'all'
    expect(own.list(NOW)).toEqual([])
  })

  const noneExcept = { authorize: { ...fleetSettings.authorize, mode: 'noneExcept', allow } } as const

  it('is told once, again when it changes, and emptied when there is none any more; over restarts, too', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock, { random: () => 0.5 })
    const first = core({ settings: noneExcept, clock, store })
    let link = first.bring()
    expect(first.answerAll(link)).toMatchObject([{ kind: 'tell-tags', tags: [{ idTag: 'A' }] }])
    clock.advance(60_000)
    expect(link.sent).toEqual([])
    first.authorizer.mode = 'allExcept'
    clock.advance(1_000)
    expect(first.answerAll(link, 'no-answer')).toMatchObject([{ kind: 'tell-tags', tags: [] }])
    const second = core({ clock, store })
    link = second.bring()
    expect(second.answerAll(link)).toMatchObject([{ kind: 'tell-tags', tags: [] }])
    expect(second.answerAll(second.bring())).toEqual([])
  })

  it('is not told where it is switched off, nor again to a charger that keeps none', () => {
    const off = core({ settings: { authorize: { ...noneExcept.authorize, localList: false } } })
    expect(off.bring().sent).toEqual([])
    const own = core({ settings: noneExcept })
    const link = own.bring()
    own.answerAll(link, 'not-supported')
    own.clock.advance(3_600_000)
    expect(link.sent).toEqual([])
  })
})

describe('a session that began while the charger was away', () => {
  const authorize = {
    ...fleetSettings.authorize,
    mode: 'noneExcept' as const,
    allow: [{ idTag: 'EXPIRED', expires: Date.UTC(2025, 11, 31, 23) }],
    oneTransactionPerTag: true,
  }
  const start = (idTag: string, hoursAgo: number, now: number) => ({
    connector: 1,
    idTag,
    meterStartWh: 0,
    timestampText: `${idTag} ${hoursAgo}`,
    chargerTime: now - hoursAgo * 3_600_000,
  })

  it('is judged as it was when it began while it may still run, and not at all once another has followed', () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1))
    const { fleet, charger, bring } = core({ settings: { authorize }, clock })
    bring()
    const said = (idTag: string, hoursAgo: number) =>
      fleet.startTransaction(charger, start(idTag, hoursAgo, clock.now())).permission.authorization
    expect(said('STRANGER', 4)).toBe('invalid')
    expect(said('EXPIRED', 3)).toBe('accepted')
    expect(said('EXPIRED', 0.5)).toBe('expired')
    // Another has followed on that connector: it is over.
    expect(said('STRANGER', 2)).toBe('accepted')
  })
})
