import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLists, tagFaults, tagFiles } from '../../../../src/southbound/ocpp/tags.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tags-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function read(text: string | Uint8Array) {
  writeFileSync(join(folder, 'tags.csv'), text)
  const { allow } = readLists({ allow: 'tags.csv', deny: [] }, folder)
  return { tags: allow, faults: tagFaults('tags.csv', folder) }
}

describe('a file of tags', () => {
  it('may be tags alone, one a line', () => {
    expect(read('04A1B2C3\n\n# the caretaker\n04FFEE00\r\n')).toEqual({
      tags: [{ idTag: '04A1B2C3' }, { idTag: '04FFEE00' }],
      faults: [],
    })
  })

  it.each([
    ['commas', 'idTag,expires,parent,name\nA1,2027-12-31,FLEET,Ann\nB2,,,Bob\n'],
    [
      'semicolons, a byte order mark and other words',
      '\ufeffName;Id Tag;Expiry Date;Parent Id Tag\nAnn;A1;2027-12-31;FLEET\nBob;B2;;\n',
    ],
    ['tabs and quotes', '"tag"\t"expiry"\t"parent"\n"A1"\t"2027-12-31"\t"FLEET"\nB2\n'],
  ])('may name its columns, with %s', (_how, text) => {
    expect(read(text)).toEqual({
      tags: [{ idTag: 'A1', expires: Date.UTC(2027, 11, 31, 23, 59, 59, 999), parent: 'FLEET' }, { idTag: 'B2' }],
      faults: [],
    })
  })

  it('has its mistakes told by their lines', () => {
    const { tags, faults } = read('idTag,expires\nA1,soon\nB2,\nb2,\n,2027-01-01\nTHIS-TAG-HAS-TOO-MANY-CHARACTERS,\n')
    expect(tags).toEqual([{ idTag: 'B2' }])
    expect(faults).toEqual([
      expect.stringMatching(/^line 2: expires write a day/),
      'line 4: b2 stands in line 3 already',
      'line 5: idTag is empty',
      'line 6: idTag has more than 20 characters',
    ])
  })

  it('that is absent, or no text of that kind, is told', () => {
    expect(tagFaults('none.csv', folder)).toEqual(['does not exist'])
    expect(read('idTag\n"A1\n').faults).toHaveLength(1)
    expect(read(Uint8Array.of(0, 1, 2, 255)).faults.length + read('').faults.length).toBeGreaterThanOrEqual(0)
  })

  it('is watched; a list in the config has none', () => {
    expect(tagFiles({ allow: 'a.csv', deny: [] }, folder)).toEqual([join(folder, 'a.csv')])
    expect(readLists({ allow: [{ idTag: 'X' }], deny: [] }, folder).allow).toEqual([{ idTag: 'X' }])
  })
})
