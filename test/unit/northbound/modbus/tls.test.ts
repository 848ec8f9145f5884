import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { roleIn } from '../../../../src/northbound/modbus/wire/role.ts'
import { Authority, folderOf, type Issued } from '../../../support/authority.ts'
import { StreamClient } from '../../../support/stream-client.ts'
import { adu, startBuilding, toHex } from './support.ts'

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined
const cleanups: (() => Promise<void>)[] = []

let root: Authority
let stranger: Authority
let own: Issued
let folder: string

beforeAll(async () => {
  root = await Authority.root('Plant')
  stranger = await Authority.root('Plant')
  own = await root.issue('bridge')
})

beforeEach(() => {
  folder = folderOf({ 'cert.pem': own.cert, 'key.pem': own.key, 'ca.pem': root.pem })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  rmSync(folder, { recursive: true, force: true })
})

async function open(tls: object = {}) {
  const file = (name: string) => join(folder, name)
  const files = { cert: file('cert.pem'), key: file('key.pem'), clientCa: file('ca.pem') }
  const building = await startBuilding({
    settings: { tcp: undefined, tls: { listen: '127.0.0.1:0', ...files, writeRoles: ['Operator'], ...tls } },
  })
  cleanups.push(() => building.server.stop())
  building.bring()
  return building
}

/** A client with this certificate; rejects when the handshake fails, also where TLS 1.3 tells of it only afterwards. */
async function client(port: number, identity: Partial<Issued>, options: ConnectionOptions = {}): Promise<StreamClient> {
  const socket = connect({ host: '127.0.0.1', port, ca: root.pem, servername: 'bridge', ...identity, ...options })
  // The bridge's certificate is in its common name alone.
  const opened = new StreamClient(socket)
  cleanups.push(() => opened.close())
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', () => resolve())
    socket.once('error', reject)
  })
  return opened
}

const unchecked: ConnectionOptions = { checkServerIdentity: () => undefined }
const READ = adu(1, 7, '04 0002 0001')
const WRITE = adu(2, 7, '06 0064 0064')

async function ask(opened: StreamClient, request: Uint8Array, bytes: number): Promise<string> {
  opened.send(request)
  return (await opened.gather(bytes)).slice(14)
}

