import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import * as jsmodbus from 'jsmodbus'
import modbusSerial from 'modbus-serial'

const run = promisify(execFile)
// Its types tell of `export default`; what the CommonJS build gives is the class itself.
const ModbusSerial = modbusSerial as unknown as typeof modbusSerial.default

/** The blocks of a charger of two connectors with the standard mapping: what changes, and the texts of the charge point. */
const blocks = [
  { from: 0, to: 300 },
  { from: 10_000, to: 10_500 },
]
const AT_ONCE = 100
/** The limit of connector 1, in steps of 0.1 A, and what releases it. */
const LIMIT = 100
const RELEASE = 0xffff

/** Reads the whole map of each unit with functions 1 to 4, and writes with 6, 16 and 23; answers with the registers read. */
export async function exerciseModbusSerial(host: string, port: number, units: readonly number[]): Promise<number> {
  const client = new ModbusSerial()
  await client.connectTCP(host, { port })
  client.setTimeout(2000)
  let count = 0
  try {
    for (const unit of units) {
      client.setID(unit)
      for (const { from, to } of blocks) {
        for (let address = from; address < to; address += AT_ONCE) {
          const holding = await client.readHoldingRegisters(address, AT_ONCE)
          const input = await client.readInputRegisters(address, AT_ONCE)
          count += holding.data.length + input.data.length
        }
      }
      await client.readDiscreteInputs(0, 200)
      await client.readCoils(0, 200)
      await client.writeRegister(LIMIT, 130)
      await client.writeRegisters(LIMIT, [140])
      const back = await client.readHoldingRegisters(LIMIT, 1)
      if (back.data[0] !== 140) throw new Error(`unit ${unit}: the limit reads ${back.data[0]}, not 140`)
      await client.writeRegister(LIMIT, RELEASE)
    }
    return count
  } finally {
    client.close(() => {})
  }
}

/** The same with a client of other origin. */
export async function exerciseJsmodbus(host: string, port: number, units: readonly number[]): Promise<number> {
  let count = 0
  for (const unit of units) {
    const socket = new Socket()
    const client = new jsmodbus.client.TCP(socket, unit, 2000)
    socket.connect({ host, port })
    await once(socket, 'connect')
    for (const { from, to } of blocks) {
      for (let address = from; address < to; address += AT_ONCE) {
        const { response } = await client.readHoldingRegisters(address, AT_ONCE)
        count += response.body.byteCount / 2
      }
    }
    await client.writeSingleRegister(LIMIT, 150)
    await client.writeMultipleRegisters(LIMIT, [160])
    const { response } = await client.readInputRegisters(LIMIT, 1)
    if (response.body.valuesAsArray[0] !== 160)
      throw new Error(`unit ${unit}: the limit reads ${response.body.valuesAsArray[0]}, not 160`)
    await client.writeSingleRegister(LIMIT, RELEASE)
    socket.destroy()
  }
  return count
}

export const hasMbpoll = spawnSync('mbpoll', ['-V']).error === undefined

/** Debian's mbpoll: reads each block and writes the limit. */
export async function exerciseMbpoll(host: string, port: number, units: readonly number[]): Promise<number> {
  let count = 0
  const mbpoll = async (...args: string[]) => (await run('mbpoll', ['-0', '-p', String(port), ...args])).stdout
  for (const unit of units) {
    for (const { from, to } of blocks) {
      for (let address = from; address < to; address += AT_ONCE) {
        const text = await mbpoll(
          '-1',
          '-a',
          String(unit),
          '-t',
          '4',
          '-r',
          String(address),
          '-c',
          String(AT_ONCE),
          host,
        )
        count += text.match(/^\[\d+\]:/gm)?.length ?? 0
      }
    }
    await mbpoll('-a', String(unit), '-t', '4', '-r', String(LIMIT), host, '120')
    const text = await mbpoll('-1', '-a', String(unit), '-t', '4', '-r', String(LIMIT), '-c', '1', host)
    if (!/^\[100\]:\s+120/m.test(text)) throw new Error(`unit ${unit}: mbpoll doesn't read its limit back: ${text}`)
    await mbpoll('-a', String(unit), '-t', '4', '-r', String(LIMIT), host, String(RELEASE))
  }
  return count
}
