// npm run bench [-- throughput modbus latency turnaround notifications objectList recording size histories]: the bridge against bare echoes, and what it needs at 200 and 2,000 chargers.
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { notifications, objectList, whoIs } from './bacnet-load.ts'
import { cleanUp, FIRST_INSTANCE, idle, startBridge, stop } from './bridge.ts'
import { boot, meterValues } from './charger.ts'
import { ANALOG_INPUT, ANALOG_OUTPUT, objectId, PRESENT_VALUE, routed, STATUS_FLAGS } from './frames.ts'
import { histories } from './histories.ts'
import { ratio } from './ratio.ts'
import { recording } from './recording.ts'
import { turnaround } from './serial.ts'
import { openWebSocket, pipelinedRate, tcpRate, udpRate, webSocketRate } from './traffic.ts'

function readProperty(invoke: number): Uint8Array {
  return routed(FIRST_INSTANCE, [
    0x00,
    0x05,
    invoke & 0xff,
    12,
    0x0c,
    ...objectId(ANALOG_INPUT, 101),
    0x19,
    PRESENT_VALUE,
  ])
}

/** Twenty properties: Present_Value and Status_Flags of ten objects. */
function readPropertyMultiple(invoke: number): Uint8Array {
  const specifications = Array.from({ length: 10 }, (_, n) => [
    0x0c,
    ...objectId(ANALOG_INPUT, 101 + (n % 5) + (n >= 5 ? 100 : 0)),
    0x1e,
    0x09,
    PRESENT_VALUE,
    0x09,
    STATUS_FLAGS,
    0x1f,
  ])
  return routed(FIRST_INSTANCE, [0x00, 0x05, invoke & 0xff, 14, ...specifications.flat()])
}

function modbusRead(n: number): Uint8Array {
  return Uint8Array.from([(n >> 8) & 0xff, n & 0xff, 0, 0, 0, 6, 1, 3, 0, 100, 0, 100])
}

function percentile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b)
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2)} ms`
}

async function throughput(): Promise<void> {
  const echo = fork(join(import.meta.dirname, 'echo.ts'), { execArgv: ['--import', 'tsx'] })
  const ports = await new Promise<{ udp: number; tcp: number; ws: number }>((resolve) =>
    echo.once('message', (message) => resolve(message as never)),
  )
  const bridge = await startBridge('throughput', 10, true)
  const socket = await openWebSocket(`${bridge.ocpp}/CP-1`)
  await boot(socket)
  const bare = await openWebSocket(`ws://127.0.0.1:${ports.ws}/`)
  await ratio(
    'BACnet ReadProperty',
    0.9,
    () => udpRate(ports.udp, readProperty),
    () => udpRate(bridge.bacnet, readProperty),
  )
  await ratio(
    'BACnet ReadPropertyMultiple of 20',
    0.7,
    () => udpRate(ports.udp, readPropertyMultiple),
    () => udpRate(bridge.bacnet, readPropertyMultiple),
  )
  const make = (n: number) => meterValues(n, 7000 + (n % 1000))
  await ratio(
    'OCPP MeterValues',
    0.6,
    // What the bridge has put off until it is calm is no part of the echo's turn.
    async () => {
      await idle(bridge.child)
      return webSocketRate(bare, make, () => true)
    },
    () => webSocketRate(socket, make, (text) => text.startsWith('[3')),
  )
  socket.terminate()
  bare.terminate()
  echo.kill()
  await stop(bridge.child)
}

/** One request after the other, sixteen under way, and sixteen in each segment: always against the echo that is asked likewise, and once one by one. */
async function modbus(): Promise<void> {
  const echo = fork(join(import.meta.dirname, 'echo.ts'), { execArgv: ['--import', 'tsx'] })
  const { tcp } = await new Promise<{ tcp: number }>((resolve) =>
    echo.once('message', (message) => resolve(message as never)),
  )
  const bridge = await startBridge('modbus', 10, true)
  const socket = await openWebSocket(`${bridge.ocpp}/CP-1`)
  await boot(socket)
  const port = bridge.modbus ?? 0
  const [asked, answered] = [12, 209]
  const single = () => tcpRate(tcp, modbusRead, asked, 1)
  await ratio('Modbus read of 100 registers, one by one', 0.9, single, () => tcpRate(port, modbusRead, answered, 1))
  await ratio(
    'Modbus reads, 16 under way',
    0.8,
    () => tcpRate(tcp, modbusRead, asked),
    () => tcpRate(port, modbusRead, answered),
  )
  await ratio('Modbus reads, 16 a segment (echo one by one)', 1, single, () =>
    pipelinedRate(port, modbusRead, answered),
  )
  socket.terminate()
  echo.kill()
  await stop(bridge.child)
}

