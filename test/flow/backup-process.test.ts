import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { finishRestore } from '../../src/backup/placing.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { backUp, bringBack, makeSite, namesIn, valuesIn } from '../support/backup-site.ts'
import { type BridgeProcess, runCommand, startBridge } from '../support/bridge-process.ts'
import { PlainCharger } from '../support/plain-charger.ts'

const KILLS = process.env.SOAK === '1' ? 500 : 20

let site: string
let out: string
let bridge: BridgeProcess | undefined

beforeEach(async () => {
  site = await makeSite('Old')
  out = mkdtempSync(join(tmpdir(), 'backup-out-'))
})
afterEach(() => {
  bridge?.child.kill('SIGKILL')
  bridge = undefined
  for (const folder of [site, out]) rmSync(folder, { recursive: true, force: true })
})

const configOf = (folder: string) => join(folder, 'config.yaml')

async function points(folder: string): Promise<string> {
  const { code, out: text, errors } = await runCommand(['points', '--config', configOf(folder), '--format', 'csv'])
  expect(code, errors).toBe(0)
  return text
}

/** The numbers of the transactions in a bridge's own file of histories. */
function recorded(folder: string): readonly number[] {
  const file = join(folder, 'data/bridge.history.db')
  if (!existsSync(file)) return []
  return valuesIn(file, 'SELECT id FROM "transaction"').map(Number)
}

/** Charges again and again until it is stopped; answers the numbers of all transactions that were answered to it. */
function charge(charger: PlainCharger): { readonly ids: readonly number[]; stop(): Promise<void> } {
  const ids: number[] = []
  let stopped = false
  const ended = (async () => {
    await charger.boot()
    for (let energy = 0; !stopped; energy += 1) {
      const timestamp = new Date().toISOString()
      const start = { connectorId: 1, idTag: 'Old', meterStart: energy, timestamp }
      const { transactionId } = await charger.call('StartTransaction', start)
      ids.push(Number(transactionId))
      await charger.call('StopTransaction', { transactionId, meterStop: energy + 1, timestamp })
    }
  })()
  return {
    ids,
    stop() {
      stopped = true
      return ended
    },
  }
}

describe('a bridge that is backed up while it runs', () => {
  it('goes on, and all that it had answered by then is found again elsewhere', async () => {
    bridge = await startBridge(['run', '--config', configOf(site)])
    const charger = new PlainCharger(bridge.addresses.get('ocpp') ?? '', 'CP-1')
    await charger.connect()
    const load = charge(charger)
    while (load.ids.length < 20 || recorded(site).length < 10)
      await new Promise((resolve) => systemClock.after(10, () => resolve(undefined)))
    const answered = [...load.ids]

    const file = join(out, 'bridge.tar.gz')
    const made = await runCommand(['backup', file, '--config', configOf(site)])
    expect(made.errors).toBe('')
    expect(made.code).toBe(0)
    expect(made.out).toContain(`${file} written: config, 1 mapping, 1 list of identifiers, state, histories`)
    // It took no notice.
    const during = load.ids.length
    expect(during).toBeGreaterThan(answered.length)
    await load.stop()
    charger.cut()

    const elsewhere = join(out, 'elsewhere')
    const back = await runCommand(['restore', file, '--config', configOf(elsewhere)])
    expect(back.errors).toBe('')
    expect(back.code).toBe(0)
    const store = join(elsewhere, 'data/bridge.db')
    const found = new Set(valuesIn(store, 'SELECT id FROM "transaction"').map(Number))
    expect(answered.filter((id) => !found.has(id))).toEqual([])
    const history = join(elsewhere, 'data/bridge.history.db')
    // Histories are never ahead of the store that they are taken from.
    expect(recorded(elsewhere).length).toBeGreaterThanOrEqual(10)
    expect(recorded(elsewhere).filter((id) => !found.has(id))).toEqual([])
    expect(Number(valuesIn(history, 'SELECT count(*) FROM log')[0])).toBeGreaterThan(20)
    for (const database of [store, history]) expect(valuesIn(database, 'PRAGMA integrity_check')).toEqual(['ok'])

    expect(await points(elsewhere)).toBe(await points(site))
    expect((await runCommand(['check', '--config', configOf(elsewhere)])).code).toBe(0)
    expect(await bridge.end()).toBe(0)
    // And what was restored runs.
    bridge = await startBridge(['run', '--config', configOf(elsewhere)])
    expect(bridge.addresses.has('ocpp')).toBe(true)
  }, 60_000)

  it('is the only one on its store, which nobody replaces, until it ends, however that is', async () => {
    const file = join(out, 'bridge.tar.gz')
    await backUp(site, file)
    bridge = await startBridge(['run', '--config', configOf(site)])
    const store = join(site, 'data/bridge.db')
    const second = await runCommand(['run', '--config', configOf(site)])
    expect(second.code).toBe(1)
    expect(second.errors.trim()).toBe(
      `another bridge runs on the store ${store}, or it is being restored: stop that first, or give this one a store of its own`,
    )
    const refused = await runCommand(['restore', file, '--config', configOf(site), '--force'])
    expect(refused.code).toBe(1)
    expect(refused.errors.trim()).toBe(`a bridge is running on the store ${store}: stop it, then restore`)
    // What only writes numbers works beside it.
    expect(await points(site)).toContain('Bay 01')
    await bridge.end('SIGKILL')
    const restored = await runCommand(['restore', file, '--config', configOf(site), '--force'])
    expect(restored.errors).toBe('')
    expect(restored.code).toBe(0)
    expect(restored.out).toMatch(/put aside: .*bridge\.db\.before-restore-/)
    bridge = await startBridge(['run', '--config', configOf(site)])
    expect(bridge.addresses.has('ocpp')).toBe(true)
  }, 60_000)

  it('ends with the code of wrong configs where the config is one', async () => {
    writeFileSync(configOf(site), `${readFileSync(configOf(site), 'utf8')}nonsense: 1\n`)
    const { code, errors } = await runCommand(['backup', join(out, 'none.tar.gz'), '--config', configOf(site)])
    expect(code).toBe(78)
    expect(errors).toContain('nonsense')
    expect(readdirSync(out)).toEqual([])
  }, 30_000)
})

