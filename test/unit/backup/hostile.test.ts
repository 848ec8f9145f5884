import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import {
  archiveOf,
  backUp,
  bringBack,
  contentOf,
  type Entry,
  entriesOf,
  makeSite,
  namesIn,
} from '../../support/backup-site.ts'

let out: string
let whole: Buffer
let entries: readonly Entry[]
let target: string
let file: string

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'hostile-out-'))
  file = join(out, 'backup.tar.gz')
  const site = await makeSite('Old')
  await backUp(site, file)
  rmSync(site, { recursive: true })
  whole = readFileSync(file)
  entries = await entriesOf(whole)
})
beforeEach(() => {
  target = mkdtempSync(join(tmpdir(), 'hostile-'))
})
afterEach(() => rmSync(target, { recursive: true, force: true }))
afterAll(() => rmSync(out, { recursive: true, force: true }))

const own = (): Manifest => JSON.parse(entries[0]?.content.toString() ?? '') as Manifest
const text = (manifest: unknown): Entry => ({
  header: { name: 'manifest.json' },
  content: Buffer.from(JSON.stringify(manifest)),
})
const listed = (path: string, content: Buffer) => ({
  path,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
})

/** Tries to restore such a file; whatever it says, nothing may have come of it. */
async function refusal(bytes: Buffer): Promise<string> {
  writeFileSync(file, bytes)
  const why = await bringBack(file, join(target, 'deep/site')).then(
    () => 'restored',
    (error: Error) => error.message,
  )
  expect(readdirSync(target)).toEqual([])
  expect(readdirSync(out)).toEqual(['backup.tar.gz'])
  return why
}

