import { propertyIds } from '../../src/northbound/bacnet/wire/property-id.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import { readDestination } from '../../src/northbound/bacnet/wire/type/destination.ts'
import { eventTypes } from '../../src/northbound/bacnet/wire/type/enumerations.ts'
import { readLogRecord } from '../../src/northbound/bacnet/wire/type/log-record.ts'
import { type ApplicationValue, readApplication } from '../../src/northbound/bacnet/wire/value.ts'

const months = 'January February March April May June July August September October November December'.split(' ')
const days = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')

/** The value in a line of tshark's, in this file's spelling; undefined for a mere heading. */
const spellings: readonly (readonly [RegExp, (match: RegExpMatchArray) => string])[] = [
  [/UTF-8 '(.*)'$/, ([, text]) => `'${text}'`],
  [/bit string\)?:? \(?([TF]+)\)?$/i, ([, bits = '']) => bits],
  [/: (TRUE|FALSE)$/i, ([, value = '']) => value.toUpperCase()],
  [/: NULL$/, () => 'NULL'],
  [/(-?[\d.]+) \((Real|Double)\)$/, ([, value]) => decimal(Number(value))],
  [/\((Unsigned|Signed)\) (-?\d+)$/, ([, , value = '']) => value],
  [/^Present Value \((uint|real|enum index)\): (\S+)$/, ([, , value]) => decimal(Number(value))],
  [/[AP]\.M\. = (\d+):(\d+):(\d+)\.(\d+)$/, ([, ...parts]) => parts.map(Number).join(':')],
  [/^Date: any$/, () => '255-255-255-255'],
  [/: any$/, () => '255:255:255:255'],
  [
    /^Date: (\w+) (\d+), (\d+), \(Day of Week = (.*)\)$/,
    ([, month = '', day, year, weekday = '']) =>
      [Number(year) - 1900, months.indexOf(month) + 1, day, days.indexOf(weekday) + 1 || 255].join('-'),
  ],
  [
    /^life time \(hh\.mm\.ss\): (\d+)\.(\d+)\.(\d+)/,
    ([, h, m, s]) => String(+(h ?? 0) * 3600 + +(m ?? 0) * 60 + +(s ?? 0)),
  ],
  // Enumerations that the codecs tell by name.
  [/^(?:enable-disable|reinitialized State Of Device|acknowledgment Filter): +(\S+) \(\d+\)$/, ([, name = '']) => name],
  [/^notification parameters \((\d+)\)/, ([, choice = '']) => choice],
  [/: .*\((\d+)\)$/, ([, value = '']) => value],
  [/^ProcessIdentifier: (\d+)$/, ([, value = '']) => value],
  [/^Instance Number: (\d+)$/, ([, value = '']) => value],
  [/^IPV4: ([\d.]+)$/, ([, address = '']) => address],
  [/^Port: (\d+)$/, ([, port = '']) => port],
]

/** How tshark calls the choices of BACnetPropertyStates and of a log record's datum. */
const choices: Readonly<Record<string, string>> = {
  'boolean-value': 'boolean',
  'binary-value': 'binary',
  'unsigned-value': 'unsigned',
  'boolean value': 'boolean',
  'real value': 'real',
  'enum value': 'enumerated',
  'unsigned value': 'unsigned',
  'signed value': 'signed',
  'bitstring value': 'bit-string',
  'null value': 'null',
  'time change': 'time-change',
  'log status': 'log-status',
}

/** What tshark shows of a frame's parameters, in their order. */
export function told(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, at) => {
    // tshark tells a property twice.
    if (line.startsWith('Property Identifier') && line === lines[at - 1]) return []
    for (const [shape, spell] of spellings) {
      const match = line.match(shape)
      if (match === null) continue
      const choice = choices[line.split(':')[0] ?? '']
      return choice === undefined ? [spell(match)] : [choice, spell(match)]
    }
    return []
  })
}

/** As many digits as tshark prints. */
function decimal(value: number): string {
  return String(Number(value.toFixed(6)))
}

