import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Every } from '../../../../src/store/history/export/periods.ts'

const module = join(import.meta.dirname, '../../../../src/store/history/export/periods.ts')

/** What `expression` gives in a process whose zone is Berlin: one process has one zone. */
function inBerlin(expression: string): unknown {
  const script = `import { missedPeriods, periodAt } from ${JSON.stringify(module)}
    const shown = ({ name, start, end }) => [name, new Date(start).toISOString(), new Date(end).toISOString()].join(' ')
    console.log(JSON.stringify(${expression}))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    env: { ...process.env, TZ: 'Europe/Berlin' },
  })
  if (stdout.length === 0) throw new Error(stderr.toString())
  return JSON.parse(stdout.toString())
}

const at = (every: Every, text: string) => `shown(periodAt('${every}', Date.parse('${text}')))`
const missed = (every: Every, done: string | undefined, now: string) =>
  `missedPeriods('${every}', ${done === undefined ? undefined : `Date.parse('${done}')`}, Date.parse('${now}')).map(({ name }) => name)`

describe('a period', () => {
  it('is a day, a week or a month of local time, also where the clocks change', () => {
    const periods = [
      at('day', '2026-10-25T12:00Z'),
      at('day', '2026-03-28T23:00Z'),
      at('week', '2026-10-25T22:59Z'),
      at('week', '2026-10-25T23:00Z'),
      at('month', '2026-10-31T23:30Z'),
      at('month', '2026-10-31T22:30Z'),
    ]
    expect(inBerlin(`[${periods}]`)).toEqual([
      '2026-10-25 2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z',
      '2026-03-29 2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z',
      '2026-W43 2026-10-18T22:00:00.000Z 2026-10-25T23:00:00.000Z',
      '2026-W44 2026-10-25T23:00:00.000Z 2026-11-01T23:00:00.000Z',
      '2026-11 2026-10-31T23:00:00.000Z 2026-11-30T23:00:00.000Z',
      '2026-10 2026-09-30T22:00:00.000Z 2026-10-31T23:00:00.000Z',
    ])
  })

  it('of a week is counted as ISO 8601 does', () => {
    const days = ['2026-01-01', '2027-01-01', '2027-01-04', '2024-12-30', '2026-12-31', '2021-01-03']
    expect(inBerlin(`[${days.map((day) => at('week', `${day}T12:00Z`))}].map((text) => text.split(' ')[0])`)).toEqual([
      '2026-W01',
      '2026-W53',
      '2027-W01',
      '2025-W01',
      '2026-W53',
      '2020-W53',
    ])
  })

  it('is missed when it ended since the last one, at most 31 of them; at first only the last one is', () => {
    const asked = [
      missed('day', '2026-11-24T23:00Z', '2026-11-27T10:00Z'),
      missed('day', '2026-11-26T23:00Z', '2026-11-27T10:00Z'),
      missed('day', undefined, '2026-11-27T10:00Z'),
      missed('month', '2026-08-31T22:00Z', '2026-11-30T23:00Z'),
      missed('day', '2027-01-01T00:00Z', '2026-11-27T10:00Z'),
      `${missed('day', '2025-01-01T00:00Z', '2026-11-27T10:00Z')}.filter((_, index, all) => index === 0 || index === all.length - 1).concat(${missed('day', '2025-01-01T00:00Z', '2026-11-27T10:00Z')}.length)`,
    ]
    expect(inBerlin(`[${asked}]`)).toEqual([
      ['2026-11-25', '2026-11-26'],
      [],
      ['2026-11-26'],
      ['2026-09', '2026-10', '2026-11'],
      [],
      ['2026-10-27', '2026-11-26', 31],
    ])
  })
})
