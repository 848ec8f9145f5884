import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Authority, folderOf } from '../support/authority.ts'
import { rowOf } from '../support/history-rows.ts'
import { missingPostgres } from '../support/postgres.ts'
import { fill, PostgresSite, T0 } from '../support/postgres-site.ts'

describe.skipIf(missingPostgres)('histories for a PostgreSQL (Debian; skipped where it is not installed)', () => {
  const site = new PostgresSite()

  it('wait where the table takes none of many rows: it is not they who are to blame', async () => {
    const own = await site.bridge()
    fill(own.rows, 0, 1)
    await own.copied()
    await site.postgres.query('TRUNCATE log', [])
    await site.postgres.query('ALTER TABLE log ALTER COLUMN frame TYPE varchar(3)', [])
    own.rows.write('log', ...Array.from({ length: 20 }, (_, n) => rowOf('log', n, T0)))
    await own.until(() => own.copier.state.reason?.includes('too long') === true)
    expect([own.copier.behind(), own.copier.state.lost]).toEqual([20, 0])
    await site.postgres.query('ALTER TABLE log ALTER COLUMN frame TYPE text', [])
    await own.copied()
    expect((await site.postgres.query('SELECT count(*) AS n FROM log', []))[0]?.n).toBe(20)
  })

  it('are left alone where a newer bridge has written them, and that is said in one sentence', async () => {
    const first = await site.bridge('first')
    fill(first.rows, 0, 1)
    await first.copied()
    await first.copier.stop()
    await site.postgres.query("INSERT INTO kysely_migration (name, timestamp) VALUES ('0900-clouds', 'now')", [])
    const own = await site.bridge('own')
    fill(own.rows, 0, 1)
    await own.until(() => own.copier.state.reason !== undefined)
    expect(own.copier.state.reason).toBe(
      'a newer bridge has written these histories (its step 0900-clouds is not known here): start that version, or keep them elsewhere',
    )
    expect(own.copier.behind()).toBe(6)
    expect(await site.postgres.db.selectFrom('source').selectAll().execute()).toHaveLength(1)
  })

  it('are refused where the database has another encoding', async () => {
    await site.postgres.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0", [])
    const own = await site.bridge('a', site.url.replace(/[^/]+$/, 'latin'))
    await own.until(() => own.copier.state.reason !== undefined)
    expect(own.copier.state.reason).toContain("create the database with ENCODING 'UTF8'")
  })

  it('wait for a password that is right, of which nothing is said', async () => {
    const wrong = site.url.replace(/:[^:@]+@/, ':not%20it@')
    const own = await site.bridge('a', wrong)
    await own.until(() => own.said.length > 0)
    expect(own.copier.state.reason).toBe('password authentication failed for user "bridge"')
    expect(own.said.join()).not.toMatch(/not(%20| )it/)
    expect(own.said[0]).toContain(`127.0.0.1:${site.cluster.port}/${site.database}`)
  })

  it('travel over TLS where the URL asks for it, to a server that its authority vouches for and to no other', async () => {
    const files = folderOf({ 'ca.pem': site.authority.pem, 'other.pem': (await Authority.root('Other CA')).pem })
    site.ended.push(async () => rmSync(files, { recursive: true }))
    const own = await site.bridge('tls', `${site.url}?sslmode=verify-full&sslrootcert=${files}/ca.pem`)
    fill(own.rows, 0, 5)
    await own.copied()
    const [connection] = await site.postgres.query(
      'SELECT count(*) AS n, bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()',
      ['ocpp-bms-bridge'],
    )
    expect(connection).toEqual({ n: 1, ssl: true })
    const other = await site.bridge('other', `${site.url}?sslmode=verify-full&sslrootcert=${files}/other.pem`)
    await other.until(() => other.copier.state.reason !== undefined)
    expect(other.copier.state.reason).toContain('certificate')
  })

  it('hold up no end of the bridge where PostgreSQL is frozen', async () => {
    const own = await site.bridge()
    fill(own.rows, 0, 5)
    await own.copied()
    site.cluster.freeze()
    try {
      own.rows.write('log', rowOf('log', 9, T0))
      own.clock.advance(2_000)
      const before = performance.now()
      const end = own.copier.stop()
      own.clock.advance(1_000)
      await end
      expect(performance.now() - before).toBeLessThan(2_000)
    } finally {
      site.cluster.thaw()
    }
    expect(own.copier.behind()).toBe(1)
    own.copier.start()
    await own.copied()
    await site.expectAll(own)
  })
})
