import { connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Authority, type Issued } from '../../support/authority.ts'
import type { Dial, OcttCharger } from './octt-charger.ts'
import { AUTHORIZE, type OcttSite, octtSite } from './octt-site.ts'

const PASSWORD = 'OCTT-password-of-20B'
const NEW_KEY = 'AABBCCDDEEFF00112233445566778899AABBCCDD'
const names = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
] as const

let root: Authority
let clients: Authority
let ecdsa: Issued
let rsa: Issued
let site: OcttSite

/** A site with this certificate of the bridge. */
function open(own: Issued): Promise<OcttSite> {
  return octtSite({
    chargers: {
      PW: `, securityProfile: 1, password: ${PASSWORD}`,
      AUTH: `, securityProfile: 1, password: ${PASSWORD}`,
      UP: `, securityProfile: 1, password: ${PASSWORD}`,
      TLS: `, securityProfile: 2, password: ${PASSWORD}`,
      UPPER: `, securityProfile: 2, password: ${PASSWORD}`,
      CERT: ', securityProfile: 3',
    },
    ocpp: `${AUTHORIZE}, tls: { listen: "127.0.0.1:0", cert: own.pem, key: own-key.pem, clientCa: clients.pem }`,
    files: { 'own.pem': own.cert, 'own-key.pem': own.key, 'clients.pem': clients.pem },
  })
}

beforeAll(async () => {
  root = await Authority.root('Root of the bridge')
  clients = await Authority.root('Root of the chargers')
  ecdsa = await root.issue('localhost', { names })
  rsa = await root.issue('localhost', { names, rsa: true })
  site = await open(ecdsa)
})
afterEach(() => site.over())
afterAll(() => site.stop())

const trusting = (more: Dial['tls'] = {}): Dial => ({ tls: { ca: root.pem, ...more } })
const secured: () => Dial = () => ({ ...trusting(), password: PASSWORD })

/** BootNotification and the status of each connector. */
async function begins(charger: OcttCharger): Promise<void> {
  expect(await charger.boot()).toMatchObject({ status: 'Accepted' })
  await site.shows(charger.id, 0, 'online', true)
}

/** Tells it a key by hand. */
async function tell(charger: OcttCharger, key: string, value: string, status: string): Promise<void> {
  const told = charger.expects('ChangeConfiguration', { status })
  expect(await site.call(charger.id, 'ChangeConfiguration', { key, value })).toEqual({ status })
  expect(await told).toEqual({ key, value })
}

async function hardReset(charger: OcttCharger): Promise<void> {
  const told = charger.expects('Reset', { status: 'Accepted' })
  site.write(charger.id, 0, 'reset', 2)
  expect(await told).toEqual({ type: 'Hard' })
  await charger.disconnect()
}

/** The handshake of a client with these ciphers alone. */
function handshake(port: number, options: object): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: root.pem, ...options }, () => resolve(socket))
    socket.on('error', reject)
  })
}

describe('Security: passwords and profiles', () => {
  it('TC_073_CSMS Update the password of basic authentication: sends AuthorizationKey; from its first use the new one alone counts', async () => {
    const charger = site.charger('PW')
    await charger.connect({ password: PASSWORD })
    await charger.boot()
    await tell(charger, 'AuthorizationKey', NEW_KEY, 'Accepted')
    await charger.disconnect()
    // It may be slow to make the change.
    await charger.connect({ password: PASSWORD })
    await charger.disconnect()
    await charger.connect({ password: Buffer.from(NEW_KEY, 'hex') })
    await begins(charger)
    await charger.disconnect()
    await charger.connect({ password: NEW_KEY })
    await charger.disconnect()
    expect(await charger.refused({ password: PASSWORD })).toBe(401)
    expect(site.logged.join('\n')).not.toMatch(new RegExp(`${NEW_KEY}|${PASSWORD}`, 'i'))
  })

  it('TC_083_CSMS Upgrade the security profile: sends SecurityProfile and Reset; from its first use the lower one is refused', async () => {
    const charger = site.charger('UP')
    await charger.connect({ password: PASSWORD })
    await charger.boot()
    await tell(charger, 'SecurityProfile', '2', 'Accepted')
    await hardReset(charger)
    await charger.connect(secured(), site.secure)
    await begins(charger)
    await charger.disconnect()
    expect(await charger.refused({ password: PASSWORD })).toBe(403)
    await charger.connect(secured(), site.secure)

    const upper = site.charger('UPPER')
    await upper.connect(secured(), site.secure)
    await upper.boot()
    await tell(upper, 'SecurityProfile', '3', 'RebootRequired')
    await hardReset(upper)
    const certificate = await clients.issue('UPPER')
    await upper.connect(trusting(certificate), site.secure)
    await begins(upper)
    await upper.disconnect()
    expect(await upper.refused(secured(), site.secure)).toBe(403)
    await upper.connect(trusting(certificate), site.secure)
  })

  it('TC_085_CSMS Basic authentication: refuses with 401 without a password and accepts the right one', async () => {
    const charger = site.charger('AUTH')
    expect(await charger.refused()).toBe(401)
    await charger.connect({ password: PASSWORD })
    await begins(charger)
  })

  it('TC_086_CSMS TLS with a certificate of the server: speaks 1.2 or newer with the ciphers of the standard', async () => {
    const port = Number(new URL(site.secure).port)
    for (const cipher of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384']) {
      const socket = await handshake(port, { ciphers: cipher, maxVersion: 'TLSv1.2' })
      expect([socket.getProtocol(), socket.getCipher().name]).toEqual(['TLSv1.2', cipher])
      const { subject, serialNumber } = socket.getPeerCertificate()
      expect(subject.CN).toBe('localhost')
      expect(serialNumber).toMatch(/^[0-9A-F]+$/)
      socket.destroy()
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(handshake(port, old)).rejects.toThrow()
    const other = await open(rsa)
    try {
      for (const cipher of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384']) {
        const socket = await handshake(Number(new URL(other.secure).port), { ciphers: cipher, maxVersion: 'TLSv1.2' })
        expect(socket.getCipher().name).toBe(cipher)
        socket.destroy()
      }
    } finally {
      await other.stop()
    }
    const charger = site.charger('TLS')
    await charger.connect(secured(), site.secure)
    await begins(charger)
  })

  it('TC_087_CSMS TLS with a certificate of the client: accepts the certificate without a password', async () => {
    const charger = site.charger('CERT')
    expect(await charger.refused(trusting(), site.secure)).toBe(403)
    await charger.connect(trusting(await clients.issue('CERT')), site.secure)
    await begins(charger)
  })

  it('TC_088_CSMS Negotiation of the subprotocol: refuses ocpp0.1 and chooses ocpp1.6', async () => {
    const charger = site.charger('AUTH')
    expect(await charger.refused({ password: PASSWORD, protocols: ['ocpp0.1'] })).toBe(400)
    await charger.connect({ password: PASSWORD, protocols: ['ocpp0.1', 'ocpp1.6'] })
    expect(charger.subprotocol).toBe('ocpp1.6')
  })
})
