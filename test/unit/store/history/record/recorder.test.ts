import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Entry } from '../../../../../src/core/history.ts'
import type { StorageState } from '../../../../../src/core/storage-health.ts'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { readBatch } from '../../../../../src/store/history/record/read-batch.ts'
import { Recorder } from '../../../../../src/store/history/record/recorder.ts'
import type { Batch } from '../../../../../src/store/history/record/waiting.ts'
import { FakeClock } from '../../../../support/fake-clock.ts'
import { RecordingLog } from '../../../../support/recording-log.ts'
import { ownFolder } from '../support.ts'

interface Sent extends Batch {
  /** As they were when it was sent: its memory is used again. */
  readonly all: readonly Entry[]
}

const folder = ownFolder()
/** No folder can be made there: what waits stays in memory. */
const NOWHERE = '/dev/null/waiting'
/** Of these, five fill a page. */
const LONG = 'x'.repeat(99_850)

function recorder(at = NOWHERE) {
  const clock = new FakeClock()
  const sent: Sent[] = []
  const health: StorageState[] = []
  const log = new RecordingLog()
  const own = new Recorder({
    clock,
    log,
    files: new PageFiles(at),
    send: (batch) => sent.push({ ...batch, all: readBatch(batch) }),
    health: (now) => health.push(now),
  })
  /** Numbers of all that was sent, without what was sent again. */
  const numbers = () => [...new Map(sent.map((batch) => [batch.number, batch])).values()].flatMap(numbersOf)
  /** Whoever writes has written all that it is handed. */
  const writeAll = (): void => {
    for (let n = 0; n < sent.length; n += 1) {
      const { number = 0, entries = 0, all = [] } = sent[n] ?? {}
      own.written(number, entries - all.length)
    }
  }
  /** The same until all that it is handed are those: what is on its way into a file is handed on later. */
  const writeUntil = (all: readonly number[]): Promise<void> =>
    vi.waitFor(
      () => {
        writeAll()
        clock.advance(50)
        expect(numbers()).toEqual(all)
        writeAll()
        expect(health.at(-1)?.failing ?? false).toBe(false)
      },
      { timeout: 10_000, interval: 5 },
    )
  return { clock, sent, health, log, recorder: own, numbers, writeAll, writeUntil }
}

function entry(n: number, text = ''): Entry {
  return { kind: 'message', at: n, charger: 'CP-1', from: 'charger', form: 'call', action: 'Heartbeat', text }
}

function numbersOf({ all }: Sent): readonly number[] {
  return all.flatMap((each) => (each.kind === 'message' ? [each.at] : []))
}

function tell(to: Recorder, first: number, last: number, text?: string): void {
  for (let n = first; n <= last; n += 1) to.tell(entry(n, text))
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)
const filesIn = () => readdirSync(folder.path).filter((name) => name.endsWith('.page'))
const filed = (count: number) =>
  vi.waitFor(() => expect(filesIn()).toHaveLength(count), { timeout: 10_000, interval: 1 })

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
    expect(numbers()).toEqual(upTo(6_000))
    const all = sent.map(({ number }) => number)
    expect(all).toEqual([...all].sort((a, b) => a - b))
  })

  it('and waits for the end of a rush, so long as that lasts no more than five seconds', async () => {
    const { clock, sent, recorder: own, writeUntil } = recorder()
    let n = 0
    const rush = (ms: number) => {
      for (const end = clock.steady() + ms; clock.steady() < end; n += 300) {
        tell(own, n + 1, n + 300)
        clock.advance(50)
      }
    }
    rush(3_000)
    expect(sent).toEqual([])
    await writeUntil(upTo(n))
    const before = sent.length
    rush(4_950)
    expect(sent).toHaveLength(before)
    rush(50)
    await vi.waitFor(() => expect(sent).toHaveLength(before + 1))
    // Whoever reads doesn't wait for another five seconds: all that came meanwhile is written first.
    rush(50)
    await writeUntil(upTo(n))
  })

  it('and waits in files then, so that no more of it is lost with the process than otherwise', async () => {
    const { clock, sent, recorder: own, writeUntil } = recorder(folder.path)
    let n = 0
    const rush = () => {
      tell(own, n + 1, n + 300)
      n += 300
      clock.advance(50)
      expect(filesIn().length).toBeGreaterThan(3)
    }
    await vi.waitFor(rush, { timeout: 4_000, interval: 10 })
    const files = new PageFiles(folder.path).list()
    const left = files.flatMap(({ path, ...name }) => readBatch({ ...name, page: { file: path } }))
    expect(left.map(({ at }) => at)).toEqual(upTo(left.length))
    // Beside what came in the last moment, and what is on its way into a file.
    expect(left.length).toBeGreaterThanOrEqual(n - 600)
    expect(sent).toEqual([])
    await writeUntil(upTo(n))
  })

  it('and waits for the end of a rush, so long as it takes no more than half of the room', async () => {
    const { clock, sent, log, recorder: own } = recorder()
    const rush = (from: number, to: number) => {
      tell(own, from, to, LONG)
      tell(own, 1, 300)
      clock.advance(50)
    }
    rush(1, 10)
    await vi.waitFor(() => expect(log.messages('warn')).toHaveLength(1))
    for (let n = 10; n < 220; n += 10) rush(n + 1, n + 10)
    expect(sent).toEqual([])
    rush(221, 240)
    expect(sent).toHaveLength(1)
  })
})

