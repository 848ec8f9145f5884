import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../../src/lib/yaml-file.ts'
import { checkExport } from '../../../../src/store/history/check-export.ts'
import { config } from '../../../../src/store/history/config.ts'

function told(history: string): readonly string[] {
  const source = parseYaml('config.yaml', `history: ${history}\n`)
  const { history: written } = source.value as { readonly history: unknown }
  return checkExport(config.parse(written), source).map(({ code, warning, message }) => {
    expect([code, warning]).toEqual(['history-export', true])
    return message
  })
}

describe('history.export', () => {
  it.each([
    'false',
    '{}',
    '{ export: { every: month, to: x } }',
    '{ meters: { keep: 32d }, export: { every: month, to: x, histories: [meters, log, days] } }',
    '{ export: { every: week, to: x, histories: [meters] } }',
    '{ meters: false, export: { every: day, to: x } }',
  ])('%s is right', (history) => {
    expect(told(history)).toEqual([])
  })

  it('of a month has not all meters where they are kept for 30 days, as they are unless somebody says', () => {
    expect(told('{ export: { every: month, to: x, histories: [meters, transactions] } }')).toEqual([
      'what is deleted before the month has ended is not in its file: keep meters for 32d or more',
    ])
  })

  it('of what is not kept is a warning', () => {
    expect(told('{ meters: false, export: { every: day, to: x, histories: [meters] } }')).toEqual([
      expect.stringContaining('meters are not kept'),
    ])
  })
})
