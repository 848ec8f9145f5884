import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { addressOf, binding, bindingOf, formatOf, isBit, mappingOptions } from './binding.ts'
import { check } from './check.ts'
import { checkListeners } from './check-listeners.ts'
import { chargerConfig, config, type ModbusConfig } from './config.ts'
import { openListeners } from './listeners.ts'
import { createStack } from './stack.ts'
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
  return createStack(settings, parts, (desk) => openListeners(settings, desk, parts))
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

/** What is taken up while it runs; anything else needs a restart. */
const live = ['allowWrites'] as const satisfies readonly (keyof ModbusConfig)[]

/** Modbus TCP and RTU: a unit for each charger; the bridge itself is units 0 and 255, or one of its own on a line. */
export const modbus = {
  name: 'modbus',
  config,
  live,
  chargerConfig,
  binding,
  mappingOptions,
  assign,
  check: (settings: ModbusConfig, listings: Parameters<typeof check>[0], folder = '.') => [
    ...check(listings),
    ...checkListeners(settings, listings, folder),
  ],
  describe,
  vacancies: (_settings: ModbusConfig | undefined, rows: Parameters<typeof vacancies>[0]) => vacancies(rows),
  create,
} as const