describe('while nothing is written', () => {
  it('the same piece is tried again, before anything newer, and then all of it goes in order', () => {
    const { clock, sent, log, health, recorder: own, numbers, writeAll } = recorder()
    tell(own, 1, 10)
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    tell(own, 11, 3_000)
    expect(sent).toHaveLength(1)
    clock.advance(5_000)
    expect(sent[1]).toEqual(sent[0])
    own.failed(sent[1]?.number ?? 0, 'disk full')
    expect(health.at(-1)).toEqual({ failing: true, waiting: 3_000, lost: 0 })
    expect(log.messages('error')).toEqual([expect.stringContaining("can't be written: disk full")])
    clock.advance(5_000)
    writeAll()
    clock.advance(50)
    writeAll()
    expect(numbers()).toEqual(upTo(3_000))
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
  })

  it('only so much is kept in memory, the oldest of it; the gap is counted, said, and told in the log', async () => {
    const { clock, sent, log, health, recorder: own, writeUntil } = recorder()
    tell(own, 1, 1, LONG)
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    tell(own, 2, 900, LONG)
    await vi.waitFor(() => expect(log.messages('warn')).toHaveLength(1))
    clock.advance(5_000)
    // 48 MB, of which the first page has one entry alone.
    await writeUntil(upTo(1 + 95 * 5))
    const lost = 900 - 476
    const notes = sent.flatMap(({ all }) => all).filter(({ kind }) => kind === 'note')
    expect(notes).toMatchObject([{ type: 'EntriesLost', message: expect.stringMatching(`^${lost} entries from `) }])
    expect(log.messages('error').at(-1)).toContain(`${lost} entries from`)
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost })
  })

  it('what there is no room for in memory waits in files, that only the bridge may read, and they are gone afterwards', async () => {
    const { clock, sent, health, recorder: own, writeUntil } = recorder(folder.path)
    tell(own, 1, 10)
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    // More than all of the memory there is.
    for (let n = 0; n < 120; n += 1) {
      tell(own, 11 + n * 5, 15 + n * 5, LONG)
      await filed(Math.max(0, n - 3))
    }
    for (const name of filesIn()) expect(statSync(join(folder.path, name)).mode & 0o777).toBe(0o600)
    expect(health.at(-1)).toMatchObject({ failing: true, lost: 0 })
    clock.advance(5_000)
    await writeUntil(upTo(610))
    await filed(0)
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
  })

  it('files are tried again as well: a disk that took none for a moment takes them afterwards', async () => {
    const at = join(folder.path, 'waiting')
    const { clock, sent, log, recorder: own } = recorder(at)
    writeFileSync(at, '')
    tell(own, 1, 60, LONG)
    await vi.waitFor(() => expect(log.messages('warn')).toHaveLength(1))
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    rmSync(at)
    clock.advance(5_000)
    expect(sent).toHaveLength(2)
    await vi.waitFor(() => expect(readdirSync(at)).toHaveLength(7))
  })

  it('what of that could not be read again is counted, said, and told in the log', async () => {
    const { clock, sent, log, health, recorder: own, writeUntil } = recorder(folder.path)
    tell(own, 1, 60, LONG)
    await filed(7)
    const [torn = '', empty = '', gone = ''] = filesIn().sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    const whole = readFileSync(join(folder.path, torn))
    writeFileSync(join(folder.path, torn), whole.subarray(0, whole.length / 2))
    // As after a power cut: the file was given its length, and no content.
    writeFileSync(join(folder.path, empty), new Uint8Array(whole.length))
    rmSync(join(folder.path, gone))
    clock.advance(50)
    await writeUntil(upTo(60).filter((n) => n <= 22 || n > 35))
    const notes = sent.flatMap(({ all }) => all).flatMap((each) => (each.kind === 'note' ? [each.message] : []))
    expect(notes.map((note) => Number.parseInt(note, 10))).toEqual([3, 5, 5])
    expect(log.messages('error')).toHaveLength(3)
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 13 })
  })
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
    const { log, recorder: own, numbers, writeAll } = recorder(folder.path)
    tell(own, 1, 5_000)
    tell(own, 5_001, 5_060, LONG)
    const drained = own.drain()
    const writing = setInterval(writeAll, 5)
    await drained
    clearInterval(writing)
    expect(numbers()).toEqual(upTo(5_060))
    await own.stop()
    expect([...log.messages('error'), ...log.messages('info')]).toEqual([])
    await filed(0)
  })

  it('is tried once more at the end, which does not wait where it takes nothing; what is lost with it is said', async () => {
    const { clock, sent, log, recorder: own } = recorder()
    tell(own, 1, 3)
    clock.advance(50)
    tell(own, 4, 5)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    const drained = own.drain()
    expect(sent).toEqual([sent[0], sent[0]])
    own.failed(sent[0]?.number ?? 0, 'disk full')
    await drained
    await own.stop()
    expect(log.messages('error').at(-1)).toBe('histories: 5 entries could not be written and are lost')
    clock.advance(60_000)
    expect(sent).toHaveLength(2)
  })

  it('and answers after the end takes nothing out of what is being put into files then, and nothing is tried again', async () => {
    for (const late of ['written', 'failed'] as const) {
      const { clock, sent, recorder: own } = recorder(folder.path)
      tell(own, 1, 20, LONG)
      clock.advance(50)
      const { run = 0, number = 0 } = sent[0] ?? {}
      const stopped = own.stop()
      if (late === 'written') own.written(number)
      else own.failed(number, 'it is stopped')
      own.tell(entry(21))
      await stopped
      const left = new PageFiles(folder.path).list().filter((file) => file.run === run)
      expect(
        left.flatMap(({ path, ...name }) => readBatch({ ...name, page: { file: path } })).map(({ at }) => at),
      ).toEqual(upTo(20))
      expect(clock.waiting).toBe(0)
    }
  })

  it('finds what was left at the end in files when it is started again, and before all that comes then', async () => {
    const first = recorder(folder.path)
    tell(first.recorder, 1, 3)
    first.clock.advance(50)
    tell(first.recorder, 4, 50, LONG)
    await first.recorder.stop()
    expect(first.log.messages('info')).toEqual(['histories: 50 entries wait for the next start'])
    // It was killed before it had written any of them, and told more.
    const second = recorder(folder.path)
    tell(second.recorder, 51, 60)
    await second.recorder.stop()
    const third = recorder(folder.path)
    expect(third.log.messages('info')).toEqual(['histories: 60 entries were left from before, and are written now'])
    tell(third.recorder, 61, 70)
    third.clock.advance(50)
    third.writeAll()
    third.clock.advance(50)
    third.writeAll()
    expect(third.numbers()).toEqual(upTo(70))
    // By run and number, what was written and not heard of is known again.
    expect(third.sent[0]).toMatchObject({ run: first.sent[0]?.run, number: first.sent[0]?.number })
    await filed(0)
  })

  it('and gives no answer counts as one that takes nothing, until it does', () => {
    const { clock, sent, log, health, recorder: own, numbers } = recorder()
    tell(own, 1, 3)
    clock.advance(15_000)
    tell(own, 4, 6)
    clock.advance(60_000)
    expect(health.at(-1)).toEqual({ failing: true, waiting: 6, lost: 0 })
    expect(log.messages('error').filter((line) => line.includes('no answer for 15 s')).length).toBeGreaterThan(0)
    expect(sent).toHaveLength(1)
    own.written(sent[0]?.number ?? 0)
    clock.advance(50)
    own.written(sent[1]?.number ?? 0)
    clock.advance(60_000)
    expect(numbers()).toEqual(upTo(6))
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
  })

  it('is handed long texts a few at a time, without waiting between them', () => {
    const { clock, sent, recorder: own, numbers, writeAll } = recorder()
    tell(own, 1, 20, LONG)
    clock.advance(50)
    writeAll()
    clock.advance(50)
    expect(sent.map(({ entries }) => entries)).toEqual([5, 5, 5, 5])
    expect(numbers()).toEqual(upTo(20))
  })

  it('is handed one that is longer than any page', () => {
    const { clock, sent, recorder: own } = recorder()
    own.tell(entry(1))
    own.tell(entry(2, 'é'.repeat(900_000)))
    own.tell(entry(3))
    clock.advance(50)
    for (let n = 0; n < sent.length; n += 1) own.written(sent[n]?.number ?? 0)
    clock.advance(50)
    expect(sent.flatMap(({ all }) => all)).toEqual([entry(1), entry(2, 'é'.repeat(900_000)), entry(3)])
  })
})
