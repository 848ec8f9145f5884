import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { draw } from '../../../../src/plan.ts'
import { config } from '../../../../src/southbound/ocpp/config.ts'
import { Authority, folderOf, type Issued } from '../../../support/authority.ts'

let root: Authority
let signs: Authority
let stranger: Authority
let own: Issued
let other: Issued
let folder: string

beforeAll(async () => {
  root = await Authority.root('Root')
  own = await root.issue('bridge')
  other = await root.issue('other')
  signs = await root.intermediate('Signs')
  stranger = await Authority.root('Root')
})
beforeEach(async () => {
  folder = folderOf({
    'cert.pem': own.cert,
    'key.pem': own.key,
    'other.pem': other.key,
    'ca.pem': root.pem,
    'ca-key.pem': await root.key(),
    'signs.pem': `${signs.pem}\n${root.pem}`,
    'signs-key.pem': await signs.key(),
    'stranger.pem': stranger.pem,
    'stranger-key.pem': await stranger.key(),
    'swapped.pem': `${root.pem}\n${own.cert}`,
    'rubbish.pem': 'rubbish',
    'damaged.pem': own.cert.replace(/[A-Za-z]/g, 'A').replace(/A+ A+/g, 'BEGIN CERTIFICATE'),
    'locked.pem': '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `line:column code` of what `check` says, warnings apart; relative files are those of the folder. */
function problems(text: string, warnings = false): readonly string[] {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, text)
  return draw(file)
    .problems.filter(({ warning }) => (warning ?? false) === warnings)
    .map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)
}

const tls = (files: string) => `ocpp:\n  tls:\n    listen: 127.0.0.1:8888\n${files.replace(/^/gm, '    ')}\n`
const rated = 'electrical: { maxCurrent: 32 }'

describe('check', () => {
  it('has nothing to say of files that fit, wherever they are called from', () => {
    const text = `${tls('cert: cert.pem\nkey: key.pem\nclientCa: ca.pem')}
chargers:
  - { id: A, securityProfile: 3, ${rated} }
  - { id: B, securityProfile: 2, password: b, ${rated} }
  - { id: C, securityProfile: 1, password: "hex:00ff", pingInterval: 30s, ${rated} }
`
    expect(problems(text)).toEqual([])
    expect(problems(text, true)).toEqual([])
  })

  it.each([
    ['cert: none.pem\nkey: key.pem', '4:11 tls-files', 'there is no file'],
    ['cert: cert.pem\nkey: none.pem', '5:10 tls-files', 'there is no file'],
    ['cert: .\nkey: key.pem', '4:11 tls-files', 'is a folder'],
    ['cert: rubbish.pem\nkey: key.pem', '4:11 tls-files', 'no certificate in PEM form'],
    ['cert: damaged.pem\nkey: key.pem', '4:11 tls-files', 'certificate'],
    ['cert: cert.pem\nkey: rubbish.pem', '5:10 tls-files', 'no private key'],
    ['cert: cert.pem\nkey: locked.pem', '5:10 tls-files', 'passphrase'],
    ['cert: cert.pem\nkey: other.pem', '5:10 tls-files', 'not the key of the first certificate in cert.pem'],
    ['cert: swapped.pem\nkey: key.pem', '5:10 tls-files', "bridge's own certificate first"],
    ['cert: cert.pem\nkey: key.pem\nclientCa: cert.pem', '6:15 tls-files', 'no authority'],
    ['cert: cert.pem\nkey: key.pem\nclientCa: none.pem', '6:15 tls-files', 'there is no file'],
    ['key: key.pem', '3:13 missing', 'cert is missing'],
    ['cert: cert.pem\nkey: key.pem\nminVersion: SSLv3', '6:17 invalid-value', 'TLSv1.2'],
  ])('finds what is wrong with %j', (files, place, words) => {
    const found = problems(tls(files))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(words)
    if (!place.endsWith('missing')) expect(found[0]).toMatch(new RegExp(`^${place} `))
  })

  it.each([
    [`{ id: A, securityProfile: 1, ${rated} }`, '', '2:31 security-profile', 'with a password'],
    [`{ id: A, securityProfile: 2, ${rated} }`, 'tls', '8:31 security-profile', 'with a password'],
    [`{ id: A, securityProfile: 2, password: x, ${rated} }`, '', '2:31 security-profile', 'add ocpp.tls'],
    [`{ id: A, securityProfile: 3, ${rated} }`, '', '2:31 security-profile', 'add ocpp.tls'],
    [`{ id: A, securityProfile: 3, ${rated} }`, 'tls', '8:31 security-profile', 'clientCa'],
    [`{ id: A, securityProfile: 4, ${rated} }`, '', '2:31 invalid-value', 'one of 0, 1, 2, 3'],
    [`{ id: A, password: "hex:0", ${rated} }`, '', '2:24 invalid-value', 'hexadecimal'],
  ])('finds what a profile lacks: %s', (charger, with_, place, words) => {
    const head = with_ === 'tls' ? `${tls('cert: cert.pem\nkey: key.pem')}\n` : ''
    const found = problems(`${head}chargers:\n  - ${charger}\n`)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(words)
    expect(found[0]).toMatch(new RegExp(`^${place} `))
  })

  it('warns of what can be run but hardly meant', async () => {
    const ended = await root.issue('ended', { from: -9, to: -1 })
    writeFileSync(join(folder, 'cert.pem'), `${ended.cert}\n${other.cert}`)
    writeFileSync(join(folder, 'key.pem'), ended.key)
    const text = `${tls('cert: cert.pem\nkey: key.pem\nminVersion: TLSv1.0\nclientCa: ca.pem')}
chargers:
  - { id: A, securityProfile: 3, password: x, ${rated} }
  - { id: B, securityProfile: 1, password: "", ${rated} }
`
    expect(problems(text)).toEqual([])
    expect(problems(text, true).map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual([
      '4:11 tls-files',
      '4:11 tls-files',
      '6:17 old-tls',
      '10:44 unused-password',
      '11:34 empty-password',
    ])
  })

  it('wants a port of its own for wss://', () => {
    const text = `ocpp:\n  listen: 127.0.0.1:8887\n  tls: { listen: "127.0.0.1:8887", cert: cert.pem, key: key.pem }\n`
    expect(problems(text)[0]).toMatch(/^3:18 duplicate-listen /)
  })
})

describe('the silence that ends a connection', () => {
  it('is as configured, else three heartbeats', () => {
    expect(config.parse({}).silenceTimeout).toBe(900_000)
    expect(config.parse({ heartbeatInterval: '1m' }).silenceTimeout).toBe(180_000)
    expect(config.parse({ heartbeatInterval: '0s' }).silenceTimeout).toBe(900_000)
    expect(config.parse({ heartbeatInterval: '1m', silenceTimeout: '10m' }).silenceTimeout).toBe(600_000)
  })
})

describe('check of who signs for chargers', () => {
  const signing = (files: string) =>
    tls(`cert: cert.pem\nkey: key.pem\nclientCa: ca.pem\nchargerCa:\n${files.replace(/^/gm, '  ')}`)

  it.each(['cert: ca.pem\nkey: ca-key.pem', 'cert: signs.pem\nkey: signs-key.pem'])(
    'has nothing to say of an authority that clientCa knows: %j',
    (files) => {
      expect(problems(signing(files))).toEqual([])
      expect(problems(signing(files), true).filter((each) => each.includes('charger-ca'))).toEqual([])
    },
  )

  it.each([
    ['cert: none.pem\nkey: ca-key.pem', '8:13 charger-ca-files', "cert can't be used: ENOENT"],
    ['cert: rubbish.pem\nkey: ca-key.pem', '8:13 charger-ca-files', 'no certificate in PEM form'],
    ['cert: damaged.pem\nkey: ca-key.pem', '8:13 charger-ca-files', 'cert'],
    ['cert: cert.pem\nkey: key.pem', '8:13 charger-ca-files', 'is no authority'],
    ['cert: ca.pem\nkey: rubbish.pem', '9:12 charger-ca-files', "key can't be used"],
    ['cert: ca.pem\nkey: locked.pem', '9:12 charger-ca-files', "key can't be used"],
    ['cert: ca.pem\nkey: signs-key.pem', '9:12 charger-ca-files', 'not the key of the first certificate'],
  ])('finds %j', (files, at, message) => {
    const [problem, ...others] = problems(signing(files))
    expect(problem).toContain(at)
    expect(problem).toContain(message)
    expect(others).toEqual([])
  })

  it('warns of one that clientCa does not know, though it has the same name', () => {
    const text = signing('cert: stranger.pem\nkey: stranger-key.pem')
    expect(problems(text)).toEqual([])
    expect(problems(text, true).join()).toContain('charger-ca-unknown clientCa does not hold it or its root')
  })
})
