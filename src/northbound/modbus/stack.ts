import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import type { ModbusConfig } from './config.ts'
import { ModbusDownlink } from './downlink.ts'
import { type Served, serve } from './registers/serve.ts'
import { Unit } from './registers/unit.ts'
import type { Handle } from './transport/connection.ts'
import { ModbusUplink } from './uplink.ts'
import type { Identification } from './wire/device-identification.ts'

/** Where requests come from. */
export interface RequestServer {
  /** Resolves with `address:port` once it listens. */
  start(): Promise<string>
  stop(): Promise<void>
}

/** The bridge itself is unit 0; some clients can't ask that one. */
const BRIDGE_ALIAS = 255

/** Every layer of Modbus above its connections, put together. */
export function createStack(
  settings: ModbusConfig,
  { clock, log, downlink: core, version }: NorthboundParts,
  openServer: (handle: Handle) => RequestServer,
): Northbound {
  const units = new Map<number, Served>()
  const uplink = new ModbusUplink()
  const { priority, allowWrites } = settings
  const downlink = new ModbusDownlink({ downlink: core, allowWrites, priority, log, throttle: new Throttle(clock) })
  const server = openServer((unit, pdu, peer) =>
    serve(units.get(unit === BRIDGE_ALIAS ? 0 : unit), pdu, downlink, peer),
  )

  function served(device: Device): Served | undefined {
    const number = device.addresses.modbus
    if (number === undefined) return undefined
    let known = units.get(number)
    if (known === undefined) {
      const unit = new Unit({ downlink: core, clock, priority })
      known = { unit, identification: () => identification(device, version) }
      units.set(number, known)
    }
    return known
  }

  return {
    name: 'modbus',
    attach(device: Device, points: readonly Point[]) {
      const own = served(device)
      if (own !== undefined) uplink.attach(own.unit, points)
    },
    pointChanged: (point) => uplink.pointChanged(point),
    start: () => server.start(),
    stop: () => server.stop(),
  }
}

function identification({ charger, name }: Device, version: string): Identification {
  const { vendor, model, firmwareVersion } = charger?.state.identity ?? {}
  const product = charger === undefined ? 'ocpp-bms-bridge' : (model ?? '')
  return {
    vendorName: charger === undefined ? 'ocpp-bms-bridge' : (vendor ?? ''),
    productCode: product,
    majorMinorRevision: charger === undefined ? version : (firmwareVersion ?? ''),
    vendorUrl: '',
    productName: product,
    modelName: product,
    userApplicationName: name,
  }
}
