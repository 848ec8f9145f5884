import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  Extension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}
const DAY_MS = 86_400_000
const ROLE = '1.3.6.1.4.1.50316.802.1'
const UTF8_STRING = 0x0c

cryptoProvider.set(webcrypto as never)

/** A certificate and its key, in PEM form. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

interface Wanted {
  readonly names?: readonly { readonly type: GeneralNameType; readonly value: string }[]
  /** Days from today; negative: in the past. */
  readonly from?: number
  readonly to?: number
  /** Of Modbus/TCP Security: the DER of the extension's value, a text as UTF8String; several make several extensions. */
  readonly roles?: readonly (string | Uint8Array)[]
  /** An RSA key of 2048 bits in place of P-256. */
  readonly rsa?: true
}

/** Who signs certificates; made when the tests run, so that no key lies in the repository. */
export class Authority {
  readonly #certificate: X509Certificate
  readonly #keys: webcrypto.CryptoKeyPair
  #serial = 1

  private constructor(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate
    this.#keys = keys
  }

  static async root(name: string): Promise<Authority> {
    const keys = await pair()
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: `CN=${name}`,
      ...validity({}),
      signingAlgorithm: algorithm,
      keys,
      extensions: authorityExtensions(),
    })
    return new Authority(certificate, keys)
  }

  get pem(): string {
    return this.#certificate.toString('pem')
  }

  /** Its private key in PEM form. */
  key(): Promise<string> {
    return pemOf(this.#keys.privateKey)
  }

  /** An authority below this one. */
  async intermediate(name: string): Promise<Authority> {
    const keys = await pair()
    return new Authority(await this.#sign(name, keys, {}, authorityExtensions()), keys)
  }

  /** A certificate in this common name; valid from yesterday for 30 days unless wanted otherwise. */
  async issue(name: string, wanted: Wanted = {}): Promise<Issued> {
    const keys = await pair(wanted.rsa ? rsa : algorithm)
    const names = wanted.names === undefined ? [] : [new SubjectAlternativeNameExtension([...wanted.names])]
    const roles = (wanted.roles ?? []).map((role) => new Extension(ROLE, false, roleValue(role)))
    const certificate = await this.#sign(name, keys, wanted, [...names, ...roles])
    return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
  }

  #sign(
    name: string,
    keys: webcrypto.CryptoKeyPair,
    wanted: Wanted,
    extensions: readonly Extension[],
  ): Promise<X509Certificate> {
    this.#serial += 1
    return X509CertificateGenerator.create({
      serialNumber: this.#serial.toString(16).padStart(4, '0'),
      subject: `CN=${name}`,
      issuer: this.#certificate.subject,
      ...validity(wanted),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [...extensions],
    })
  }
}

/** Writes texts into files of a new folder; answers with the folder. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** A new key and a request for its certificate, signed with it: P-256 unless wanted otherwise. */
export async function requestFor(
  name: string,
  keys?: webcrypto.CryptoKeyPair,
  signingAlgorithm: object = algorithm,
): Promise<{ readonly key: string; readonly csr: string }> {
  const own = keys ?? (await pair())
  const csr = await Pkcs10CertificateRequestGenerator.create({ name, keys: own, signingAlgorithm } as never)
  return { key: await pemOf(own.privateKey), csr: csr.toString('pem') }
}

/** A private key in PEM form. */
async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

function roleValue(role: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof role === 'string' ? new TextEncoder().encode(role) : undefined
  return Uint8Array.from(text === undefined ? role : [UTF8_STRING, text.length, ...text], Number)
}

function pair(kind: typeof algorithm | typeof rsa = algorithm): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(kind, true, ['sign', 'verify'])
}

function validity({ from = -1, to = 30 }: Wanted): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() + from * DAY_MS), notAfter: new Date(Date.now() + to * DAY_MS) }
}

function authorityExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
}
