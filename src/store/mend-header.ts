import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import SqliteDatabase from 'better-sqlite3'

const HEADER = 100
const MAGIC = 'SQLite format 3\0'
/** What SQLite takes where nobody says otherwise, as we don't. */
const PAGE = 4_096
/** sqlite.org/fileformat2.html 1.3 and 1.6: where in the file's header and first page something stands. */
const AT = {
  pageSize: 16,
  writeVersion: 18,
  readVersion: 19,
  pageCount: 28,
  firstFree: 32,
  freeCount: 36,
  kind: 100,
} as const
/** A page of a table: its root, when it has grown, and as it begins. */
const TABLE_PAGES: readonly number[] = [0x05, 0x0d]

/**
 * Gives a copy of a store a header with which it can be opened, and the length that it is said to have. `lost`: it is
 * no database at all. `mended`: the version that stands in it is not its own.
 */
export function mendHeader(file: string): 'sound' | 'mended' | 'lost' {
  const handle = openSync(file, 'r+')
  try {
    const { size } = fstatSync(handle)
    const bytes = Buffer.alloc(HEADER + 1)
    if (readSync(handle, bytes, 0, bytes.length, 0) < bytes.length) return 'lost'
    const sound = bytes.toString('latin1', 0, MAGIC.length) === MAGIC && isPageSize(bytes.readUInt16BE(AT.pageSize))
    if (!sound) {
      if (!TABLE_PAGES.includes(bytes.readUInt8(AT.kind))) return 'lost'
      const header = freshHeader()
      header.writeUInt32BE(Math.ceil(size / PAGE), AT.pageCount)
      writeSync(handle, header, 0, HEADER, 0)
      header.copy(bytes)
    }
    const told = bytes.readUInt32BE(AT.pageCount) * pageSizeOf(bytes)
    // A page that isn't there any more is one that makes no sense; a file that is too short is not opened at all.
    if (size < told && told < size * 64) ftruncateSync(handle, told)
    return sound ? 'sound' : 'mended'
  } finally {
    closeSync(handle)
  }
}

function freshHeader(): Buffer {
  const database = new SqliteDatabase(':memory:')
  database.pragma(`page_size = ${PAGE}`)
  database.exec('CREATE TABLE first (it)')
  const header = database.serialize().subarray(0, HEADER)
  database.close()
  header.writeUInt8(2, AT.writeVersion)
  header.writeUInt8(2, AT.readVersion)
  header.writeUInt32BE(0, AT.firstFree)
  header.writeUInt32BE(0, AT.freeCount)
  return header
}

/** A power of two from 512 on; 65,536 is written as 1. */
function isPageSize(told: number): boolean {
  return told === 1 || (told >= 512 && told <= 32_768 && (told & (told - 1)) === 0)
}

function pageSizeOf(header: Buffer): number {
  const told = header.readUInt16BE(AT.pageSize)
  return told === 1 ? 65_536 : told
}
