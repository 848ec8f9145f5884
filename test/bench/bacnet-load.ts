import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { type Bridge, FIRST_INSTANCE, startBridge, stop } from './bridge.ts'
import { boot } from './charger.ts'
import type { Counted, Watch } from './cov-client.ts'
import { openWebSocket } from './traffic.ts'

const CHARGERS = 200
/** Points of a charger that one MeterValues changes: power, energy and three currents of the connector, power and energy of the charger. */
const WATCHED = [101, 102, 103, 104, 105, 2, 3] as const
const OFFERED_PER_SECOND = 12_000
const SECONDS = 8
const TICK_MS = 10
const AIM_PER_SECOND = 10_000

/** Everything that is watched moves by more than its COV_Increment every time. */
function changing(n: number): string {
  const high = n % 2 === 1
  const sample = (measurand: string, value: number, unit: string, phase?: string) => ({
    value: String(value),
    measurand,
    unit,
    context: 'Sample.Periodic',
    ...(phase !== undefined && { phase }),
  })
  const sampledValue = [
    sample('Energy.Active.Import.Register', 100_000 + 200 * n, 'Wh'),
    sample('Power.Active.Import', high ? 9_000 : 7_000, 'W'),
    ...['L1', 'L2', 'L3'].map((phase) => sample('Current.Import', high ? 16 : 14, 'A', phase)),
  ]
  const meterValue = [{ timestamp: new Date().toISOString(), sampledValue }]
  return JSON.stringify([2, String(n), 'MeterValues', { connectorId: 1, meterValue }])
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** COV notifications a second from 200 chargers, all watched by one client in a process of its own. */
export async function notifications(): Promise<void> {
  const bridge = await startBridge('notifications', CHARGERS, false)
  const sockets: WebSocket[] = []
  for (let n = 1; n <= CHARGERS; n += 1) {
    const socket = await openWebSocket(`${bridge.ocpp}/CP-${n}`)
    await boot(socket)
    socket.send(changing(0))
    sockets.push(socket)
  }
  const client = fork(join(import.meta.dirname, 'cov-client.ts'), { execArgv: ['--import', 'tsx'] })
  const told = () => new Promise<Counted>((resolve) => client.once('message', (message) => resolve(message as Counted)))
  await told()
  const instances = Array.from({ length: CHARGERS }, (_, n) => FIRST_INSTANCE + n)
  client.send({ port: bridge.bacnet, instances, objects: WATCHED } satisfies Watch)
  const { subscribed = 0 } = await told()
  await pause(1_000)
  client.send('count')
  const before = (await told()).notifications
  const began = performance.now()
  let sent = 0
  while (performance.now() - began < SECONDS * 1000) {
    await pause(TICK_MS)
    const due = ((performance.now() - began) / 1000) * (OFFERED_PER_SECOND / WATCHED.length)
    for (; sent < due; sent += 1) sockets[sent % CHARGERS]?.send(changing(1 + Math.floor(sent / CHARGERS)))
  }
  const seconds = (performance.now() - began) / 1000
  client.send('count')
  const during = (await told()).notifications - before
  await pause(1_000)
  client.send('count')
  const all = (await told()).notifications - before
  const offered = sent * WATCHED.length
  console.log(
    `${'COV notifications, 200 chargers'.padEnd(44)} ${Math.round(during / seconds)}/s received of ${Math.round(offered / seconds)}/s offered (aim ${AIM_PER_SECOND}) in ${seconds.toFixed(1)} s; ${all} of ${offered} in the end, ${subscribed} subscriptions`,
  )
  for (const socket of sockets) socket.terminate()
  client.kill()
  await stop(bridge.child)
}

/** One Who-Is to everybody behind the bridge: each of them has to come. */
export async function whoIs(bridge: Bridge): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.2', resolve))
  const seen = new Set<number>()
  let count = 0
  let last = performance.now()
  socket.on('message', (message) => {
    // I-Am (10 00), the device's identifier behind the application tag c4.
    const at = message.indexOf(Uint8Array.of(0x10, 0x00, 0xc4))
    if (at < 0) return
    count += 1
    seen.add(message.readUInt32BE(at + 3) & 0x3f_ffff)
    last = performance.now()
  })
  const began = performance.now()
  socket.send(Buffer.from('810a000c0120ffff00ff1008', 'hex'), bridge.bacnet, '127.0.0.1')
  do await pause(300)
  while (performance.now() - last < 1_000)
  socket.close()
  console.log(
    `${'Who-Is, 2,000 virtual devices'.padEnd(44)} ${seen.size} devices (aim 2001) in ${count} I-Am, the last after ${Math.round(last - began)} ms`,
  )
}

const SEGMENT_ACK = 0x40
const WINDOW = 16
/** 59 chargers of two connectors in one device are more than 4,000 objects. */
const FLAT_CHARGERS = 59
const READS = 20

/** Object_List of one device with 4,000 objects, in segments. */
export async function objectList(): Promise<void> {
  const bridge = await startBridge('objects', FLAT_CHARGERS, false, { topology: 'flat' })
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.2', resolve))
  const times: number[] = []
  let octets = 0
  let segments = 0
  for (let n = 0; n < READS; n += 1) {
    const began = performance.now()
    const pieces: Buffer[] = []
    await new Promise<void>((resolve, reject) => {
      socket.removeAllListeners('message')
      socket.on('message', (message: Buffer) => {
        const [first = 0, invokeId = 0, sequence = 0] = message.subarray(6)
        if (first >> 4 !== 3 || (first & 8) === 0) {
          reject(new Error(`no segment: ${message.toString('hex', 0, 20)}`))
          return
        }
        pieces.push(message.subarray(11))
        const isLast = (first & 4) === 0
        // The first one alone, then each window.
        if (isLast || (pieces.length - 1) % WINDOW === 0)
          socket.send(
            Uint8Array.of(0x81, 0x0a, 0, 10, 0x01, 0x00, SEGMENT_ACK, invokeId, sequence, WINDOW),
            bridge.bacnet,
            '127.0.0.1',
          )
        if (isLast) resolve()
      })
      // ReadProperty of Object_List of the device 4194303, which is whoever is asked.
      const asked = `810a001101040275${n.toString(16).padStart(2, '0')}0c0c023fffff194c`
      socket.send(Buffer.from(asked, 'hex'), bridge.bacnet, '127.0.0.1')
    })
    times.push(performance.now() - began)
    segments = pieces.length
    octets = pieces.reduce((sum, piece) => sum + piece.length, 0)
  }
  socket.close()
  times.sort((a, b) => a - b)
  // Nine octets around five for each object.
  console.log(
    `${'Object_List in segments'.padEnd(44)} ${(octets - 9) / 5} objects in ${segments} segments: median ${(times[READS / 2] ?? 0).toFixed(2)} ms, slowest ${(times.at(-1) ?? 0).toFixed(2)} ms`,
  )
  await stop(bridge.child)
}
