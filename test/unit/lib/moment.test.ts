import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMoment } from '../../../src/lib/moment.ts'

const module = join(import.meta.dirname, '../../../src/lib/moment.ts')
const now = Date.parse('2026-11-27T03:04:05Z')

/** In a process of its own: the zone of a process is one for all of it. */
function inZone(zone: string, texts: readonly string[], edge: 'start' | 'end', at = now): readonly (string | null)[] {
  const script = `import { parseMoment } from ${JSON.stringify(module)}
    const texts = ${JSON.stringify(texts)}
    console.log(JSON.stringify(texts.map((text) => { const at = parseMoment(text, ${at}, '${edge}'); return at === undefined ? null : new Date(at).toISOString() })))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    env: { ...process.env, TZ: zone },
  })
  if (stdout.length === 0) throw new Error(stderr.toString())
  return JSON.parse(stdout.toString()) as (string | null)[]
}

describe('a moment as people write it', () => {
  it('is local time where it has no zone', () => {
    const texts = [
      '2026-07-01',
      '2026-11-01T08:00',
      '2026-11-01 08:00:30',
      '2026-11-01T08:00Z',
      '2026-11-01T08:00+0530',
    ]
    expect(inZone('Europe/Berlin', texts, 'start')).toEqual([
      '2026-06-30T22:00:00.000Z',
      '2026-11-01T07:00:00.000Z',
      '2026-11-01T07:00:30.000Z',
      '2026-11-01T08:00:00.000Z',
      '2026-11-01T02:30:00.000Z',
    ])
  })

  it('is the beginning of a day, or its end, however many hours it has', () => {
    const texts = ['2026-10-25', 'yesterday', 'today', '2026-10-25T00:00']
    expect(inZone('Europe/Berlin', texts, 'start')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-11-25T23:00:00.000Z',
      '2026-11-26T23:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
    ])
    expect(inZone('Europe/Berlin', texts, 'end')).toEqual([
      '2026-10-25T23:00:00.000Z',
      '2026-11-26T23:00:00.000Z',
      '2026-11-27T23:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
    ])
  })

  it('may be so long ago', () => {
    expect(parseMoment('now', now, 'end')).toBe(now)
    expect(parseMoment('90s', now, 'end')).toBe(now - 90_000)
    expect(parseMoment('1.5h', now, 'start')).toBe(now - 5_400_000)
    expect(parseMoment('7d', now, 'start')).toBe(now - 7 * 86_400_000)
    expect(parseMoment('2w', now, 'start')).toBe(now - 14 * 86_400_000)
  })

  it.each([
    '',
    'tomorrow',
    '2026-02-30',
    '2026-13-01',
    '2026-11-01T25:00',
    '01.11.2026',
    '2h ago',
    '-2h',
    '2026-11-01T08',
    '20261101',
  ])('is not %j', (text) => {
    expect(parseMoment(text, now, 'start')).toBeUndefined()
  })
})
