import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PageFiles } from '../../../../../src/store/history/record/page-files.ts'
import { ownFolder } from '../support.ts'

const folder = ownFolder()

it('what is left in a folder is known by its name, and what has another one stays there, untouched', () => {
  const names = ['2-7-3.page1', '10-7-1.page1', '1-9-2.page1', `${2 ** 53}-1-1.page1`, `${'9'.repeat(200)}-1-1.page1`]
  const others = [
    '-1-7-3.page1',
    '1e3-7-3.page1',
    'NaN-7-3.page1',
    '2-7.page1',
    '2-7-3.page1.tmp',
    '2-7-4.page',
    '2-7-4.page2',
    'x2-7-3.page1',
    '.page1',
  ]
  for (const name of [...names, ...others]) writeFileSync(join(folder.path, name), 'x')
  mkdirSync(join(folder.path, '3-7-3.page1'))
  symlinkSync('/dev/zero', join(folder.path, '4-7-3.page1'))
  expect(new PageFiles(folder.path).list().map(({ number, run, entries }) => [number, run, entries])).toEqual([
    [1, 9, 2],
    [2, 7, 3],
    [10, 7, 1],
  ])
})
