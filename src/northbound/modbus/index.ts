import type { Point } from '../../core/points/point.ts'
import type { Device, Downlink, Northbound } from '../../core/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import { addressOf, binding, bindingOf, formatOf, isBit, mappingOptions } from './binding.ts'
import { check } from './check.ts'
import { chargerConfig, config, type ModbusConfig } from './config.ts'
import { ModbusDownlink } from './downlink.ts'
import { type Served, serve } from './registers/serve.ts'
import { Unit } from './registers/unit.ts'
import { TcpServer } from './transport/tcp.ts'
import { ModbusUplink } from './uplink.ts'
import type { Identification } from './wire/device-identification.ts'

interface Parts {
  readonly clock: Clock
  readonly log: Log
  readonly downlink: Downlink
  readonly site: string
  readonly version: string
}

const LAST_UNIT = 247
/** The bridge itself; some clients can't ask unit 0. */
const BRIDGE_ALIAS = 255

function assign(
  _settings: ModbusConfig,
  number: number,
  own: { readonly unit: number } | undefined,
): number | undefined {
  return own?.unit ?? (number <= LAST_UNIT ? number : undefined)
}

function create(settings: ModbusConfig, { clock, log, downlink: core, version }: Parts): Northbound {
  const units = new Map<number, Served>()
  const uplink = new ModbusUplink()
  const { priority, allowWrites } = settings
  const downlink = new ModbusDownlink({ downlink: core, allowWrites, priority, log, throttle: new Throttle(clock) })
  const tcp = new TcpServer(
    settings.tcp,
    (unit, pdu, peer) => serve(units.get(unit === BRIDGE_ALIAS ? 0 : unit), pdu, downlink, peer),
    clock,
    log,
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
    start: () => tcp.start(),
    stop: () => tcp.stop(),
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

/** What `points` says of a point's place: the address 0-based as on the wire, the number 1-based. */
function describe(_settings: ModbusConfig, device: Device, point: Point): object | undefined {
  const bound = bindingOf(point)
  const unit = device.addresses.modbus
  if (bound === undefined || unit === undefined) return undefined
  const { table } = bound.row
  const address = addressOf(point, bound)
  const { type, words, wordOrder, scale } = formatOf(point, bound)
  const place = { unit, table, address, number: firstNumber[table] + address }
  return isBit(bound.row)
    ? { ...place, type: 'bit', words: 1, wordOrder, scale: 1 }
    : { ...place, type, words, wordOrder, scale }
}

/** The 1-based notation: 4xxxx with as many digits as it takes to reach 65536. */
const firstNumber = { coil: 1, discrete: 100_001, input: 300_001, holding: 400_001 } as const

/** Modbus TCP: a unit for each charger, units 0 and 255 the bridge itself. */
export const modbus = {
  name: 'modbus',
  config,
  chargerConfig,
  binding,
  mappingOptions,
  assign,
  check: (_settings: ModbusConfig, listings: Parameters<typeof check>[0]) => check(listings),
  describe,
  create,
} as const
