import { once } from 'node:events'
import { Socket } from 'node:net'
import * as jsmodbus from 'jsmodbus'
import modbusSerial from 'modbus-serial'
import { afterEach, describe, expect, it } from 'vitest'
import { type Building, type Row, startBuilding } from '../unit/northbound/modbus/support.ts'
import { ENERGY_WH, numberRows, type Outcome, POWER_W, type ScriptLine, script } from './clients/modbus-script.ts'
import { peers, type ScriptPeer } from './clients/modbus-script-clients.ts'

const buildings: Building[] = []

afterEach(async () => {
  for (const building of buildings.splice(0)) await building.server.stop()
})

const chargerRows: readonly Row[] = [
  { point: 'reset', modbus: { table: 'holding', address: 10 } },
  { point: 'clearCache', modbus: { table: 'holding', address: 11 } },
  { point: 'vendor', modbus: { table: 'input', address: 10_000, words: 10 } },
  { point: 'vendor', modbus: { table: 'input', address: 10_020, words: 10, wordOrder: 'BADC' } },
]
const connectorRows: readonly Row[] = [
  ...numberRows,
  { point: 'limit', modbus: { table: 'holding', address: 100, type: 'uint16', scale: 0.1 } },
  { point: 'availability', modbus: { table: 'holding', address: 101 } },
  { point: 'smartCharging.profileId', modbus: { table: 'holding', address: 110, type: 'int32' } },
  { point: 'start.idTag', modbus: { table: 'holding', address: 10_000, words: 10 } },
  { point: 'plugged', modbus: { table: 'discrete', address: 0 } },
  { point: 'charging', modbus: { table: 'discrete', address: 1 } },
  { point: 'smartCharging.enable', modbus: { table: 'coil', address: 4 } },
  { point: 'availability', modbus: { table: 'coil', address: 5 } },
]

/** A charger that charges at connector 1, as the script finds it. */
async function open() {
  const building = await startBuilding({ chargerRows, connectorRows, stride: 200 })
  buildings.push(building)
  const { fleet, charger } = building
  const link = building.bring()
  fleet.event(charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
  const samples = [
    { measurand: 'Power.Active.Import', value: POWER_W },
    { measurand: 'Energy.Active.Import.Register', value: ENERGY_WH },
  ] as const
  fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples } })
  return { building, leave: () => fleet.disconnected(charger, link) }
}

const label = ({ step }: ScriptLine) => JSON.stringify(step)

/** What a client got for each line of the script that it can ask, and what should have come. */
async function play(peer: ScriptPeer) {
  const { building, leave } = await open()
  const client = await peer.open(building.port)
  const got = new Map<string, Outcome>()
  const wanted = new Map<string, Outcome>()
  try {
    for (const [n, line] of script.entries()) {
      if (line.away === true) leave()
      if (line.not?.includes(peer.name)) continue
      got.set(`${n} ${label(line)}`, await client.run(line.step))
      wanted.set(`${n} ${label(line)}`, line.outcome)
    }
  } finally {
    await client.close()
  }
  return { got: [...got], wanted: [...wanted] }
}

for (const peer of peers) {
  const skipped = peer.missing === undefined ? '' : ` (skipped: ${peer.missing})`
  it.skipIf(peer.missing !== undefined)(
    `${peer.name} reads and writes by the script that all clients run${skipped}`,
    async () => {
      const { got, wanted } = await play(peer)
      expect(got).toEqual(wanted)
      expect(got.length).toBeGreaterThan(script.length - 5)
    },
  )
}

describe('What one library alone does', () => {
  it('modbus-serial reads the whole map and the device identification', async () => {
    const { building } = await open()
    // Its types tell of `export default`; what the CommonJS build gives is the class itself.
    const client = new (modbusSerial as unknown as typeof modbusSerial.default)()
    await client.connectTCP('127.0.0.1', { port: building.port })
    client.setID(7)
    for (let address = 0; address < 600; address += 100) {
      expect((await client.readHoldingRegisters(address, 100)).data).toHaveLength(100)
    }
    for (let address = 10_000; address < 11_500; address += 125) {
      expect((await client.readHoldingRegisters(address, 125)).data).toHaveLength(125)
    }
    const { data, conformityLevel } = await client.readDeviceIdentification(1, 0)
    // An object by id, whatever its types say.
    expect({ ...data }).toEqual({ 0: 'ACME', 1: 'M1', 2: '4.2' })
    expect(conformityLevel).toBe(0x82)
    client.close(() => {})
  })

  it('modbus-serial writes through a mask, and asks who answers', async () => {
    const { building } = await open()
    const client = new (modbusSerial as unknown as typeof modbusSerial.default)()
    await client.connectTCP('127.0.0.1', { port: building.port })
    client.setID(7)
    await client.writeRegister(300, 0x00a0)
    await client.maskWriteRegister(300, 0xff0f, 0x0050)
    expect((await client.readHoldingRegisters(300, 1)).data).toEqual([0x0050])
    await expect(client.maskWriteRegister(310, 0, 0)).rejects.toMatchObject({ modbusCode: 3 })
    // Its promise ends only with one argument more than its types know.
    const asked = client as unknown as { reportServerID(unused: number, too: number): Promise<object> }
    const answer = await asked.reportServerID(0, 0)
    expect(answer).toMatchObject({ serverId: 2, running: true })
    expect(String((answer as { additionalData: Uint8Array }).additionalData)).toBe('ACME;M1;4.2')
    client.close(() => {})
  })

  it('jsmodbus has many requests under way at once', async () => {
    const { building } = await open()
    const socket = new Socket()
    const client = new jsmodbus.client.TCP(socket, 7, 1000)
    socket.connect({ host: '127.0.0.1', port: building.port })
    await once(socket, 'connect')
    const reads = await Promise.all(Array.from({ length: 50 }, () => client.readHoldingRegisters(200, 2)))
    for (const { response } of reads) expect(response.body.valuesAsBuffer.readUInt32BE(0)).toBe(ENERGY_WH)
    socket.destroy()
  })
})
