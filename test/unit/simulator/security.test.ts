import { describe, expect, it } from 'vitest'
import { violation } from '../../../src/southbound/ocpp/v16/validate.ts'
import { clientCertificate, csr, expiredCertificate, otherRoot, root, rootHashData } from './certificates.ts'
import { station } from './station.ts'

const secure = (security: object = {}, more: object = {}) => station({ security, ...more })

describe('a charge point with the security extension', () => {
  it('tells that it started, was reset, and what it did not understand', () => {
    const { clock, call, of, links } = secure({}, { violation })
    call('Reset', { type: 'Soft' })
    clock.advance(10_000)
    links.handlers?.received('[[')
    call('Reset', { type: 'Warm' })
    expect(of('SecurityEventNotification').map(({ type }) => type)).toEqual([
      'StartupOfTheDevice',
      'ResetOrReboot',
      'InvalidMessages',
      'InvalidMessages',
    ])
  })

  it('keeps its events while it is offline, and tells a failing connection once', () => {
    const { clock, cut, of, links } = secure()
    cut(60_000)
    links.handlers?.failed('unauthorized')
    links.handlers?.failed('unauthorized')
    links.handlers?.failed('certificate')
    links.handlers?.failed('other')
    expect(of('SecurityEventNotification')).toHaveLength(1)
    clock.advance(61_000)
    expect(of('SecurityEventNotification').slice(1)).toMatchObject([
      { type: 'FailedToAuthenticateAtCentralSystem', timestamp: '2026-01-01T00:00:00Z' },
      { type: 'InvalidCentralSystemCertificate' },
    ])
  })

  it('sends what an extended trigger asks for', () => {
    const { clock, call, of, actions } = secure({ csr })
    const ask = (requestedMessage: string, more: object = {}) =>
      call('ExtendedTriggerMessage', { requestedMessage, ...more })
    for (const message of ['BootNotification', 'Heartbeat', 'LogStatusNotification', 'SignChargePointCertificate'])
      expect(ask(message)).toEqual({ status: 'Accepted' })
    ask('StatusNotification', { connectorId: 2 })
    ask('MeterValues', { connectorId: 1 })
    ask('FirmwareStatusNotification')
    clock.advance(1_000)
    expect(actions().slice(-10)).toEqual([
      'BootNotification',
      'StatusNotification',
      'StatusNotification',
      'StatusNotification',
      'Heartbeat',
      'LogStatusNotification',
      'SignCertificate',
      'StatusNotification',
      'MeterValues',
      'SignedFirmwareStatusNotification',
    ])
    expect(of('SignCertificate')).toEqual([{ csr }])
    expect(of('LogStatusNotification')).toEqual([{ status: 'Idle' }])
    expect(JSON.stringify(of('MeterValues'))).toContain('"context":"Trigger"')
    expect(ask('StatusNotification', { connectorId: 3 })).toEqual({ status: 'Rejected' })
    expect(secure().call('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' })).toEqual({
      status: 'Rejected',
    })
  })

  it('takes a certificate that is one, and refuses others', () => {
    const { call, clock, of, redials } = secure({ profile: 3 })
    expect(call('CertificateSigned', { certificateChain: clientCertificate })).toEqual({ status: 'Accepted' })
    expect(redials).toEqual([{ cert: clientCertificate }])
    clock.advance(2_000)
    expect(call('CertificateSigned', { certificateChain: 'nonsense' })).toEqual({ status: 'Rejected' })
    expect(call('CertificateSigned', { certificateChain: expiredCertificate })).toEqual({ status: 'Rejected' })
    expect(of('SecurityEventNotification').map(({ type }) => type)).toEqual([
      'StartupOfTheDevice',
      'InvalidChargePointCertificate',
      'InvalidChargePointCertificate',
    ])
  })

  it('installs, lists and deletes root certificates', () => {
    const { call } = secure({}, { keys: { CertificateStoreMaxLength: '1' } })
    const certificateType = 'CentralSystemRootCertificate'
    const install = (certificate: string) => call('InstallCertificate', { certificateType, certificate })
    const list = (type = certificateType) => call('GetInstalledCertificateIds', { certificateType: type })
    expect(list()).toEqual({ status: 'NotFound' })
    expect(install('nonsense')).toEqual({ status: 'Rejected' })
    expect(install(expiredCertificate)).toEqual({ status: 'Rejected' })
    expect(install(root)).toEqual({ status: 'Accepted' })
    expect(install(root)).toEqual({ status: 'Accepted' })
    expect(install(otherRoot)).toEqual({ status: 'Rejected' })
    expect(list()).toEqual({ status: 'Accepted', certificateHashData: [rootHashData] })
    expect(list('ManufacturerRootCertificate')).toEqual({ status: 'NotFound' })
    expect(call('DeleteCertificate', { certificateHashData: rootHashData })).toEqual({ status: 'Accepted' })
    expect(call('DeleteCertificate', { certificateHashData: rootHashData })).toEqual({ status: 'NotFound' })
    expect(list()).toEqual({ status: 'NotFound' })
  })

  it('uploads logs', () => {
    const { clock, call, of } = secure()
    const ask = (requestId: number, remoteLocation = 'https://x/') =>
      call('GetLog', { logType: 'SecurityLog', requestId, log: { remoteLocation } })
    expect(ask(1)).toEqual({ status: 'Accepted', filename: 'security-CP-1.log' })
    expect(ask(2)).toMatchObject({ status: 'AcceptedCanceled' })
    clock.advance(10_000)
    expect(of('LogStatusNotification')).toEqual([
      { status: 'Uploading', requestId: 1 },
      { status: 'Uploading', requestId: 2 },
      { status: 'Uploaded', requestId: 2 },
    ])
    expect(ask(3, 'nowhere')).toEqual({ status: 'Rejected' })
  })

  it('reconnects with the password that it is given, and refuses one that is too short', () => {
    const { clock, call, of, redials, actions } = secure({ profile: 1 })
    const change = (value: string) => call('ChangeConfiguration', { key: 'AuthorizationKey', value })
    expect(change('00112233')).toEqual({ status: 'Rejected' })
    expect(change('00112233445566778899aabbccddeeff')).toEqual({ status: 'Accepted' })
    expect(redials).toEqual([{ password: Buffer.from('00112233445566778899aabbccddeeff', 'hex') }])
    clock.advance(2_000)
    expect(actions().filter((action) => action === 'BootNotification')).toHaveLength(2)
    expect(of('SecurityEventNotification').at(-1)).toMatchObject({ type: 'ReconfigurationOfSecurityParameters' })
    expect(call('GetConfiguration', { key: ['AuthorizationKey'] })).toMatchObject({
      configurationKey: [{ key: 'AuthorizationKey', readonly: false }],
    })
  })

  it('goes to a higher security profile when it has what that takes, and back when it leads nowhere', () => {
    const urls = { 2: 'wss://x', 3: 'wss://x' }
    const profile = (own: ReturnType<typeof station>) =>
      (own.call('GetConfiguration', { key: ['SecurityProfile'] }) as { configurationKey: { value: string }[] })
        .configurationKey[0]?.value
    const raise = (own: ReturnType<typeof station>, value: string) =>
      own.call('ChangeConfiguration', { key: 'SecurityProfile', value })
    expect(raise(secure({ profile: 1, urls }), '2')).toEqual({ status: 'Rejected' })
    expect(raise(secure({ profile: 1, roots: [root] }), '2')).toEqual({ status: 'Rejected' })
    expect(raise(secure({ profile: 2, urls, roots: [root] }), '3')).toEqual({ status: 'Rejected' })
    expect(raise(secure({ profile: 2, urls, roots: [root] }), '1')).toEqual({ status: 'Rejected' })
    const own = secure({ profile: 1, urls, roots: [root] })
    expect(raise(own, '2')).toEqual({ status: 'Accepted' })
    expect(own.redials).toEqual([{ url: 'wss://x', ca: [root] }])
    own.links.handlers?.fellBack()
    own.clock.advance(2_000)
    expect(profile(own)).toBe('1')
  })
})

