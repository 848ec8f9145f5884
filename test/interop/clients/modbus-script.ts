import type { WordOrder } from '../../../src/northbound/modbus/wire/data-type.ts'

export type ClientName = 'modbus-serial' | 'jsmodbus' | 'mbpoll' | 'pymodbus'
type NumberType = 'uint16' | 'int16' | 'uint32' | 'int32' | 'uint64' | 'float32' | 'float64'

/** What a client is told to do; `unit` is 7, the charger, unless it says another. */
export type Step = { readonly unit?: number } & (
  | {
      readonly do: 'read-bits'
      readonly table: 'coil' | 'discrete'
      readonly address: number
      readonly quantity: number
    }
  | {
      readonly do: 'read-registers'
      readonly table: 'input' | 'holding'
      readonly address: number
      readonly quantity: number
    }
  | { readonly do: 'read-number'; readonly address: number; readonly type: NumberType; readonly order: WordOrder }
  | { readonly do: 'read-text'; readonly address: number; readonly words: number; readonly order: WordOrder }
  | { readonly do: 'write-coil' | 'write-register'; readonly address: number; readonly value: number }
  | { readonly do: 'write-coils' | 'write-registers'; readonly address: number; readonly values: readonly number[] }
  | {
      readonly do: 'read-write'
      readonly address: number
      readonly quantity: number
      readonly values: readonly number[]
    }
  | { readonly do: 'mask-write'; readonly address: number; readonly and: number; readonly or: number }
  | { readonly do: 'unknown-function' }
)

/** Registers or bits, a number, a text, an accepted write, or an exception's code. */
export type Outcome = readonly number[] | number | string | 'written' | { readonly exception: number }

export interface ScriptLine {
  readonly step: Step
  readonly outcome: Outcome
  /** Those whose libraries can't ask this. */
  readonly not?: readonly ClientName[]
  /** The charger has gone by then. */
  readonly away?: true
}

/** 0x12345678 Wh, so that no byte is like another; the power is negative. */
export const ENERGY_WH = 0x12345678
export const POWER_W = -7360

const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
const numbers: readonly {
  readonly point: string
  readonly type: NumberType
  readonly scale?: number
  readonly shown: number
}[] = [
  { point: 'energy', type: 'uint32', shown: ENERGY_WH },
  { point: 'energy', type: 'uint64', shown: ENERGY_WH },
  { point: 'energy', type: 'float32', shown: Math.fround(ENERGY_WH) },
  { point: 'energy', type: 'float64', shown: ENERGY_WH },
  { point: 'power', type: 'int32', scale: 0.1, shown: 10 * POWER_W },
  { point: 'power', type: 'float32', shown: POWER_W },
  { point: 'power', type: 'float64', shown: POWER_W },
  { point: 'power', type: 'int16', shown: POWER_W },
  { point: 'status', type: 'uint16', shown: 2 },
]

export function wordsOf(type: NumberType): number {
  return Number(type.replace(/\D+/, '')) / 16
}

/** Each of them in each order, one after the other from register 0 of connector 1 on. */
const placed = (() => {
  let address = 0
  return numbers.flatMap(({ point, type, scale, shown }) =>
    orders.map((order) => {
      const row = { table: 'input', address, type, wordOrder: order, ...(scale !== undefined && { scale }) }
      address += wordsOf(type)
      return { row: { point, modbus: row }, step: { type, order, address: 200 + row.address }, shown }
    }),
  )
})()

/** Rows of a connector whose blocks are 200 registers long. */
export const numberRows = placed.map(({ row }) => row)

const text = [0x4142, 0x4300, 0, 0, 0, 0, 0, 0, 0, 0]