async function latency(): Promise<void> {
  const bridge = await startBridge('latency', 200, true)
  const sockets: WebSocket[] = []
  for (let n = 1; n <= 200; n += 1) {
    const socket = await openWebSocket(`${bridge.ocpp}/CP-${n}`)
    await boot(socket)
    sockets.push(socket)
  }
  const client = createSocket('udp4')
  await new Promise<void>((resolve) => client.bind(0, '127.0.0.2', resolve))
  const send = (bytes: Uint8Array) => client.send(bytes, bridge.bacnet, '127.0.0.1')
  const notified = (instance: number) =>
    new Promise<void>((resolve) => {
      const listen = (message: Buffer) => {
        // Unconfirmed request, service 2, from that device (context tag 1).
        const apdu = message.indexOf(Uint8Array.from([0x10, 0x02]))
        if (apdu < 0 || message.readUInt32BE(message.indexOf(0x1c, apdu) + 1) !== 8 * 2 ** 22 + instance) return
        client.off('message', listen)
        resolve()
      }
      client.on('message', listen)
    })
  const up: number[] = []
  const down: number[] = []
  for (let n = 0; n < 200; n += 1) {
    const instance = FIRST_INSTANCE + n
    const initial = notified(instance)
    send(
      routed(instance, [
        0x00,
        0x05,
        n & 0xff,
        5,
        0x09,
        1,
        0x1c,
        ...objectId(ANALOG_INPUT, 101),
        0x29,
        0,
        0x3a,
        0x0e,
        0x10,
      ]),
    )
    await initial
    const change = notified(instance)
    let began = performance.now()
    sockets[n]?.send(meterValues(n, 5000 + n))
    await change
    up.push(performance.now() - began)
    const profile = new Promise<void>((resolve) => {
      sockets[n]?.on('message', (data: Buffer) => {
        if (data.includes('SetChargingProfile')) resolve()
      })
    })
    began = performance.now()
    // WriteProperty of Present_Value 16.0 at priority 8.
    send(
      routed(instance, [
        0x00,
        0x05,
        n & 0xff,
        15,
        0x0c,
        ...objectId(ANALOG_OUTPUT, 101),
        0x19,
        PRESENT_VALUE,
        0x3e,
        0x44,
        0x41,
        0x80,
        0,
        0,
        0x3f,
        0x49,
        8,
      ]),
    )
    await profile
    down.push(performance.now() - began)
  }
  console.log(
    `${'MeterValues to COV, 200 chargers'.padEnd(44)} median ${percentile(up, 0.5)}, 99 % ${percentile(up, 0.99)}`,
  )
  console.log(
    `${'WriteProperty to SetChargingProfile'.padEnd(44)} median ${percentile(down, 0.5)}, 99 % ${percentile(down, 0.99)}`,
  )
  for (const socket of sockets) socket.terminate()
  client.close()
  await stop(bridge.child)
}

async function size(): Promise<void> {
  const bridge = await startBridge('size', 2000, false)
  const sockets: WebSocket[] = []
  for (let n = 1; n <= 2000; n += 1) {
    const socket = await openWebSocket(`${bridge.ocpp}/CP-${n}`)
    await boot(socket)
    socket.send(meterValues(n, 7000))
    sockets.push(socket)
  }
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const status = readFileSync(`/proc/${bridge.child.pid}/status`, 'utf8')
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  console.log(
    `${'2,000 chargers of two connectors'.padEnd(44)} ${megabytes.toFixed(0)} MB with all connected (aim 400), started in ${bridge.startMs} ms (aim 5000)`,
  )
  await whoIs(bridge)
  for (const socket of sockets) socket.terminate()
  await stop(bridge.child)
}

console.log(
  `node ${process.version}: median of five rounds, 16 requests in flight, client and server in processes of their own`,
)
/** All of them, or those that the command names. */
const parts = { throughput, modbus, latency, turnaround, notifications, objectList, recording, size, histories }
const named = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (named.length === 0 || named.includes(name)) await part()
cleanUp()
