import { describe, expect, it } from 'vitest'
import { filteredLog } from '../../../src/lib/filtered-log.ts'
import type { Log } from '../../../src/lib/log.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const

function recording(debugs: boolean) {
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const [debug, info, warn, error] = levels.map(write)
  return { lines, log: { debug, info, warn, error, debugs } as Log }
}

describe('a filtered log', () => {
  it('says what passes, as it is', () => {
    const { lines, log } = recording(true)
    const own = filteredLog(log, (level, fields) => level === 'error' || fields.a === 1)
    for (const level of levels) for (const a of [1, 2]) own[level]({ a }, 'it')
    expect(lines).toEqual([
      'debug it {"a":1}',
      'info it {"a":1}',
      'warn it {"a":1}',
      'error it {"a":1}',
      'error it {"a":2}',
    ])
  })

  it('asks again for every line', () => {
    const { lines, log } = recording(true)
    let passes = false
    const own = filteredLog(log, () => passes)
    own.info({}, 'one')
    passes = true
    own.info({}, 'two')
    expect(lines).toEqual(['info two {}'])
  })

  it('debugs where the log does', () => {
    expect([true, false].map((debugs) => filteredLog(recording(debugs).log, () => true).debugs)).toEqual([true, false])
  })
})
