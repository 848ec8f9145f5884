import { webcrypto, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Charger } from '../../../../src/core/charger/charger.ts'
import type { ChargerSettings } from '../../../../src/core/ports.ts'
import { readAuthority } from '../../../../src/southbound/ocpp/certificates/authority.ts'
import { judgeRequest } from '../../../../src/southbound/ocpp/certificates/request.ts'
import { Signer } from '../../../../src/southbound/ocpp/certificates/signer.ts'
import { CertificateSigning } from '../../../../src/southbound/ocpp/v16/sign-certificate.ts'
import { Authority, folderOf, requestFor } from '../../../support/authority.ts'
import { chargerSettings, core } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const DAY_MS = 86_400_000
let csr: string

beforeAll(async () => {
  csr = (await requestFor('CN=CP-1')).csr
})

const why = (pem: string, ...names: string[]) => {
  const judged = judgeRequest(pem, names.length === 0 ? ['CP-1'] : names)
  return judged.kind === 'refused' ? judged.why : undefined
}

async function made(algorithm: object, name = 'CN=CP-1'): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(algorithm as never, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  return (await requestFor(name, keys, algorithm)).csr
}

describe('a request for a certificate', () => {
  const publicExponent = Uint8Array.of(1, 0, 1)

  it.each([
    { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
    { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
    { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent, hash: 'SHA-256' },
    { name: 'RSA-PSS', modulusLength: 2048, publicExponent, hash: 'SHA-256', saltLength: 32 },
  ])('may have a key of %j', async (algorithm) => {
    expect(why(await made(algorithm))).toBeUndefined()
  })

  it.each([
    [{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent, hash: 'SHA-256' }, '1024 bits'],
    [{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent, hash: 'SHA-1' }, 'SHA-1'],
    [{ name: 'Ed25519' }, 'ed25519, neither RSA nor EC'],
  ])('may not have a key of %j', async (algorithm, told) => {
    expect(why(await made(algorithm))).toContain(told)
  })

  it('is for the charger itself, in any letter case', async () => {
    expect(why(csr, 'cp-1')).toBeUndefined()
    expect(why(csr, 'SN-1', 'CP-1')).toBeUndefined()
    expect(why(csr, 'CP-2')).toBe('its common name is CP-1, not CP-2')
    expect(why((await requestFor('O=OCTT')).csr)).toContain('one common name')
    expect(why((await requestFor('CN=CP-1, CN=CP-2')).csr)).toContain('one common name')
  })

  it('is read as chargers write it', () => {
    const bare = csr.replace(/-----.*-----/g, '')
    for (const written of [csr.replaceAll('\n', '\r\n'), csr.trim(), csr.replaceAll('\n', '\\n'), bare])
      expect(why(written)).toBeUndefined()
  })

  it('is signed with its own key', () => {
    const [head, ...rest] = csr.trim().split('\n')
    const der = Buffer.from(rest.slice(0, -1).join(''), 'base64')
    const at = der.indexOf('CP-1')
    der.write('CP-2', at)
    const forged = [head, der.toString('base64'), rest.at(-1)].join('\n')
    expect(why(forged, 'CP-2')).toBe('it is not signed with its own key')
  })

  it('of any bytes is judged without a mistake of ours', () => {
    const der = Buffer.from(csr.replace(/-----.*-----|\s/g, ''), 'base64')
    const mutated = fc.tuple(fc.nat(der.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(der)
      copy[at] = byte
      return copy.toString('base64')
    })
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 6_000 }), fc.base64String(), mutated), (text) => {
        expect(['good', 'refused']).toContain(judgeRequest(text, ['CP-1']).kind)
      }),
      { numRuns: 300 },
    )
    expect(why('x'.repeat(5_501))).toContain('5500 characters')
  })
})

