import { describe, expect, it } from 'vitest'
import type { Answer, Command } from '../../../src/core/charger/command.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, writer } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const operator = { source: 'Web', client: 'web' } as const

/** Core, and the four points of a command as the building reads them. */
function told(options: Parameters<typeof core>[0] = {}) {
  const all = core(options)
  const shown = (connector: number): readonly unknown[] =>
    ['last', 'state', 'sequence', 'answer'].map((name) => {
      const { states, value, quality } = all.point(`command.${name}`, connector)
      if (quality === 'never') return 'never'
      return states === undefined ? value : states[Number(value)]
    })
  const answer = (command: Command | undefined, said: Answer, detail?: string): void => {
    if (command === undefined) throw new Error('nothing was sent')
    all.fleet.event(all.charger, {
      kind: 'answered',
      command,
      answer: said,
      ...(detail !== undefined && { detail }),
    })
  }
  return { ...all, shown, answer }
}

describe('the last command', () => {
  it('is not known while there was none', () => {
    const { bring, shown } = told()
    bring()
    expect(shown(0)).toEqual(['never', 'Idle', 0, 'never'])
    expect(shown(1)).toEqual(['never', 'Idle', 0, 'never'])
  })

  it.each([
    ['accepted', 'Accepted', 'Accepted'],
    ['rejected', 'Rejected', 'Rejected'],
    ['not-supported', 'NotSupported: not in this model', 'Not supported'],
    ['no-answer', undefined, 'No answer'],
  ] as const)('that is %s says so, in the words of the charger', (said, detail, state) => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('unlock', 1), 1, writer)
    expect(shown(1)).toEqual(['Unlock', 'Pending', 1, ''])
    answer(link.take()[0], said, detail)
    expect(shown(1)).toEqual(['Unlock', state, 1, detail ?? ''])
    expect(shown(0)).toEqual(['never', 'Idle', 0, 'never'])
  })

  it('for a charger that is away is refused, counted and told as offline', () => {
    const { downlink, point, shown } = told()
    expect(downlink.write(point('reset', 0), 1, writer)).toBe('offline')
    expect(downlink.write(point('reset', 0), 1, writer)).toBe('offline')
    expect(shown(0)).toEqual(['Reset', 'Offline', 2, ''])
    expect(downlink.check(point('reset', 0), 1, writer)).toBe('offline')
    expect(shown(0)).toEqual(['Reset', 'Offline', 2, ''])
  })

  it('that was written again without Idle between is ignored, and counted', () => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('clearCache', 0), 1, writer)
    answer(link.take()[0], 'accepted', 'Accepted')
    downlink.write(point('clearCache', 0), 1, writer)
    expect(shown(0)).toEqual(['Clear cache', 'Ignored', 2, ''])
  })

  it('of several in a row is the newest, and an answer to an older one changes nothing', () => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('unlock', 1), 1, writer)
    downlink.write(point('availability', 1), false, writer)
    downlink.write(point('limit', 1), 10, writer)
    const sent = link.take()
    expect(shown(1)).toEqual(['Limit', 'Pending', 3, ''])
    answer(
      sent.find(({ kind }) => kind === 'unlock'),
      'rejected',
      'UnlockFailed',
    )
    answer(
      sent.find(({ kind }) => kind === 'set-availability'),
      'accepted',
      'Accepted',
    )
    expect(shown(1)).toEqual(['Limit', 'Pending', 3, ''])
    answer(
      sent.find(({ kind }) => kind === 'set-limit'),
      'accepted',
      'Accepted',
    )
    expect(shown(1)).toEqual(['Limit', 'Accepted', 3, 'Accepted'])
  })

  it('is no command where it loses against another wish, or is one already', () => {
    const { bring, downlink, point, shown, answerAll } = told()
    const link = bring()
    downlink.write(point('limit', 1), 10, operator, 8)
    answerAll(link)
    downlink.write(point('limit', 1), 20, writer, 10)
    downlink.write(point('limit', 1), 10, operator, 8)
    expect(shown(1).slice(0, 3)).toEqual(['Limit', 'Accepted', 1])
  })

  it('is pending while an increase waits, whatever was answered to the limit before', () => {
    const { bring, clock, downlink, point, shown, answerAll } = told()
    const link = bring()
    downlink.write(point('limit', 1), 10, writer)
    answerAll(link)
    downlink.write(point('limit', 1), 12, writer)
    answerAll(link)
    downlink.write(point('limit', 1), 16, writer)
    expect(link.take()).toEqual([])
    expect(shown(1)).toEqual(['Limit', 'Pending', 3, ''])
    clock.advance(31_000)
    answerAll(link)
    expect(shown(1).slice(0, 3)).toEqual(['Limit', 'Accepted', 3])
  })

  it('is accepted where an increase that waits is taken back', () => {
    const { bring, downlink, point, shown, answerAll } = told()
    const link = bring()
    for (const amps of [10, 12, 16, 12]) {
      downlink.write(point('limit', 1), amps, writer)
      answerAll(link)
    }
    expect(shown(1).slice(0, 3)).toEqual(['Limit', 'Accepted', 4])
  })

  it('stays what it was while the charger boots and is told it again', () => {
    const { bring, downlink, point, shown, answer, fleet, charger } = told()
    const link = bring()
    downlink.write(point('limit', 1), 10, writer)
    answer(link.take()[0], 'accepted', 'Accepted')
    fleet.event(charger, { kind: 'booted', identity: {} })
    fleet.event(charger, { kind: 'ready' })
    const [again] = link.take()
    expect(again?.kind).toBe('set-limit')
    expect(shown(1)).toEqual(['Limit', 'Accepted', 1, 'Accepted'])
    answer(again, 'rejected', 'Rejected')
    expect(shown(1)).toEqual(['Limit', 'Rejected', 1, 'Rejected'])
  })

  it('that was held for a charger that is away is pending until it is back', () => {
    const { bring, downlink, point, shown, answerAll } = told()
    downlink.write(point('availability', 2), false, writer)
    expect(shown(2)).toEqual(['Availability', 'Pending', 1, ''])
    answerAll(bring())
    expect(shown(2).slice(0, 3)).toEqual(['Availability', 'Accepted', 1])
  })

  it('that was taken back before the charger heard of it is idle', () => {
    const { downlink, point, shown } = told()
    downlink.write(point('limit', 1), 10, writer)
    downlink.write(point('limit', 1), null, writer)
    expect(shown(1)).toEqual(['Limit', 'Idle', 2, ''])
  })

  it('is idle, not accepted, where smart charging is off and nobody is told the limit', () => {
    const { bring, downlink, point, shown, answer, answerAll } = told()
    const link = bring()
    downlink.write(point('limit', 1), 10, writer)
    answerAll(link)
    downlink.write(point('smartCharging.enable', 1), false, writer)
    downlink.write(point('limit', 1), 8, writer)
    const clears = link.take()
    expect(clears.map(({ kind }) => kind)).toEqual(['clear-limit'])
    answer(clears[0], 'accepted', 'Accepted')
    expect(shown(1)).toEqual(['Limit', 'Idle', 2, ''])
    downlink.write(point('limit', 1), 6, writer)
    expect(link.take()).toEqual([])
    expect(shown(1)).toEqual(['Limit', 'Idle', 3, ''])
    downlink.write(point('smartCharging.enable', 1), true, writer)
    answer(link.take()[0], 'rejected', 'Rejected')
    expect(shown(1)).toEqual(['Limit', 'Rejected', 3, 'Rejected'])
  })

  it('shows that a key takes effect after a reboot', () => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('config.HeartbeatInterval', 0, { writable: true }), 60, writer)
    answer(link.take()[0], 'reboot-required', 'RebootRequired')
    expect(shown(0)).toEqual(['Configuration', 'Accepted', 1, 'RebootRequired'])
  })

  it('never shows the tag of a start', () => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('start.idTag', 1), 'SECRET-TAG', writer)
    downlink.write(point('start', 1), 1, writer)
    answer(link.take()[0], 'rejected', 'InternalError: no such tag SECRET-TAG here')
    expect(shown(1).slice(0, 3)).toEqual(['Start', 'Rejected', 1])
    expect(shown(1)[3]).toMatch(/^InternalError: no such tag (?!SECRET)\S+ here$/)
  })

  it('is cut where a charger answers at length', () => {
    const { bring, downlink, point, shown, answer } = told()
    const link = bring()
    downlink.write(point('unlock', 1), 1, writer)
    answer(link.take()[0], 'rejected', 'x'.repeat(10_000))
    expect(shown(1)[3]).toBe('x'.repeat(100))
  })

  it('survives a restart of the bridge; an action that nobody answered has no answer', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const before = told({ store, clock })
    const link = before.bring()
    before.downlink.write(before.point('limit', 1), 10, writer)
    before.answer(link.take()[0], 'accepted', 'Accepted')
    before.downlink.write(before.point('reset', 0), 1, writer)
    before.fleet.stop()
    store.flush()
    const after = told({ store, clock })
    expect(after.shown(1)).toEqual(['Limit', 'Accepted', 1, 'Accepted'])
    expect(after.shown(0)).toEqual(['Reset', 'No answer', 1, ''])
    after.answerAll(after.bring())
    expect(after.shown(1).slice(0, 3)).toEqual(['Limit', 'Accepted', 1])
  })
})
