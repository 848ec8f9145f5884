import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import { addressOf, bindingOf, SECOND_BLOCK, wordsOf } from './binding.ts'
import type { ModbusConfig } from './config.ts'
import { ModbusDownlink } from './downlink.ts'
import { addressIn, type Place, placesOf } from './layout.ts'
import { Directory } from './registers/directory.ts'
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
  /** Whether an address may be connected at all, as the config says now. */
  readonly admits: (address: string) => boolean
}

/** The bridge itself is unit 0; some clients can't ask that one. */
const BRIDGE_ALIAS = 255

/** Every layer of Modbus above its connections, put together. */
export function createStack(
  settings: ModbusConfig,
  { clock, log, downlink: core, keeping, version }: NorthboundParts,
  openServer: (desk: Desk) => RequestServer,
): Northbound {
  const units = new Map<number, Served>()
  const uplink = new ModbusUplink()
  const directory = new Directory(settings)
  const { priority } = settings
  const rights = { allow: settings.allow, allowWrites: settings.allowWrites, readOnly: settings.readOnly }
  const downlink = new ModbusDownlink({ downlink: core, rights, priority, log, throttle: new Throttle(clock) })
  const bridges: readonly number[] = [BRIDGE_ALIAS, ...(settings.unit === undefined ? [] : [settings.unit])]
  const deviceUnit = (unit: number) => (bridges.includes(unit) ? 0 : unit)
  let bridge: Device | undefined
  const server = openServer({
    handle: (unit, pdu, peer, frame) => serve(units.get(deviceUnit(unit)), pdu, downlink, { peer, frame }, keeping),
    has: (unit) => units.has(deviceUnit(unit)),
    admits: (address) => rights.allow.some((network) => network.contains(address)),
  })

  /** The unit of a place, made when it is the first in it. */
  function unitOf(place: Place, device: Device): Unit {
    const { unit: number, kind } = place
    const parts = { downlink: core, clock, priority }
    const unit = units.get(number)?.unit ?? new Unit(parts, kind === 'unit' ? undefined : [firstOf(settings, place)])
    if (kind === 'block') {
      const site = () => identification(bridge ?? device, version)
      units.set(number, { unit, kind: 'blocks', identification: site, running: () => true })
    } else {
      const { charger } = device
      if (charger === undefined && !units.has(number)) unit.include(directory.image)
      units.set(number, {
        unit,
        kind: charger === undefined ? 'bridge' : 'charger',
        charger: charger?.id,
        identification: () => identification(device, version),
        running: () => charger?.online ?? true,
      })
    }
    return unit
  }

  return {
    name: 'modbus',
    attach(device: Device, points: readonly Point[]) {
      if (device.charger === undefined) bridge = device
      for (const place of placesOf(settings, device)) {
        const outside = cutOff(points, place)
        // A charger may have more connectors than it was said to have.
        if (outside > 0)
          log.warn(
            { outside, unit: place.unit, size: place.size },
            `modbus: ${outside} points of ${device.name} do not fit its block and are not shown there: check says which size fits`,
          )
        uplink.attach(unitOf(place, device), points, place)
      }
      directory.set(device)
    },
    detach(device: Device, points?: readonly Point[]) {
      for (const place of placesOf(settings, device)) {
        const unit = units.get(place.unit)?.unit
        if (unit === undefined) continue
        uplink.detach(unit, points ?? unit.pointsAt(place), place)
        if (points === undefined && unit.isEmpty) units.delete(place.unit)
      }
      if (points === undefined) directory.delete(device)
    },
    pointChanged: (point) => uplink.pointChanged(point),
    configure(changed) {
      const { allow, allowWrites, readOnly } = changed as ModbusConfig
      Object.assign(rights, { allow, allowWrites, readOnly })
    },
    start: () => server.start(),
    stop: () => server.stop(),
  }
}

/** How many points belong into a place and reach beyond its end. */
function cutOff(points: readonly Point[], place: Place): number {
  return points.filter((point) => {
    const bound = bindingOf(point)
    if (bound === undefined || bound.row.address >= SECOND_BLOCK !== place.from >= SECOND_BLOCK) return false
    return place.kind === 'block' && addressIn(place, addressOf(point, bound), wordsOf(point, bound)) === undefined
  }).length
}

/** Where the registers of a unit of blocks begin. */
function firstOf({ blocks }: ModbusConfig, { from }: Place): number {
  return (from === 0 ? blocks.first : blocks.texts?.first) ?? 0
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
