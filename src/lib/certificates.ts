import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** Where the certificates of a listener are, as the config says it; relative files start at `folder`. */
export interface CertificateFiles {
  /** The part of the config that names them, such as `ocpp.tls`: for what is said of them. */
  readonly section: string
  /** Who connects, in the plural. */
  readonly peers: string
  readonly cert: string
  readonly key: string
  readonly clientCa?: string | undefined
  readonly minVersion: 'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly folder: string
}

/** A file that can't be used, by the key that names it. */
interface CertificateFault {
  readonly key: 'cert' | 'key' | 'clientCa'
  readonly message: string
  /** It can be used all the same. */
  readonly warning?: true
}

/** What the files hold: options for a secure context unless a fault is more than a warning. */
export interface Certificates {
  readonly faults: readonly CertificateFault[]
  readonly options: SecureContextOptions | undefined
}

const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g
/** No certificate file is nearly as large. */
const MAX_BYTES = 1_000_000

/** Reads the files anew and judges them at the time `now` (milliseconds since 1970); throws nothing that they are to blame for. */
export function readCertificates(files: CertificateFiles, now: number): Certificates {
  const faults: CertificateFault[] = []
  const refuse = (key: CertificateFault['key'], message: string): undefined => {
    faults.push({ key, message })
  }
  const cert = text(files, 'cert', refuse)
  const key = text(files, 'key', refuse)
  const ca = files.clientCa === undefined ? undefined : text(files, 'clientCa', refuse)

  const chain = cert === undefined ? undefined : parseChain(cert, 'cert', refuse)
  const secret = key === undefined ? undefined : parseKey(key, refuse)
  const roots = ca === undefined ? undefined : parseChain(ca, 'clientCa', refuse)
  const own = chain?.[0]
  if (own !== undefined && secret !== undefined && !own.checkPrivateKey(secret))
    refuse('key', `is not the key of the first certificate in ${files.cert}: put the bridge's own certificate first`)
  if (chain !== undefined) faults.push(...judgeChain(chain, files.peers, now))
  if (roots?.some((root) => !root.ca) === true)
    refuse(
      'clientCa',
      `holds a certificate that is no authority: it needs those that sign, not those of the ${files.peers}`,
    )
  if (faults.some(({ warning }) => !warning) || cert === undefined || key === undefined)
    return { faults, options: undefined }

  const options: SecureContextOptions = { cert, key, ...(ca !== undefined && { ca }), ...versionOptions(files) }
  try {
    createSecureContext(options)
  } catch (error) {
    refuse('cert', `can't be used: ${(error as Error).message}`)
    return { faults, options: undefined }
  }
  return { faults, options }
}

/** Changes when any of the files may have: what is missing counts as such. */
export function certificateStamp({ cert, key, clientCa, folder }: CertificateFiles): string {
  return [cert, key, clientCa].map((file) => (file === undefined ? '' : stampOf(resolve(folder, file)))).join(' ')
}

function stampOf(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file)
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}

type Refuse = (key: CertificateFault['key'], message: string) => undefined

function text(files: CertificateFiles, key: CertificateFault['key'], refuse: Refuse): string | undefined {
  const file = resolve(files.folder, files[key] ?? '')
  try {
    const bytes = readFileSync(file)
    if (bytes.length > MAX_BYTES) return refuse(key, `${file} is too large for a PEM file`)
    return bytes.toString('utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return refuse(key, `there is no file ${file}`)
    if (code === 'EISDIR') return refuse(key, `${file} is a folder`)
    return refuse(key, `${file} can't be read (${code}): give the bridge's user the right to`)
  }
}

function parseChain(
  pem: string,
  key: 'cert' | 'clientCa',
  refuse: Refuse,
): readonly [X509Certificate, ...X509Certificate[]] | undefined {
  const blocks = pem.match(PEM) ?? []
  try {
    const [first, ...others] = blocks.map((block) => new X509Certificate(block))
    if (first !== undefined) return [first, ...others]
  } catch {
    return refuse(key, 'holds a damaged certificate')
  }
  return refuse(key, 'holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)')
}

function parseKey(pem: string, refuse: Refuse): KeyObject | undefined {
  if (/ENCRYPTED/.test(pem)) return refuse('key', 'is locked with a passphrase: write one without')
  try {
    return createPrivateKey(pem)
  } catch {
    return refuse('key', 'holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)')
  }
}

/** What peers may object to, though the bridge can run with it. */
function judgeChain(
  [own, ...above]: readonly [X509Certificate, ...X509Certificate[]],
  peers: string,
  now: number,
): readonly CertificateFault[] {
  const faults: CertificateFault[] = []
  const warn = (message: string) => faults.push({ key: 'cert', message, warning: true })
  if (Date.parse(own.validTo) < now) warn(`ended at ${own.validTo}: ${peers} will not connect`)
  if (Date.parse(own.validFrom) > now) warn(`begins only at ${own.validFrom}: ${peers} will not connect before`)
  let below = own
  for (const issuer of above) {
    if (!below.checkIssued(issuer)) {
      warn('is out of order: after each certificate stands the one that signed it')
      break
    }
    below = issuer
  }
  return faults
}

function versionOptions({ minVersion }: CertificateFiles): SecureContextOptions {
  if (minVersion === 'TLSv1.2' || minVersion === 'TLSv1.3') return { minVersion }
  // OpenSSL 3 keeps SHA-1, and with it all that is older than 1.2, below its lowest level of security.
  return { minVersion: minVersion === 'TLSv1.0' ? 'TLSv1' : 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
}
