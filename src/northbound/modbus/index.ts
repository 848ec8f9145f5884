import type { Point } from '../../core/points/point.ts'
import type { Device, Listing, Northbound, NorthboundParts } from '../../core/ports.ts'
import { addressOf, binding, bindingOf, formatOf, isBit, mappingOptions } from './binding.ts'
import { check } from './check.ts'
import { chargerConfig, config, type ModbusConfig } from './config.ts'
import type { Place } from './export/place.ts'
import { registerFacts } from './export/register-facts.ts'
import { registerList } from './export/register-list.ts'
import { createStack } from './stack.ts'
import { TcpServer } from './transport/tcp.ts'
import { vacancies } from './vacancies.ts'

const LAST_UNIT = 247

function assign(
  _settings: ModbusConfig,
  number: number,
  own: { readonly unit: number } | undefined,
): number | undefined {
  return own?.unit ?? (number <= LAST_UNIT ? number : undefined)
}

function create(settings: ModbusConfig, parts: NorthboundParts): Northbound {
  const { clock, log } = parts
  return createStack(settings, parts, (handle) => new TcpServer(settings.tcp, handle, clock, log))
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

/** What a sheet of points says beyond that: other notations, what may be written, a line that reads it. */
function details(settings: ModbusConfig, device: Device, point: Point): object | undefined {
  const place = placeOf(settings, device, point)
  if (place === undefined) return undefined
  const second = place.blocks && { ...place, ...place.blocks }
  return {
    ...registerFacts(settings, place, point),
    ...(second && { blocks: { mbpoll: registerFacts(settings, second, point).mbpoll } }),
  }
}

function placeOf(settings: ModbusConfig, device: Device, point: Point): Place | undefined {
  return describe(settings, device, point) as Place | undefined
}

/** The 1-based notation: 4xxxx with as many digits as it takes to reach 65536. */
const firstNumber = { coil: 1, discrete: 100_001, input: 300_001, holding: 400_001 } as const

/** What is taken up while it runs; anything else needs a restart. */
const live = ['allowWrites'] as const satisfies readonly (keyof ModbusConfig)[]

/** Modbus TCP: a unit for each charger, units 0 and 255 the bridge itself. */
export const modbus = {
  name: 'modbus',
  config,
  live,
  chargerConfig,
  binding,
  mappingOptions,
  assign,
  check: (_settings: ModbusConfig, listings: Parameters<typeof check>[0]) => check(listings),
  describe,
  details,
  vacancies: (_settings: ModbusConfig | undefined, rows: Parameters<typeof vacancies>[0]) => vacancies(rows),
  exports: {
    xlsx: {
      single: true,
      files: (settings: ModbusConfig, listings: readonly Listing[]) =>
        registerList(settings, listings, (device, point) => placeOf(settings, device, point)),
    },
  },
  create,
} as const
