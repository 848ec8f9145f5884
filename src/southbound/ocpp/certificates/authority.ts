import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Where the authority that signs for chargers is, as the config says it; relative files start at `folder`. */
export interface AuthorityFiles {
  readonly cert: string
  readonly key: string
  readonly folder: string
}

/** Who signs the certificates of chargers. */
export interface Authority {
  readonly certificate: X509Certificate
  /** Between it and its root, which chargers have already. */
  readonly above: readonly X509Certificate[]
  readonly key: KeyObject
}

/** What is wrong with a file, by the key that names it. */
interface AuthorityFault {
  readonly key: 'cert' | 'key'
  readonly message: string
}

type Read = { readonly authority: Authority } | { readonly faults: readonly AuthorityFault[] }

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Reads the files anew and judges them at the time `now` (milliseconds since 1970). */
export function readAuthority({ cert, key, folder }: AuthorityFiles, now: number): Read {
  const faults: AuthorityFault[] = []
  const attempt = <T>(which: AuthorityFault['key'], make: () => T): T | undefined => {
    try {
      return make()
    } catch (error) {
      faults.push({ key: which, message: `can't be used: ${(error as Error).message.split('\n', 1)[0]}` })
      return undefined
    }
  }
  const chain = attempt('cert', () => certificatesIn(readFileSync(resolve(folder, cert), 'utf8')))
  const secret = attempt('key', () => createPrivateKey(readFileSync(resolve(folder, key), 'utf8')))
  const [certificate, ...others] = chain ?? []
  if (chain !== undefined && certificate === undefined)
    faults.push({ key: 'cert', message: 'holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)' })
  if (certificate !== undefined && !certificate.ca)
    faults.push({ key: 'cert', message: 'is no authority: it needs one that may sign certificates' })
  if (certificate !== undefined && Date.parse(certificate.validTo) < now)
    faults.push({ key: 'cert', message: `ended at ${certificate.validTo}` })
  if (certificate !== undefined && secret !== undefined && !certificate.checkPrivateKey(secret))
    faults.push({ key: 'key', message: `is not the key of the first certificate in ${cert}` })
  if (secret !== undefined && algorithmOf(secret) === undefined)
    faults.push({ key: 'key', message: 'is neither RSA nor one of the curves P-256, P-384 and P-521' })
  if (faults.length > 0 || certificate === undefined || secret === undefined) return { faults }
  return { authority: { certificate, above: others.filter((each) => !each.checkIssued(each)), key: secret } }
}

/** Certificates of a file in PEM form. Throws where one of them is damaged. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(PEM) ?? []).map((block) => new X509Certificate(block))
}

const curves: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
}

/** How web cryptography signs with a key; undefined: it can't. */
export function algorithmOf(
  key: KeyObject,
): { readonly name: string; readonly hash: string; readonly namedCurve?: string } | undefined {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  return key.asymmetricKeyType === 'ec' && curve !== undefined ? { name: 'ECDSA', ...curve } : undefined
}
