import { describe, expect, it } from 'vitest'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { readBatch } from '../../../../../src/store/history/record/read-batch.ts'
import { ownFolder } from '../support.ts'

import { entry, filed, LONG, recorder, tell, upTo } from './support.ts'

const folder = ownFolder()

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
    await filed(folder, 0)
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
    await filed(folder, 0)
  })

  it('is handed what was left at the start at once, whatever rush there is', async () => {
    const first = recorder(folder.path)
    tell(first.recorder, 1, 300)
    await first.recorder.stop()
    const { clock, sent, recorder: own, writeUntil } = recorder(folder.path)
    tell(own, 301, 600)
    clock.advance(50)
    expect(sent.map(({ entries }) => entries)).toEqual([300])
    await writeUntil(upTo(600))
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
