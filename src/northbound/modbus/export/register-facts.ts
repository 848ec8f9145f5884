import { rating } from '../../../core/charger/limit.ts'
import type { Point } from '../../../core/points/point.ts'
import { type DataType, dataTypes, largest, smallest } from '../wire/data-type.ts'
import { type Listeners, mbpollLine } from './mbpoll.ts'
import type { Place } from './place.ts'

/** What a list of registers says of one beyond its place. Texts are empty where there is nothing to say. */
export interface RegisterFacts {
  /** `0x006E`. */
  readonly addressHex: string
  /** 1-based, five digits (40111); empty where these don't reach. */
  readonly reference5: string
  /** 1-based, six digits (400111). */
  readonly reference6: string
  /** `R` or `RW`. */
  readonly access: string
  /** Function codes. */
  readonly readFunctions: string
  readonly writeFunctions: string
  /** `0=Available; 1=Preparing`: what the numbers stand for, counted from 0. */
  readonly values: string
  /** `0..32`, in the unit of measure: what may be written, or what can be shown. */
  readonly range: string
  /** What stands there while nothing is known, or, of a setpoint, while it is released. */
  readonly notAvailable: string
  readonly mbpoll: string
}

const leading = { coil: '0', discrete: '1', input: '3', holding: '4' } as const
const FIVE_DIGITS_REACH = 9998

export function registerFacts(
  settings: Listeners & { readonly readOnly?: boolean | undefined },
  place: Place,
  point: Point,
): RegisterFacts {
  const { address, table } = place
  const isBits = table === 'coil' || table === 'discrete'
  const writes =
    point.writable && (table === 'coil' || table === 'holding') && place.write !== false && settings.readOnly !== true
  return {
    addressHex: `0x${address.toString(16).toUpperCase().padStart(4, '0')}`,
    reference5: address > FIVE_DIGITS_REACH ? '' : `${leading[table]}${String(address + 1).padStart(4, '0')}`,
    reference6: `${leading[table]}${String(address + 1).padStart(5, '0')}`,
    access: writes ? 'RW' : 'R',
    readFunctions: isBits ? '1, 2' : '3, 4',
    writeFunctions: !writes ? '' : isBits ? '5, 15' : writeFunctions(place),
    values: valueTexts(point),
    range: range(place, point),
    notAvailable: isBits ? '' : notAvailable(place, point),
    mbpoll: mbpollLine(settings, place) ?? '',
  }
}

/** A value of more than one register can't be written by function 6. */
function writeFunctions({ type, words }: Place): string {
  if (type === 'bits') return '6, 16, 22, 23'
  return words === 1 ? '6, 16, 22, 23' : '16, 23'
}

/** Of bits, as they stand in the lowest place; a flag has no pattern to spare. */
function notAvailable({ type, bits = 1 }: Place, { definition }: Point): string {
  if (type !== 'bits') return absent[type] ?? ''
  return definition.type === 'boolean' ? '' : `0x${(2 ** bits - 1).toString(16).toUpperCase()}`
}

const absent: Readonly<Record<string, string>> = {
  uint16: '0xFFFF',
  bool: '0xFFFF',
  int16: '0x8000',
  uint32: '0xFFFFFFFF',
  int32: '0x80000000',
  uint64: '0xFFFFFFFFFFFFFFFF',
  int64: '0x8000000000000000',
  float32: 'NaN',
  float64: 'NaN',
  string: 'empty',
}

function valueTexts({ definition, states }: Point): string {
  if (states !== undefined) return states.map((text, index) => `${index}=${text}`).join('; ')
  return definition.type === 'boolean' ? '0=false; 1=true' : ''
}

function range({ type, scale, words, wordOrder }: Place, point: Point): string {
  const { charger, connector, definition, states } = point
  if (states !== undefined) return `0..${states.length - 1}`
  if (definition.type === 'boolean') return '0..1'
  if (definition.type === 'text') return `${2 * words} bytes of UTF-8`
  if (definition.write?.kind === 'setpoint' && charger !== undefined)
    return `0..${shown(point, rating(charger, connector))}`
  if (definition.range !== undefined)
    return `${shown(point, definition.range.min)}..${shown(point, definition.range.max)}`
  const dataType = dataTypes.find((each): each is DataType => each === type)
  if (dataType === undefined || dataType.startsWith('float')) return ''
  const format = { type: dataType, words, wordOrder, scale }
  return `${smallest(format)}..${largest(format)}`
}

function shown(point: Point, value: number): number {
  const own = point.shown(value)
  return typeof own === 'number' ? own : value
}
