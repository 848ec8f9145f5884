import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { encodeValue, wordOrders } from '../../src/northbound/modbus/wire/data-type.ts'
import { exceptionCodes, ModbusException } from '../../src/northbound/modbus/wire/exception.ts'
import { decodeRequest } from '../../src/northbound/modbus/wire/pdu.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/modbus.md'), 'utf8')

/** The cells of the rows whose table has this header in its first column. */
function rows(header: string): readonly (readonly string[])[] {
  const lines = page.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`| ${header} `))
  const after = lines.slice(from + 2)
  const end = after.findIndex((line) => !line.startsWith('|'))
  return after.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('docs/modbus.md', () => {
  it('names every function that is served, and no other', () => {
    const told = rows('function').flatMap(([codes = '']) => codes.split('/')[0]?.split(',').map(Number) ?? [])
    const served = Array.from({ length: 128 }, (_, code) => code).filter((code) => {
      try {
        decodeRequest(Uint8Array.of(code, 14))
        return true
      } catch (error) {
        return !(error instanceof ModbusException) || error.code !== exceptionCodes.illegalFunction
      }
    })
    expect(told.sort((a, b) => a - b)).toEqual(served)
  })

  it('shows each word order as it is', () => {
    const hex = (type: 'uint32' | 'float32', wordOrder: (typeof wordOrders)[number], value: number) => {
      const bytes = new Uint8Array(4)
      encodeValue({ type, words: 2, wordOrder, scale: 1 }, value, bytes, 0)
      return Buffer.from(bytes).toString('hex').toUpperCase().replace(/^..../, '$& ')
    }
    expect(rows('`wordOrder`').map((cells) => cells.slice(0, 3))).toEqual(
      wordOrders.map((order) => [`\`${order}\``, hex('uint32', order, 0x12345678), hex('float32', order, 123.456)]),
    )
  })

  it('has the registers of bridge.yaml where they are', () => {
    const { bridge } = parse(readFileSync(join(root, 'mappings/bridge.yaml'), 'utf8')) as {
      bridge: readonly { point: string; modbus: { address: number } }[]
    }
    const told = rows('registers').flatMap(([registers = '', , what = '']) => {
      const names = [...what.matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name)
      return names.map((name, n) => [name, Number(registers.split('-')[0]) + n] as const)
    })
    const own = bridge.map(({ point, modbus }) => [point, modbus.address] as const)
    expect(new Map(told)).toEqual(new Map(own))
  })
})
