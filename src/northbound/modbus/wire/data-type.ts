export const dataTypes = [
  'bool',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
  'string',
] as const
export type DataType = (typeof dataTypes)[number]

/** How the bytes A (highest) to D of a value lie in its registers; longer values follow the same pattern. */
export const wordOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export type WordOrder = (typeof wordOrders)[number]

/** How a value lies in registers: value = raw × scale. */
export interface Format {
  readonly type: DataType
  readonly words: number
  readonly wordOrder: WordOrder
  readonly scale: number
}

/** A text is cut to whole characters of UTF-8 that fit; undefined is shown as "not available". */
export type Encodable = number | boolean | string | undefined

interface NumericRow {
  readonly words: number
  /** The range that can be told apart; what is outside is "not available". */
  readonly min: number
  readonly max: number
  readonly integer: boolean
  readonly put: (raw: number) => void
  readonly take: () => number
  /** Puts the pattern for "not available". */
  readonly absent: () => void
  readonly isAbsent: () => boolean
}

// Values are made here, highest byte first, and then laid out in the wanted order.
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

const TWO_32 = 2 ** 32
const UINT16_ABSENT = 0xffff
const INT16_ABSENT = -0x8000
const UINT32_ABSENT = 0xffffffff
const INT32_ABSENT = -0x80000000
const INT64_ABSENT = -(2n ** 63n)

const numeric: Readonly<Record<Exclude<DataType, 'string' | 'bool'>, NumericRow>> = {
  uint16: {
    words: 1,
    min: 0,
    max: UINT16_ABSENT - 1,
    integer: true,
    put: (raw) => scratch.setUint16(0, raw),
    take: () => scratch.getUint16(0),
    absent: () => scratch.setUint16(0, UINT16_ABSENT),
    isAbsent: () => scratch.getUint16(0) === UINT16_ABSENT,
  },
  int16: {
    words: 1,
    min: INT16_ABSENT + 1,
    max: 0x7fff,
    integer: true,
    put: (raw) => scratch.setInt16(0, raw),
    take: () => scratch.getInt16(0),
    absent: () => scratch.setInt16(0, INT16_ABSENT),
    isAbsent: () => scratch.getInt16(0) === INT16_ABSENT,
  },
  uint32: {
    words: 2,
    min: 0,
    max: UINT32_ABSENT - 1,
    integer: true,
    put: (raw) => scratch.setUint32(0, raw),
    take: () => scratch.getUint32(0),
    absent: () => scratch.setUint32(0, UINT32_ABSENT),
    isAbsent: () => scratch.getUint32(0) === UINT32_ABSENT,
  },
  int32: {
    words: 2,
    min: INT32_ABSENT + 1,
    max: 0x7fffffff,
    integer: true,
    put: (raw) => scratch.setInt32(0, raw),
    take: () => scratch.getInt32(0),
    absent: () => scratch.setInt32(0, INT32_ABSENT),
    isAbsent: () => scratch.getInt32(0) === INT32_ABSENT,
  },
  uint64: {
    words: 4,
    min: 0,
    // The largest double below 2^64.
    max: 2 ** 64 - 2048,
    integer: true,
    put(raw) {
      scratch.setUint32(0, Math.floor(raw / TWO_32))
      scratch.setUint32(4, raw % TWO_32)
    },
    take: () => scratch.getUint32(0) * TWO_32 + scratch.getUint32(4),
    absent() {
      scratch.setUint32(0, UINT32_ABSENT)
      scratch.setUint32(4, UINT32_ABSENT)
    },
    isAbsent: () => scratch.getUint32(0) === UINT32_ABSENT && scratch.getUint32(4) === UINT32_ABSENT,
  },
  int64: {
    words: 4,
    // The doubles next to the ends of its range; the lowest is "not available".
    min: -(2 ** 63 - 1024),
    max: 2 ** 63 - 1024,
    integer: true,
    put: (raw) => scratch.setBigInt64(0, BigInt(raw)),
    take: () => Number(scratch.getBigInt64(0)),
    absent: () => scratch.setBigInt64(0, INT64_ABSENT),
    isAbsent: () => scratch.getBigInt64(0) === INT64_ABSENT,
  },
  float32: {
    words: 2,
    min: -3.4028234663852886e38,
    max: 3.4028234663852886e38,
    integer: false,
    put: (raw) => scratch.setFloat32(0, raw),
    take: () => scratch.getFloat32(0),
    absent: () => scratch.setFloat32(0, Number.NaN),
    isAbsent: () => Number.isNaN(scratch.getFloat32(0)),
  },
  float64: {
    words: 4,
    min: -Number.MAX_VALUE,
    max: Number.MAX_VALUE,
    integer: false,
    put: (raw) => scratch.setFloat64(0, raw),
    take: () => scratch.getFloat64(0),
    absent: () => scratch.setFloat64(0, Number.NaN),
    isAbsent: () => Number.isNaN(scratch.getFloat64(0)),
  },
}

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Registers that a type takes; a text of `length` bytes takes two to a register. */
export function wordsOf(type: DataType, length: number): number {
  if (type === 'string') return Math.ceil(length / 2)
  return type === 'bool' ? 1 : numeric[type].words
}

