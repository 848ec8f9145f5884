import type { ChargePoint } from '../charge-point.ts'
import type { DialFailure } from '../transport/socket.ts'
import { CertificateStore } from './certificate-store.ts'

type Change = 'Accepted' | 'Rejected'

/** The security extension of OCPP 1.6: events, certificates, and the way to the central system. */
export class Security {
  readonly certificates = new CertificateStore()
  readonly #chargePoint: ChargePoint
  #ownCertificate: string | undefined
  #profileBefore: string | undefined
  #failure: DialFailure | undefined

  constructor(chargePoint: ChargePoint) {
    const { clock, security } = chargePoint.options
    this.#chargePoint = chargePoint
    this.#ownCertificate = security?.certificate
    for (const pem of security?.roots ?? [])
      this.certificates.install('CentralSystemRootCertificate', pem, {
        now: clock.now(),
        maxLength: Number.POSITIVE_INFINITY,
      })
  }

  get supported(): boolean {
    return this.#chargePoint.options.security !== undefined
  }

  /** SecurityEventNotification, kept while offline. */
  event(type: string, techInfo?: string): void {
    if (!this.supported) return
    const timestamp = this.#chargePoint.timestamp()
    const payload = { type, timestamp, ...(techInfo !== undefined && { techInfo: techInfo.slice(0, 255) }) }
    this.#chargePoint.calls.make('SecurityEventNotification', () => payload, { durable: true })
  }

  /** SignCertificate. False: there is nothing that could be signed. */
  requestCertificate(): boolean {
    const { csr } = this.#chargePoint.options.security ?? {}
    if (csr === undefined) return false
    this.#chargePoint.calls.make('SignCertificate', () => ({ csr }), { urgent: true })
    return true
  }

  /** The central system signed a certificate of ours: in profile 3 it is shown from now on. */
  useCertificate(pem: string): void {
    this.#ownCertificate = pem
    if (this.#chargePoint.configuration.number('SecurityProfile') === 3) this.#chargePoint.socket?.redial({ cert: pem })
  }

  /** What a new AuthorizationKey is as a password; undefined: none that the paper allows, which is 16 to 20 bytes. */
  password(value: string): Uint8Array | string | undefined {
    if (this.#chargePoint.quirks.plainAuthorizationKey) return value
    return /^([0-9a-f]{2}){16,20}$/i.test(value) ? Buffer.from(value, 'hex') : undefined
  }

  changePassword(password: Uint8Array | string): void {
    this.#chargePoint.socket?.redial({ password })
    this.event('ReconfigurationOfSecurityParameters', 'AuthorizationKey')
  }

  /** Whether the charge point could go to a profile: never down, and up only with what it takes. */
  mayUse(profile: number): Change {
    const { configuration, options } = this.#chargePoint
    const current = configuration.number('SecurityProfile')
    if (profile === current) return 'Accepted'
    const trusts = profile < 2 || this.certificates.of('CentralSystemRootCertificate').length > 0
    const known = profile < 3 || this.#ownCertificate !== undefined
    return profile > current && trusts && known && options.security?.urls?.[profile] !== undefined
      ? 'Accepted'
      : 'Rejected'
  }

  changeProfile(profile: number, before: string): void {
    const url = this.#chargePoint.options.security?.urls?.[profile]
    if (url === undefined || String(profile) === before) return
    this.#profileBefore = before
    const ca = this.certificates.of('CentralSystemRootCertificate').map(({ pem }) => pem)
    const cert = profile === 3 ? this.#ownCertificate : undefined
    this.#chargePoint.socket?.redial({ url, ...(ca.length > 0 && { ca }), ...(cert !== undefined && { cert }) })
    this.event('ReconfigurationOfSecurityParameters', `SecurityProfile ${profile}`)
  }

  opened(): void {
    this.#failure = undefined
    this.#profileBefore = undefined
  }

  /** A connection failed: said once, however often it fails in the same way. */
  dialFailed(why: DialFailure): void {
    if (why === this.#failure) return
    this.#failure = why
    if (why === 'unauthorized') this.event('FailedToAuthenticateAtCentralSystem')
    if (why === 'certificate') this.event('InvalidCentralSystemCertificate')
  }

  /** What it changed led nowhere: the profile is again the one before. */
  fellBack(): void {
    if (this.#profileBefore !== undefined)
      this.#chargePoint.configuration.assume('SecurityProfile', this.#profileBefore)
    this.#profileBefore = undefined
  }
}
