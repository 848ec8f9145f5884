import { readXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { workbook } from '../../../src/lib/workbook.ts'

const texts = ['=1+1', '+1', '-1', '@x', '\t=1', '007', '', 'a & <b> "c"', 'Wärme 5 °C 中 😀']

describe('a workbook', () => {
  it('has texts as they are, never as formulas or numbers, and numbers as numbers', async () => {
    const book = await readXlsx(
      await workbook([{ name: 'A', columns: [{ title: 'T', width: 5 }], rows: [...texts.map((text) => [text]), [5]] }]),
    )
    expect(book.sheets[0]?.rows.slice(1).map(([cell]) => cell ?? '')).toEqual([...texts, 5])
    for (const cell of book.sheets[0]?.cells?.values() ?? []) expect(cell.formula).toBeUndefined()
  })

  it('leaves out what XML has no place for', async () => {
    const hostile = 'a\u0000b\u0008c\u001bd\ufffee\ud800f'
    const book = await readXlsx(await workbook([{ name: 'A', columns: [{ title: 'T', width: 5 }], rows: [[hostile]] }]))
    expect(book.sheets[0]?.rows[1]).toEqual(['abcdef'])
  })

  it('filters all of its columns, however many', async () => {
    const columns = Array.from({ length: 30 }, (_, n) => ({ title: `c${n}`, width: 4 }))
    const book = await readXlsx(await workbook([{ name: 'A', columns, rows: [] }]))
    expect(book.sheets[0]?.autoFilter?.range).toBe('A1:AD1')
    expect(book.sheets[0]?.freezePane?.rows).toBe(1)
  })
})
