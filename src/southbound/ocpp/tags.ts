import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import type { Tag } from '../../core/charger/authorize.ts'

/** A moment as ISO 8601; a day alone ends with it, UTC. */
const moment = z
  .string()
  .refine(
    (text) => !Number.isNaN(momentOf(text)),
    'write a day such as 2027-12-31, or a time such as 2027-12-31T18:00:00Z',
  )
  .transform(momentOf)

/** CiString20Type (OCPP 1.6 7.28). */
const idTag = z.string().min(1, 'is empty').max(20, 'has more than 20 characters')

const entry = z.strictObject({ idTag, expires: moment.optional(), parent: idTag.optional() })

const tag = z.union(
  [idTag.transform((text): Tag => ({ idTag: text })), entry],
  'write a tag of at most 20 characters, or { idTag: …, expires: …, parent: … }',
)

/** A list of tags, or the CSV file that it stands in. */
export const tagList = z.union(
  [z.array(tag), z.string().regex(/\.csv$/i)],
  'write a list of tags, or a file that ends with .csv',
)

type TagList = z.output<typeof tagList>

interface Lists {
  readonly allow: TagList
  readonly deny: TagList
}

/** What is wrong with a file of tags, in words that follow the file's name. */
interface TagFile {
  readonly tags: readonly Tag[]
  readonly faults: readonly string[]
}

/** Names of the columns as people and exports write them. */
const columns: ReadonlyMap<string, 'idTag' | 'expires' | 'parent'> = new Map([
  ['idtag', 'idTag'],
  ['tag', 'idTag'],
  ['expires', 'expires'],
  ['expiry', 'expires'],
  ['expirydate', 'expires'],
  ['parent', 'parent'],
  ['parentidtag', 'parent'],
])

/** The lists with their files read; what can't be read is left out, and said by `tagFaults`. */
export function readLists<L extends Lists>({ allow, deny, ...others }: L, folder: string) {
  return { ...others, allow: tagsOf(allow, folder), deny: tagsOf(deny, folder) }
}

/** The files that the lists stand in. */
export function tagFiles({ allow, deny }: Lists, folder: string): readonly string[] {
  return [allow, deny].flatMap((list) => (typeof list === 'string' ? [resolve(folder, list)] : []))
}

/** What is wrong with the file of a list. */
export function tagFaults(list: TagList, folder: string): readonly string[] {
  return typeof list === 'string' ? readTagFile(resolve(folder, list)).faults : []
}

function tagsOf(list: TagList, folder: string): readonly Tag[] {
  return typeof list === 'string' ? readTagFile(resolve(folder, list)).tags : list
}

/**
 * Reads a file of tags: a header that names the columns `idTag`, `expires` and `parent` (others are for people), or
 * tags in the first column without a header; separated by commas, semicolons or tabs.
 */
function readTagFile(file: string): TagFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { tags: [], faults: [code === 'ENOENT' ? 'does not exist' : `can't be read: ${code}`] }
  }
  let rows: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]
  try {
    rows = parse(text, {
      bom: true,
      delimiter: [',', ';', '\t'],
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      comment: '#',
      info: true,
    }) as unknown as typeof rows
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return { tags: [], faults: [error.message] }
  }
  const named = rows[0]?.record.map((name) => columns.get(name.toLowerCase().replace(/[^a-z]/g, '')))
  const hasHeader = named?.includes('idTag') ?? false
  const names = hasHeader ? named : (['idTag'] as const)
  const tags: Tag[] = []
  const faults: string[] = []
  const lines = new Map<string, number>()
  for (const { record, info } of rows.slice(hasHeader ? 1 : 0)) {
    const cells = record.flatMap((cell, place) => {
      const name = names?.[place]
      return name === undefined || (cell === '' && name !== 'idTag') ? [] : [[name, cell] as const]
    })
    const { data, error } = entry.safeParse(Object.fromEntries(cells))
    const issue = error?.issues[0]
    const first = data && lines.get(data.idTag.toLowerCase())
    if (data === undefined) faults.push(`line ${info.lines}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
    else if (first !== undefined) faults.push(`line ${info.lines}: ${data.idTag} stands in line ${first} already`)
    else {
      lines.set(data.idTag.toLowerCase(), info.lines)
      tags.push(data)
    }
  }
  return { tags, faults }
}

function momentOf(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Date.parse(`${text}T23:59:59.999Z`)
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN
}