describe('what is no backup', () => {
  const bad = Buffer.from('bad')

  it.each(['../evil', '/tmp/evil', 'mappings/../../evil', 'mappings/.hidden', 'mappings/a\\b', 'other.db', 'lists//0'])(
    'may not bring a file %s, announced or not',
    async (name) => {
      const { files, ...rest } = own()
      const evil: Entry = { header: { name }, content: bad }
      const announced = text({ ...rest, files: [...files, listed(name, bad)] })
      expect(await refusal(await archiveOf([announced, ...entries.slice(1), evil]))).toContain(
        'is damaged: in its manifest',
      )
      expect(await refusal(await archiveOf([...entries, evil]))).toMatch(
        /is damaged: .* stands where its end should be/,
      )
    },
  )

  it.each(['symlink', 'link', 'directory', 'character-device', 'block-device', 'fifo'] as const)(
    'may not bring a %s under the name of a part',
    async (type) => {
      const { files, ...rest } = own()
      const name = 'mappings/evil.yaml'
      const evil: Entry = { header: { name, type, linkname: '/etc/passwd' }, content: Buffer.alloc(0) }
      const announced = text({ ...rest, files: [...files, listed(name, Buffer.alloc(0))] })
      const archive = await archiveOf([announced, ...entries.slice(1), evil])
      expect(await refusal(archive)).toContain(`is damaged: ${name} is a ${type}, and a backup holds only files`)
    },
  )

  it('may not have a part twice, leave one out, or have them in another order', async () => {
    const { files, ...rest } = own()
    const last = entries.at(-1) as Entry
    const doubled = text({ ...rest, files: [...files, files.at(-1)] })
    expect(await refusal(await archiveOf([doubled, ...entries.slice(1), last]))).toContain('names a file twice')
    expect(await refusal(await archiveOf([...entries, last]))).toContain('stands where its end should be')
    expect(await refusal(await archiveOf(entries.slice(0, -1)))).toContain(`${last.header.name} is missing`)
    expect(await refusal(await archiveOf([...entries.slice(0, 1), ...entries.slice(1).reverse()]))).toContain(
      'stands where',
    )
    expect(await refusal(await archiveOf(entries.slice(1)))).toContain("manifest.json doesn't come first")
    expect(await refusal(await archiveOf([]))).toMatch(/is no backup of a bridge|is damaged/)
    const without = { ...rest, files: files.filter(({ path }) => path !== 'store.db') }
    expect(await refusal(await archiveOf([text(without), ...entries.slice(1)]))).toContain(
      'config and store are not both',
    )
  })

  it('may not have other bytes than it was made with', async () => {
    for (const [index, { header, content }] of entries.entries()) {
      if (index === 0) continue
      const changed = Buffer.from(content)
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
      const all = entries.map((entry, at) => (at === index ? { header, content: changed } : entry))
      expect(await refusal(await archiveOf(all)), header.name).toContain(`${header.name} is not what was backed up`)
      const longer = entries.map((entry, at) =>
        at === index ? { header, content: Buffer.concat([content, Buffer.from('x')]) } : entry,
      )
      expect(await refusal(await archiveOf(longer)), header.name).toContain(`${header.name} is not what was backed up`)
    }
  })

  it('may not be of a newer bridge, which is said with what to do', async () => {
    const newer = async (more: object) =>
      refusal(await archiveOf([text({ ...own(), version: '9.1.0', ...more }), ...entries.slice(1)]))
    const what = 'version 9.1.0 wrote it'
    for (const [more, says] of [
      [{ format: 2, files: 'in another way' }, 'a newer format (2)'],
      [{ schema: 999 }, 'a newer schema of its store (999)'],
      [{ histories: ['0001-histories', '0999-later'] }, 'a newer schema of its histories (0999-later)'],
    ] as const) {
      const said = await newer(more)
      expect(said).toContain(`has ${says} than this bridge knows (${what}`)
      expect(said).toContain('update the bridge first')
    }
  })

  it('may not say what a terminal obeys', async () => {
    const clear = '\u001b[2J\u001b]0;x\u0007'
    for (const archive of [
      [text({ ...own(), version: clear, format: 2 }), ...entries.slice(1)],
      [text({ ...own(), histories: [clear] }), ...entries.slice(1)],
      [...entries, { header: { name: clear }, content: bad }],
      [{ header: { name: clear, type: 'symlink' }, content: Buffer.alloc(0) } as Entry],
    ])
      expect(await refusal(await archiveOf(archive))).toMatch(/^[\x20-\x7e]+$/)
  })

  it('may not bring a config that fills the memory', async () => {
    const { files, ...rest } = own()
    const [config, ...others] = files
    const large = Buffer.alloc(9_000_000, '#')
    const lying = text({ ...rest, files: [{ ...config, ...listed('config.yaml', large) }, ...others] })
    const archive = await archiveOf([lying, { header: { name: 'config.yaml' }, content: large }, ...entries.slice(2)])
    expect(await refusal(archive)).toContain('is damaged: its config is too large')
  })

  it.each([
    ['{', 'no JSON'],
    ['{}', 'neither format nor version'],
    ['{"format":1,"version":"1"}', 'is damaged: in its manifest'],
    ['[]', 'neither format nor version'],
    ['null', 'neither format nor version'],
  ])('may not begin with %s', async (manifest, says) => {
    const first = { header: { name: 'manifest.json' }, content: Buffer.from(manifest) }
    expect(await refusal(await archiveOf([first, ...entries.slice(1)]))).toContain(says)
  })

  it('may be anything else', async () => {
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 251))
    expect(await refusal(Buffer.alloc(0))).toMatch(/is damaged|is no backup/)
    expect(await refusal(noise)).toContain('is damaged, or no backup at all')
    expect(await refusal(gzipSync(noise))).toContain('is damaged, or no backup of a bridge')
    expect(await refusal(gzipSync(Buffer.alloc(0)))).toContain('is no backup of a bridge')
    expect(await refusal(gzipSync(Buffer.alloc(100_000)))).toContain('no backup of a bridge')
    await expect(bringBack(out, target)).rejects.toThrow(/EISDIR|is a folder/)
    await expect(bringBack(join(out, 'none'), target)).rejects.toThrow('there is no file')
  })

  it('may end anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        expect(await refusal(whole.subarray(0, length))).toMatch(/is damaged|is no backup/)
      }),
      { numRuns: 60 },
    )
  })

  it('may have a bit turned anywhere: it is refused, or was of no importance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        const bytes = Buffer.from(whole)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        writeFileSync(file, bytes)
        const site = join(target, 'site')
        const why = await bringBack(file, site).then(
          () => undefined,
          (error: Error) => error.message,
        )
        try {
          if (why === undefined) expect(namesIn(site)).toEqual(new Set(['Old']))
          else expect(contentOf(target)).toEqual({})
          // The same zeros can be compressed in several ways.
          if (why === undefined) expect(gunzipSync(bytes).equals(gunzipSync(whole))).toBe(true)
        } finally {
          rmSync(site, { recursive: true, force: true })
        }
      }),
      { numRuns: 120 },
    )
  })
})
