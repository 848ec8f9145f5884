import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setAside } from '../../src/store/aside.ts'
import { migrate, openSqliteHistories, type SqliteHistories } from '../../src/store/history/database.ts'
import { openPostgresHistories } from '../../src/store/history/postgres.ts'
import { runCommand } from '../support/bridge-process.ts'
import { missingPostgres, startPostgres } from '../support/postgres.ts'
import { addLog, addSources, addTransactions, START } from '../support/stored-rows.ts'

const root = join(import.meta.dirname, '../..')

let folder: string
let config: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'))
  config = join(folder, 'config.yaml')
  file = join(folder, 'bridge.history.db')
  writeFileSync(config, 'store: "sqlite:bridge.db"\nchargers: [{ id: CP-1, electrical: { maxCurrent: 32 } }]\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function written(): Promise<SqliteHistories> {
  const histories = openSqliteHistories(file)
  await migrate(histories.db, 'sqlite')
  await addSources(histories.db)
  return histories
}

const history = (...args: readonly string[]) => runCommand(['history', ...args, '--config', config])

describe('history', () => {
  it('says where nothing was recorded yet, and writes nothing there', async () => {
    const { code, errors } = await history('log')
    expect(errors).toBe(`there are no histories yet: ${file} comes with the first run of the bridge\n`)
    expect(code).toBe(1)
    expect(existsSync(file)).toBe(false)
    writeFileSync(config, 'store: "sqlite::memory:"\n')
    expect((await history('log')).errors).toContain('in memory')
    writeFileSync(config, 'store: 1\n')
    expect((await history('log')).code).toBe(78)
  }, 60_000)

  it('says what to write instead', async () => {
    expect((await history('log', '--from', 'noon')).errors).toContain('write 2026-11-01, 2026-11-01T08:00')
    expect((await history('log', '--from', '1h', '--to', '2h')).errors).toBe(
      '--from is not before --to: nothing lies between them\n',
    )
    expect((await history('log', '--limit', '0')).errors).toContain('write a number from 1')
    expect((await history('transactions', '--samples')).errors).toContain('--samples needs --format json')
    expect((await history('log', '--follow', '--format', 'csv')).errors).toContain('--follow shows lines')
    expect((await history('lag')).errors).toContain('Did you mean log?')
    expect((await history('log', '--out', folder)).errors).toContain('is no file')
    expect((await history('log', '--follow', '--to', 'now')).errors).toContain('--follow has no end')
    const xls = await history('log', '--out', join(folder, 'log.xls'))
    expect(xls.errors).toContain('nothing is written as xls (did you mean xlsx?): end it with .csv, .xlsx')
  }, 60_000)

  it('shows the newest lines of the log while the bridge has the file open, the newest last', async () => {
    const bridge = await written()
    await addLog(bridge.db, [
      { type: 'BootNotificationRequest', message: 'CP Vendor: Bender', frame: '[2,"7","BootNotification",{}]' },
      { charger: 'CP-2', message: 'a\u001b[2Jb' },
      { type: 'BootNotificationConfirmation', message: 'Accepted' },
    ])
    const time = (n: number) => `${new Date(START + n * 1000).toLocaleString('sv-SE')}`
    expect(await history('log')).toEqual({
      code: 0,
      errors: '',
      out: [
        `${time(1)}  CP-1        BootNotificationRequest       CP Vendor: Bender`,
        `${time(2)}  CP-2        HeartbeatRequest              a?[2Jb`,
        `${time(3)}  CP-1        BootNotificationConfirmation  Accepted`,
        '',
      ].join('\n'),
    })
    const { out } = await history('log', '--charger', 'cp-1', '--type', 'boot', '--text', 'bender', '--frame')
    expect(out).toBe(
      `${time(1)}  CP-1        BootNotificationRequest   CP Vendor: Bender\n    [2,"7","BootNotification",{}]\n`,
    )
    const limited = await history('log', '--limit', '1')
    expect(limited.out).toContain('Accepted')
    expect(limited.errors).toBe('only the newest 1: --limit shows more, --format csv all\n')
    expect((await history('log', '--to', '2026-10-01')).errors).toBe('nothing was recorded that fits\n')
    await bridge.db.destroy()
  }, 60_000)

  it('writes files in the format that is said or that their name says, and all of what is asked for', async () => {
    const bridge = await written()
    await addTransactions(bridge.db, [{}, { charger: 'CP-2' }, {}])
    await bridge.db.destroy()
    const sheet = join(folder, 'out', 'all.xlsx')
    expect((await history('transactions', '--out', sheet)).errors).toBe(`${sheet} written\n`)
    expect((await readXlsx(readFileSync(sheet))).sheets[0]?.rows).toHaveLength(4)
    const table = await history('transactions', '--charger', 'CP-2')
    expect(table.out.split('\n')[0]).toMatch(
      /^Timestamp +Identifier +Connector +Id Tag +Start \(Wh\) +Stop \(Wh\) +Total \(Wh\)/,
    )
    expect(table.out.split('\n')).toHaveLength(3)
    const csv = parse((await history('transactions', '--format', 'csv', '--limit', '2')).out, { columns: true })
    expect((csv as Record<string, string>[]).map((row) => row['Transaction Id'])).toEqual(['2', '3'])
    const json = JSON.parse((await history('transactions', '--format', 'json', '--samples')).out)
    expect(json[0]).toMatchObject({ id: 1, samples: [] })
    expect(readdirSync(join(folder, 'out'))).toEqual(['all.xlsx'])
  }, 60_000)

  it('shows meters by quarter hours, days or as received', async () => {
    const bridge = await written()
    const own = { source: 1, revision: 1, charger: 'CP-1', connector: 1 }
    const flow = { energy: 500, powerMin: 1, powerMax: 2, powerSum: 3, samples: 2 }
    await bridge.db
      .insertInto('quarterHour')
      .values({ ...own, ...flow, start: new Date(2026, 10, 1).getTime() })
      .execute()
    for (const date of ['2026-11-01', '2026-11-02'])
      await bridge.db
        .insertInto('day')
        .values({ ...own, ...flow, date })
        .execute()
    await bridge.db.destroy()
    expect((await history('meters')).out).toMatch(/\n2026-11-01 00:00:00 +CP-1 +1 +500 +1.5 +1 +2 +2 +Tower\n$/)
    const days = await history('meters', '--resolution', 'day', '--from', '2026-11-02', '--to', '2026-11-02')
    expect(days.out).toMatch(/^Date[^\n]*\n2026-11-02 +CP-1 +1 +500[^\n]*\n$/)
    const first = await history('meters', '--resolution', 'day', '--to', '2026-11-01')
    expect(first.out).toMatch(/^Date[^\n]*\n2026-11-01 +[^\n]*\n$/)
    expect((await history('meters', '--resolution', 'received')).errors).toBe('nothing was recorded that fits\n')
  }, 60_000)

  it('ends quietly when nobody reads on', () => {
    const line = `'${process.execPath}' --import tsx src/main.ts history log --format csv --config '${config}' | head -1`
    const histories = openSqliteHistories(file)
    return migrate(histories.db, 'sqlite')
      .then(() =>
        addLog(
          histories.db,
          Array.from({ length: 20_000 }, () => ({ frame: 'x'.repeat(200) })),
        ),
      )
      .then(() => histories.db.destroy())
      .then(() => {
        const { stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: root })
        expect(stdout.toString()).toBe('Timestamp,Identifier,Message Type,Message,Sender,Frame,Site\n')
        expect(stderr.toString()).toBe('')
      })
  }, 60_000)
})

