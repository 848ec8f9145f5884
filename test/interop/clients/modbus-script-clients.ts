import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import * as jsmodbus from 'jsmodbus'
import modbusSerial from 'modbus-serial'
import { type ClientName, numberFrom, type Outcome, type Step, textFrom, wordsOf } from './modbus-script.ts'

const execute = promisify(execFile)
const HOST = '127.0.0.1'
const UNIT = 7

/** A client that takes one step of the script at a time. */
interface ScriptClient {
  run(step: Step): Promise<Outcome>
  close(): Promise<void>
}

export interface ScriptPeer {
  readonly name: ClientName
  /** Why it can't be asked on this machine. */
  readonly missing: string | undefined
  open(port: number): Promise<ScriptClient>
}

/** What all clients have: reads of registers. Numbers and texts are put together from them. */
async function decoded(
  step: Extract<Step, { readonly do: 'read-number' | 'read-text' }>,
  read: (address: number, quantity: number) => Promise<readonly number[]>,
): Promise<Outcome> {
  return step.do === 'read-number'
    ? numberFrom(await read(step.address, wordsOf(step.type)), step.type, step.order)
    : textFrom(await read(step.address, step.words), step.order)
}

// Its types tell of `export default`; what the CommonJS build gives is the class itself.
const ModbusSerial = modbusSerial as unknown as typeof modbusSerial.default

async function openModbusSerial(port: number): Promise<ScriptClient> {
  const client = new ModbusSerial()
  await client.connectTCP(HOST, { port })
  client.setTimeout(2000)
  const take = async (step: Step): Promise<Outcome> => {
    client.setID(step.unit ?? UNIT)
    switch (step.do) {
      case 'read-bits': {
        const read = step.table === 'coil' ? client.readCoils : client.readDiscreteInputs
        const { data } = await read.call(client, step.address, step.quantity)
        return data.slice(0, step.quantity).map((bit) => Number(bit))
      }
      case 'read-registers': {
        const read = step.table === 'holding' ? client.readHoldingRegisters : client.readInputRegisters
        return (await read.call(client, step.address, step.quantity)).data
      }
      case 'read-number':
      case 'read-text':
        return decoded(step, async (address, quantity) => (await client.readInputRegisters(address, quantity)).data)
      case 'write-coil':
        await client.writeCoil(step.address, step.value === 1)
        return 'written'
      case 'write-register':
        await client.writeRegister(step.address, step.value)
        return 'written'
      case 'write-coils':
        await client.writeCoils(
          step.address,
          step.values.map((value) => value === 1),
        )
        return 'written'
      case 'write-registers':
        await client.writeRegisters(step.address, [...step.values])
        return 'written'
      case 'read-write': {
        const { address, quantity, values } = step
        return new Promise((resolve, reject) => {
          client.writeFC23(UNIT, address, quantity, address, values.length, [...values], (error, result) =>
            error ? reject(error) : resolve(result.data),
          )
        })
      }
      case 'mask-write':
        await client.maskWriteRegister(step.address, step.and, step.or)
        return 'written'
      case 'unknown-function':
        await client.customFunction(7, [])
        return 'answered'
    }
  }
  return {
    run: (step) =>
      take(step).catch(({ modbusCode }: { readonly modbusCode?: number }) => ({ exception: modbusCode ?? -1 })),
    close: () => new Promise((resolve) => client.close(() => resolve())),
  }
}

