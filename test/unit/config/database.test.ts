import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/lib/problem.ts'
import { brief, read, sections } from './sections.ts'

describe('where everything is kept', () => {
  let folder: string | undefined
  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    folder = undefined
  })

  /** A config with `${PGPASSWORD}`, as a driver is connected by it. */
  function connectionOf(store: string, password = 'secret') {
    folder ??= mkdtempSync(join(tmpdir(), 'config-'))
    const file = join(folder, 'config.yaml')
    writeFileSync(file, `store: ${JSON.stringify(store)}\n`)
    const { settings, problems } = loadConfig(file, sections, { PGPASSWORD: password })
    expect(problems).toEqual([])
    const {
      host,
      port,
      user,
      password: told,
      database,
    } = new pg.Client(settings?.database) as pg.Client & {
      readonly password: string
    }
    return { host, port, user, password: told, database }
  }

  it('is a file, and no PostgreSQL, unless that is written', () => {
    expect(read('').settings).toMatchObject({ store: '/site/data/bridge.db', database: undefined })
    expect(read('store: sqlite:here.db').settings).toMatchObject({ store: '/site/here.db', database: undefined })
  })

  it.each(['postgres', 'postgresql'])('is a PostgreSQL for histories and a file for the rest, by %s:', (scheme) => {
    const { settings, problems } = read(`store: ${scheme}://bridge:secret@db.example:5433/histories`)
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      store: '/site/data/bridge.db',
      database: 'postgres://bridge:secret@db.example:5433/histories',
    })
  })

  it('has the file elsewhere where spool says so', () => {
    const { settings } = read('store: postgres://bridge@db.example/histories\nspool: sqlite:/var/spool/bridge.db')
    expect(settings).toMatchObject({
      store: '/var/spool/bridge.db',
      database: 'postgres://bridge@db.example/histories',
    })
  })

  it.each(['secret', 'p@ss/w:rd?#[]', '100%sure', 'ä 😀"\\', 'a@b@c', ''])(
    'takes a password from the environment as it is: %s',
    (password) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written in the file
      expect(connectionOf('postgres://bridge:${PGPASSWORD}@127.0.0.1/histories', password)).toMatchObject({
        host: '127.0.0.1',
        port: 5432,
        user: 'bridge',
        password: password === '' ? null : password,
        database: 'histories',
      })
    },
  )

  it('knows escapes, sockets and IPv6', () => {
    expect(connectionOf('postgres://b%40x:a%2Fb@[::1]:6000/h')).toMatchObject({
      host: '::1',
      port: 6000,
      user: 'b@x',
      password: 'a/b',
    })
    expect(connectionOf('postgres://bridge@/h?host=/var/run/postgresql')).toMatchObject({
      host: '/var/run/postgresql',
      database: 'h',
    })
  })

  it('takes an authority beside the config', () => {
    folder = mkdtempSync(join(tmpdir(), 'config-'))
    const file = join(folder, 'config.yaml')
    writeFileSync(join(folder, 'ca.pem'), 'an authority')
    writeFileSync(file, 'store: postgres://bridge@db.example/h?sslmode=verify-full&sslrootcert=ca.pem')
    const { settings } = loadConfig(file, sections, {})
    expect(new URL(settings?.database ?? '').searchParams.get('sslrootcert')).toBe(join(folder, 'ca.pem'))
  })

  it.each([
    ['store: bridge.db', '1:8 invalid-value', 'postgres://user:'],
    ['store: mysql://bridge@db/h', '1:8 invalid-value', 'sqlite:data/bridge.db'],
    ['store: postgres://db.example/h', '1:8 invalid-value', 'as which user: write postgres://user:$'],
    ['store: postgres://bridge:secret@/h', '1:8 invalid-value', 'on which host'],
    ['store: postgres://bridge:secret@db.example', '1:8 invalid-value', 'which database'],
    ['store: postgres://bridge:secret@db.example/', '1:8 invalid-value', 'which database'],
    ['store: postgres://bridge:secret@db.example:port/h', '1:8 invalid-value', 'no address of a PostgreSQL'],
    ['store: postgres://bridge:secret@db.example:70000/h', '1:8 invalid-value', 'no address of a PostgreSQL'],
    ['store: postgres:bridge:secret', '1:8 invalid-value', 'no address of a PostgreSQL'],
    ['store: postgres://bridge:secret@db/h?sslmod=disable', '1:8 invalid-value', 'there is no sslmod here'],
    ['store: postgres://bridge:secret@db/h?sslmode=require', '1:8 invalid-value', 'disable, no-verify, verify-full'],
    ['store: postgres://bridge:secret@db/h?sslrootcert=ca.pem', '1:8 tls-files', "/site/ca.pem can't be read"],
    [`store: postgres://b:$${'{NO_SUCH}'}@db/h`, '1:8 environment', 'NO_SUCH'],
    ['store: sqlite:a.db\nspool: sqlite:b.db', '2:1 unused-spool', 'remove it'],
    ['spool: sqlite:b.db', '1:1 unused-spool', 'remove it'],
    ['store: postgres://bridge:secret@db/h\nspool: b.db', '2:8 invalid-value', 'sqlite:'],
    ['store: postgres://bridge:secret@db/h\nspool: postgres://bridge:secret@db/h', '2:8 invalid-value', 'sqlite:'],
  ])('is a problem where it is written wrong, without the password: %s', (text, place, words) => {
    const { problems, settings } = read(text)
    expect(problems.map(brief)).toEqual([place])
    const [said = ''] = problems.map(formatProblem)
    expect(said).toContain(words)
    expect(said).not.toContain('secret')
    expect(settings).toBeUndefined()
  })
})
