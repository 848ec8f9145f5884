import type { Charger } from '../../../core/charger/charger.ts'
import type { Log } from '../../../lib/log.ts'
import type { Ask } from './ask.ts'

/** Who signs: undefined where the request is refused, otherwise the chain in PEM form, or undefined where that failed. */
export type Sign = (charger: Charger, csr: string) => Promise<string | undefined> | undefined

export interface CertificateSigningParts {
  readonly charger: Charger
  readonly ask: Ask
  readonly sign: Sign
  readonly log: Log
}

/** A charger's new certificate: SignCertificate is answered at once, CertificateSigned follows (security white paper, A02). */
export class CertificateSigning {
  readonly #parts: CertificateSigningParts
  #busy = false

  constructor(parts: CertificateSigningParts) {
    this.#parts = parts
  }

  /** True when the request is taken; one at a time. */
  request(csr: unknown): boolean {
    if (this.#busy || typeof csr !== 'string') return false
    const signing = this.#parts.sign(this.#parts.charger, csr)
    if (signing === undefined) return false
    this.#busy = true
    void signing.then((chain) => this.#deliver(chain))
    return true
  }

  #deliver(certificateChain: string | undefined): void {
    if (certificateChain === undefined) {
      this.#busy = false
      return
    }
    const { ask, charger, log } = this.#parts
    ask('CertificateSigned', { certificateChain }, { lane: 'normal' }, (answer, detail) => {
      this.#busy = false
      if (answer === 'accepted') log.info({ charger: charger.id }, 'new certificate taken')
      else log.warn({ charger: charger.id, answer, detail }, 'new certificate not taken')
    })
  }
}
