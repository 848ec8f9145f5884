import { describe, expect, it } from 'vitest'
import { core, writer } from '../../support/core.ts'

describe('a charger whose settings change', () => {
  it('is told its limit in the way that is chosen now, after the old profiles went', () => {
    const { answerAll, bring, charger, downlink, fleet, point } = core()
    const link = bring()
    answerAll(link)
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    const settings = { ...charger.settings, parameters: { 'smartCharging.kind': 'Relative' } as const }
    fleet.change(charger, settings)
    fleet.settle(charger)
    expect(link.closed).toBeUndefined()
    const sent = link.take()
    expect(sent).toMatchObject([{ kind: 'set-limit', overrides: { kind: 'Relative' }, replaces: ['own'] }])
    fleet.change(charger, { ...settings })
    fleet.settle(charger)
    expect(link.take()).toEqual([])
  })

  it('is told its limit again when another configuration key carries it', () => {
    const { answerAll, bring, charger, downlink, fleet, point } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    fleet.change(charger, { ...charger.settings, limitKey: 'MaxCurrent' })
    fleet.settle(charger)
    expect(link.take().map(({ kind }) => kind)).toContain('set-limit')
  })

  it('is asked anew when it shall measure something else, and only then', () => {
    const { bring, charger, fleet } = core()
    const link = bring()
    fleet.change(charger, { ...charger.settings, meterValues: { interval: 10_000 } })
    expect(link.refreshed).toBe(1)
    fleet.change(charger, { ...charger.settings, name: 'Bay 9' })
    expect(link.refreshed).toBe(1)
    expect(link.closed).toBeUndefined()
  })

  it('has to come in anew for whatever concerns who may come in', () => {
    const { bring, charger, fleet } = core()
    const link = bring()
    fleet.change(charger, { ...charger.settings, password: 'x' })
    expect(link.closed).toBeDefined()
  })

  it('keeps the registration that the building wrote', () => {
    const { bring, charger, fleet, store } = core()
    const link = bring()
    store.hold(charger.id, 'registration', 'accepted')
    fleet.change(charger, { ...charger.settings, registration: 'rejected' })
    expect(charger.registration).toBe('accepted')
    expect(link.closed).toBeUndefined()
  })
})
