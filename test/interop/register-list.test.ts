import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/simulator/random.ts'
import { type BridgeProcess, runCommand, startBridge } from '../support/bridge-process.ts'
import { loopback } from '../support/loopback.ts'
import { type BacnetJsClient, Client, findDevices, pause, type Station } from './clients/bacnet-js-client.ts'
import { hasMbpoll, type Row, readByLine } from './clients/mbpoll-line.ts'

const PRESENT_VALUE = 85
const PRIORITY_ARRAY = 87
const RELIABILITY = 103
/** Slot of `modbus.priority`. */
const MODBUS_SLOT = 10
const MULTI_STATE = [13, 14, 19]
/** A value that lives is read on both sides again until they agree. */
const TRIES = 8
/** Of each kind of line so many are tried; SOAK=1 tries all. */
const SAMPLE = 5

const address = loopback(1)
/** Not those of other tests, which run beside this one. */
const BACNET_PORT = 47_835
const CLIENT_PORT = 47_836
const MODBUS_PORT = 5026
const folder = mkdtempSync(join(tmpdir(), 'registers-'))
const file = join(folder, 'config.yaml')
let bridge: BridgeProcess | undefined
let client: BacnetJsClient | undefined
let devices: ReadonlyMap<number, Station>
let rows: readonly Row[] = []

const orders = ['cdab', 'badc', 'dcba']

