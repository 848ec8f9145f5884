import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import * as jsmodbus from 'jsmodbus'
import modbusSerial from 'modbus-serial'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startBuilding } from '../unit/northbound/modbus/support.ts'

const run = promisify(execFile)
/** Debian's, not an npm package. */
const MBPOLL = 'mbpoll'
/** -V prints the version and exits; without the binary there is no status at all. */
const hasMbpoll = spawnSync(MBPOLL, ['-V']).error === undefined

let building: Awaited<ReturnType<typeof startBuilding>>

beforeEach(async () => {
  building = await startBuilding()
  building.bring()
  building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
  building.fleet.event(building.charger, {
    kind: 'metered',
    connector: 1,
    reading: {
      stream: 'periodic',
      samples: [
        { measurand: 'Power.Active.Import', value: 7360 },
        { measurand: 'Current.Import', phase: 'L1', value: 16 },
        { measurand: 'Energy.Active.Import.Register', value: 12_345 },
      ],
    },
  })
})

afterEach(() => building.server.stop())

const slot = (name: string, connector: number) => building.downlink.slots(building.find(name, connector))?.[9]

describe('modbus-serial', () => {
  // Its types tell of `export default`; what the CommonJS build gives is the class itself.
  const ModbusSerial = modbusSerial as unknown as typeof modbusSerial.default
  const client = new ModbusSerial()

  beforeEach(async () => {
    await client.connectTCP('127.0.0.1', { port: building.port })
    client.setID(7)
    client.setTimeout(1000)
  })

  afterEach(() => {
    client.close(() => {})
  })

  it('reads registers and bits with functions 1 to 4', async () => {
    for (const registers of [await client.readHoldingRegisters(110, 6), await client.readInputRegisters(110, 6)]) {
      expect(registers.buffer.readFloatBE(0)).toBeCloseTo(7.36)
      expect(registers.buffer.readUInt32BE(4)).toBe(12_345)
      expect(registers.data.slice(4)).toEqual([160, 2])
    }
    for (const bits of [await client.readCoils(100, 2), await client.readDiscreteInputs(100, 2)]) {
      expect(bits.data.slice(0, 2)).toEqual([true, true])
    }
  })

  it('reads the whole map', async () => {
    for (let address = 0; address < 300; address += 100) {
      expect((await client.readHoldingRegisters(address, 100)).data).toHaveLength(100)
    }
    for (let address = 10_000; address < 11_500; address += 125) {
      expect((await client.readHoldingRegisters(address, 125)).data).toHaveLength(125)
    }
    expect((await client.readHoldingRegisters(10_000, 10)).buffer.toString('latin1').replaceAll('\0', '')).toBe('ACME')
  })

  it('writes with functions 5, 6, 15, 16', async () => {
    await client.writeRegister(100, 100)
    expect(slot('limit', 1)).toBe(10)
    await client.writeRegisters(100, [160, 0])
    expect([slot('limit', 1), slot('availability', 1)]).toEqual([16, false])
    await client.writeCoil(104, false)
    expect(building.find('smartCharging.enable', 1).value).toBe(false)
    await client.writeCoils(104, [true, true])
    expect(building.find('smartCharging.enable', 1).value).toBe(true)
    expect(slot('availability', 1)).toBe(true)
  })

  it('is told what went wrong', async () => {
    await expect(client.readHoldingRegisters(5000, 1)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(client.writeRegister(100, 999)).rejects.toMatchObject({ modbusCode: 3 })
    client.setID(99)
    await expect(client.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 10 })
  })

  it('reads the device identification', async () => {
    const { data, conformityLevel } = await client.readDeviceIdentification(1, 0)
    // An object by id, whatever its types say.
    expect({ ...data }).toEqual({ 0: 'ACME', 1: 'M1', 2: '4.2' })
    expect(conformityLevel).toBe(0x82)
  })
})

describe('jsmodbus', () => {
  let socket: Socket
  let client: InstanceType<typeof jsmodbus.client.TCP>

  beforeEach(async () => {
    socket = new Socket()
    client = new jsmodbus.client.TCP(socket, 7, 1000)
    socket.connect({ host: '127.0.0.1', port: building.port })
    await once(socket, 'connect')
  })

  afterEach(() => {
    socket.destroy()
  })

  it('reads and writes, with many requests under way at once', async () => {
    const reads = await Promise.all(Array.from({ length: 50 }, () => client.readHoldingRegisters(110, 6)))
    for (const { response } of reads) expect(response.body.valuesAsBuffer.readUInt32BE(4)).toBe(12_345)
    const inputs = await client.readDiscreteInputs(100, 2)
    expect(inputs.response.body.valuesAsArray.slice(0, 2)).toEqual([1, 1])
    await client.writeSingleRegister(100, 120)
    expect(slot('limit', 1)).toBe(12)
    await client.writeMultipleRegisters(100, [80, 1])
    expect([slot('limit', 1), slot('availability', 1)]).toEqual([8, true])
    await client.writeSingleCoil(104, false)
    await client.writeMultipleCoils(104, [true, false])
    expect(slot('availability', 1)).toBe(false)
    const back = await client.readHoldingRegisters(100, 2)
    expect(back.response.body.valuesAsArray).toEqual([80, 0])
  })

  it('is told what went wrong', async () => {
    await expect(client.readInputRegisters(5000, 1)).rejects.toMatchObject({ response: { body: { code: 2 } } })
  })
})

describe.skipIf(!hasMbpoll)('mbpoll (Debian; skipped where it is not installed)', () => {
  const mbpoll = async (...args: readonly string[]) => {
    const options = ['-m', 'tcp', '-p', `${building.port}`, '-a', '7', '-0', '-1', '-o', '1']
    return (await run(MBPOLL, [...options, ...args])).stdout
  }

  it('reads every kind of table', async () => {
    expect(await mbpoll('-t', '4:float', '-B', '-r', '110', '127.0.0.1')).toMatch(/\[110\]:\s+7\.36/)
    expect(await mbpoll('-t', '3:int', '-B', '-r', '112', '127.0.0.1')).toMatch(/\[112\]:\s+12345/)
    expect(await mbpoll('-t', '3', '-r', '115', '127.0.0.1')).toMatch(/\[115\]:\s+2\b/)
    expect(await mbpoll('-t', '1', '-r', '100', '-c', '2', '127.0.0.1')).toMatch(/\[100\]:\s+1\n\[101\]:\s+1/)
    expect(await mbpoll('-t', '4', '-r', '100', '-c', '100', '127.0.0.1')).toMatch(/\[199\]:/)
  })

  it('writes', async () => {
    expect(await mbpoll('-t', '4', '-r', '100', '127.0.0.1', '60')).toContain('Written 1 references')
    expect(slot('limit', 1)).toBe(6)
    expect(await mbpoll('-t', '4', '-r', '100', '127.0.0.1', '70', '1')).toContain('Written 2 references')
    expect([slot('limit', 1), slot('availability', 1)]).toEqual([7, true])
    expect(await mbpoll('-t', '0', '-r', '104', '127.0.0.1', '0')).toContain('Written 1 references')
    expect(building.find('smartCharging.enable', 1).value).toBe(false)
  })

  it('is told what went wrong', async () => {
    await expect(mbpoll('-t', '4', '-r', '5000', '127.0.0.1')).rejects.toMatchObject({
      stderr: expect.stringContaining('Illegal data address') as string,
    })
  })
})
