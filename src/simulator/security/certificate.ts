import { createHash, X509Certificate } from 'node:crypto'
import type { OCPP16 } from 'typed-ocpp'

export type HashData = OCPP16.DeleteCertificateRequest['certificateHashData']

export interface Certificate {
  readonly pem: string
  readonly hashData: HashData
}

/** A certificate of a PEM text, when it is one and counts at `now`; of a chain, the first. */
export function readCertificate(pem: string, now: number): Certificate | undefined {
  const certificate = parsed(pem)
  if (certificate === undefined) return undefined
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) return undefined
  return { pem, hashData: hashData(certificate) }
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    // What is no certificate is refused; why it isn't one interests nobody here.
    return undefined
  }
}

/** The names by which the central system knows a root certificate again, with SHA-256. */
function hashData(certificate: X509Certificate): HashData {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return {
    hashAlgorithm: 'SHA256',
    issuerNameHash: hash(issuer(certificate.raw)),
    // SubjectPublicKeyInfo is an algorithm and a bit string, whose first byte counts unused bits (RFC 6960 4.1.1).
    issuerKeyHash: hash(element(key, 1).contents.subarray(1)),
    serialNumber: certificate.serialNumber.replace(/^0+(?=.)/, ''),
  }
}

/** The issuer's name of a certificate in DER, with its tag and length (RFC 5280 4.1). */
function issuer(certificate: Uint8Array): Uint8Array {
  const body = element(certificate, 0).whole
  // From version 2 on, the version stands first, tagged [0]; then serial number, algorithm and issuer.
  const versioned = element(body, 0).whole[0] === 0xa0
  return element(body, versioned ? 3 : 2).whole
}

/** The n-th element inside a DER sequence. */
function element(sequence: Uint8Array, n: number): { readonly whole: Uint8Array; readonly contents: Uint8Array } {
  let at = header(sequence, 0).start
  for (let skipped = 0; skipped < n; skipped += 1) at = header(sequence, at).end
  const { start, end } = header(sequence, at)
  return { whole: sequence.subarray(at, end), contents: sequence.subarray(start, end) }
}

/** Where the contents of the element at an offset start and end. */
function header(bytes: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  const first = bytes[offset + 1] ?? 0
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first }
  const count = first & 0x7f
  const length = bytes.subarray(offset + 2, offset + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  const start = offset + 2 + count
  return { start, end: start + length }
}