function writeSite(): void {
  mkdirSync(join(folder, 'mappings'))
  for (const order of orders) {
    const lines = [
      `mapping: ${order}`,
      'extends: full',
      `modbus: { wordOrder: ${order.toUpperCase()} }`,
      'connector:',
      '  - { point: transaction.energy, unit: kWh, bacnet: { object: analog-input, instance: 7, name: Transaction Energy }, modbus: { table: input, address: 10310, type: uint64, scale: 0.001 } }',
      '  - { point: voltage.L1, unit: V, bacnet: { object: analog-input, instance: 12, name: Voltage L1 }, modbus: { table: input, address: 10320, type: float64 } }',
      '',
    ]
    writeFileSync(join(folder, 'mappings', `${order}.yaml`), lines.join('\n'))
  }
  writeFileSync(
    file,
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "${address}:${BACNET_PORT}", device: { instance: 4000 }, network: 2000 }`,
      `modbus: { tcp: { listen: "${address}:${MODBUS_PORT}" } }`,
      'store: sqlite:bridge.db',
      'chargers:',
      ...['full', ...orders].map(
        (mapping, n) =>
          `  - { id: CP-${n + 1}, name: "=Bay ${n + 1}", connectors: 1, mapping: ${mapping.replace('./', '')}, electrical: { maxCurrent: 32 } }`,
      ),
      '',
    ].join('\n'),
  )
}

/** What BACnet shows; null: nothing is known of it, or Modbus has released its slot. */
async function readByBacnet(row: Row): Promise<number | string | null> {
  const station = devices.get(Number(row['bacnet.device']))
  if (station === undefined || client === undefined) throw new Error(`no device ${row['bacnet.device']}`)
  const object = { type: Number(row['bacnet.type']), instance: Number(row['bacnet.instance']) }
  const read = async (property: number, arrayIndex?: number): Promise<unknown> => {
    const options = arrayIndex === undefined ? {} : { arrayIndex }
    const answer = await client?.readProperty(station as never, object, property, options)
    return answer?.values[0]?.value
  }
  const isSetpoint = ['limit', 'availability'].includes(row.point ?? '')
  const value = isSetpoint ? await read(PRIORITY_ARRAY, MODBUS_SLOT) : await read(PRESENT_VALUE)
  if (value === null || value === undefined) return null
  // no-sensor (1): never received. unreliable-other (7) is a value that nobody vouches for.
  if (!isSetpoint && [1, 7].includes(Number(await read(RELIABILITY)))) return null
  if (typeof value === 'string') return value
  return MULTI_STATE.includes(object.type) ? Number(value) - 1 : Number(value)
}

/** Where BACnet shows the same point in the same unit. */
function twinOf(row: Row): Row | undefined {
  return rows.find(
    (other) =>
      other['bacnet.device'] !== '' &&
      (['charger', 'connector', 'point', 'unit'] as const).every((column) => other[column] === row[column]),
  )
}

function agree(row: Row, modbus: number | string | null, bacnet: number | string | null): boolean {
  // A text of which nothing is known is empty in registers.
  if (bacnet === null) return modbus === null || modbus === ''
  if (modbus === null) return false
  if (typeof modbus === 'string')
    return (
      modbus ===
      Buffer.from(String(bacnet))
        .subarray(0, 2 * Number(row['modbus.words']))
        .toString()
    )
  // Both sides round: BACnet to a float32, Modbus to a step of its scale.
  const slack = Math.max(
    Math.abs(Number(bacnet)) * 1e-6,
    Number(row['modbus.scale']) === 1 ? 0 : Number(row['modbus.scale']) * 0.51,
  )
  return Math.abs(modbus - Number(bacnet)) <= slack + (row['modbus.type']?.startsWith('float') ? 1e-4 : 1e-9)
}

/** What is wrong; undefined: nothing. `known` is called where there was a value on both sides. */
async function compare(row: Row, known: () => void): Promise<string | undefined> {
  const twin = twinOf(row)
  let last = ''
  for (let tries = 0; tries < TRIES; tries += 1) {
    const modbus = await readByLine(row)
    if (twin === undefined) return undefined
    const bacnet = await readByBacnet(twin)
    if (agree(row, modbus, bacnet)) {
      if (bacnet !== null) known()
      return undefined
    }
    last = `${row.name} (${row.point}): ${row['modbus.mbpoll']} gives ${modbus}, BACnet ${bacnet}`
    await pause(100 * tries)
  }
  return last
}

/** Of each table, type and order some, by a seed that is printed. */
function chosen(all: readonly Row[]): readonly Row[] {
  if (process.env.SOAK === '1') return all
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  console.log(`mbpoll lines are sampled with SEED=${seed}`)
  const random = seededRandom(seed)
  const kinds = grouped(all)
  return [...kinds.values()].flatMap((kind) =>
    kind
      .map((row) => ({ row, place: random() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, SAMPLE)
      .map(({ row }) => row),
  )
}

function kindOf(row: Row): string {
  return `${row['modbus.table']} ${row['modbus.type']} ${row['modbus.wordOrder']}`
}

function grouped(all: readonly Row[]): Map<string, Row[]> {
  const kinds = new Map<string, Row[]>()
  for (const row of all) kinds.set(kindOf(row), [...(kinds.get(kindOf(row)) ?? []), row])
  return kinds
}

describe.skipIf(!hasMbpoll)(
  'the mbpoll lines of points --format csv (Debian: mbpoll; skipped where it is not installed)',
  () => {
    beforeAll(async () => {
      writeSite()
      const { code, out, errors } = await runCommand(['points', '--config', file, '--format', 'csv'])
      expect(errors).not.toContain('error')
      expect(code).toBe(0)
      rows = parse(out, { columns: true }) as readonly Row[]
      bridge = await startBridge(['demo', '--config', file])
      client = new Client({
        port: CLIENT_PORT,
        interface: loopback(2),
        broadcastAddress: '127.0.0.1',
        apduTimeout: 4000,
      })
      await pause(100)
      devices = await findDevices(client, `${address}:${BACNET_PORT}`, 5)
      // Simulated chargers boot, and tell who they are.
      await pause(3000)
    }, 60_000)

    afterAll(async () => {
      client?.close()
      await bridge?.end()
    })

    it('run as they are printed, and read what BACnet shows', async () => {
      const lines = rows.filter((row) => row['modbus.mbpoll'] !== '')
      expect(lines.length).toBeGreaterThan(400)
      const wrong: string[] = []
      let known = 0
      const tried = chosen(lines)
      for (const row of tried) {
        const problem = await compare(row, () => {
          known += 1
        })
        if (problem !== undefined) wrong.push(problem)
      }
      console.log(`${tried.length} lines run, ${known} of them with a value that is known`)
      expect(wrong).toEqual([])
      expect(known).toBeGreaterThan(tried.length / 4)
    }, 600_000)
  },
)
