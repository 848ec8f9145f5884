import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { hashTag } from '../../../../src/southbound/ocpp/hash-tag.ts'
import { Session } from '../../../../src/southbound/ocpp/session/session.ts'
import { idTag } from '../../../../src/southbound/ocpp/v16/normalise.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** How much of a hundred long texts stays, in megabytes, where `keep` is to keep a part of each. */
function kept(keep: (text: string, index: number) => unknown): number {
  const parts: unknown[] = []
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 100; index += 1)
    parts.push(keep(Buffer.from(`${index}`.padEnd(900_000, 'a')).toString(), index))
  collectGarbage()
  return (process.memoryUsage().heapUsed - before) / 2 ** 20
}

describe('what is kept of a long text keeps nothing else of it in memory', () => {
  it('of a tag', () => {
    expect(kept(idTag)).toBeLessThan(20)
    expect(kept((text) => idTag(` ${text}`))).toBeLessThan(20)
  })

  it('of a tag that was found in a text', () => {
    expect(kept((text) => hashTag(text.slice(0, 18)))).toBeLessThan(20)
  })

  it('of nonsense that waits to be written', () => {
    const told: unknown[] = []
    const session = new Session({
      id: 'CP-1',
      send: () => {},
      close: () => {},
      handle: () => ({}),
      heard: () => {},
      history: { tell: (entry) => void told.push(entry) },
      clock: new FakeClock(1_000),
      log: silentLog,
      responseTimeout: 10_000,
    })
    session.open(true)
    expect(kept((text) => session.receive(text))).toBeLessThan(20)
    expect(told).toHaveLength(100)
  })
})
