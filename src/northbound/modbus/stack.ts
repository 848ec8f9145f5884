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

/** Where requests are answered. */
export interface Desk {
  /** Units 0 and 255 are the bridge itself. */
  readonly handle: Handle
  /** Whether a charger stands there, or the bridge at 0: on a shared line, others answer for the rest. */
  readonly has: (unit: number) => boolean
}

/** The bridge itself is unit 0; some clients can't ask that one. */
const BRIDGE_ALIAS = 255

/** Every layer of Modbus above its connections, put together. */
export function createStack(
  settings: ModbusConfig,
  { clock, log, downlink: core, version }: NorthboundParts,
  openServer: (desk: Desk) => RequestServer,
): Northbound {
  const units = new Map<number, Served>()
  const uplink = new ModbusUplink()
  const { priority } = settings
  const rights = { allowWrites: settings.allowWrites }
  const downlink = new ModbusDownlink({ downlink: core, rights, priority, log, throttle: new Throttle(clock) })
  const server = openServer({
    handle: (unit, pdu, peer) => serve(units.get(unit === BRIDGE_ALIAS ? 0 : unit), pdu, downlink, peer),
    has: (unit) => units.has(unit),
  })

  return {
    name: 'modbus',
    attach(device: Device, points: readonly Point[]) {
      const number = device.addresses.modbus
      if (number === undefined) return
      const unit = units.get(number)?.unit ?? new Unit({ downlink: core, clock, priority })
      units.set(number, { unit, identification: () => identification(device, version) })
      uplink.attach(unit, points)
    },
    detach(device: Device, points?: readonly Point[]) {
      const number = device.addresses.modbus
      const known = number === undefined ? undefined : units.get(number)
      if (number === undefined || known === undefined) return
      uplink.detach(known.unit, points ?? known.unit.points)
      if (points === undefined) units.delete(number)
    },
    pointChanged: (point) => uplink.pointChanged(point),
    configure(changed) {
      rights.allowWrites = (changed as ModbusConfig).allowWrites
    },
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
