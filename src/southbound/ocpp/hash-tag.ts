import { createHash } from 'node:crypto'
import { ownText } from '../../lib/own-text.ts'
import { Recent } from '../../lib/recent.ts'

/** The same few tags come again and again, in every message of a transaction. */
const known = new Recent<string, string>(1_000)

/** Eight characters tell two tags apart on a display and give neither away. */
export function hashTag(idTag: string): string {
  if (idTag === '') return ''
  const tag = idTag.toLowerCase()
  let hash = known.use(tag)
  if (hash === undefined) {
    hash = createHash('sha256').update(tag).digest('hex').slice(0, 8)
    known.set(ownText(tag), hash)
  }
  return hash
}
