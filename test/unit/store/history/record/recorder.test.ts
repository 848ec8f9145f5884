import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { readBatch } from '../../../../../src/store/history/record/read-batch.ts'
import { ownFolder } from '../support.ts'

import { filed, filesIn, LONG, numbersOf, recorder, tell, upTo } from './support.ts'

const folder = ownFolder()

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
      expect(filesIn(folder).length).toBeGreaterThan(3)
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

describe('while a batch takes long', () => {
  it('what comes goes into files once a second, and waits there', async () => {
    const { clock, sent, recorder: own, writeUntil } = recorder(folder.path)
    tell(own, 1, 3)
    clock.advance(50)
    for (let n = 4; n <= 23; n += 1) {
      tell(own, n, n)
      clock.advance(50)
    }
    // The one under way is as little on disk as any other.
    await filed(folder, 2)
    tell(own, 24, 24)
    clock.advance(950)
    expect(filesIn(folder)).toHaveLength(2)
    // A file is there a moment before whoever wrote it hears of that: the next one may come a second later.
    const second = () => {
      clock.advance(50)
      expect(filesIn(folder)).toHaveLength(3)
    }
    await vi.waitFor(second, { timeout: 10_000, interval: 5 })
    expect(sent).toHaveLength(1)
    await writeUntil(upTo(24))
    await filed(folder, 0)
  })

  it('so it does with each try, where nothing is written', async () => {
    const { clock, sent, recorder: own } = recorder(folder.path)
    tell(own, 1, 3)
    clock.advance(50)
    own.failed(sent[0]?.number ?? 0, 'disk full')
    tell(own, 4, 6)
    clock.advance(5_000)
    await filed(folder, 2)
    tell(own, 7, 9)
    const again = () => {
      own.failed(sent.at(-1)?.number ?? 0, 'disk full')
      clock.advance(5_000)
      expect(filesIn(folder)).toHaveLength(3)
    }
    await vi.waitFor(again, { timeout: 10_000, interval: 5 })
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
      await filed(folder, Math.max(0, n - 3))
    }
    for (const name of filesIn(folder)) expect(statSync(join(folder.path, name)).mode & 0o777).toBe(0o600)
    expect(health.at(-1)).toMatchObject({ failing: true, lost: 0 })
    clock.advance(5_000)
    await writeUntil(upTo(610))
    await filed(folder, 0)
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
    await vi.waitFor(() => expect(readdirSync(at)).toHaveLength(11))
  })

  it('what of that could not be read again is counted, said, and told in the log', async () => {
    const { clock, sent, log, health, recorder: own, writeUntil } = recorder(folder.path)
    tell(own, 1, 60, LONG)
    await filed(folder, 7)
    const [torn = '', empty = '', gone = ''] = filesIn(folder).sort(
      (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
    )
    const whole = readFileSync(join(folder.path, torn))
    writeFileSync(join(folder.path, torn), whole.subarray(0, whole.length / 2))
    // As after a power cut: the file was given its length, and no content.
    writeFileSync(join(folder.path, empty), new Uint8Array(whole.length))
    rmSync(join(folder.path, gone))
    clock.advance(50)
    await writeUntil(upTo(60).filter((n) => n <= 22 || n > 35))
    const notes = sent.flatMap(({ all }) => all).flatMap((each) => (each.kind === 'note' ? [each.message] : []))
    expect(notes.map((note) => Number.parseInt(note, 10))).toEqual([3, 5, 5])
    expect(log.messages('error')).toHaveLength(1)
    expect(health.at(-1)).toEqual({ failing: false, waiting: 0, lost: 13 })
  })
})