async function openJsmodbus(port: number): Promise<ScriptClient> {
  const sockets: Socket[] = []
  const clients = new Map<number, InstanceType<typeof jsmodbus.client.TCP>>()
  // A client of this library is bound to one unit.
  const clientFor = async (unit: number) => {
    const known = clients.get(unit)
    if (known !== undefined) return known
    const socket = new Socket()
    const client = new jsmodbus.client.TCP(socket, unit, 2000)
    socket.connect({ host: HOST, port })
    await once(socket, 'connect')
    sockets.push(socket)
    clients.set(unit, client)
    return client
  }
  const take = async (step: Step): Promise<Outcome> => {
    const client = await clientFor(step.unit ?? UNIT)
    switch (step.do) {
      case 'read-bits': {
        const { response } =
          step.table === 'coil'
            ? await client.readCoils(step.address, step.quantity)
            : await client.readDiscreteInputs(step.address, step.quantity)
        return [...response.body.valuesAsArray].slice(0, step.quantity).map((bit) => Number(bit))
      }
      case 'read-registers': {
        const { response } =
          step.table === 'holding'
            ? await client.readHoldingRegisters(step.address, step.quantity)
            : await client.readInputRegisters(step.address, step.quantity)
        return [...response.body.valuesAsArray].map((each) => Number(each))
      }
      case 'read-number':
      case 'read-text':
        return decoded(step, async (address, quantity) => [
          ...(await client.readHoldingRegisters(address, quantity)).response.body.valuesAsArray,
        ])
      case 'write-coil':
        await client.writeSingleCoil(step.address, step.value === 1)
        return 'written'
      case 'write-register':
        await client.writeSingleRegister(step.address, step.value)
        return 'written'
      case 'write-coils':
        await client.writeMultipleCoils(
          step.address,
          step.values.map((value) => value === 1),
        )
        return 'written'
      case 'write-registers':
        await client.writeMultipleRegisters(step.address, [...step.values])
        return 'written'
      case 'read-write':
      case 'mask-write':
      case 'unknown-function':
        throw new Error(`jsmodbus can't ${step.do}`)
    }
  }
  interface Failure {
    readonly response?: { readonly body?: { readonly code?: number } }
  }
  return {
    run: (step) => take(step).catch(({ response }: Failure) => ({ exception: response?.body?.code ?? -1 })),
    async close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** libmodbus's words for the exceptions that the script meets. */
const spoken: Readonly<Record<string, number>> = {
  'Illegal function': 1,
  'Illegal data address': 2,
  'Illegal data value': 3,
  'Slave device or server is busy': 6,
  'Gateway path unavailable': 10,
  'Target device failed to respond': 11,
}
const tables = { coil: '0', discrete: '1', input: '3', holding: '4' } as const

function mbpollOn(port: number): ScriptClient {
  const call = async (unit: number, ...args: readonly string[]) =>
    (await execute('mbpoll', ['-p', `${port}`, '-a', `${unit}`, '-0', '-1', '-o', '2', ...args])).stdout
  const read = async (unit: number, type: string, address: number, count: number, ...more: readonly string[]) => {
    const shown = await call(unit, '-t', type, '-r', `${address}`, '-c', `${count}`, ...more, HOST)
    // Of 16 bits it shows both signs: `65535 (-1)`.
    return [...shown.matchAll(/^\[\d+\]:\s+(-?[\d.e+]+|nan)/gm)].map(([, value]) => Number(value))
  }
  const write = async (unit: number, table: 'coil' | 'holding', address: number, values: readonly number[]) => {
    await call(unit, '-t', tables[table], '-r', `${address}`, HOST, ...values.map(String))
    return 'written'
  }
  const take = async (step: Step): Promise<Outcome> => {
    const unit = step.unit ?? UNIT
    switch (step.do) {
      case 'read-bits':
      case 'read-registers':
        return read(unit, tables[step.table], step.address, step.quantity)
      case 'read-number': {
        const type = { int32: 'int', float32: 'float' }[step.type as string]
        // It knows two types of 32 bits in two orders and shows six digits; the rest is put together from registers.
        if (type !== undefined && (step.order === 'ABCD' || step.order === 'CDAB')) {
          const order = step.order === 'ABCD' ? ['-B'] : []
          const [value = Number.NaN] = await read(unit, `3:${type}`, step.address, 1, ...order)
          if (Math.abs(value) < 1e6) return value
        }
        return decoded(step, (address, quantity) => read(unit, '3', address, quantity))
      }
      case 'read-text':
        return decoded(step, (address, quantity) => read(unit, '4', address, quantity))
      case 'write-coil':
        return write(unit, 'coil', step.address, [step.value])
      case 'write-register':
        return write(unit, 'holding', step.address, [step.value])
      case 'write-coils':
        return write(unit, 'coil', step.address, step.values)
      case 'write-registers':
        return write(unit, 'holding', step.address, step.values)
      case 'read-write':
      case 'mask-write':
      case 'unknown-function':
        throw new Error(`mbpoll can't ${step.do}`)
    }
  }
  return {
    run: (step) =>
      take(step).catch(({ stderr = '' }: { readonly stderr?: string }) => {
        const words = Object.keys(spoken).find((each) => stderr.includes(each))
        return words === undefined ? `failed: ${stderr}` : { exception: spoken[words] ?? -1 }
      }),
    close: async () => {},
  }
}

/** Debian's Python, not one that stands before it in PATH: the package is Debian's. */
const PYTHON = '/usr/bin/python3'

function openPymodbus(port: number): ScriptClient {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'pymodbus-script.py'), HOST, `${port}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async run(step) {
      child.stdin.write(`${JSON.stringify(step)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('pymodbus ended')
      return JSON.parse(value) as Outcome
    },
    async close() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

const lacks = (command: string, args: readonly string[], why: string) => {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' })
  return error !== undefined || (command === PYTHON && status !== 0) ? why : undefined
}

export const peers: readonly ScriptPeer[] = [
  { name: 'modbus-serial', missing: undefined, open: openModbusSerial },
  { name: 'jsmodbus', missing: undefined, open: openJsmodbus },
  {
    name: 'mbpoll',
    missing: lacks('mbpoll', ['-V'], "Debian's mbpoll is not installed"),
    open: async (port) => mbpollOn(port),
  },
  {
    name: 'pymodbus',
    missing: lacks(PYTHON, ['-c', 'import pymodbus.client'], "Debian's python3-pymodbus is not installed"),
    open: async (port) => openPymodbus(port),
  },
]
