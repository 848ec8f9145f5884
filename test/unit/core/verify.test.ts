import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, writer } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A charger that accepted 16 A while a car charges at `amps` on three phases. */
function limited(amps = 10, options: Parameters<typeof core>[0] = {}) {
  const parts = core(options)
  const { fleet, charger, downlink, point, answerAll } = parts
  const link = parts.bring()
  const { transactionId } = fleet.startTransaction(charger, {
    connector: 1,
    idTag: 'A',
    meterStartWh: 0,
    timestampText: '2026-01-01T00:00:00Z',
  })
  function meter(samples: readonly { measurand: string; phase?: string; value: number }[]): void {
    fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples }, transactionId })
  }
  const draw = (value: number) =>
    meter(['L1', 'L2', 'L3'].map((phase) => ({ measurand: 'Current.Import', phase, value })))
  draw(amps)
  downlink.write(point('limit', 1), 16, writer)
  answerAll(link)
  const evidence = point('limit.evidence', 1)
  const applied = point('limit.applied', 1)
  return { ...parts, link, meter, draw, shown: () => evidence.states?.[Number(evidence.value)], applied }
}

describe('what is known of a limit', () => {
  it('is nothing while nobody wrote one, or it is refused', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    const evidence = point('limit.evidence', 1)
    expect(evidence.states?.[Number(evidence.value)]).toBe('None')
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link, 'rejected')
    expect(evidence.states?.[Number(evidence.value)]).toBe('None')
  })

  it('is that it was accepted, until more is known', () => {
    const { shown, link, applied } = limited()
    expect(shown()).toBe('Accepted')
    expect(applied).toMatchObject({ value: 16, quality: 'good' })
    expect(link.questions).toMatchObject([{ kind: 'verify-limit', connector: 1, unit: 'A' }])
  })

  it("is verified by the charger's own schedule", () => {
    const { shown, tellLimit } = limited()
    tellLimit(1, 16)
    expect(shown()).toBe('Verified')
  })

  it('is not told by an answer about a limit that was replaced meanwhile', () => {
    const { shown, fleet, charger, downlink, point, answerAll, link, clock } = limited()
    const [question] = link.questions
    if (question?.kind !== 'verify-limit') throw new Error('nothing was asked')
    clock.advance(6_000)
    downlink.write(point('limit', 1), 10, writer)
    answerAll(link)
    fleet.event(charger, { kind: 'limit-told', connector: 1, unit: 'A', limit: 10, of: question.of })
    expect(shown()).toBe('Accepted')
  })

  it('is verified by what the charger offers', () => {
    const { shown, meter, clock } = limited()
    meter([{ measurand: 'Current.Offered', value: 32 }])
    clock.advance(6_000)
    meter([{ measurand: 'Current.Offered', value: 16 }])
    expect(shown()).toBe('Verified')
  })

  it('is verified by a car that drew more and no longer does, not by one that never did', () => {
    const thirsty = limited(32)
    thirsty.clock.advance(6_000)
    thirsty.draw(15.8)
    expect(thirsty.shown()).toBe('Verified')
    const modest = limited(10)
    modest.clock.advance(6_000)
    modest.draw(10)
    expect(modest.shown()).toBe('Accepted')
  })

  it('is that it is not honoured when more is drawn for a minute: then the rating counts, and it is sent again', () => {
    const { shown, draw, clock, link, applied, answerAll } = limited(32)
    clock.advance(20_000)
    draw(32)
    expect(shown()).toBe('Accepted')
    clock.advance(39_000)
    expect(link.sent).toEqual([])
    clock.advance(22_000)
    expect(shown()).toBe('Not honoured')
    expect(applied).toMatchObject({ value: 32, quality: 'unknown' })
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
    // Another yes of a charger that did not keep the first proves nothing.
    expect(shown()).toBe('Not honoured')
    clock.advance(10_000)
    draw(16)
    expect(shown()).toBe('Verified')
    expect(applied).toMatchObject({ value: 16, quality: 'good' })
  })

  it('a moment above it is no breach', () => {
    const { shown, draw, clock } = limited(32)
    clock.advance(10_000)
    draw(32)
    clock.advance(30_000)
    draw(16.5)
    clock.advance(120_000)
    expect(shown()).toBe('Verified')
  })

  it('a method that is disobeyed twice is given up, and the next breaches make it ask less and less often', () => {
    const { charger, draw, clock, link, answerAll } = limited(32)
    charger.state.methods.profiles.set('TxDefaultProfile', { unit: 'A', kind: 'Absolute', stackLevel: 0 })
    let sent = 0
    for (let minute = 0; minute < 120; minute += 1) {
      clock.advance(30_000)
      draw(32)
      clock.advance(30_000)
      sent += answerAll(link).length
    }
    expect([...charger.state.methods.disproved]).toEqual(['TxDefaultProfile, stack level 0, Absolute, A'])
    expect(charger.state.methods.profiles.size).toBe(0)
    expect(sent).toBeGreaterThan(5)
    expect(sent).toBeLessThan(20)
  })

  it('a schedule that was wrong and is right again clears the charger, unless readings belied it', () => {
    for (const [drawn, evidence] of [
      [undefined, 'Verified'],
      [30, 'Not honoured'],
    ] as const) {
      const { shown, clock, answerAll, link, draw, tellLimit } = limited()
      clock.advance(6_000)
      tellLimit(1, 32)
      if (drawn !== undefined) draw(drawn)
      clock.advance(61_000)
      expect(shown()).toBe('Not honoured')
      answerAll(link)
      tellLimit(1, 16)
      expect(shown()).toBe(evidence)
    }
  })

  it('a schedule that says more in a transaction is a breach unless readings speak for the charger', () => {
    const silent = limited()
    silent.tellLimit(1, 32)
    silent.clock.advance(61_000)
    expect(silent.shown()).toBe('Not honoured')
    const measured = limited(32)
    measured.tellLimit(1, 32)
    measured.clock.advance(10_000)
    measured.draw(16)
    measured.clock.advance(120_000)
    expect(measured.shown()).toBe('Verified')
    // Its schedule is not to be believed: it is not asked again.
    expect(measured.charger.state.methods.silent).toBe(true)
  })

  it('in watts is held against watts, however many phases carry them', () => {
    const { shown, meter, clock, fleet, charger, link, answerAll } = limited(10)
    fleet.event(charger, { kind: 'configuration', keys: [], unknown: [], limitUnit: 'W' })
    answerAll(link)
    clock.advance(10_000)
    // 11 040 W on one phase are 48 A there: within a limit in watts.
    meter([{ measurand: 'Power.Active.Import', value: 11_040 }])
    clock.advance(120_000)
    expect(shown()).toBe('Accepted')
    meter([{ measurand: 'Power.Active.Import', value: 14_000 }])
    clock.advance(61_000)
    expect(shown()).toBe('Not honoured')
  })

  it('a total current is judged only where it is clear what it totals', () => {
    const { shown, meter, clock } = limited(10)
    clock.advance(10_000)
    meter([{ measurand: 'Current.Import', value: 40 }])
    clock.advance(120_000)
    expect(shown()).toBe('Accepted')
    meter([{ measurand: 'Current.Import', value: 60 }])
    clock.advance(61_000)
    expect(shown()).toBe('Not honoured')
  })

  it('of a divided limit is the worst of its parts', () => {
    const { bring, downlink, point, answerAll, tellLimit } = core()
    const link = bring()
    downlink.write(point('limit', 0), 40, writer)
    answerAll(link, 'rejected')
    answerAll(link)
    const whole = point('limit.evidence', 0)
    expect(whole.states?.[Number(whole.value)]).toBe('Accepted')
    for (const connector of [1, 2]) tellLimit(connector, 20)
    expect(whole.states?.[Number(whole.value)]).toBe('Verified')
  })

  it('learnt methods, divided limits and what was disproved survive a restart, but not another firmware', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock, { random: () => 0.5 })
    const first = core({ clock, store })
    const link = first.bring()
    first.downlink.write(first.point('limit', 0), 40, writer)
    const [command] = link.take()
    if (command === undefined) throw new Error('nothing was sent')
    const method = { unit: 'W', kind: 'Relative', stackLevel: 1 } as const
    first.fleet.event(first.charger, {
      kind: 'answered',
      command,
      answer: 'rejected',
      learnt: [{ purpose: 'TxDefaultProfile', method }],
    })
    first.charger.state.methods.disproved.add('x')
    first.fleet.stop()
    store.flush()
    const second = core({ clock, store })
    expect(second.charger.state.methods.profiles.get('TxDefaultProfile')).toEqual(method)
    expect(second.charger.state.methods.disproved.has('x')).toBe(true)
    expect(second.charger.control.connectors[0]?.limitProgress.divided).toBe(true)
    const text = second.point('smartCharging.method', 1)
    expect(text.value).toBe('TxDefaultProfile, stack level 1, Relative, W')
    second.bring()
    expect(second.charger.state.methods.profiles.size).toBe(1)
    second.fleet.event(second.charger, { kind: 'booted', identity: { firmwareVersion: '2.0' } })
    expect(second.charger.state.methods.profiles.size).toBe(0)
    expect(second.charger.control.connectors[0]?.limitProgress.divided).toBe(false)
  })
})

