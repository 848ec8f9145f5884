import { createHash, timingSafeEqual } from 'node:crypto'

/** A password as the config or a charger's AuthorizationKey holds it: text (perhaps `hex:` and digits), or bytes. */
export type Password = string | Uint8Array

/** The key of a charger in OCPP 1.6 is 20 bytes at most; this many digits are taken for its bytes as well as for themselves. */
const HEX_KEY = /^[0-9A-Fa-f]{40}$/
const COLON = 0x3a

/**
 * The one of these passwords that an Authorization header carries for this identifier, which counts in any letter case
 * and with its own colons; undefined: none. Chargers send a hexadecimal key as its bytes or as its digits, and other letters than ASCII
 * in UTF-8 or Latin-1: all are right.
 */
export function passwordSent(
  header: string | undefined,
  identifier: string,
  passwords: readonly Password[],
): Password | undefined {
  const given = passwordIn(header, identifier)
  if (given === undefined) return undefined
  // All are compared, so that the time tells nothing of which is right.
  return passwords.filter((password) => matches(given, password))[0]
}

/** The bytes after the identifier and its colon. */
function passwordIn(header: string | undefined, identifier: string): Buffer | undefined {
  const match = /^Basic[ \t]+([A-Za-z0-9+/]+=*)[ \t]*$/i.exec(header ?? '')
  if (match?.[1] === undefined) return undefined
  const given = Buffer.from(match[1], 'base64')
  const wanted = identifier.toLowerCase()
  // The user is the identifier, whose own colons don't end it.
  for (let colon = given.indexOf(COLON); colon !== -1; colon = given.indexOf(COLON, colon + 1)) {
    const user = given.subarray(0, colon)
    if (user.toString('utf8').toLowerCase() === wanted || user.toString('latin1').toLowerCase() === wanted)
      return given.subarray(colon + 1)
  }
  return undefined
}

function matches(given: Buffer, password: Password): boolean {
  const digits = isHex(given) ? Buffer.from(given.toString('latin1'), 'hex') : undefined
  const key = keyBytes(password)
  const asDigits = key !== undefined && digits !== undefined && equal(digits, key)
  return writings(password).filter((each) => equal(given, each)).length > 0 || asDigits
}

/** The bytes that a charger may make of a password. */
function writings(password: Password): readonly Uint8Array[] {
  const key = keyBytes(password)
  const bytes = key === undefined ? [] : [key]
  if (typeof password !== 'string' || password.startsWith('hex:')) return bytes
  const latin = /^[\0-\xff]*$/.test(password) ? [Buffer.from(password, 'latin1')] : []
  return [Buffer.from(password, 'utf8'), ...latin, ...bytes]
}

function keyBytes(password: Password): Buffer | undefined {
  if (typeof password !== 'string') return Buffer.from(password)
  if (password.startsWith('hex:')) return Buffer.from(password.slice(4), 'hex')
  return HEX_KEY.test(password) ? Buffer.from(password, 'hex') : undefined
}

function isHex(given: Buffer): boolean {
  return given.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(given.toString('latin1'))
}

/** Compared by digest, so that neither length nor content shows in the time it takes. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