/** The largest value that the format can show; undefined for what is no number. */
export function largest(format: Format): number | undefined {
  if (format.type === 'string' || format.type === 'bool') return undefined
  return fromRaw(numeric[format.type].max, format.scale)
}

/** The smallest value that the format can show; undefined for what is no number. */
export function smallest(format: Format): number | undefined {
  if (format.type === 'string' || format.type === 'bool') return undefined
  return fromRaw(numeric[format.type].min, format.scale)
}

/** Lays a value out at `at`. A value that the type can't hold is shown as "not available": it never wraps. */
export function encodeValue(format: Format, value: Encodable, bytes: Uint8Array, at: number): void {
  if (format.type === 'string') {
    encodeText(format, value, bytes, at)
    return
  }
  const row = numericRow(format.type)
  const raw =
    typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? toRaw(value, format.scale) : Number.NaN
  const whole = row.integer ? Math.round(raw) : raw
  if (whole >= row.min && whole <= row.max) row.put(whole)
  else row.absent()
  for (let n = 0; n < 2 * format.words; n += 1) bytes[at + n] = scratchBytes[place(format, n)] ?? 0
}

/** A value from registers. null: the pattern for "not available"; undefined: no value of this type. */
export function decodeValue(
  format: Format,
  bytes: Uint8Array,
  at: number,
): number | boolean | string | null | undefined {
  if (format.type === 'string') return decodeText(format, bytes, at)
  for (let n = 0; n < 2 * format.words; n += 1) scratchBytes[place(format, n)] = bytes[at + n] ?? 0
  const row = numericRow(format.type)
  if (row.isAbsent()) return null
  const raw = row.take()
  if (format.type === 'bool') return raw > 1 ? undefined : raw === 1
  return fromRaw(raw, format.scale)
}

function numericRow(type: Exclude<DataType, 'string'>): NumericRow {
  return numeric[type === 'bool' ? 'uint16' : type]
}

/** Where byte n of the registers stands in the value, highest byte first. One register alone is never swapped. */
function place({ words, wordOrder }: Format, n: number): number {
  if (words === 1) return n
  switch (wordOrder) {
    case 'ABCD':
      return n
    case 'CDAB':
      return 2 * (words - 1 - (n >> 1)) + (n & 1)
    case 'BADC':
      return n ^ 1
    case 'DCBA':
      return 2 * words - 1 - n
  }
}

/** Texts have no words to change places; BADC and DCBA put the second character of a register first. */
function textPlace({ wordOrder }: Format, n: number): number {
  return wordOrder === 'BADC' || wordOrder === 'DCBA' ? n ^ 1 : n
}

function encodeText(format: Format, value: Encodable, bytes: Uint8Array, at: number): void {
  const room = 2 * format.words
  const text = new Uint8Array(room)
  if (value !== undefined) textEncoder.encodeInto(String(value), text)
  for (let n = 0; n < room; n += 1) bytes[at + n] = text[textPlace(format, n)] ?? 0
}

function decodeText(format: Format, bytes: Uint8Array, at: number): string | undefined {
  const room = 2 * format.words
  const text = new Uint8Array(room)
  for (let n = 0; n < room; n += 1) text[textPlace(format, n)] = bytes[at + n] ?? 0
  const end = text.indexOf(0)
  try {
    return textDecoder.decode(end < 0 ? text : text.subarray(0, end))
  } catch {
    return undefined
  }
}

/** 1 / scale where that is whole: dividing by 10 keeps 3 at 0.3 where multiplying by 0.1 would not. */
function inverse(scale: number): number | undefined {
  const whole = Math.round(1 / scale)
  return scale < 1 && Math.abs(whole * scale - 1) < 1e-9 ? whole : undefined
}

function toRaw(value: number, scale: number): number {
  if (scale === 1) return value
  const by = inverse(scale)
  return by === undefined ? value / scale : value * by
}

function fromRaw(raw: number, scale: number): number {
  if (scale === 1) return raw
  const by = inverse(scale)
  return by === undefined ? raw * scale : raw / by
}