describe('A client with a certificate of the authority', () => {
  it.each([
    ['Operator', true],
    ['Viewer', false],
    // One role a certificate, and the entire string is the role.
    ['Operator,Viewer', false],
    ['operator', false],
    [undefined, false],
  ])('and the role %s reads; that it may write is %s', async (role, mayWrite) => {
    const { downlink, find, log, port } = await open()
    const opened = await client(port, await root.issue('scada', role === undefined ? {} : { roles: [role] }), unchecked)
    expect(await ask(opened, READ, 11)).toMatch(/^0402/)
    expect(await ask(opened, WRITE, mayWrite ? 12 : 9)).toBe(mayWrite ? '0600640064' : '8601')
    expect(downlink.slots(find('limit', 1))?.[9]).toBe(mayWrite ? 10 : null)
    expect(log.count('warn', 'modbus.tls.writeRoles')).toBe(mayWrite ? 0 : 1)
  })

  it.each([
    ['two roles', ['Operator', 'Viewer']],
    ['a role that is no UTF8String', [Uint8Array.of(0x13, 8, ...Buffer.from('Operator'))]],
    ['a role that is no text', [Uint8Array.of(0x0c, 2, 0xff, 0xff)]],
    ['something behind its role', [Uint8Array.of(0x0c, 8, ...Buffer.from('Operator'), 0x05, 0)]],
  ])('and %s only reads', async (_what, roles) => {
    const { port } = await open()
    const opened = await client(port, await root.issue('scada', { roles }), unchecked)
    expect(await ask(opened, READ, 11)).toMatch(/^0402/)
    expect(await ask(opened, WRITE, 9)).toBe('8601')
  })

  it('writes nowhere unless the config has roles that may', async () => {
    const { port } = await open({ writeRoles: [] })
    const opened = await client(port, await root.issue('scada', { roles: ['Operator'] }), unchecked)
    expect(await ask(opened, WRITE, 9)).toBe('8601')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('may speak %s, with RSA as well', async (version) => {
    const { port } = await open()
    const identity = await root.issue('scada', { roles: ['Operator'], rsa: true })
    const opened = await client(port, identity, { ...unchecked, minVersion: version, maxVersion: version })
    expect(await ask(opened, WRITE, 12)).toBe('0600640064')
  })
})

/** What becomes of a client: `closed` without an answer, or the answer. */
async function fate(port: number, identity: Partial<Issued>, options: ConnectionOptions = {}): Promise<string> {
  try {
    return await ask(await client(port, identity, { ...unchecked, ...options }), READ, 11)
  } catch {
    return ''
  }
}

describe('A client is turned away', () => {
  it('without a certificate', async () => {
    const { log, port } = await open()
    expect(await fate(port, {})).toBe('')
    expect(log.count('warn', 'it showed no certificate')).toBe(1)
  })

  it('with a certificate of another authority, or one that is over', async () => {
    const { port } = await open()
    expect(await fate(port, await stranger.issue('scada', { roles: ['Operator'] }))).toBe('')
    expect(await fate(port, await root.issue('scada', { from: -10, to: -1 }))).toBe('')
  })

  it('with TLS 1.1', async () => {
    const { port } = await open()
    const old: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    expect(await fate(port, await root.issue('scada'), old)).toBe('')
  })

  it('that speaks plain Modbus TCP, and is told so in the log', async () => {
    const { log, port } = await open()
    const plain = await StreamClient.open(port)
    plain.send(READ)
    expect(await plain.gather(11)).toBe('closed')
    expect(log.count('warn', 'it speaks no TLS')).toBe(1)
  })

  it('that only holds its socket open, once more than 64 do; others are served', async () => {
    const { port } = await open()
    const idle = await Promise.all(Array.from({ length: 70 }, () => StreamClient.open(port)))
    cleanups.push(...idle.map((each) => () => each.close()))
    const opened = await client(port, await root.issue('scada'), unchecked)
    expect(await ask(opened, READ, 11)).toMatch(/^0402/)
    expect(idle.filter(({ closed }) => closed).length).toBeGreaterThan(5)
  })
})

describe('Certificates that change', () => {
  it('are read again: the clients of a new authority come in, those of the old one no longer', async () => {
    const { clock, log, port } = await open()
    const old = await client(port, await root.issue('scada', { roles: ['Operator'] }), unchecked)
    expect(await ask(old, READ, 11)).toMatch(/^0402/)
    const theirs = await stranger.issue('scada', { roles: ['Operator'] })
    expect(await fate(port, theirs)).toBe('')
    writeFileSync(join(folder, 'ca.pem'), stranger.pem)
    utimesSync(join(folder, 'ca.pem'), 1, 1)
    clock.advance(10_000)
    expect(log.count('info', 'certificates read anew')).toBe(1)
    expect(await old.gather(1)).toBe('closed')
    expect(await fate(port, theirs)).toMatch(/^0402/)
    expect(await fate(port, await root.issue('scada'))).toBe('')
  })

  it('close no connection where the authority of clients is the same', async () => {
    const { clock, log, port } = await open()
    const old = await client(port, await root.issue('scada'), unchecked)
    utimesSync(join(folder, 'cert.pem'), 1, 1)
    clock.advance(10_000)
    expect(log.count('info', 'certificates read anew')).toBe(1)
    expect(await ask(old, READ, 11)).toMatch(/^0402/)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('leave no session of %s behind that could be resumed', async (version) => {
    const { clock, port } = await open()
    const identity = await root.issue('scada')
    const options: ConnectionOptions = { ...unchecked, minVersion: version, maxVersion: version }
    const first = await client(port, identity, options)
    let session: Buffer | undefined
    first.socket.on('session', (ticket: Buffer) => {
      session = ticket
    })
    expect(await ask(first, READ, 11)).toMatch(/^0402/)
    const saved = session ?? (first.socket as TLSSocket).getSession()
    const again = await client(port, identity, { ...options, ...(saved && { session: saved }) })
    expect((again.socket as TLSSocket).isSessionReused()).toBe(false)
    utimesSync(join(folder, 'ca.pem'), 1, 1)
    clock.advance(10_000)
    const third = await client(port, identity, { ...options, ...(saved && { session: saved }) })
    expect((third.socket as TLSSocket).isSessionReused()).toBe(false)
    expect(await ask(third, READ, 11)).toMatch(/^0402/)
  })

  it('and can’t be used leave those before them in force, and are named in the log', async () => {
    const { clock, log, port } = await open()
    writeFileSync(join(folder, 'key.pem'), 'rubbish')
    clock.advance(10_000)
    expect(log.count('error', 'modbus.tls.key holds no private key')).toBe(1)
    expect(await fate(port, await root.issue('scada'))).toMatch(/^0402/)
  })

  it('are a sentence at the start', async () => {
    rmSync(join(folder, 'cert.pem'))
    await expect(open()).rejects.toThrow(/modbus\.tls\.cert there is no file/)
  })
})

it('stops with clients and unfinished handshakes', async () => {
  const building = await open()
  const opened = await client(building.port, await root.issue('scada'), unchecked)
  const idle = connectTcp({ host: '127.0.0.1', port: building.port })
  await new Promise<void>((resolve) => idle.once('connect', () => resolve()))
  idle.on('error', () => {})
  const before = building.clock.waiting
  await building.server.stop()
  expect(await opened.gather(1)).toBe('closed')
  // The look after connections, and that after certificates.
  expect(building.clock.waiting).toBe(before - 2)
})

describe.skipIf(!hasOpenssl)('The role in a certificate of openssl (skipped where it is not installed)', () => {
  it('is read as it was written there', () => {
    const made = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=scada'],
        ...['-keyout', '/dev/null', '-addext', '1.3.6.1.4.1.50316.802.1=ASN1:FORMAT:UTF8,UTF8String:Wärter Ost'],
        ...['-addext', 'subjectAltName=DNS:scada', '-utf8'],
      ],
      { encoding: 'utf8' },
    )
    expect(roleIn(new X509Certificate(made.stdout).raw)).toBe('Wärter Ost')
    expect(toHex(new X509Certificate(made.stdout).raw)).toContain('060b2b060104018389 0c862201'.replace(' ', ''))
  })
})
