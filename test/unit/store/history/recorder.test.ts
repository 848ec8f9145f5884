import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../src/core/history.ts'
import type { StorageState } from '../../../../src/core/storage-health.ts'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { type Batch, Recorder } from '../../../../src/store/history/recorder.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function recorder() {
  const clock = new FakeClock()
  const sent: Batch[] = []
  const health: StorageState[] = []
  const lines: string[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  const log: Log = { ...silentLog, info: write, error: write }
  const own = new Recorder({ clock, log, send: (batch) => sent.push(batch), health: (now) => health.push(now) })
  /** Numbers of all that was sent, without what was sent again. */
  const numbers = () => [...new Map(sent.map((batch) => [batch.number, batch])).values()].flatMap(numbersOf)
  return { clock, sent, health, lines, recorder: own, numbers }
}

function entry(n: number, text = ''): Entry {
  return { kind: 'message', at: n, charger: 'CP-1', from: 'charger', form: 'call', action: 'Heartbeat', text }
}

function numbersOf({ entries }: Batch): readonly number[] {
  return entries.flatMap((each) => (each.kind === 'message' ? [each.at] : []))
}

function tell(to: Recorder, first: number, last: number, text?: string): void {
  for (let n = first; n <= last; n += 1) to.tell(entry(n, text))
}

describe('what happens is gathered', () => {
  it('for a moment, and handed on in one piece', () => {
    const { clock, sent, recorder: own } = recorder()
    tell(own, 1, 3)
    expect(sent).toEqual([])
    clock.advance(50)
    expect(sent.map(numbersOf)).toEqual([[1, 2, 3]])
  })

  it('and handed on in pieces when there is much of it: the next one goes when the first is written', () => {
    const { clock, sent, recorder: own, numbers } = recorder()
    for (let n = 1; n <= 6_000; n += 200) {
      tell(own, n, n + 199)
      clock.advance(50)
    }
    expect(sent).toHaveLength(1)
    for (let n = 0; n < sent.length; n += 1) {
      own.written(sent[n]?.number ?? 0)
      clock.advance(50)
    }
    expect(numbers()).toEqual(Array.from({ length: 6_000 }, (_, n) => n + 1))
    const all = sent.map(({ number }) => number)
    expect(all).toEqual([...all].sort((a, b) => a - b))
  })

  it('and waits for the end of a rush, so long as it takes no more than half of the room', () => {
    const { clock, sent, recorder: own } = recorder()
    for (let n = 0; n < 99; n += 1) {
      tell(own, n * 1_000 + 1, (n + 1) * 1_000)
      clock.advance(50)
    }
    expect(sent).toEqual([])
    tell(own, 99_001, 100_000)
    clock.advance(50)
    expect(sent).toHaveLength(1)
    own.written(sent[0]?.number ?? 0)
    // The rest may wait again, until the rush is over.
    expect(sent).toHaveLength(1)
    clock.advance(100)
    expect(sent).toHaveLength(2)
  })
})

describe('while nothing is written', () => {
  it('the same piece is tried again, before anything newer, and then all of it goes in order', () => {
    const { clock, sent, lines, health, recorder: own, numbers } = recorder()
    tell(own, 1, 10)
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    tell(own, 11, 3_000)
    expect(sent).toHaveLength(1)
    clock.advance(5_000)
    expect(sent[1]).toBe(sent[0])
    own.failed(sent[1]?.number ?? 0, 'disk full')
    expect(health.at(-1)).toEqual({ failing: true, waiting: 3_000, lost: 0 })
    expect(lines.filter((line) => line.includes("can't be written: disk full"))).toHaveLength(1)
    clock.advance(5_000)
    for (let n = 2; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
    clock.advance(50)
    own.written(sent.at(-1)?.number ?? 0)
    expect(numbers()).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 1))
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
  })

  it.each([
    ['entries', '', 200_000],
    ['characters', 'x'.repeat(99_850), 480],
  ])(
    'only so many %s are kept, the oldest ones; the gap is counted, said, and told in the log',
    (_what, text, room) => {
      const { clock, sent, lines, health, recorder: own, numbers } = recorder()
      tell(own, 1, 1, text)
      clock.advance(50)
      own.failed(sent[0]?.number ?? 0, 'disk full')
      tell(own, 2, room + 500, text)
      const kept = numbers()
      clock.advance(5_000)
      for (let n = 1; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
      clock.advance(50)
      own.written(sent.at(-1)?.number ?? 0)
      const all = numbers()
      expect(all.length).toBeGreaterThan(kept.length)
      expect(all).toEqual(Array.from({ length: all.length }, (_, n) => n + 1))
      expect(Math.abs(all.length - room)).toBeLessThanOrEqual(1)
      const lost = room + 500 - all.length
      const notes = sent.flatMap(({ entries }) => entries).filter(({ kind }) => kind === 'note')
      expect(notes).toMatchObject([{ type: 'EntriesLost', message: expect.stringMatching(`^${lost} entries from `) }])
      expect(lines.some((line) => line.includes(`${lost} entries from`))).toBe(true)
      expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost })
    },
  )
})

describe('a thread that writes', () => {
  it('and begins anew is handed the piece under way again, by its number', () => {
    const { clock, sent, recorder: own } = recorder()
    tell(own, 1, 3)
    clock.advance(50)
    own.restarted()
    expect(sent).toEqual([sent[0], sent[0]])
    own.written(sent[0]?.number ?? 0)
    own.restarted()
    expect(sent).toHaveLength(2)
  })

  it('is handed everything at the end', async () => {
    const { sent, lines, recorder: own, numbers } = recorder()
    tell(own, 1, 5_000)
    const drained = own.drain()
    for (let n = 0; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
    await drained
    expect(numbers()).toHaveLength(5_000)
    own.stop()
    expect(lines).toEqual([])
  })

  it('is tried once more at the end, which does not wait where it takes nothing; what is lost with it is said', async () => {
    const { clock, sent, lines, recorder: own } = recorder()
    tell(own, 1, 3)
    clock.advance(50)
    tell(own, 4, 5)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    const drained = own.drain()
    expect(sent).toEqual([sent[0], sent[0]])
    own.failed(sent[0]?.number ?? 0, 'disk full')
    await drained
    own.stop()
    expect(lines.at(-1)).toBe('histories: 5 entries could not be written and are lost')
    clock.advance(60_000)
    expect(sent).toHaveLength(2)
  })

  it('and gives no answer counts as one that takes nothing, until it does', () => {
    const { clock, sent, lines, health, recorder: own, numbers } = recorder()
    tell(own, 1, 3)
    clock.advance(15_000)
    tell(own, 4, 6)
    clock.advance(60_000)
    expect(health.at(-1)).toEqual({ failing: true, waiting: 6, lost: 0 })
    expect(lines.filter((line) => line.includes('no answer for 15 s')).length).toBeGreaterThan(0)
    expect(sent).toHaveLength(1)
    own.written(sent[0]?.number ?? 0)
    clock.advance(50)
    own.written(sent[1]?.number ?? 0)
    clock.advance(60_000)
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6])
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
  })

  it('is handed long texts a few at a time, without waiting between them', () => {
    const { clock, sent, recorder: own, numbers } = recorder()
    tell(own, 1, 40, 'x'.repeat(99_850))
    clock.advance(50)
    for (let n = 0; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
    clock.advance(50)
    for (let n = 0; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
    expect(sent.map(({ entries }) => entries.length)).toEqual([10, 10, 10, 10])
    expect(numbers()).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
  })
})
