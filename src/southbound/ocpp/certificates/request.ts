import 'reflect-metadata'
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'

/** A request that may be signed, or why it may not. */
export type Judged =
  | { readonly kind: 'good'; readonly request: Pkcs10CertificateRequest; readonly commonName: string }
  | { readonly kind: 'refused'; readonly why: string }

/** What the security white paper (ed. 3, A00.FR.501–507) asks of a key; more than the longest only costs time. */
const RSA_BITS = { least: 2048, most: 8192 }
/** OpenSSL's names of the curves of at least 224 bits that TLS has. */
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const hashes: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }
/** SignCertificate carries 5500 characters at the most. */
const LONGEST = 5_500

/** Judges a request in PEM form (some chargers leave out its first and last line, or write its line ends as \n). */
export function judgeRequest(pem: string, names: readonly string[]): Judged {
  if (pem.length > LONGEST) return refused(`it has more than ${LONGEST} characters`)
  let request: Pkcs10CertificateRequest
  let key: KeyObject
  let signed: boolean
  try {
    const base64 = pem.replaceAll('\\n', '').replace(/-----[A-Z ]+-----|\s/g, '')
    request = new Pkcs10CertificateRequest(Buffer.from(base64, 'base64'))
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' })
    const weak = weakness(key)
    if (weak !== undefined) return refused(weak)
    signed = isSigned(request, key)
  } catch (error) {
    return refused(`it is damaged: ${(error as Error).message.slice(0, 100)}`)
  }
  if (!signed) return refused('it is not signed with its own key')
  const [commonName, ...others] = request.subjectName.getField('CN')
  if (commonName === undefined || others.length > 0) return refused('its subject needs one common name')
  const wanted = names.map((name) => name.toLowerCase())
  if (wanted.includes(commonName.toLowerCase())) return { kind: 'good', request, commonName }
  return refused(`its common name is ${commonName.slice(0, 60)}, not ${names.join(' or ')}`)
}

function refused(why: string): Judged {
  return { kind: 'refused', why }
}

function weakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most) return undefined
      return `its RSA key has ${modulusLength} bits, not ${RSA_BITS.least} to ${RSA_BITS.most}`
    case 'ec':
      return CURVES.has(namedCurve) ? undefined : `its curve ${namedCurve} is not one of P-256, P-384 and P-521`
    default:
      return `its key is ${key.asymmetricKeyType}, neither RSA nor EC`
  }
}

function isSigned(request: Pkcs10CertificateRequest, key: KeyObject): boolean {
  const { name, hash } = request.signatureAlgorithm as { readonly name: string; readonly hash?: { name: string } }
  const digest = hashes[hash?.name ?? '']
  if (digest === undefined) throw new Error(`it is signed with ${name} and ${hash?.name ?? 'nothing known'}`)
  const pss = name === 'RSA-PSS' && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_AUTO,
  }
  const der = Buffer.from(request.rawData)
  return verify(digest, firstMember(der), { key, ...pss }, Buffer.from(request.signature))
}

/** The first member of a DER sequence with its header: what a request's signature is over (RFC 2986 4.2). */
function firstMember(sequence: Buffer): Buffer {
  const from = contentAt(sequence, 0).start
  return sequence.subarray(from, contentAt(sequence, from).end)
}

function contentAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(at + 1)
  if (first < 0x80) return { start: at + 2, end: at + 2 + first }
  const octets = first & 0x7f
  const start = at + 2 + octets
  return { start, end: start + der.readUIntBE(at + 2, octets) }
}
