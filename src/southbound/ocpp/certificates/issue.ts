import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { type Authority, algorithmOf } from './authority.ts'

cryptoProvider.set(webcrypto as never)

/** Clocks of chargers are late. */
const EARLIER_MS = 3_600_000

interface Wanted {
  readonly request: Pkcs10CertificateRequest
  /** The identifier that it is for, where the common name is another. */
  readonly alternativeName: string | undefined
  /** Milliseconds from now. */
  readonly validFor: number
  readonly now: number
}

/** Signs a request; resolves with the chain in PEM form, the charger's own certificate first, the root left out. */
export async function issue(
  { above, certificate, key }: Authority,
  { alternativeName, now, request, validFor }: Wanted,
): Promise<string> {
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) throw new Error("the authority's key is of a kind that can't sign")
  const issuer = new X509Certificate(certificate.raw)
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    key.export({ type: 'pkcs8', format: 'der' }),
    algorithm,
    false,
    ['sign'],
  )
  const issued = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(Math.max(now - EARLIER_MS, issuer.notBefore.getTime())),
    // No certificate outlives the one that signed it.
    notAfter: new Date(Math.min(now + validFor, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(request.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(alternativeName === undefined
        ? []
        : [new SubjectAlternativeNameExtension([{ type: 'dns', value: alternativeName }])]),
    ],
  })
  const chain = [issued.toString('pem'), ...(isRoot(certificate) ? [] : [certificate, ...above].map(String))]
  return `${chain.map((each) => each.trim()).join('\n')}\n`
}

function isRoot(certificate: Authority['certificate']): boolean {
  return certificate.checkIssued(certificate)
}

/** 16 random bytes, positive and without a leading zero (RFC 5280 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}
