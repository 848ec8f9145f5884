import type { SecureContextOptions } from 'node:tls'
import { type CertificateFiles, certificateStamp, readCertificates } from './certificates.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Log } from './log.ts'

export interface WatchParts {
  readonly files: CertificateFiles
  readonly clock: Clock
  readonly log: Log
  /** Called with each new set that can be used. */
  readonly changed: (options: SecureContextOptions) => void
}

const LOOK_EVERY_MS = 10_000

/** Looks at the certificate files now and then: file systems' own notices get lost on network drives and behind links. */
export class CertificateWatch {
  readonly #parts: WatchParts
  #stamp = ''
  #told = ''
  #cancel: Cancel = () => {}

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** The certificates as they are now, looked at again from now on. Throws an Error with all that is wrong with them. */
  start(): SecureContextOptions {
    const { clock, files } = this.#parts
    this.#stamp = certificateStamp(files)
    const { options, faults } = readCertificates(files, clock.now())
    if (options === undefined)
      throw new Error(faults.map(({ key, message }) => `${files.section}.${key} ${message}`).join('; '))
    this.#again()
    return options
  }

  stop(): void {
    this.#cancel()
  }

  /** Reads the files now; what can't be used is logged, and the certificates before it stay. */
  reload(): void {
    const { changed, clock, files, log } = this.#parts
    const stamp = certificateStamp(files)
    const { options, faults } = readCertificates(files, clock.now())
    const said = faults.map(({ key, message }) => `${files.section}.${key} ${message}`).join('; ')
    if (options === undefined) {
      // Cert and key are seldom replaced in the same moment, so it is tried again; said once.
      if (said !== this.#told) log.error({}, `the new certificates can't be used, the old ones stay: ${said}`)
      this.#told = said
      return
    }
    this.#stamp = stamp
    this.#told = ''
    changed(options)
    log.info({}, 'certificates read anew')
    if (said !== '') log.warn({}, said)
  }

  #again(): void {
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      if (certificateStamp(this.#parts.files) !== this.#stamp) this.reload()
      this.#again()
    })
  }
}
