import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { insertCharger } from '../../../src/config/insert-charger.ts'

const added = { id: 'NEW' }

describe('a charger is added to config.yaml', () => {
  it.each([
    ['a list', 'site: X\nchargers:\n  - id: A\n', 'site: X\nchargers:\n  - id: A\n  - id: NEW\n'],
    [
      'a list that isn’t the end',
      'chargers:\n  - id: A\n\nsite: X\n',
      'chargers:\n  - id: A\n  - id: NEW\n\nsite: X\n',
    ],
    ['a list that isn’t indented', 'chargers:\n- id: A\nsite: X\n', 'chargers:\n- id: A\n- id: NEW\nsite: X\n'],
    [
      'comments of the last charger',
      'chargers:\n  - id: A # a\n    # password: x\n\n    # y\n\n  # next\n',
      'chargers:\n  - id: A # a\n    # password: x\n\n    # y\n  - id: NEW\n\n  # next\n',
    ],
    ['no final line break', 'chargers:\n  - id: A', 'chargers:\n  - id: A\n  - id: NEW'],
    [
      'line breaks of Windows',
      'site: X\r\nchargers:\r\n  - id: A\r\n',
      'site: X\r\nchargers:\r\n  - id: A\r\n  - id: NEW\r\n',
    ],
    [
      'a text over lines',
      'chargers:\n  - id: A\n    name: >-\n      B\n      C\n\nsite: X\n',
      'chargers:\n  - id: A\n    name: >-\n      B\n      C\n  - id: NEW\n\nsite: X\n',
    ],
    [
      'an item in braces',
      'chargers:\n  - { id: A } # a\nsite: X\n',
      'chargers:\n  - { id: A } # a\n  - id: NEW\nsite: X\n',
    ],
    ['an empty list', 'chargers: [] # none\nsite: X\n', 'chargers: [{ id: "NEW" }] # none\nsite: X\n'],
    [
      'nothing behind the key',
      'chargers: # none yet\n  # - id: X\nsite: X\n',
      'chargers: # none yet\n  - id: NEW\n  # - id: X\nsite: X\n',
    ],
    ['nothing behind the key at the end', 'chargers:', 'chargers:\n  - id: NEW'],
    ['no such key', 'site: X\n# the end\n', 'site: X\n# the end\nchargers:\n  - id: NEW\n'],
    ['no such key, and a marked end', '---\nsite: X\n...\n', '---\nsite: X\nchargers:\n  - id: NEW\n...\n'],
    ['an empty file', '', 'chargers:\n  - id: NEW\n'],
    ['only a comment', '# mine', '# mine\nchargers:\n  - id: NEW'],
    ['brackets', 'chargers: [{ id: A }]\n', 'chargers: [{ id: A }, { id: "NEW" }]\n'],
    ['brackets with a last comma', 'chargers: [{ id: A }, ]\n', 'chargers: [{ id: A }, { id: "NEW" }, ]\n'],
    [
      'brackets over lines',
      'chargers: [\n  { id: A },\n  { id: B }\n]\n',
      'chargers: [\n  { id: A },\n  { id: B },\n  { id: "NEW" }\n]\n',
    ],
    [
      'brackets over lines with comments',
      'chargers: [\n  { id: A }, # a\n  { id: B } # b, c\n]\n',
      'chargers: [\n  { id: A }, # a\n  { id: B }, # b, c\n  { id: "NEW" }\n]\n',
    ],
    [
      'brackets over lines with a last comma',
      'chargers: [\n  { id: A }, # a\n]\n',
      'chargers: [\n  { id: A }, # a\n  { id: "NEW" },\n]\n',
    ],
    [
      'JSON',
      '{ "site": "X", "chargers": [{ "id": "A" }] }',
      '{ "site": "X", "chargers": [{ "id": "A" }, { id: "NEW" }] }',
    ],
    ['JSON without the key', '{\n  "site": "X"\n}\n', '{\n  "site": "X",\n  chargers: [{ id: "NEW" }]\n}\n'],
    [
      'a byte order mark',
      '\uFEFFsite: X\nchargers:\n  - id: A\n',
      '\uFEFFsite: X\nchargers:\n  - id: A\n  - id: NEW\n',
    ],
    ['an anchor', 'chargers: &all\n  - id: A\n', 'chargers: &all\n  - id: A\n  - id: NEW\n'],
  ])('with %s', (_what, before, after) => {
    expect(insertCharger(before, added)).toBe(after)
  })

  it.each([['chargers: ~'], ['x: &x []\nchargers: *x'], ['- a'], ['a: [']])(
    'not where there is no place for it: %s',
    (text) => {
      expect(insertCharger(text, added)).toBeUndefined()
    },
  )

  it('in quotes where it needs them', () => {
    expect(insertCharger('', { id: '007', name: 'Bay: 1', mapping: 'full' })).toBe(
      'chargers:\n  - id: "007"\n    name: "Bay: 1"\n    mapping: full\n',
    )
  })

  const comment = fc.constantFrom('', ' # c', ' # a, [b] - {c}')
  const blank = fc.constantFrom('', '\n', '# x\n', '\n# x\n\n')
  const charger = (indent: string) =>
    fc
      .record({
        id: fc.constantFrom('A', '"B"', "'it''s'", '1e3', '日本'),
        dash: fc.constantFrom('- ', '-   ', '- \n  '),
        second: fc.constantFrom('', 'name: X', 'modbus: { unit: 3 }', 'name: >-\n    folded\n    text'),
        note: comment,
        after: fc.constantFrom('', '  # own comment\n', '\n  # own comment\n'),
      })
      .map(({ id, dash, second, note, after }) => {
        const inner = ' '.repeat(dash.includes('\n') ? 2 : dash.length)
        const lines = `${dash}id: ${id}${note}\n${second === '' ? '' : `${inner}${second.replaceAll('\n', `\n${inner}`)}\n`}${after}`
        return lines.replace(/^(?=.)/gm, indent)
      })
  const block = fc
    .constantFrom(0, 1, 2, 3, 4)
    .chain((width) =>
      fc
        .tuple(comment, fc.array(charger(' '.repeat(width)), { minLength: 1, maxLength: 4 }))
        .map(([note, items]) => `chargers:${note}\n${items.join('')}`),
    )
  const item = fc.constantFrom('{ id: A }', '{id: "B, ]", name: X}', '{ "id": "C" }')
  const flow = fc
    .tuple(fc.array(item, { maxLength: 3 }), fc.constantFrom(' ', '', '\n  ', ' # c, d\n  '), fc.boolean(), comment)
    .map(([items, gap, comma, note]) => {
      const body = items.map((each, n) => `${gap}${each}${n < items.length - 1 || comma ? ',' : ''}`).join('')
      return `chargers: [${body}${gap}]${note}\n`
    })
  const other = fc.constantFrom('site: X\n', 'ocpp:\n  listen: 1.2.3.4:5 # x\n\n', 'limits: { step: 1 }\n')
  const text = fc
    .record({
      head: fc.tuple(blank, fc.constantFrom('', 'store: a # b\n')),
      list: fc.oneof(block, flow, fc.constant('chargers: []\n'), fc.constant('chargers:\n'), fc.constant('')),
      tail: fc.tuple(blank, fc.option(other, { nil: '' }), blank),
      windows: fc.boolean(),
      end: fc.boolean(),
    })
    .map(({ head, list, tail, windows, end }) => {
      const whole = head.join('') + list + tail.join('')
      const cut = end ? whole : whole.replace(/\n$/, '')
      return windows ? cut.replaceAll('\n', '\r\n') : cut
    })

  it('and every character of what was there stays, whatever the layout', () => {
    fc.assert(
      fc.property(text, (before) => {
        const after = insertCharger(before, { id: 'N-1', name: 'Bay 1' })
        if (after === undefined) throw new Error(`no place in ${JSON.stringify(before)}`)
        // What was there is what is left when one run is taken out; beside a comment a comma alone comes first.
        let head = 0
        while (head < before.length && before[head] === after[head]) head += 1
        let tail = 0
        while (tail < before.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
        const between = before.slice(head, before.length - tail)
        if (between !== '') {
          expect(after.slice(head, head + 1 + between.length)).toBe(`,${between}`)
          expect(between).toMatch(/^ +#[^\n]*\n?$/)
        }
        expect(after).not.toMatch(before.includes('\r\n') ? /(^|[^\r])\n/ : /\r/)
        expect(after.endsWith('\n')).toBe(before === '' || before.endsWith('\n'))
        const was = (parse(before) ?? {}) as { chargers?: unknown[] | null }
        expect(parse(after)).toEqual({ ...was, chargers: [...(was.chargers ?? []), { id: 'N-1', name: 'Bay 1' }] })
      }),
      { numRuns: 3_000 },
    )
  })
})
