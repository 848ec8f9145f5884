import { createHash, X509Certificate } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Authority, requestFor } from '../../support/authority.ts'
import { type Dial, now, type OcttCharger } from './octt-charger.ts'
import { AUTHORIZE, type OcttSite, octtSite } from './octt-site.ts'

const PASSWORD = 'OCTT-password-of-20B'

let root: Authority
let clients: Authority
let signs: Authority
let site: OcttSite

beforeAll(async () => {
  root = await Authority.root('Root of the bridge')
  clients = await Authority.root('Root of the chargers')
  signs = await clients.intermediate('Signs for chargers')
  const own = await root.issue('localhost', { names: [{ type: 'ip', value: '127.0.0.1' }] })
  const tls = 'listen: "127.0.0.1:0", cert: own.pem, key: own-key.pem, clientCa: clients.pem'
  site = await octtSite({
    chargers: { CERT: ', securityProfile: 3', PW: `, securityProfile: 1, password: ${PASSWORD}` },
    ocpp: `${AUTHORIZE}, tls: { ${tls}, chargerCa: { cert: signs.pem, key: signs-key.pem } }`,
    files: {
      'own.pem': own.cert,
      'own-key.pem': own.key,
      'clients.pem': clients.pem,
      'signs.pem': signs.pem,
      'signs-key.pem': await signs.key(),
    },
  })
})
afterEach(() => site.over())
afterAll(() => site.stop())

const trusting = (more: Dial['tls'] = {}): Dial => ({ tls: { ca: root.pem, ...more } })

async function withPassword(): Promise<OcttCharger> {
  return await site.booted('PW', { password: PASSWORD })
}

/** From the wish for a new certificate to its arrival; resolves with key and chain. */
async function renew(charger: OcttCharger, commonName: string, status: 'Accepted' | 'Rejected') {
  const wish = { requestedMessage: 'SignChargePointCertificate' }
  const wished = charger.expects('ExtendedTriggerMessage', { status: 'Accepted' })
  expect(await site.call(charger.id, 'ExtendedTriggerMessage', wish)).toEqual({ status: 'Accepted' })
  expect(await wished).toEqual(wish)
  const { csr, key } = await requestFor(`CN=${commonName}, O=OCTT`)
  const signed = charger.expects('CertificateSigned', { status })
  expect(await charger.call('SignCertificate', { csr })).toEqual({ status: 'Accepted' })
  const { certificateChain } = await signed
  return { key, cert: String(certificateChain) }
}

/** The charger tells of an event; the building sees it. */
async function event(charger: OcttCharger, type: string): Promise<void> {
  expect(await charger.call('SecurityEventNotification', { type, timestamp: now() })).toEqual({})
  await site.shows(charger.id, 0, 'security.event', type)
}

async function installs(charger: OcttCharger, certificateType: string, status: 'Accepted' | 'Rejected'): Promise<void> {
  const certificate = root.pem
  const told = charger.expects('InstallCertificate', { status })
  expect(await site.call(charger.id, 'InstallCertificate', { certificateType, certificate })).toEqual({ status })
  expect(await told).toEqual({ certificateType, certificate })
}

function hashData(hashAlgorithm: string) {
  const hash = (text: string) => createHash(hashAlgorithm.toLowerCase()).update(text).digest('hex')
  return { hashAlgorithm, issuerNameHash: hash('name'), issuerKeyHash: hash('key'), serialNumber: '01' }
}

async function lists(charger: OcttCharger, certificateType: string, hashAlgorithm: string): Promise<void> {
  const answer = { status: 'Accepted', certificateHashData: [hashData(hashAlgorithm)] }
  const told = charger.expects('GetInstalledCertificateIds', answer)
  expect(await site.call(charger.id, 'GetInstalledCertificateIds', { certificateType })).toEqual(answer)
  expect(await told).toEqual({ certificateType })
}

async function signedFirmware(charger: OcttCharger, status: string): Promise<void> {
  expect(await charger.call('SignedFirmwareStatusNotification', { status, requestId: 7 })).toEqual({})
  await site.shows(charger.id, 0, 'firmware.status', status)
}

async function signedUpdate(charger: OcttCharger): Promise<void> {
  const location = 'https://127.0.0.1/firmware.bin'
  const firmware = { location, retrieveDateTime: now(), signingCertificate: root.pem, signature: 'c2lnbmF0dXJl' }
  const told = charger.expects('SignedUpdateFirmware', { status: 'Accepted' })
  const payload = { requestId: 7, retries: 1, firmware }
  expect(await site.call(charger.id, 'SignedUpdateFirmware', payload)).toEqual({ status: 'Accepted' })
  expect(await told).toEqual(payload)
}

