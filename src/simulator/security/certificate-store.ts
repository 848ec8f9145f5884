import type { OCPP16 } from 'typed-ocpp'
import { type Certificate, type HashData, readCertificate } from './certificate.ts'

export type CertificateUse = OCPP16.InstallCertificateRequest['certificateType']

/** The root certificates that a charge point trusts. */
export class CertificateStore {
  #held: readonly { readonly use: CertificateUse; readonly certificate: Certificate }[] = []

  /** InstallCertificate's status; one that is held already stays once. */
  install(
    use: CertificateUse,
    pem: string,
    { now, maxLength }: { readonly now: number; readonly maxLength: number },
  ): OCPP16.InstallCertificateResponse['status'] {
    const certificate = readCertificate(pem, now)
    if (certificate === undefined) return 'Rejected'
    const others = this.#held.filter(
      (held) => held.use !== use || !same(held.certificate.hashData, certificate.hashData),
    )
    if (others.length >= maxLength) return 'Rejected'
    this.#held = [...others, { use, certificate }]
    return 'Accepted'
  }

  /** False: there is none. */
  remove(hashData: HashData): boolean {
    const left = this.#held.filter(({ certificate }) => !same(certificate.hashData, hashData))
    const found = left.length < this.#held.length
    this.#held = left
    return found
  }

  of(use: CertificateUse): readonly Certificate[] {
    return this.#held.filter((held) => held.use === use).map(({ certificate }) => certificate)
  }
}

function same(a: HashData, b: HashData): boolean {
  const text = ({ hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }: HashData) =>
    [hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber.replace(/^0+(?=.)/, '')].join(' ').toLowerCase()
  return text(a) === text(b)
}
