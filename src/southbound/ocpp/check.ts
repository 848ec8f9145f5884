import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Finding } from '../../core/finding.ts'
import type { ChargerSettings } from '../../core/ports.ts'
import { readCertificates } from '../../lib/certificates.ts'
import { overlap } from '../../lib/listen-overlap.ts'
import { type Authority, certificatesIn, readAuthority } from './certificates/authority.ts'
import { certificates, type OcppConfig } from './config.ts'
import { tagFaults } from './tags.ts'

interface Chargers {
  readonly folder: string
  readonly chargers: readonly { readonly settings: ChargerSettings; readonly index: number }[]
}

/** What can't be run as configured: TLS files that are not what they should be, and profiles that lack what they stand on. */
export function check(config: OcppConfig, { folder, chargers }: Chargers): readonly Finding[] {
  return [
    ...checkTls(config, folder),
    ...checkLists(config, folder),
    ...chargers.flatMap((charger) => checkProfile(config, charger)),
  ]
}

function checkLists({ authorize }: OcppConfig, folder: string): readonly Finding[] {
  return (['allow', 'deny'] as const).flatMap((key) =>
    tagFaults(authorize[key], folder).map((fault) => ({
      code: 'tag-file',
      key: ['ocpp', 'authorize', key],
      message: `${authorize[key]} ${fault}`,
    })),
  )
}

function checkTls({ listen, tls }: OcppConfig, folder: string): readonly Finding[] {
  if (tls === undefined) return []
  const findings: Finding[] = readCertificates({ ...tls, ...certificates, folder }, Date.now()).faults.map(
    ({ key, message, warning }) => ({
      code: 'tls-files',
      key: ['ocpp', 'tls', key],
      message: `${key} ${message}`,
      ...(warning && { warning }),
    }),
  )
  if (tls.minVersion === 'TLSv1.0' || tls.minVersion === 'TLSv1.1') {
    const message = `${tls.minVersion} is broken: lower it only as long as there are chargers that know nothing newer`
    findings.push({ code: 'old-tls', key: ['ocpp', 'tls', 'minVersion'], message, warning: true })
  }
  findings.push(...checkAuthority(tls, folder))
  if (overlap(listen, tls.listen)) {
    const message = `${tls.listen.host}:${tls.listen.port} is ocpp.listen already: wss:// needs a port of its own`
    findings.push({ code: 'duplicate-listen', key: ['ocpp', 'tls', 'listen'], message })
  }
  return findings
}

function checkAuthority({ chargerCa, clientCa }: NonNullable<OcppConfig['tls']>, folder: string): readonly Finding[] {
  if (chargerCa === undefined) return []
  const read = readAuthority({ ...chargerCa, folder }, Date.now())
  if ('faults' in read) {
    return read.faults.map(({ key, message }) => ({
      code: 'charger-ca-files',
      key: ['ocpp', 'tls', 'chargerCa', key],
      message: `${key} ${message}`,
    }))
  }
  if (clientCa === undefined || isTrusted(read.authority, resolve(folder, clientCa))) return []
  const message = `clientCa does not hold it or its root: chargers with certificates of it are turned away`
  return [{ code: 'charger-ca-unknown', key: ['ocpp', 'tls', 'chargerCa', 'cert'], message, warning: true }]
}

function isTrusted({ above, certificate }: Authority, clientCa: string): boolean {
  const roots = readable(clientCa)
  return [certificate, ...above].some((own) =>
    roots.some((root) => root.raw.equals(own.raw) || (own.checkIssued(root) && own.verify(root.publicKey))),
  )
}

/** What can't be read is a finding of its own. */
function readable(file: string): ReturnType<typeof certificatesIn> {
  try {
    return certificatesIn(readFileSync(file, 'utf8'))
  } catch {
    return []
  }
}

function checkProfile(
  { tls }: OcppConfig,
  { settings, index }: { readonly settings: ChargerSettings; readonly index: number },
): readonly Finding[] {
  const { securityProfile, password, name } = settings
  const findings: Finding[] = []
  const refuse = (message: string) =>
    findings.push({ code: 'security-profile', key: ['chargers', index, 'securityProfile'], message })
  if ((securityProfile === 1 || securityProfile === 2) && password === undefined)
    refuse(`security profile ${securityProfile} is one with a password: give ${name} one`)
  if (securityProfile >= 2 && tls === undefined)
    refuse(`security profile ${securityProfile} is one with TLS: add ocpp.tls`)
  if (securityProfile === 3 && tls !== undefined && tls.clientCa === undefined)
    refuse('security profile 3 is one with certificates of chargers: add ocpp.tls.clientCa, who signs them')
  const key = ['chargers', index, 'password']
  if (securityProfile === 3 && password !== undefined) {
    const message = 'security profile 3 asks for a certificate, not for this password'
    findings.push({ code: 'unused-password', key, message, warning: true })
  }
  if (password === '' && securityProfile !== 3) {
    const message = `the password of ${name} is empty: anybody who knows the identifier may connect`
    findings.push({ code: 'empty-password', key, message, warning: true })
  }
  return findings
}