describe('a restore that is killed', () => {
  it('has brought back all of it or nothing', async () => {
    const other = await makeSite('New')
    const files = [join(out, 'old.tar.gz'), join(out, 'new.tar.gz')]
    await backUp(site, files[0] ?? '')
    await backUp(other, files[1] ?? '')
    rmSync(other, { recursive: true })
    const target = join(out, 'target')
    await bringBack(files[0] ?? '', target)
    const seen = new Map<string, number>()
    let inTheMidst = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killRestoring(files, target)
      const left = readdirSync(target, { recursive: true, encoding: 'utf8' })
      if (left.some((name) => name.includes('restoring'))) inTheMidst += 1
      finishRestore(configOf(target))
      const names = namesIn(target)
      expect([...names], `kill ${kill}`).toHaveLength(1)
      const name = [...names].join()
      seen.set(name, (seen.get(name) ?? 0) + 1)
      for (const file of ['data/bridge.db', 'data/bridge.history.db'])
        expect(valuesIn(join(target, file), 'PRAGMA integrity_check')).toEqual(['ok'])
      const aside = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((path) =>
        path.includes('.before-'),
      )
      for (const path of aside) rmSync(join(target, path), { recursive: true, force: true })
    }
    // Otherwise nothing was tried.
    expect(inTheMidst).toBeGreaterThan(0)
    expect([...seen.keys()].every((name) => name === 'Old' || name === 'New')).toBe(true)
    // The next one clears up what was left.
    await bringBack(files[1] ?? '', target, { force: true })
    expect(namesIn(target)).toEqual(new Set(['New']))
    const left = readdirSync(target, { recursive: true, encoding: 'utf8' })
    expect(left.filter((name) => name.includes('restoring'))).toEqual([])
    const database = new SqliteDatabase(join(target, 'data/bridge.db'))
    expect(database.pragma('user_version', { simple: true })).toBeGreaterThan(0)
    database.close()
  }, 600_000)
})

/** A process that restores one and the other without end, until it is killed at some moment. */
async function killRestoring(files: readonly string[], target: string): Promise<void> {
  const source = join(import.meta.dirname, '../../src/backup/restore.ts')
  const script = `import(${JSON.stringify(source)}).then(async ({ restore }) => {
    const { signal } = new AbortController()
    for (let n = 0; ; n += 1) {
      const file = ${JSON.stringify(files)}[n % 2]
      await restore({ file, config: ${JSON.stringify(configOf(target))}, force: true, now: Date.now(), signal })
      if (n === 0) console.log('begun')
    }
  })`
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await new Promise((resolve) => systemClock.after(Math.random() * 150, () => resolve(undefined)))
  child.kill('SIGKILL')
  await once(child, 'exit')
}