describe('the signer', () => {
  let authority: Authority
  let own: ReturnType<typeof core>
  let warned: string[]

  beforeEach(async () => {
    authority = await Authority.root('Signs')
    own = core({ clock: new FakeClock(Date.now()), charger: { securityProfile: 1, password: 'secret' } })
    warned = []
  })

  async function signer(validFor = 10 * DAY_MS, key?: string) {
    const folder = folderOf({ 'ca.pem': authority.pem, 'key.pem': key ?? (await authority.key()) })
    const write = (_fields: object, text: string) => void warned.push(text)
    return Signer.load({
      files: { cert: 'ca.pem', key: 'key.pem', folder },
      validFor,
      door: own.fleet,
      clock: own.clock,
      log: { debugs: true, debug: write, info: write, warn: write, error: write },
    })
  }

  const charger = (settings: Partial<ChargerSettings>): Charger =>
    own.fleet.add({ ...chargerSettings, securityProfile: 1, password: 'secret', ...settings })

  it('gives a certificate for clients that lasts as long as configured, never longer than its own', async () => {
    for (const [validFor, days] of [
      [10 * DAY_MS, 10],
      [400 * DAY_MS, 30],
    ] as const) {
      const chain = await (await signer(validFor)).sign(own.charger, csr)
      const certificate = new X509Certificate(chain ?? '')
      expect(chain?.match(/BEGIN/g)).toHaveLength(1)
      expect(certificate.verify(new X509Certificate(authority.pem).publicKey)).toBe(true)
      expect([certificate.subject, certificate.ca, certificate.keyUsage]).toEqual([
        'CN=CP-1',
        false,
        ['1.3.6.1.5.5.7.3.2'],
      ])
      expect(Math.round((Date.parse(certificate.validTo) - Date.now()) / DAY_MS)).toBe(days)
      expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - 3_000_000)
    }
  })

  it('writes the identifier beside a serial number that is the common name', async () => {
    own.fleet.event(own.charger, { kind: 'booted', identity: { serialNumber: 'SN-1' } })
    const chain = await (await signer()).sign(own.charger, (await requestFor('CN=SN-1')).csr)
    expect(new X509Certificate(chain ?? '')).toMatchObject({ subject: 'CN=SN-1', subjectAltName: 'DNS:CP-1' })
  })

  it('gives nobody a certificate in the name of another charger, whatever serial number it claims', async () => {
    charger({ id: 'CP-2' })
    own.fleet.event(own.charger, { kind: 'booted', identity: { serialNumber: 'cp-2' } })
    expect((await signer()).sign(own.charger, (await requestFor('CN=CP-2')).csr)).toBeUndefined()
    expect(warned).toEqual(['its request for a certificate is refused: its common name is CP-2, not CP-1'])
  })

  it('gives none to guests and to those that prove nothing', async () => {
    const open = charger({ id: 'OPEN', securityProfile: 0, password: undefined })
    const guest = own.fleet.arrive('GUEST')
    const signing = await signer()
    for (const each of [open, guest]) {
      if (each === undefined) throw new Error('no guest')
      expect(signing.sign(each, (await requestFor(`CN=${each.id}`)).csr)).toBeUndefined()
    }
    expect(warned[1]).toContain('neither a password nor a certificate')
  })

  it('refuses while its own files are wrong, and says which', async () => {
    const { key } = await requestFor('CN=X')
    expect((await signer(DAY_MS, key)).sign(own.charger, csr)).toBeUndefined()
    expect(warned[0]).toContain('ocpp.tls.chargerCa.key is not the key of the first certificate')
    const read = readAuthority({ cert: 'none', key: 'none', folder: join('/', 'nowhere') }, 0)
    expect('faults' in read && read.faults.map(({ key }) => key)).toEqual(['cert', 'key'])
  })
})

describe('the conversation about a certificate', () => {
  it('takes one request at a time, and the next one when the answer to CertificateSigned is here', async () => {
    const { charger } = core()
    const asked: (() => void)[] = []
    const log = { debugs: false, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    let chain: string | undefined = 'chain'
    const signing = new CertificateSigning({
      charger,
      log,
      ask: (action, payload, _options, done) => {
        expect([action, payload]).toEqual(['CertificateSigned', { certificateChain: 'chain' }])
        asked.push(() => done('accepted', undefined, { kind: 'none' }))
        return () => {}
      },
      sign: (_charger, request) => (request === 'bad' ? undefined : Promise.resolve(chain)),
    })
    expect([signing.request('bad'), signing.request(7), signing.request('good'), signing.request('good')]).toEqual([
      false,
      false,
      true,
      false,
    ])
    await Promise.resolve()
    expect(signing.request('good')).toBe(false)
    asked[0]?.()
    chain = undefined
    expect(signing.request('good')).toBe(true)
    await Promise.resolve()
    expect(asked).toHaveLength(1)
    expect(signing.request('good')).toBe(true)
  })
})
