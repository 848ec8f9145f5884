import type { Sentences } from './of-charger.ts'
import { count, list, named, object, type Sentence, said, status } from './phrase.ts'

const plain: Sentence = (payload) => status(payload)

/** The calls of the security white paper that deal with certificates. */
export const certificates: Readonly<Record<string, Sentences>> = {
  CertificateSigned: { request: ({ certificateChain }) => chain(certificateChain), confirmation: plain },
  DeleteCertificate: {
    request: ({ certificateHashData }) => {
      const { hashAlgorithm, serialNumber } = object(certificateHashData)
      return list(named('Certificate', serialNumber) ?? 'No certificate', said(hashAlgorithm, 20))
    },
    confirmation: plain,
  },
  GetInstalledCertificateIds: {
    request: ({ certificateType }) => said(certificateType, 60) ?? 'No type',
    confirmation: (payload) => {
      const { certificateHashData } = payload
      const many = Array.isArray(certificateHashData) ? count(certificateHashData.length, 'certificate') : undefined
      return list(status(payload), many)
    },
  },
  InstallCertificate: {
    request: ({ certificate, certificateType }) => list(said(certificateType, 60), chain(certificate)),
    confirmation: plain,
  },
}

function chain(pem: unknown): string {
  const many = typeof pem === 'string' ? pem.split('-----BEGIN CERTIFICATE-----').length - 1 : 0
  return count(many, 'certificate')
}