function bits(values: readonly boolean[]): string {
  return values.map((bit) => (bit ? 'T' : 'F')).join('')
}

/** The same of what a codec read: its members are in the order of the octets. */
export function shown(value: unknown): readonly string[] {
  return [...tokens(value, '', undefined)]
}

function* tokens(value: unknown, key: string, property: unknown): Generator<string> {
  if (value === undefined) return
  if (key === 'kind' && value === 'null') yield 'NULL'
  else if (key === 'kind' && !isEventType(value)) return
  else if (isEventType(value) && key === 'kind') yield String(eventTypes[value])
  else if (value instanceof Uint8Array) yield* octets(value, key, property)
  else if (typeof value === 'string') yield namedKeys.has(key) ? value : `'${value}'`
  else if (typeof value === 'boolean') yield value ? 'TRUE' : 'FALSE'
  else if (typeof value === 'number') yield* number(value, key)
  else if (Array.isArray(value)) yield* array(value, key)
  else if (key === 'resultFlags') yield bits(Object.values(Object(value)))
  else if (isLogStatus(value)) yield bits([value.disabled, value.purged, value.interrupted])
  else yield* members(Object(value))
}

const namedKeys: ReadonlySet<string> = new Set(['state', 'acknowledgment'])
const dates: ReadonlySet<string> = new Set(['date'])
const times: ReadonlySet<string> = new Set(['time', 'fromTime', 'toTime'])

function* members(record: Readonly<Record<string, unknown>>): Generator<string> {
  for (const [key, value] of Object.entries(record)) {
    const { kind } = Object(value)
    if ((key === 'newState' || key === 'datum') && kind !== 'failure') yield kind
    // `instance` beside a type is the object's, else a device's.
    if (key === 'instance' && !('type' in record)) yield '8'
    yield* tokens(value, key, record.property)
  }
}

function* number(value: number, key: string): Generator<string> {
  if (key === 'device') yield* ['8', String(value)]
  else if (key === 'statusFlags') yield bits([8, 4, 2, 1].map((bit) => (value & bit) !== 0))
  else yield decimal(value)
}

function* array(values: readonly unknown[], key: string): Generator<string> {
  if (dates.has(key)) yield values.join('-')
  else if (times.has(key)) yield values.join(':')
  else if (values.length > 0 && values.every((each) => typeof each === 'boolean')) yield bits(values)
  else {
    let last: unknown
    for (const each of values) {
      // The writes of one specification name their object once.
      const { object } = Object(each)
      yield* tokens(
        object !== undefined && object === last ? { ...Object(each), object: undefined } : each,
        '',
        undefined,
      )
      last = object
    }
  }
}

/** Of the octets that a codec leaves to others, those whose type is known; `data` is of any. */
function* octets(bytes: Uint8Array, key: string, property: unknown): Generator<string> {
  if (key === 'data') return
  if (key === 'mac') {
    yield* [bytes.subarray(0, 4).join('.'), String(((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0))]
    return
  }
  const reader = new Reader(bytes)
  while (!reader.done) {
    if (key === 'itemData') yield* tokens(readLogRecord(reader), '', undefined)
    else if (property === propertyIds['recipient-list']) yield* tokens(readDestination(reader), '', undefined)
    else yield application(readApplication(reader))
  }
}

function application(value: ApplicationValue): string {
  switch (value.type) {
    case 'null':
      return 'NULL'
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE'
    case 'character-string':
      return `'${value.value}'`
    case 'bit-string':
      return bits(value.value)
    default:
      return typeof value.value === 'number' ? decimal(value.value) : JSON.stringify(value.value)
  }
}

function isEventType(value: unknown): value is keyof typeof eventTypes {
  return typeof value === 'string' && value in eventTypes
}

function isLogStatus(
  value: unknown,
): value is { readonly disabled: boolean; readonly purged: boolean; readonly interrupted: boolean } {
  return Object(value).kind === 'log-status'
}
