import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import modbusSerial from 'modbus-serial'
import { afterEach, describe, expect, it } from 'vitest'
import type { SerialPackage } from '../../src/northbound/modbus/transport/serial-port.ts'
import { hasSocat, openPty, type PtyPair } from '../support/pty.ts'
import { type Building, startBuilding } from '../unit/northbound/modbus/support.ts'

const run = promisify(execFile)
/** Debian's, not an npm package. */
const MBPOLL = 'mbpoll'
const hasMbpoll = spawnSync(MBPOLL, ['-V']).error === undefined
// Its types tell of `export default`; what the CommonJS build gives is the class itself.
const ModbusSerial = modbusSerial as unknown as typeof modbusSerial.default

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function build(settings: object): Promise<Building> {
  const building = await startBuilding({ settings: { tcp: undefined, ...settings } })
  cleanups.push(() => building.server.stop())
  building.bring()
  building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
  building.fleet.event(building.charger, {
    kind: 'metered',
    connector: 1,
    reading: { stream: 'periodic', samples: [{ measurand: 'Power.Active.Import', value: 7360 }] },
  })
  return building
}

/** The bridge at one end of a cable. */
async function wire(settings: object = {}): Promise<{ readonly building: Building; readonly pty: PtyPair }> {
  const pty = await openPty()
  cleanups.push(() => pty.close())
  return { pty, building: await build({ rtu: { port: pty.near, writable: true, ...settings } }) }
}

/** A master at the other end. */
async function master(port: string): Promise<InstanceType<typeof ModbusSerial>> {
  const client = new ModbusSerial()
  await client.connectRTUBuffered(port, { baudRate: 19_200, parity: 'even' })
  client.setTimeout(1000)
  client.setID(7)
  cleanups.push(() => new Promise<void>((resolve) => client.close(() => resolve())))
  return client
}

const limitOf = ({ downlink, find }: Building) => downlink.slots(find('limit', 1))?.[9]

