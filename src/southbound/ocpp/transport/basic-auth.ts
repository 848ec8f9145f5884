import { createHash, timingSafeEqual } from 'node:crypto'

/** True when an Authorization header carries this password for this identifier (any letter case, colons included). */
export function authenticates(header: string | undefined, identifier: string, password: string): boolean {
  const match = /^Basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(header ?? '')
  if (match?.[1] === undefined) return false
  const given = Buffer.from(match[1], 'base64')
  // The user is the identifier, whose own colons don't end it.
  const length = Buffer.byteLength(identifier)
  const user = given.subarray(0, length).toString('utf8')
  if (user.toLowerCase() !== identifier.toLowerCase() || given[length] !== 0x3a) return false
  return equal(given.subarray(length + 1), Buffer.from(password))
}

/** Compared by digest, so that neither length nor content shows in the time it takes. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
