import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../../src/lib/clock.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { Copier } from '../../../../src/store/history/copy/copier.ts'
import { Retention } from '../../../../src/store/history/retain/retention.ts'
import { Copying } from '../../../support/copying.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { HistoryRows, rowOf } from '../../../support/history-rows.ts'
import { localDays, ownFolder } from './support.ts'

const T0 = Date.UTC(2026, 0, 1)

describe('the copier of histories', () => {
  const folder = ownFolder()
  let server: Server
  let url: string
  const sockets: Socket[] = []
  const ended: (() => Promise<unknown>)[] = []

  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {}).resume()
      sockets.push(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `postgres://bridge:s3cr3t@127.0.0.1:${(server.address() as { port: number }).port}/histories`
  })
  afterEach(async () => {
    for (const end of ended.splice(0)) await end()
    for (const socket of sockets.splice(0)) socket.destroy()
    server.close()
  })

  const file = () => join(folder.path, 'bridge.history.db')

  async function start(at = url): Promise<Copying> {
    const own = await Copying.start(file(), at, new FakeClock(T0))
    ended.push(() => own.copier.stop())
    return own
  }

  it('tries again after 1 s, then after twice as long each time, but at least twice a minute', async () => {
    server.on('connection', (socket) => socket.destroy())
    const own = await start()
    const tried = () => sockets.length
    own.clock.advance(0)
    for (const [index, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      await vi.waitFor(() => expect([tried(), own.clock.waiting]).toEqual([index + 1, 1]))
      own.clock.advance(seconds * 1_000 - 1)
      expect(own.clock.waiting).toBe(1)
      own.clock.advance(1)
      expect(own.clock.waiting).toBe(0)
    }
  })

  it('says once a minute that it fails and why, without the password, and tells since when and how many wait', async () => {
    server.close()
    const own = await start()
    own.rows.write('log', rowOf('log', 1, T0), rowOf('log', 2, T0))
    await own.until(() => own.clock.now() >= T0 + 59_000)
    expect(own.said).toHaveLength(1)
    expect(own.said[0]).toMatch(
      /histories are not copied to PostgreSQL 127\.0\.0\.1:\d+\/histories: connect ECONNREFUSED/,
    )
    expect(own.said[0]).not.toContain('s3cr3t')
    expect([own.copier.behind(), own.copier.state.lost]).toEqual([2, 0])
    expect([own.copier.hasCopied(0), own.copier.hasCopied(1)]).toEqual([true, false])
    const { failingSince = 0 } = own.copier.state
    expect(failingSince).toBeGreaterThanOrEqual(T0)
    expect(failingSince).toBeLessThan(T0 + 30_000)
    await own.until(() => own.clock.now() >= T0 + 120_000)
    expect(own.said).toHaveLength(2)
  })

  it('counts as lost what retention gives up before it is copied, for good', async () => {
    server.close()
    const own = await start()
    own.rows.write('log', rowOf('log', 1, T0), rowOf('log', 2, T0), rowOf('log', 3, T0 + 9_000))
    own.rows.write('meter', rowOf('meter', 1, T0))
    await retention(own.rows, T0 + 10_000).step()
    expect([own.copier.behind(), own.copier.state.lost]).toEqual([2, 2])
    await own.end()
    const rows = await HistoryRows.open(file(), T0)
    expect(new Copying(rows, url, own.clock).copier.state.lost).toBe(2)
  })

  function retention({ histories: { db, source } }: HistoryRows, now: number): Retention {
    const forever = { keep: 1e12, maxSize: undefined }
    const others = { transactions: forever, meters: forever, quarterHours: forever, days: forever }
    return new Retention({
      rows: { db, dialect: 'sqlite', source },
      config: { ...others, log: { keep: 5_000, maxSize: undefined } },
      days: localDays('UTC'),
      now: () => now,
    })
  }

  it('gives up a server that takes its connection and says nothing', { timeout: 30_000 }, async () => {
    const own = await start()
    own.clock.advance(0)
    await vi.waitFor(() => expect(own.copier.state.reason).toMatch(/timeout/), { timeout: 20_000 })
    expect(sockets.length).toBe(1)
  })

  it('ends within 2 s where the server says nothing', async () => {
    const rows = await HistoryRows.open(file(), T0)
    const copier = new Copier({ histories: rows.histories, url, clock: systemClock, log: silentLog, damaged: () => {} })
    const connected = once(server, 'connection')
    copier.start()
    await connected
    const closed = once(sockets[0] as Socket, 'close')
    const before = performance.now()
    await copier.stop()
    expect(performance.now() - before).toBeLessThan(2_000)
    await closed
  })

  it('ends at once before it began', async () => {
    const own = await start()
    await own.copier.stop()
    own.clock.advance(60_000)
    expect([sockets.length, own.clock.waiting]).toEqual([0, 0])
  })

  it('goes on where the file of the authority is gone', async () => {
    const own = await start(`${url}?sslrootcert=${join(folder.path, 'gone.pem')}`)
    await own.until(() => own.copier.state.reason !== undefined)
    expect(own.copier.state.reason).toContain('gone.pem')
    own.clock.advance(1_000)
    await own.until(() => own.clock.waiting === 1)
  })
})
