import { rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alternativeNames } from '../../../../src/southbound/ocpp/transport/client-certificate.ts'
import { Authority, folderOf, type Issued } from '../../../support/authority.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { type Dial, echoes, open, Port, refused, until } from './support.ts'

let root: Authority
let between: Authority
let clients: Authority
let others: Authority
let own: Issued
let renewed: Issued
let folder: string
let port: Port
let clock: FakeClock

beforeAll(async () => {
  root = await Authority.root('Root of the site')
  between = await root.intermediate('Between')
  clients = await Authority.root('Root of the chargers')
  others = await Authority.root('Root of the chargers')
  const names = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ] as const
  own = await between.issue('bridge', { names })
  renewed = await between.issue('bridge renewed', { names })
})

async function start(tls: object = {}): Promise<void> {
  folder = folderOf({
    'cert.pem': `${own.cert}\n${between.pem}\n`,
    'key.pem': own.key,
    'clients.pem': clients.pem,
  })
  clock = new FakeClock(Date.now())
  const files = { cert: 'cert.pem', key: 'key.pem', clientCa: 'clients.pem', minVersion: 'TLSv1.2', folder } as const
  port = new Port({ tls: { listen: { host: '127.0.0.1', port: 0 }, ...files, ...tls } }, clock)
  port.add('CP0')
  port.add('CP1', { securityProfile: 1, password: 'right' })
  port.add('CP2', { securityProfile: 2, password: 'right' })
  port.add('CP3', { securityProfile: 3 })
  await port.server.start()
}
afterEach(async () => {
  await port.server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const trusting = (options: ConnectionOptions = {}): Dial => ({ tls: { ca: root.pem, ...options } })
const last = () => port.knocks.at(-1)

/** The certificates that the server presents, its own first, to a client without SNI. */
function presented(): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: port.server.tlsPort, host: '127.0.0.1', ca: root.pem }, () => {
      const names: string[] = []
      const seen = new Set<string>()
      for (
        let each: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
        each !== undefined && !seen.has(each.fingerprint256);
        each = each.issuerCertificate
      ) {
        seen.add(each.fingerprint256)
        names.push(String(each.subject.CN))
      }
      socket.destroy()
      resolve(names)
    })
    socket.on('error', reject)
  })
}