/** The same for every client, in this order: each line begins with what those before it have left. */
export const script: readonly ScriptLine[] = [
  ...placed.map(({ step, shown }) => ({ step: { do: 'read-number', ...step } as const, outcome: shown })),
  { step: { do: 'read-text', address: 10_000, words: 10, order: 'ABCD' }, outcome: 'ACME' },
  { step: { do: 'read-text', address: 10_020, words: 10, order: 'BADC' }, outcome: 'ACME' },
  { step: { do: 'read-registers', table: 'input', address: 10_000, quantity: 3 }, outcome: [0x4143, 0x4d45, 0] },
  { step: { do: 'read-registers', table: 'holding', address: 10_000, quantity: 3 }, outcome: [0x4143, 0x4d45, 0] },
  { step: { do: 'read-registers', table: 'holding', address: 390, quantity: 2 }, outcome: [0, 0] },
  { step: { do: 'read-bits', table: 'discrete', address: 200, quantity: 8 }, outcome: [1, 1, 0, 0, 1, 1, 0, 0] },
  { step: { do: 'read-bits', table: 'coil', address: 200, quantity: 8 }, outcome: [1, 1, 0, 0, 1, 1, 0, 0] },
  { step: { do: 'write-register', address: 300, value: 100 }, outcome: 'written' },
  { step: { do: 'read-registers', table: 'holding', address: 300, quantity: 2 }, outcome: [100, 0xffff] },
  { step: { do: 'write-registers', address: 300, values: [160, 0] }, outcome: 'written' },
  { step: { do: 'read-registers', table: 'input', address: 300, quantity: 2 }, outcome: [160, 0] },
  { step: { do: 'write-registers', address: 310, values: [0x0001, 0x0002] }, outcome: 'written' },
  { step: { do: 'read-registers', table: 'holding', address: 310, quantity: 2 }, outcome: [1, 2] },
  { step: { do: 'write-registers', address: 10_500, values: text }, outcome: 'written' },
  { step: { do: 'read-text', address: 10_500, words: 10, order: 'ABCD' }, outcome: 'ABC' },
  { step: { do: 'write-coil', address: 204, value: 0 }, outcome: 'written' },
  { step: { do: 'read-bits', table: 'coil', address: 204, quantity: 2 }, outcome: [0, 0] },
  { step: { do: 'write-coils', address: 204, values: [1, 1] }, outcome: 'written' },
  { step: { do: 'read-bits', table: 'coil', address: 204, quantity: 2 }, outcome: [1, 1] },
  {
    step: { do: 'read-write', address: 300, quantity: 2, values: [120, 0] },
    outcome: [120, 0],
    not: ['jsmodbus', 'mbpoll'],
  },
  {
    step: { do: 'mask-write', address: 300, and: 0xff00, or: 0x0064 },
    outcome: 'written',
    not: ['jsmodbus', 'mbpoll'],
  },
  {
    step: { do: 'read-registers', table: 'holding', address: 300, quantity: 2 },
    outcome: [100, 0],
    not: ['jsmodbus', 'mbpoll'],
  },
  { step: { do: 'unknown-function' }, outcome: { exception: 1 }, not: ['jsmodbus', 'mbpoll'] },
  { step: { do: 'read-registers', table: 'holding', address: 5000, quantity: 1 }, outcome: { exception: 2 } },
  { step: { do: 'read-registers', table: 'input', address: 599, quantity: 2 }, outcome: { exception: 2 } },
  { step: { do: 'read-bits', table: 'discrete', address: 5000, quantity: 1 }, outcome: { exception: 2 } },
  { step: { do: 'write-register', address: 390, value: 1 }, outcome: { exception: 2 } },
  { step: { do: 'write-coil', address: 200, value: 1 }, outcome: { exception: 2 } },
  { step: { do: 'write-register', address: 300, value: 999 }, outcome: { exception: 3 } },
  { step: { do: 'write-registers', address: 300, values: [100, 7] }, outcome: { exception: 3 } },
  { step: { do: 'write-register', address: 310, value: 1 }, outcome: { exception: 3 } },
  { step: { do: 'write-register', address: 10, value: 1 }, outcome: 'written' },
  { step: { do: 'write-register', address: 10, value: 0 }, outcome: 'written' },
  { step: { do: 'write-register', address: 10, value: 1 }, outcome: { exception: 6 } },
  { step: { do: 'read-registers', unit: 99, table: 'holding', address: 0, quantity: 1 }, outcome: { exception: 10 } },
  { step: { do: 'write-register', unit: 99, address: 0, value: 1 }, outcome: { exception: 10 } },
  { step: { do: 'write-register', address: 11, value: 1 }, outcome: { exception: 11 }, away: true },
  { step: { do: 'read-registers', unit: 255, table: 'input', address: 0, quantity: 1 }, outcome: [1] },
]

/** A number out of registers as a client's own program would take it apart. */
export function numberFrom(registers: readonly number[], type: NumberType, order: WordOrder): number {
  const words = order === 'CDAB' || order === 'DCBA' ? [...registers].reverse() : [...registers]
  const bytes = Buffer.alloc(2 * words.length)
  for (const [n, each] of words.entries()) bytes.writeUInt16BE(each, 2 * n)
  if (registers.length > 1 && (order === 'BADC' || order === 'DCBA')) bytes.swap16()
  switch (type) {
    case 'uint16':
      return bytes.readUInt16BE()
    case 'int16':
      return bytes.readInt16BE()
    case 'uint32':
      return bytes.readUInt32BE()
    case 'int32':
      return bytes.readInt32BE()
    case 'uint64':
      return Number(bytes.readBigUInt64BE())
    case 'float32':
      return bytes.readFloatBE()
    case 'float64':
      return bytes.readDoubleBE()
  }
}

export function textFrom(registers: readonly number[], order: WordOrder): string {
  const bytes = Buffer.alloc(2 * registers.length)
  for (const [n, each] of registers.entries()) bytes.writeUInt16BE(each, 2 * n)
  if (order === 'BADC' || order === 'DCBA') bytes.swap16()
  return bytes.toString('utf8').replace(/\0.*$/s, '')
}
