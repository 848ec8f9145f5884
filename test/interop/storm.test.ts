import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/simulator/random.ts'
import { startBridge } from '../support/bridge-process.ts'
import { PlainCharger } from '../support/plain-charger.ts'

const CHARGERS = 1000
const CHARGING = 200
const WITHIN_MS = 2_000

interface Profile {
  readonly chargingProfilePurpose: string
  readonly transactionId?: number
  readonly chargingSchedule: { readonly chargingSchedulePeriod: readonly { readonly limit: number }[] }
}

/** Limits that a charger was told since it connected: `purpose limit transaction`. */
function limits({ told }: PlainCharger): readonly string[] {
  return told
    .filter(({ action }) => action === 'SetChargingProfile')
    .map(({ payload }) => {
      const { chargingProfilePurpose, chargingSchedule, transactionId } = payload.csChargingProfiles as Profile
      return `${chargingProfilePurpose} ${chargingSchedule.chargingSchedulePeriod[0]?.limit} ${transactionId ?? ''}`.trim()
    })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await condition()) return
    await pause(50)
  }
  throw new Error(`not in time: ${what}`)
}

it('a thousand chargers that drop and return at once lose no transaction, double none, and have every limit again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'storm-'))
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const random = seededRandom(seed)
  console.log(`storm: seed ${seed}`)
  const file = join(folder, 'config.yaml')
  const ids = Array.from({ length: CHARGERS }, (_, index) => `CP-${index + 1}`)
  writeFileSync(
    file,
    [
      'ocpp: { listen: "127.0.0.1:0" }',
      'store: "sqlite:bridge.db"',
      'limits: { default: 13 }',
      'chargers:',
      ...ids.map((id) => `  - { id: ${id}, name: ${id}, connectors: 1, electrical: { maxCurrent: 32 } }`),
      '',
    ].join('\n'),
  )
  const bridge = await startBridge(['run', '--config', file, '--log-level', 'error'], 60_000)
  try {
    const url = bridge.addresses.get('ocpp') ?? ''
    const chargers = ids.map((id) => new PlainCharger(url, id))
    const come = async (charger: PlainCharger, delay: number) => {
      await pause(delay)
      await charger.connect()
      expect(await charger.boot()).toBe('Accepted')
    }
    await Promise.all(chargers.map((charger) => come(charger, random() * WITHIN_MS)))
    await until(() => chargers.every((charger) => limits(charger).includes('TxDefaultProfile 13')), 'the first limits')

    const charging = chargers.slice(0, CHARGING)
    const start = (charger: PlainCharger) => ({
      connectorId: 1,
      idTag: charger.id,
      meterStart: 1000,
      timestamp: '2026-01-01T00:00:00Z',
    })
    const known = new Map<string, unknown>()
    // Of half of them the answer to the start is lost with the link.
    await Promise.all(
      charging.map(async (charger, index) => {
        const answered = charger.call('StartTransaction', start(charger))
        if (index % 2 === 0) known.set(charger.id, (await answered).transactionId)
      }),
    )
    for (const charger of chargers) charger.cut()
    await Promise.all(chargers.map((charger) => come(charger, random() * WITHIN_MS)))
    // Whoever never had an answer asks again; the others go on.
    await Promise.all(
      charging.map(async (charger) => {
        if (!known.has(charger.id))
          known.set(charger.id, (await charger.call('StartTransaction', start(charger))).transactionId)
      }),
    )
    expect(new Set(known.values()).size).toBe(CHARGING)
    await until(
      () =>
        chargers.every((charger) => limits(charger).includes('TxDefaultProfile 13')) &&
        charging.every((charger) => limits(charger).includes(`TxProfile 13 ${known.get(charger.id)}`)),
      'every limit again',
    )
    expect(chargers.every((charger) => charger.connected)).toBe(true)
    // Half of them stop; the stops are replayed, too.
    const stopping = charging.filter((_, index) => index % 4 < 2)
    const stop = (charger: PlainCharger) =>
      charger.call('StopTransaction', {
        transactionId: known.get(charger.id),
        meterStop: 2000,
        timestamp: '2026-01-01T01:00:00Z',
      })
    await Promise.all(stopping.map(stop))
    await Promise.all(stopping.map(stop))
    await bridge.end()

    const store = new Database(join(folder, 'bridge.db'), { readonly: true })
    const rows = store.prepare('SELECT id, charger, meterStopWh FROM "transaction"').all() as {
      readonly id: number
      readonly charger: string
      readonly meterStopWh: number | null
    }[]
    expect(new Map(rows.map((row) => [row.charger, row.id]))).toEqual(known)
    expect(rows).toHaveLength(CHARGING)
    expect(rows.filter(({ meterStopWh }) => meterStopWh === 2000)).toHaveLength(stopping.length)
    expect(store.prepare('SELECT count(*) AS n FROM orphanStop').get()).toEqual({ n: 0 })
    store.close()
  } finally {
    await bridge.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)
