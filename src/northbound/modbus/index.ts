import type { Point } from '../../core/points/point.ts'
import type { Device, Listing, Northbound, NorthboundParts } from '../../core/ports.ts'
import {
  addressOf,
  binding,
  bindingOf,
  fieldOf,
  formatOf,
  isBit,
  LAST_UNIT,
  mappingOptions,
  wordsOf,
} from './binding.ts'
import { check } from './check.ts'
import { checkListeners } from './check-listeners.ts'
import { chargerConfig, config, type ModbusConfig } from './config.ts'
import type { Place } from './export/place.ts'
import { registerFacts } from './export/register-facts.ts'
import { registerList } from './export/register-list.ts'
import { addressIn, placesOf } from './layout.ts'
import { openListeners } from './listeners.ts'
import { createStack } from './stack.ts'
import { vacancies } from './vacancies.ts'

/** The unit of charger `number`; where it has a block, the number itself goes on where units end. */
function assign(
  { layout }: ModbusConfig,
  number: number,
  own: { readonly unit: number } | undefined,
): number | undefined {
  return own?.unit ?? (layout !== 'units' || number <= LAST_UNIT ? number : undefined)
}

function create(settings: ModbusConfig, parts: NorthboundParts): Northbound {
  return createStack(settings, parts, (desk) => openListeners(settings, desk, parts))
}

/**
 * What `points` says of a point's place: the address 0-based as on the wire, the number 1-based. With both layouts, `blocks`
 * says where the same registers stand in the unit of blocks.
 */
function describe(settings: ModbusConfig, device: Device, point: Point): object | undefined {
  const bound = bindingOf(point)
  if (bound === undefined) return undefined
  const { row } = bound
  const [place, second] = placesOf(settings, device).flatMap((where) => {
    const address = addressIn(where, addressOf(point, bound), wordsOf(point, bound))
    return address === undefined ? [] : [{ unit: where.unit, address, number: firstNumber[row.table] + address }]
  })
  if (place === undefined) return undefined
  const { type, words, wordOrder, scale } = formatOf(point, bound)
  const field = fieldOf(row)
  const lies = isBit(row)
    ? { type: 'bit', words: 1, wordOrder, scale: 1 }
    : field
      ? { type: 'bits', words: 1, wordOrder, scale: 1, ...field }
      : { type, words, wordOrder, scale }
  return {
    unit: place.unit,
    table: row.table,
    address: place.address,
    number: place.number,
    ...lies,
    ...(row.write === false && { write: false }),
    ...(second && { blocks: second }),
  }
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
const live = ['allow', 'allowWrites', 'readOnly'] as const satisfies readonly (keyof ModbusConfig)[]

/** Modbus TCP and RTU: a unit or a block of registers for each charger; the bridge itself is units 0 and 255, or one of its own. */
export const modbus = {
  name: 'modbus',
  config,
  live,
  chargerConfig,
  binding,
  mappingOptions,
  assign,
  check: (settings: ModbusConfig, listings: Parameters<typeof check>[1], folder = '.') => [
    ...check(settings, listings),
    ...checkListeners(settings, listings, folder),
  ],
  whenFull: 'with modbus.layout: blocks each charger has a block of registers in one unit, and there is no end at 247',
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
