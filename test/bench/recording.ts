import SqliteDatabase from 'better-sqlite3'
import type { WebSocket } from 'ws'
import { historyFile } from '../../src/store/history/file.ts'
import { idle, startBridge, stop, storeOf } from './bridge.ts'
import { boot, meterValues } from './charger.ts'
import { ratio } from './ratio.ts'
import { openWebSocket, webSocketRate } from './traffic.ts'

/** What twenty thousand chargers say that tell their meters every ten seconds. */
const OFFERED = 2_000
const PACED_MS = 2_000
const ROUNDS = 5

const told = { quiet: 0, telling: 0 }
const makeFor = (bridge: keyof typeof told) => (n: number) => {
  told[bridge] += 1
  return meterValues(told[bridge], 7000 + (n % 1000))
}

/** What the histories cost the way up: two bridges at once, of which one writes none. As much as goes, and a steady load. */
export async function recording(): Promise<void> {
  const without = await startBridge('without', 10, false, { more: ['history: false'] })
  const bridge = await startBridge('with', 10, false)
  const sockets = await Promise.all([without, bridge].map(({ ocpp }) => openWebSocket(`${ocpp}/CP-1`)))
  for (const socket of sockets) await boot(socket)
  const [quiet, telling] = sockets
  if (quiet !== undefined && telling !== undefined) {
    await steady(quiet, telling)
    const isAnswer = (text: string) => text.startsWith('[3')
    // What one has put off until it is calm is no part of the other's turn.
    const rate = (socket: WebSocket, make: (n: number) => string) => async () => {
      await idle(bridge.child)
      return webSocketRate(socket, make, isAnswer)
    }
    const [bare, own] = [rate(quiet, makeFor('quiet')), rate(telling, makeFor('telling'))]
    await ratio('OCPP MeterValues with histories', 0.9, bare, own, 'one without')
  }
  await idle(bridge.child)
  console.log(`${'readings in the histories'.padEnd(44)} ${kept()} of ${told.telling}`)
  for (const socket of sockets) socket.terminate()
  await Promise.all([without, bridge].map(({ child }) => stop(child)))
}

function kept(): number {
  const database = new SqliteDatabase(historyFile(storeOf('with')), { readonly: true })
  const count = database.prepare("SELECT count(*) FROM log WHERE type = 'MeterValuesRequest'").pluck().get() as number
  database.close()
  return count
}

/** Round trips while a fixed number of readings a second is sent, in turns. */
async function steady(quiet: WebSocket, telling: WebSocket): Promise<void> {
  const trips = { quiet: [] as number[], telling: [] as number[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    trips.quiet.push(...(await roundTrips(quiet, makeFor('quiet'))))
    trips.telling.push(...(await roundTrips(telling, makeFor('telling'))))
  }
  const [before, after] = [median(trips.quiet), median(trips.telling)]
  console.log(
    `${`OCPP MeterValues, ${OFFERED}/s offered`.padEnd(44)} answered in ${after.toFixed(3)} ms with histories, ${before.toFixed(3)} ms without (median): ${(before / after).toFixed(2)} (aim 0.9)`,
  )
}

async function roundTrips(socket: WebSocket, make: (n: number) => string): Promise<readonly number[]> {
  const trips: number[] = []
  const sent = new Map<string, number>()
  const receive = (data: Buffer) => {
    const id = /^\[3,\s*"([^"]+)"/.exec(data.toString())?.[1] ?? ''
    const at = sent.get(id)
    if (at !== undefined) trips.push(performance.now() - at)
    sent.delete(id)
  }
  socket.on('message', receive)
  const begun = performance.now()
  for (let count = 0; performance.now() - begun < PACED_MS; ) {
    const due = Math.floor(((performance.now() - begun) * OFFERED) / 1000)
    for (; count < due; count += 1) {
      const text = make(count)
      sent.set(/^\[2,\s*"([^"]+)"/.exec(text)?.[1] ?? '', performance.now())
      socket.send(text)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.off('message', receive)
  if (sent.size > 0) throw new Error(`${sent.size} readings were never answered`)
  return trips
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