describe.skipIf(missingPostgres !== undefined)('history of a PostgreSQL (skipped where there is none)', () => {
  it('is read from there, in the same words', async () => {
    const cluster = await startPostgres()
    try {
      const url = await cluster.create('histories')
      writeFileSync(config, `store: "${url}"\nspool: "sqlite:bridge.db"\n`)
      const none = await history('log')
      expect(none.errors).toBe(
        `there are no histories in the PostgreSQL at 127.0.0.1:${cluster.port}/histories yet: they come with the first run of the bridge\n`,
      )
      expect(none.code).toBe(1)
      const { db, close } = openPostgresHistories(url)
      await migrate(db, 'postgres')
      await addSources(db)
      await addLog(db, [{ message: 'from the tower' }, { message: 'from the quay', source: 2 }])
      await close()
      expect((await history('log', '--text', 'QUAY')).out).toMatch(/^\S+ \S+ +CP-1 +HeartbeatRequest +from the quay\n$/)
      const csv = parse((await history('log', '--format', 'csv')).out, { columns: true }) as Record<string, string>[]
      expect(csv.map((row) => row.Site)).toEqual(['Tower', 'Quay'])
      await cluster.stop('fast')
      const { code, errors } = await history('log')
      expect(errors).toMatch(
        new RegExp(`^the PostgreSQL at 127.0.0.1:${cluster.port}/histories can't be read: .*ECONNREFUSED`),
      )
      expect(code).toBe(1)
    } finally {
      await cluster.remove()
    }
  }, 120_000)
})

describe('history log --follow', () => {
  it('shows what comes, past a restart of the bridge and past another file in place of this one, until it is interrupted', async () => {
    let bridge = await written()
    await addLog(bridge.db, [{ message: 'one' }, { message: 'other', type: 'DataTransferRequest' }])
    const args = ['history', 'log', '--follow', '--type', 'Heartbeat', '--config', config]
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'src/main.ts'), ...args], { cwd: root })
    let out = ''
    let errors = ''
    let heard: (() => void) | undefined
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      heard?.()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    const said = (text: string) =>
      new Promise<void>((resolve) => {
        heard = () => {
          if (out.includes(text)) resolve()
        }
        heard()
      })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      await said('one')
      await addLog(bridge.db, [{ message: 'two' }, { message: 'hidden', type: 'DataTransferRequest' }], 3)
      await said('two')
      await bridge.db.destroy()
      bridge = openSqliteHistories(file)
      await addLog(bridge.db, [{ message: 'three' }], 5)
      await said('three')
      await bridge.db.destroy()
      setAside(file, START)
      bridge = await written()
      await addLog(bridge.db, [{ message: 'four' }])
      await said('four')
      child.kill('SIGINT')
      expect(await ended).toBe(0)
    } finally {
      child.kill('SIGKILL')
      await bridge.db.destroy()
    }
    expect(out.match(/one|other|two|hidden|three|four/g)).toEqual(['one', 'two', 'three', 'four'])
    expect(errors).toBe('')
  }, 60_000)
})
