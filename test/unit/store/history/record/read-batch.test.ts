import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readBatch } from '../../../../../src/store/history/record/read-batch.ts'
import { ownFolder } from '../support.ts'

const folder = ownFolder()

it('of what somebody took away, or put something else in the place of, nothing is left, and nothing waits for it', () => {
  const file = join(folder.path, 'waiting', '1-1-5.page1')
  const read = () => readBatch({ run: 1, number: 1, entries: 5, page: { file } })
  expect(read()).toEqual([])
  mkdirSync(file, { recursive: true })
  expect(read()).toEqual([])
  rmSync(file, { recursive: true })
  symlinkSync(file, file)
  expect(read()).toEqual([])
  rmSync(dirname(file), { recursive: true })
  writeFileSync(dirname(file), '')
  expect(read()).toEqual([])
})

it('of a file that is longer than any page nothing is read: it may be longer than memory', () => {
  const file = join(folder.path, '1-1-5.page1')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 31 - 2 ** 20)
  const before = process.memoryUsage().rss
  expect(readBatch({ run: 1, number: 1, entries: 5, page: { file } })).toEqual([])
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28)
})