describe.skipIf(!hasSocat)('RTU on a serial line (socat makes it; skipped where it is not installed)', () => {
  it('is read with functions 1 to 4 and 43, and written with 5, 6, 15 and 16, by modbus-serial', async () => {
    const { building, pty } = await wire()
    const client = await master(pty.far)
    const registers = await client.readHoldingRegisters(110, 6)
    expect(registers.buffer.readFloatBE(0)).toBeCloseTo(7.36)
    expect((await client.readInputRegisters(115, 1)).data).toEqual([2])
    expect((await client.readDiscreteInputs(101, 1)).data[0]).toBe(true)
    expect((await client.readHoldingRegisters(10_000, 125)).data).toHaveLength(125)
    await client.writeRegister(100, 100)
    expect(limitOf(building)).toBe(10)
    await client.writeRegisters(100, [160, 0])
    expect(limitOf(building)).toBe(16)
    await client.writeCoil(104, false)
    expect((await client.readCoils(104, 1)).data[0]).toBe(false)
    await client.writeCoils(104, [true, true])
    expect((await client.readCoils(104, 1)).data[0]).toBe(true)
  })

  it('tells what is wrong, and keeps quiet for a unit that is nobody here', async () => {
    const { pty } = await wire()
    const client = await master(pty.far)
    await expect(client.readHoldingRegisters(5000, 1)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(client.writeRegister(100, 999)).rejects.toMatchObject({ modbusCode: 3 })
    client.setTimeout(200)
    client.setID(9)
    await expect(client.readHoldingRegisters(100, 1)).rejects.toMatchObject({ errno: 'ETIMEDOUT' })
    client.setID(7)
    expect((await client.readInputRegisters(115, 1)).data).toEqual([2])
  })

  it('shows the bridge as unit 247, or as another', async () => {
    const { pty } = await wire({ unit: 100 })
    const client = await master(pty.far)
    client.setID(100)
    expect((await client.readInputRegisters(0, 1)).data).toEqual([1])
  })

  it('is not written where the config doesn’t say so', async () => {
    const { building, pty } = await wire({ writable: false })
    const client = await master(pty.far)
    await expect(client.writeRegister(100, 100)).rejects.toMatchObject({ modbusCode: 1 })
    expect(limitOf(building)).toBeNull()
    expect(building.log.count('warn', 'modbus.rtu.writable is false')).toBe(1)
  })

  it('is not written by a broadcast', async () => {
    const { building, pty } = await wire()
    const client = await master(pty.far)
    client.setTimeout(200)
    client.setID(0)
    await client.writeRegister(100, 0).catch(() => {})
    client.setID(7)
    await client.readInputRegisters(115, 1)
    expect(limitOf(building)).toBeNull()
    expect(building.log.count('warn', 'not carried out')).toBe(1)
  })

  it('comes back when the adapter was unplugged and is there again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plug-'))
    const names = { near: join(folder, 'near'), far: join(folder, 'far') }
    cleanups.push(async () => rmSync(folder, { recursive: true, force: true }))
    const pty = await openPty(names)
    const building = await build({ rtu: { port: pty.near, writable: true } })
    await pty.close()
    const said = () => building.log.count('error', 'tried until it can')
    const pass = async () => {
      building.clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    while (said() === 0) await pass()
    const again = await openPty(names)
    cleanups.push(() => again.close())
    while (building.log.count('info', 'open again') === 0) await pass()
    const client = await master(again.far)
    expect((await client.readInputRegisters(115, 1)).data).toEqual([2])
    expect(said()).toBe(1)
  })

  it('says that the port is away, and starts all the same', async () => {
    const building = await build({ tcp: { listen: '127.0.0.1:0' }, rtu: { port: '/dev/there-is-none' } })
    expect(building.address).toMatch(/^127\.0\.0\.1:\d+,rtu:\/dev\/there-is-none$/)
    expect(building.log.count('error', '/dev/there-is-none')).toBe(1)
  })

  describe.skipIf(!hasMbpoll)('with mbpoll (Debian; skipped where it is not installed)', () => {
    const mbpoll = async (...args: readonly string[]) => {
      const options = ['-m', 'rtu', '-b', '19200', '-P', 'even', '-a', '7', '-0', '-1', '-o', '1']
      return (await run(MBPOLL, [...options, ...args])).stdout
    }

    it('is read and written', async () => {
      const { building, pty } = await wire()
      expect(await mbpoll('-t', '4:float', '-B', '-r', '110', pty.far)).toMatch(/\[110\]:\s+7\.36/)
      expect(await mbpoll('-t', '3', '-r', '115', pty.far)).toMatch(/\[115\]:\s+2\b/)
      expect(await mbpoll('-t', '1', '-r', '100', '-c', '2', pty.far)).toMatch(/\[100\]:\s+1\n\[101\]:\s+1/)
      expect(await mbpoll('-t', '4', '-r', '100', '-c', '100', pty.far)).toMatch(/\[199\]:/)
      expect(await mbpoll('-t', '4', '-r', '100', pty.far, '60')).toContain('Written 1 references')
      expect(limitOf(building)).toBe(6)
    })

    it('is told what is wrong', async () => {
      const { pty } = await wire()
      await expect(mbpoll('-t', '4', '-r', '5000', pty.far)).rejects.toMatchObject({
        stderr: expect.stringContaining('Illegal data address') as string,
      })
    })
  })
})

it('The package serialport has the shape that is used of it', async () => {
  const loaded: SerialPackage = await import('serialport')
  expect(loaded.SerialPort).toBeTypeOf('function')
})

describe('modbus-serial', () => {
  const open = async (port: string, listener: 'rtuTcp' | 'tcp') => {
    const building = await build({ [listener]: { listen: '127.0.0.1:0' } })
    const client = new ModbusSerial()
    // What it calls telnet is the bytes of a serial line in a stream; its TcpRTU has the header of Modbus TCP.
    if (port === 'telnet') await client.connectTelnet('127.0.0.1', { port: building.port })
    else await client.connectTcpRTUBuffered('127.0.0.1', { port: building.port })
    cleanups.push(() => new Promise<void>((resolve) => client.close(() => resolve())))
    client.setTimeout(1000)
    client.setID(7)
    return { building, client }
  }

  it.each([
    ['telnet', 'rtuTcp'],
    ['TcpRTUBuffered', 'tcp'],
  ] as const)('reads and writes with its port %s, which belongs to modbus.%s', async (port, listener) => {
    const { building, client } = await open(port, listener)
    expect((await client.readHoldingRegisters(110, 2)).buffer.readFloatBE(0)).toBeCloseTo(7.36)
    // With the header of Modbus TCP it loses answers of more than 123 registers.
    expect((await client.readHoldingRegisters(10_000, 120)).data).toHaveLength(120)
    await client.writeRegisters(100, [160, 0])
    expect(limitOf(building)).toBe(16)
    await expect(client.readHoldingRegisters(5000, 1)).rejects.toMatchObject({ modbusCode: 2 })
  })
})
