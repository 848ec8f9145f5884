import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, writer } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fillDisk } from '../../support/full-disk.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unkept-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function onDisk() {
  const clock = new FakeClock()
  const store = openSqlite(file, clock)
  return core({ store, clock })
}

describe('a write that the disk does not take', () => {
  it('is never accepted, however often it is repeated, and commands nothing; later it is', () => {
    const { bring, downlink, point, answerAll, clock, store } = onDisk()
    const link = bring()
    const limit = point('limit', 1)
    downlink.write(limit, 20, writer, 8)
    answerAll(link)
    clock.advance(5_000)
    const empty = fillDisk(file)
    for (const _try of [1, 2]) expect(() => downlink.write(limit, 12, writer, 8)).toThrow('full')
    expect(downlink.slots(limit)?.[7]).toBe(20)
    for (const _try of [1, 2]) expect(() => downlink.write(limit, null, writer, 8)).toThrow('full')
    expect(downlink.slots(limit)?.[7]).toBe(20)
    expect(link.sent).toEqual([])
    empty()
    expect(downlink.write(limit, 12, writer, 8)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', connector: 1 }])
    store.close()
  })

  it("leaves what was written before at work, and charger's answers to it are taken", () => {
    const { bring, downlink, point, charger, answerAll, store } = onDisk()
    downlink.write(point('limit', 1), 20, writer, 8)
    const empty = fillDisk(file)
    const link = bring()
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', connector: 1 }])
    expect(charger.control.connectors[1]?.limitProgress.installed).toBe(true)
    empty()
    store.close()
    const again = openSqlite(file, new FakeClock())
    expect([...again.held(charger.id).keys()]).toContain('installed.1')
    again.close()
  })
})