describe('smart charging by hand', () => {
  it('set sends the limit again, clear takes it away and disables', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    expect(downlink.write(point('smartCharging.set', 1), 1, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
    expect(point('smartCharging.set.result', 1).value).toBe(2)
    expect(point('smartCharging.set.sequence', 1).value).toBe(1)
    expect(downlink.write(point('smartCharging.clear', 1), 1, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ kind: 'clear-limit', connector: 1 }])
    expect(point('smartCharging.enable', 1).value).toBe(false)
    downlink.write(point('smartCharging.set', 1), 0, writer)
    downlink.write(point('smartCharging.set', 1), 1, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
    expect(point('smartCharging.enable', 1).value).toBe(true)
  })

  it('a choice that was made while the charger was away takes the old profile away on its return', () => {
    const { bring, downlink, point, answerAll, fleet, charger } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    fleet.disconnected(charger, link)
    downlink.write(point('smartCharging.profileId', 1), 77, writer)
    expect(answerAll(bring())).toMatchObject([
      { kind: 'set-limit', connector: 1, overrides: { profileId: 77 }, replaces: ['own'] },
    ])
  })

  it('purposes that the standard forbids for a connector are refused', () => {
    const { downlink, point } = core()
    const choose = (connector: number, purpose: string) => {
      const chosen = point('smartCharging.purpose', connector)
      return downlink.write(chosen, chosen.states?.indexOf(purpose) ?? -1, writer)
    }
    expect(choose(1, 'ChargePointMaxProfile')).toBe('out-of-range')
    expect(choose(0, 'TxProfile')).toBe('out-of-range')
    expect(choose(0, 'ChargePointMaxProfile')).toBeUndefined()
    expect(choose(1, 'TxProfile')).toBeUndefined()
  })

  it('what the config chooses counts until the building chooses otherwise', () => {
    const parameters = {
      'smartCharging.kind': 'Relative',
      'smartCharging.stackLevel': '2',
      'smartCharging.purpose': 'TxDefaultProfile',
    }
    const { bring, downlink, point, answerAll } = core({ charger: { parameters } })
    const link = bring()
    expect(point('smartCharging.stackLevel', 1).value).toBe(2)
    downlink.write(point('limit', 1), 16, writer)
    expect(answerAll(link)).toMatchObject([
      { overrides: { kind: 'Relative', stackLevel: 2, purpose: 'TxDefaultProfile' } },
    ])
    downlink.write(point('smartCharging.stackLevel', 1), 4, writer)
    expect(answerAll(link).at(-1)).toMatchObject({ overrides: { kind: 'Relative', stackLevel: 4 } })
  })
})
