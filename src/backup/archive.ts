import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { type Extract, extract, type Header, pack } from 'tar-stream'
import { MANIFEST, type Manifest, type PackedFile, parseManifest, Unusable } from './manifest.ts'
import { syncFile } from './sync.ts'

const MOST_MANIFEST_BYTES = 8_000_000
/** Histories are large, and the next levels gain little. */
const COMPRESSION = 3
const PIECE_BYTES = 256 * 1024

/** Writes manifest and files as one compressed archive into `to`, which must not exist; `source` says where a file is. */
export async function writeArchive(
  to: string,
  manifest: Manifest,
  source: (path: string) => string,
  signal: AbortSignal,
): Promise<void> {
  const mtime = new Date(manifest.createdAt)
  const tar = pack()
  const fill = async (): Promise<void> => {
    try {
      const text = JSON.stringify(manifest, undefined, 2)
      tar.entry({ name: MANIFEST, mode: 0o600, mtime }, text)
      for (const { path, bytes } of manifest.files) {
        const entry = tar.entry({ name: path, size: bytes, mode: 0o600, mtime })
        await pipeline(createReadStream(source(path), { highWaterMark: PIECE_BYTES }), entry)
      }
      tar.finalize()
    } catch (error) {
      tar.destroy(error as Error)
      throw error
    }
  }
  const written = createWriteStream(to, { flags: 'wx', mode: 0o600 })
  await Promise.all([pipeline(tar, createGzip({ level: COMPRESSION }), written, { signal }), fill()])
  syncFile(to)
}

/** What is done with what an archive holds, in its order. */
export interface ArchiveReader {
  manifest(manifest: Manifest): void
  /** Where the bytes of a file go. */
  open(file: PackedFile): Writable
  /** They were all there, and right. */
  complete(file: PackedFile): void
}

/**
 * Reads an archive to its end with bounded memory; throws an `Unusable` unless every byte is as its manifest says, and
 * whatever the reader throws.
 */
export async function readArchive(from: string, reader: ArchiveReader, signal: AbortSignal): Promise<void> {
  const entries = extract()
  const objections: unknown[] = []
  const reading = readEntries(entries, objecting(reader, objections))
  const feeding = pipeline(createReadStream(from, { highWaterMark: PIECE_BYTES }), createGunzip(), entries, { signal })
  // One that fails ends the other as well.
  const [read, fed] = await Promise.allSettled([reading, feeding])
  if (objections.length > 0) throw objections[0]
  const reasons = [read, fed].flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  if (reasons.length > 0) throw damage(reasons)
}

/** The same reader, of which it is known what it objected to. */
function objecting(reader: ArchiveReader, objections: unknown[]): ArchiveReader {
  const ask = <T>(answer: () => T): T => {
    try {
      return answer()
    } catch (error) {
      objections.push(error)
      throw error
    }
  }
  return {
    manifest: (manifest) => ask(() => reader.manifest(manifest)),
    open: (file) => ask(() => reader.open(file)),
    complete: (file) => ask(() => reader.complete(file)),
  }
}

async function readEntries(entries: Extract, reader: ArchiveReader): Promise<void> {
  let manifest: Manifest | undefined
  let next = 0
  for await (const entry of entries) {
    const { name, type, size } = entry.header
    if (type !== 'file') throw new Unusable(`is damaged: ${name} is a ${type}, and a backup holds only files`)
    if (manifest === undefined) {
      if (name !== MANIFEST) throw new Unusable(`is no backup of a bridge: ${MANIFEST} doesn't come first`)
      manifest = parseManifest(await manifestText(entry, size))
      reader.manifest(manifest)
      continue
    }
    const file = manifest.files[next]
    next += 1
    // One after the other as the manifest has them: none is missing, doubled, or there without having been announced.
    if (file === undefined || file.path !== name)
      throw new Unusable(`is damaged: ${name} stands where ${file?.path ?? 'its end'} should be`)
    await readFile(entry, entry.header, file, reader)
  }
  if (manifest === undefined) throw new Unusable('is no backup of a bridge: there is nothing in it')
  const missing = manifest.files[next]
  if (missing !== undefined) throw new Unusable(`is damaged: ${missing.path} is missing`)
}

async function readFile(
  content: AsyncIterable<unknown>,
  header: Header,
  file: PackedFile,
  reader: ArchiveReader,
): Promise<void> {
  const damaged = () => new Unusable(`is damaged: ${file.path} is not what was backed up`)
  if (header.size !== file.bytes) throw damaged()
  const hash = createHash('sha256')
  const hashed = async function* (): AsyncIterable<Buffer> {
    for await (const piece of content) {
      hash.update(piece as Buffer)
      yield piece as Buffer
    }
  }
  await pipeline(hashed, reader.open(file))
  if (hash.digest('hex') !== file.sha256) throw damaged()
  reader.complete(file)
}

async function manifestText(content: AsyncIterable<unknown>, size: number): Promise<string> {
  if (size > MOST_MANIFEST_BYTES) throw new Unusable('is damaged: its manifest is too large')
  const pieces: Buffer[] = []
  for await (const piece of content) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

/** What was said of an archive, for people. */
function damage(reasons: readonly Error[]): Error {
  const ours = reasons.find((reason) => reason instanceof Unusable)
  if (ours !== undefined) return ours
  const codes = reasons.map((reason) => ('code' in reason ? String(reason.code) : ''))
  const cause = reasons[0]
  if (codes.includes('Z_BUF_ERROR')) return new Unusable('is damaged: it ends too early', { cause })
  if (codes.some((code) => code.startsWith('Z_'))) return new Unusable('is damaged, or no backup at all', { cause })
  // The disk has something to say, or a person has.
  const other = reasons.find((_reason, index) => /^(E[A-Z]+|ABORT_ERR)$/.test(codes[index] ?? ''))
  return other ?? new Unusable('is damaged, or no backup of a bridge', { cause })
}