describe('a signed update', () => {
  const firmware = { location: 'https://x/f', retrieveDateTime: '2026-01-01T00:00:10Z', signature: 'x' }
  const ask = (own: ReturnType<typeof station>, signingCertificate: string, more: object = {}) =>
    own.call('SignedUpdateFirmware', { requestId: 5, firmware: { ...firmware, signingCertificate, ...more } })
  const told = (own: ReturnType<typeof station>) =>
    own.of('SignedFirmwareStatusNotification').map(({ status, requestId }) => {
      expect(requestId).toBe(5)
      return status
    })

  it('tells every step, and its own security event', () => {
    const own = secure()
    expect(ask(own, clientCertificate, { installDateTime: '2026-01-01T00:01:00Z' })).toEqual({ status: 'Accepted' })
    expect(ask(own, clientCertificate)).toEqual({ status: 'AcceptedCanceled' })
    own.clock.advance(120_000)
    expect(told(own)).toEqual([
      'DownloadScheduled',
      'DownloadScheduled',
      'Downloading',
      'Downloaded',
      'SignatureVerified',
      'Installing',
      'InstallRebooting',
      'Installed',
    ])
    expect(own.of('SecurityEventNotification').map(({ type }) => type)).toContain('FirmwareUpdated')
  })

  it('waits for its date of installation', () => {
    const own = secure()
    ask(own, clientCertificate, { installDateTime: '2026-01-01T00:01:00Z' })
    own.clock.advance(30_000)
    expect(told(own).at(-1)).toBe('InstallScheduled')
  })

  it.each([
    ['InvalidSignature', 'InvalidFirmwareSignature'],
    ['InstallVerificationFailed', undefined],
  ] as const)('ends with %s', (fails, event) => {
    const own = secure({}, { quirks: { firmware: { fails } } })
    ask(own, clientCertificate)
    own.clock.advance(120_000)
    expect(told(own).at(-1)).toBe(fails)
    const events = own.of('SecurityEventNotification').map(({ type }) => type)
    expect(events).toEqual(['StartupOfTheDevice', ...(event === undefined ? [] : [event])])
  })

  it('is refused with a certificate that is none', () => {
    const own = secure()
    expect(ask(own, 'nonsense')).toEqual({ status: 'InvalidCertificate' })
    expect(own.of('SecurityEventNotification').at(-1)).toMatchObject({ type: 'InvalidFirmwareSigningCertificate' })
  })
})
