import { type Handlers, result, status } from '../answer.ts'
import { readCertificate } from '../security/certificate.ts'

type SecurityExtension =
  | 'CertificateSigned'
  | 'DeleteCertificate'
  | 'GetInstalledCertificateIds'
  | 'GetLog'
  | 'InstallCertificate'
  | 'SignedUpdateFirmware'

const logStatuses = { Idle: 'Idle', Uploading: 'Uploading', Uploaded: 'Uploaded', Failed: 'UploadFailure' } as const

/** The calls that "Improved security for OCPP 1.6-J" adds. */
export const security: Handlers<SecurityExtension> = {
  CertificateSigned({ configuration, options, security }, { certificateChain }) {
    const fits = certificateChain.length <= configuration.number('CertificateSignedMaxChainSize')
    if (!fits || readCertificate(certificateChain, options.clock.now()) === undefined)
      return status('Rejected', () => security.event('InvalidChargePointCertificate'))
    return status('Accepted', () => security.useCertificate(certificateChain))
  },

  DeleteCertificate: ({ security }, { certificateHashData }) =>
    status(security.certificates.remove(certificateHashData) ? 'Accepted' : 'NotFound'),

  GetInstalledCertificateIds({ security }, { certificateType }) {
    const certificateHashData = security.certificates.of(certificateType).map(({ hashData }) => hashData)
    return certificateHashData.length === 0 ? status('NotFound') : result({ status: 'Accepted', certificateHashData })
  },

  GetLog({ calls, log, options }, { log: { remoteLocation }, logType, requestId, retries = 0, retryInterval = 0 }) {
    if (!/^(https?|s?ftps?):\/\/./i.test(remoteLocation)) return status('Rejected')
    const kind = logType === 'SecurityLog' ? 'security' : 'diagnostics'
    const filename = `${kind}-${options.id}-${requestId}.log`.slice(-255)
    return result({ status: log.running ? 'AcceptedCanceled' : 'Accepted', filename }, () =>
      log.begin({
        retries,
        retryIntervalMs: retryInterval * 1000,
        tell: (told) => {
          const payload = { status: logStatuses[told], requestId }
          calls.make('LogStatusNotification', () => payload, { durable: true })
        },
      }),
    )
  },

  InstallCertificate({ configuration, options, security }, { certificateType, certificate }) {
    const maxLength = configuration.number('CertificateStoreMaxLength')
    return status(security.certificates.install(certificateType, certificate, { now: options.clock.now(), maxLength }))
  },

  SignedUpdateFirmware(chargePoint, { firmware: wanted, requestId, retries = 0, retryInterval = 0 }) {
    const { firmware, options, quirks, security } = chargePoint
    const trusted = readCertificate(wanted.signingCertificate, options.clock.now()) !== undefined
    if (!trusted || quirks.firmware?.fails === 'InvalidCertificate')
      return status('InvalidCertificate', () => security.event('InvalidFirmwareSigningCertificate'))
    return status(firmware.running ? 'AcceptedCanceled' : 'Accepted', () =>
      firmware.begin({
        location: wanted.location,
        retrieveAt: Date.parse(wanted.retrieveDateTime),
        installAt: wanted.installDateTime === undefined ? 0 : Date.parse(wanted.installDateTime),
        retries,
        retryIntervalMs: retryInterval * 1000,
        requestId,
      }),
    )
  },
}
