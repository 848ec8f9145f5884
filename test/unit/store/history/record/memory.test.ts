import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../../src/core/history.ts'
import { ALL_BYTES, Memory } from '../../../../../src/store/history/record/memory.ts'
import type { Page } from '../../../../../src/store/history/record/page.ts'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { Waiting } from '../../../../../src/store/history/record/waiting.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function entry(text: string, action = 'Heartbeat'): Entry {
  return { kind: 'message', at: 1, charger: 'CP-1', from: 'charger', form: 'call', action, text }
}

/** As many as there are. */
function takeAll(memory: Memory, text: string): readonly Page[] {
  const page = memory.take(entry(text))
  return page === undefined ? [] : [page, ...takeAll(memory, text)]
}

/** More than two pages are taken at all times, as in a rush: so the others are kept. */
function takeAllAndGiveBack(memory: Memory) {
  const all = takeAll(memory, '')
  const free = all.slice(3)
  for (const page of free) memory.giveBack(page)
  return { taken: all.slice(0, 3), free: free.map((page) => new WeakRef(page)) }
}

describe('memory for what waits', () => {
  it('is bounded, those pages included that wait to be used again', async () => {
    const memory = new Memory()
    const all = takeAllAndGiveBack(memory)
    const long = takeAll(memory, 'x'.repeat(1_000_000))
    await setImmediate()
    collect()
    const small = all.free.flatMap((page) => page.deref() ?? [])
    const bytes = [...all.taken, ...small, ...long].reduce((sum, { size }) => sum + size, 0)
    expect(bytes).toBeGreaterThan(ALL_BYTES / 2)
    expect(bytes).toBeLessThanOrEqual(ALL_BYTES)
  })

  it('is all that it takes: nothing of what waits stays in the heap, not even names that come once', async () => {
    const waiting = new Waiting({ files: new PageFiles('/dev/null/waiting'), trouble: () => {} })
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 400_000; n += 1) waiting.put(entry('[]', `Action-${n}`))
    await setImmediate()
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000)
    expect(waiting.entries).toBe(400_000)
  })
})