describe('wss://', () => {
  it('stands beside ws://, presents the full chain, and is found wanting by who trusts another root', async () => {
    await start()
    expect((await presented()).slice(0, 2)).toEqual(['bridge', 'Between'])
    for (const url of [port.ws, port.wss]) {
      const socket = await open(`${url}/CP0`, trusting())
      expect(await echoes(socket)).toBe(true)
      socket.terminate()
    }
    await expect(open(`${port.wss}/CP0`, { tls: { ca: others.pem } })).rejects.toThrow(/certificate/)
    expect(port.let.map(({ knocked }) => knocked.tls)).toEqual([false, true])
  })

  it('is for profile 1 as ws:// is, and the only way for profile 2', async () => {
    await start()
    for (const url of [port.ws, port.wss]) (await open(`${url}/CP1`, { ...trusting(), password: 'right' })).terminate()
    expect(await refused(`${port.ws}/CP2`, { password: 'right' })).toBe(403)
    expect(last()).toMatchObject({
      identifier: 'CP2',
      reason: 'tls',
      tls: false,
      path: '/CP2',
      subprotocols: ['ocpp1.6'],
    })
    expect(await refused(`${port.wss}/CP2`, trusting())).toBe(401)
    ;(await open(`${port.wss}/CP2`, { ...trusting(), password: 'right' })).terminate()
  })

  it('speaks 1.2 and newer, and older only when told to', async () => {
    await start()
    const old = trusting({ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      (await open(`${port.wss}/CP0`, trusting({ minVersion: version, maxVersion: version }))).terminate()
    await expect(open(`${port.wss}/CP0`, old)).rejects.toThrow()
    await until(() => port.knocks.length === 1)
    expect(last()).toMatchObject({
      reason: 'tls',
      identifier: undefined,
      detail: expect.stringContaining('minVersion'),
    })
    await port.server.stop()
    await start({ minVersion: 'TLSv1.0' })
    ;(await open(`${port.wss}/CP0`, old)).terminate()
    ;(await open(`${port.wss}/CP0`, trusting())).terminate()
  })

  it('on the wrong port, and ws:// on that of wss://, are told from other rubbish', async () => {
    await start()
    await expect(open(`wss://127.0.0.1:${port.server.port}/CP0`, trusting())).rejects.toThrow()
    await expect(open(`ws://127.0.0.1:${port.server.tlsPort}/CP0`)).rejects.toThrow()
    await until(() => port.knocks.length === 2)
    expect(port.knocks.map(({ detail }) => detail)).toEqual([
      'it came by wss:// to the port of ws://',
      'it came by ws:// to the port of wss://',
    ])
    const rubbish = connectPlain(port.server.tlsPort ?? 0, '127.0.0.1', () => rubbish.write('\u0001'.repeat(500)))
    rubbish.on('error', () => {})
    await new Promise((resolve) => rubbish.once('close', resolve))
    ;(await open(`${port.wss}/CP0`, trusting())).terminate()
  })
})

describe("a charger's certificate", () => {
  const by = ({ cert, key }: Issued): Dial => trusting({ cert, key })

  it('lets profile 3 in by its common name or another name of it, in any letter case', async () => {
    await start()
    const named = [
      await clients.issue('CP3'),
      await clients.issue('cp3'),
      await clients.issue('Serial 77', { names: [{ type: 'dns', value: 'Cp3' }] }),
      await clients.issue('Serial 77', { names: [{ type: 'url', value: 'CP3' }] }),
    ]
    for (const issued of named) {
      const socket = await open(`${port.wss}/CP3`, by(issued))
      expect(await echoes(socket)).toBe(true)
      socket.terminate()
    }
    expect(port.let.map(({ knocked }) => knocked.certificateName)).toEqual(['CP3', 'cp3', 'Cp3', 'CP3'])
  })

  it.each([
    ['is none', async () => undefined, 'no certificate'],
    ["is another's", () => clients.issue('CP4'), 'that of CP4'],
    ['has expired', () => clients.issue('CP3', { from: -9, to: -1 }), 'expired'],
    ['is not valid yet', () => clients.issue('CP3', { from: 2 }), 'not valid yet'],
    ['was signed by an authority of the same name', () => others.issue('CP3'), 'refused'],
    ["was signed by that of the bridge's own", () => between.issue('CP3'), 'not signed by any'],
    [
      'only contains its name',
      () => clients.issue('xCP3', { names: [{ type: 'dns', value: 'a, DNS:CP3' }] }),
      'that of xCP3',
    ],
  ])('keeps profile 3 out when it %s', async (_what, issue, words) => {
    await start()
    const issued = await issue()
    const newcomer = issued === undefined ? trusting() : by(issued)
    expect(await refused(`${port.wss}/CP3`, newcomer)).toBe(403)
    expect(last()).toMatchObject({ identifier: 'CP3', reason: 'client-certificate', tls: true })
    expect(last()?.detail).toContain(words)
    // It need not have one to be somebody else.
    ;(await open(`${port.wss}/CP0`, newcomer)).terminate()
    expect(port.let.map(({ knocked }) => knocked.certificateName)).toEqual([undefined])
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('counts as well when a session of %s is resumed', async (version) => {
    await start()
    const { cert, key } = await clients.issue('CP3')
    const options: ConnectionOptions = { cert, key, ca: root.pem, minVersion: version, maxVersion: version }
    const session = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect({ ...options, port: port.server.tlsPort, host: '127.0.0.1' })
      socket.on('error', reject)
      socket.once('session', (kept) => {
        resolve(kept)
        socket.destroy()
      })
    })
    const socket = await open(`${port.wss}/CP3`, { tls: { ...options, session } })
    expect((socket as unknown as { readonly _socket: TLSSocket })._socket.isSessionReused()).toBe(true)
    expect(port.let[0]?.knocked.certificateName).toBe('CP3')
    socket.terminate()
    // Resumed under another name it is still the old one's.
    port.add('CP4', { securityProfile: 3 })
    expect(await refused(`${port.wss}/CP4`, { tls: { ...options, session } })).toBe(403)
  })

  it('is not asked for on ws://, where profile 3 has no business, nor known without an authority', async () => {
    await start()
    expect(await refused(`${port.ws}/CP3`)).toBe(403)
    expect(last()?.reason).toBe('tls')
    await port.server.stop()
    await start({ clientCa: undefined })
    expect(await refused(`${port.wss}/CP3`, by(await clients.issue('CP3')))).toBe(403)
    expect(last()?.reason).toBe('client-certificate')
  })

  it('shows its other names one by one, whatever they hold', () => {
    expect(alternativeNames('DNS:a, URI:b, IP Address:1.2.3.4, DNS:"x, DNS:CP3", email:c@d')).toEqual([
      'a',
      'b',
      'x, DNS:CP3',
      'c@d',
    ])
  })
})

describe('new certificate files', () => {
  const put = (issued: Issued) => {
    writeFileSync(join(folder, 'cert.pem'), `${issued.cert}\n${between.pem}\n`)
    writeFileSync(join(folder, 'key.pem'), issued.key)
  }

  it('are presented without a restart, and who is connected stays', async () => {
    await start()
    const socket = await open(`${port.wss}/CP0`, trusting())
    put(renewed)
    clock.advance(10_000)
    expect((await presented()).slice(0, 2)).toEqual(['bridge renewed', 'Between'])
    expect(await echoes(socket)).toBe(true)
    put(own)
    port.server.reload()
    expect((await presented())[0]).toBe('bridge')
    expect(await echoes(socket)).toBe(true)
    socket.terminate()
  })

  it('that can not be used leave the old ones, are said once, and taken when they are whole', async () => {
    await start()
    writeFileSync(join(folder, 'cert.pem'), `${renewed.cert}\n${between.pem}\n`)
    clock.advance(40_000)
    expect((await presented())[0]).toBe('bridge')
    const errors = () => port.log.lines.filter((line) => line.startsWith('error'))
    expect(errors()).toHaveLength(1)
    expect(errors()[0]).toContain('is not the key of the first certificate')
    rmSync(join(folder, 'key.pem'))
    clock.advance(10_000)
    expect((await presented())[0]).toBe('bridge')
    expect(errors()).toHaveLength(2)
    put(renewed)
    clock.advance(10_000)
    expect((await presented())[0]).toBe('bridge renewed')
    expect(errors()).toHaveLength(2)
  })

  it('change who signs for chargers, too', async () => {
    await start()
    const stranger = await others.issue('CP3')
    const theirs = trusting({ cert: stranger.cert, key: stranger.key })
    expect(await refused(`${port.wss}/CP3`, theirs)).toBe(403)
    writeFileSync(join(folder, 'clients.pem'), others.pem)
    clock.advance(10_000)
    ;(await open(`${port.wss}/CP3`, theirs)).terminate()
  })

  it('that were never good let nothing listen', async () => {
    await start()
    writeFileSync(join(folder, 'key.pem'), 'rubbish')
    const tls = { cert: 'cert.pem', key: 'key.pem', minVersion: 'TLSv1.2', folder } as const
    const second = new Port({ tls: { listen: { host: '127.0.0.1', port: 0 }, ...tls } })
    await expect(second.server.start()).rejects.toThrow('ocpp.tls.key holds no private key')
  })
})