describe('Security: certificates, logs and firmware', () => {
  it('TC_074_CSMS Update the certificate of a charge point: signs what the charger asks for and lets it in with that', async () => {
    const charger = site.charger('CERT')
    await charger.connect(trusting(await clients.issue('CERT')), site.secure)
    await charger.boot()
    // The common name may be the identifier or the serial number of the boot.
    for (const commonName of ['CERT', 'SN-CERT']) {
      const renewed = await renew(charger, commonName, 'Accepted')
      const [own, issuer, ...others] = renewed.cert.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []
      const certificate = new X509Certificate(own ?? '')
      expect(certificate.subject).toContain(`CN=${commonName}`)
      expect(certificate.checkIssued(new X509Certificate(issuer ?? ''))).toBe(true)
      expect(others).toEqual([])
      const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000
      // The authority of the test itself lasts for a month.
      expect(Math.round(days)).toBe(30)
      await charger.disconnect()
      await charger.connect(trusting(renewed), site.secure)
      await charger.boot()
      await site.shows('CERT', 0, 'online', true)
    }
    expect(site.logged.some((line) => line.startsWith('new certificate taken'))).toBe(true)
    const foreign = await requestFor('CN=PW')
    expect(await charger.call('SignCertificate', { csr: foreign.csr })).toEqual({ status: 'Rejected' })
  })

  it.each([
    [
      'TC_075_1_CSMS Install a root of the manufacturer: sends the certificate and asks for what is installed',
      'ManufacturerRootCertificate',
    ],
    [
      'TC_075_2_CSMS Install a root of the central system: sends the certificate and asks for what is installed',
      'CentralSystemRootCertificate',
    ],
  ])('%s', async (_name, certificateType) => {
    const charger = await withPassword()
    await installs(charger, certificateType, 'Accepted')
    await lists(charger, certificateType, 'SHA256')
  })

  it('TC_076_CSMS Delete a certificate: deletes it by the hashes that the charger told, of each algorithm', async () => {
    const charger = await withPassword()
    for (const hashAlgorithm of ['SHA256', 'SHA384', 'SHA512']) {
      await installs(charger, 'CentralSystemRootCertificate', 'Accepted')
      await lists(charger, 'CentralSystemRootCertificate', hashAlgorithm)
      const told = charger.expects('DeleteCertificate', { status: 'Accepted' })
      const payload = { certificateHashData: hashData(hashAlgorithm) }
      expect(await site.call('PW', 'DeleteCertificate', payload)).toEqual({ status: 'Accepted' })
      expect(await told).toEqual(payload)
    }
  })

  it('TC_077_CSMS Invalid certificate of a charge point: takes the refusal and shows the security event', async () => {
    const charger = await withPassword()
    await renew(charger, 'PW', 'Rejected')
    await vi.waitFor(() => expect(site.logged.some((line) => line.startsWith('new certificate not taken'))).toBe(true))
    await event(charger, 'InvalidChargePointCertificate')
  })

  it('TC_078_CSMS Invalid certificate of the central system: takes the refusal and shows the security event', async () => {
    const charger = await withPassword()
    await installs(charger, 'CentralSystemRootCertificate', 'Rejected')
    await event(charger, 'InvalidCentralSystemCertificate')
  })

  it('TC_079_CSMS Get the security log: sends GetLog and shows how far the upload is', async () => {
    const charger = await withPassword()
    const answer = { status: 'Accepted', filename: 'security.log' }
    const told = charger.expects('GetLog', answer)
    const payload = { logType: 'SecurityLog', requestId: 5, log: { remoteLocation: 'ftp://127.0.0.1/log' } }
    expect(await site.call('PW', 'GetLog', payload)).toEqual(answer)
    expect(await told).toEqual(payload)
    for (const status of ['Uploading', 'Uploaded']) {
      expect(await charger.call('LogStatusNotification', { status, requestId: 5 })).toEqual({})
      await site.shows('PW', 0, 'log.status', status)
    }
  })

  it('TC_080_CSMS Secure firmware update: sends SignedUpdateFirmware and shows how far it is', async () => {
    const charger = await withPassword()
    await signedUpdate(charger)
    for (const status of ['Downloading', 'Downloaded', 'SignatureVerified']) await signedFirmware(charger, status)
    await charger.statuses('Unavailable')
    for (const status of ['Installing', 'InstallRebooting']) await signedFirmware(charger, status)
    await charger.disconnect()
    await charger.connect({ password: PASSWORD })
    expect(await charger.boot({ firmwareVersion: '3.0' })).toMatchObject({ status: 'Accepted' })
    await event(charger, 'FirmwareUpdated')
    await signedFirmware(charger, 'Installed')
    await site.shows('PW', 0, 'firmwareVersion', '3.0')
  })

  it('TC_081_CSMS Secure firmware update, invalid signature: shows that the charger refused the firmware', async () => {
    const charger = await withPassword()
    await signedUpdate(charger)
    for (const status of ['Downloading', 'Downloaded', 'InvalidSignature']) await signedFirmware(charger, status)
  })
})
