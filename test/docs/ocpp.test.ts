import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/ocpp.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')
const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? ''

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocpp-md-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problems(config: string): readonly string[] {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, `${config}store: "sqlite::memory:"\n`)
  return draw(file, undefined).problems.map(formatProblem)
}

describe('docs/ocpp.md', () => {
  it.skipIf(!/^OpenSSL [3-9]/.test(openssl))(
    'makes certificates that bridge and chargers trust, and a config that is right with them',
    async () => {
      const commands = blocks('sh')[0]?.replaceAll('10.20.0.5', '127.0.0.1') ?? ''
      execFileSync('sh', ['-e', '-c', commands], { cwd: folder, stdio: 'ignore' })
      process.env.CP2_PASSWORD = 'secret'
      expect(problems(blocks('yaml')[0] ?? '')).toEqual([])

      const file = (name: string) => readFileSync(join(folder, 'tls', name))
      const own = { cert: file('cert.pem'), key: file('key.pem'), ca: file('ca.pem') }
      const server = createServer({ ...own, requestCert: true, rejectUnauthorized: true })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const charger = { ca: file('ca.pem'), cert: file('cp-3.pem'), key: file('cp-3-key.pem') }
      const client = connect({ port, host: '127.0.0.1', ...charger })
      const [socket] = (await once(server, 'secureConnection')) as [TLSSocket]
      expect(socket.getPeerCertificate().subject.CN).toBe('CP-3')
      if (!client.authorized) await once(client, 'secureConnect')
      expect(client.authorized).toBe(true)
      client.destroy()
      server.close()
    },
    30_000,
  )

  it('has lists of tags, overrides and meter values that are right as they stand', () => {
    const [, authorize = '', overrides = '', measured = ''] = blocks('yaml')
    writeFileSync(join(folder, 'tags.csv'), blocks('csv')[0] ?? '')
    expect(problems(`${authorize}${overrides}${measured}`)).toEqual([])
  })

  it('leads nowhere that is not there', () => {
    const docs = join(import.meta.dirname, '../..')
    const slug = (title: string) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-')
    for (const from of [
      'README.md',
      'mappings/README.md',
      'docs/ocpp.md',
      'docs/errors.md',
      'docs/points.md',
      'docs/configuration-keys.md',
    ]) {
      const text = readFileSync(join(docs, from), 'utf8')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const to = path === '' ? from : join(from, '..', path)
        expect(existsSync(join(docs, to)), `${from}: ${target}`).toBe(true)
        if (anchor === undefined) continue
        const titles = [...readFileSync(join(docs, to), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
          slug(title),
        )
        expect(titles, `${from}: ${target}`).toContain(anchor)
      }
    }
  })
})
