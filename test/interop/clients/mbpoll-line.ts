import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** -V prints the version and exits; without the binary there is no status at all. */
export const hasMbpoll = spawnSync('mbpoll', ['-V']).error === undefined

/** A row of `points --format csv` by column. */
export type Row = Readonly<Record<string, string>>

/** Runs a row's line as it is printed, and makes the point's value of what it says; null: nothing is known, or released. */
export async function readByLine(row: Row): Promise<number | string | null> {
  const { stdout } = await run('sh', ['-c', row['modbus.mbpoll'] ?? ''])
  const raw = [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map(([, value = '']) => value)
  if (raw.length === 0) throw new Error(`${row['modbus.mbpoll']} says ${stdout}`)
  const type = row['modbus.type'] ?? ''
  if (type === 'bit') return Number(raw[0])
  if (type === 'bits') return (Number(raw[0]) >> Number(row['modbus.bit'])) & (2 ** Number(row['modbus.bits'] || 1) - 1)
  const registers = raw[0]?.startsWith('0x') ? bytes(raw, row['modbus.wordOrder'] ?? 'ABCD', type) : undefined
  if (type === 'string') return registers?.toString('utf8').replace(/\0[\s\S]*$/, '') ?? ''
  // Of one register mbpoll shows the number without a sign.
  const shown = registers === undefined ? Number(raw[0]) : number(registers, type)
  const value = type === 'int16' ? (shown << 16) >> 16 : shown
  const scale = Number(row['modbus.scale'])
  return isAbsent(value, type) ? null : value * scale
}

/** The bytes of a value, highest first; texts have bytes to change places, but no words. */
function bytes(registers: readonly string[], wordOrder: string, type: string): Buffer {
  const all = Buffer.from(registers.map((each) => each.slice(2)).join(''), 'hex')
  if (wordOrder === 'BADC' || wordOrder === 'DCBA') all.swap16()
  if (type === 'string' || wordOrder === 'ABCD' || wordOrder === 'BADC') return all
  return Buffer.concat(
    Array.from({ length: all.length / 2 }, (_, n) => all.subarray(all.length - 2 * n - 2, all.length - 2 * n)),
  )
}

function number(registers: Buffer, type: string): number {
  switch (type) {
    case 'uint32':
      // As mbpoll shows those of two registers that it knows.
      return registers.readInt32BE(0)
    case 'int32':
      return registers.readInt32BE(0)
    case 'float32':
      return registers.readFloatBE(0)
    case 'float64':
      return registers.readDoubleBE(0)
    case 'int64':
      return Number(registers.readBigInt64BE(0))
    case 'uint64':
      return Number(registers.readBigUInt64BE(0))
    default:
      throw new Error(`no registers of type ${type}`)
  }
}

function isAbsent(value: number, type: string): boolean {
  if (type === 'uint16') return value === 0xffff
  if (type === 'int16') return value === -0x8000
  if (type === 'uint32') return value === -1
  if (type === 'int32') return value === -0x8000_0000
  if (type === 'uint64') return value >= 2 ** 64 - 2048
  if (type === 'int64') return value <= -(2 ** 63)
  return Number.isNaN(value)
}
