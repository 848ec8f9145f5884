import { describe, expect, it } from 'vitest'
import { defaults } from '../../../src/store/history/config.ts'
import { brief, read } from './sections.ts'

const history = (text: string) => read(`history: ${text}\n`)

const DAY = 86_400_000

describe('the section history', () => {
  it('keeps everything for a while when nothing is said', () => {
    expect(read('').settings?.services.history).toBeUndefined()
    expect(history('').settings?.services.history).toEqual(defaults)
    expect(defaults.log).toEqual({ keep: 90 * DAY, maxSize: 2e9 })
    expect(defaults.transactions).toEqual({ keep: 3650 * DAY })
  })

  it('says of each history how long it is kept and how large it grows', () => {
    const text = '{ log: { keep: 7d, maxSize: 1.5GB }, meters: { maxSize: 200MB }, days: { keep: 100d } }'
    expect(history(text).settings?.services.history).toMatchObject({
      log: { keep: 7 * DAY, maxSize: 1.5e9 },
      meters: { keep: 30 * DAY, maxSize: 200e6 },
      days: { keep: 100 * DAY },
    })
  })

  it('leaves the log, the meters or everything out', () => {
    expect(history('false').settings?.services.history).toBe(false)
    expect(history('{ log: false, meters: false }').settings?.services.history).toMatchObject({ log: false })
    expect(history('{ transactions: false }').problems.map(brief)).toEqual(['1:26 wrong-type'])
  })

  it('finds what is wrong inside a part that could be left out as well, at its place', () => {
    const { problems } = history('{ log: { keep: 5, maxsize: 1GB }, transaction: {}, meters: 3 }')
    expect(problems.map(brief)).toEqual([
      '1:25 wrong-type',
      '1:28 unknown-key',
      '1:44 unknown-key',
      '1:69 invalid-value',
    ])
    expect(problems[1]?.message).toContain('did you mean maxSize?')
    expect(problems[2]?.message).toContain('did you mean transactions?')
  })

  it('exports to a folder by day, week or month', () => {
    const text = '{ export: { every: week, to: exports, format: xlsx, histories: [transactions, log] } }'
    expect(history(text).settings?.services.history).toMatchObject({ export: { every: 'week', format: 'xlsx' } })
    expect(history('{ export: { every: hour, to: x } }').problems.map(brief)).toEqual(['1:29 invalid-value'])
    expect(history('{ export: { every: day } }').problems.map(brief)).toEqual(['1:12 missing'])
  })
})
