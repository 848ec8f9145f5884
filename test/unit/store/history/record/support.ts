import { readdirSync } from 'node:fs'
import { expect, vi } from 'vitest'
import type { Entry } from '../../../../../src/core/history.ts'
import type { StorageState } from '../../../../../src/core/storage-health.ts'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { readBatch } from '../../../../../src/store/history/record/read-batch.ts'
import { Recorder } from '../../../../../src/store/history/record/recorder.ts'
import type { Batch } from '../../../../../src/store/history/record/waiting.ts'
import { FakeClock } from '../../../../support/fake-clock.ts'
import { RecordingLog } from '../../../../support/recording-log.ts'

export interface Sent extends Batch {
  /** As they were when it was sent: its memory is used again. */
  readonly all: readonly Entry[]
}

/** No folder can be made there: what waits stays in memory. */
const NOWHERE = '/dev/null/waiting'
/** Of these, five fill a page. */
export const LONG = 'x'.repeat(99_850)

export function recorder(at = NOWHERE) {
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

export function entry(n: number, text = ''): Entry {
  return { kind: 'message', at: n, charger: 'CP-1', from: 'charger', form: 'call', action: 'Heartbeat', text }
}

export function numbersOf({ all }: Sent): readonly number[] {
  return all.flatMap((each) => (each.kind === 'message' ? [each.at] : []))
}

export function tell(to: Recorder, first: number, last: number, text?: string): void {
  for (let n = first; n <= last; n += 1) to.tell(entry(n, text))
}

export const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)
export const filesIn = (folder: { readonly path: string }) =>
  readdirSync(folder.path).filter((name) => name.endsWith('.page1'))
export const filed = (folder: { readonly path: string }, count: number) =>
  vi.waitFor(() => expect(filesIn(folder)).toHaveLength(count), { timeout: 10_000, interval: 1 })
