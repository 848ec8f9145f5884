import { expect } from 'vitest'
import { parseApdu } from '../../src/northbound/bacnet/wire/apdu.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'

/** Octets as hexadecimal digits, with any blanks. */
export function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
}

function parameters(hex: string, service: number): Uint8Array {
  const apdu = parseApdu(octets(hex))
  if (!('data' in apdu)) throw new Error(`${apdu.kind} has no parameters`)
  expect(apdu.service).toBe(service)
  return apdu.data
}

/** Reads the parameters, compares them, and writes them to the same octets. */
export function same<Value>(
  hex: string,
  service: number,
  codec: readonly [read: (reader: Reader) => Value, write: (writer: Writer, value: Value) => void],
  value: Value,
): void {
  const [read, write] = codec
  const data = parameters(hex, service)
  expect(read(new Reader(data))).toEqual(value)
  const writer = new Writer()
  write(writer, value)
  expect(writer.finish()).toEqual(data)
}

/** The same for codecs that write the whole APDU. */
export function sameApdu<Value>(
  hex: string,
  service: number,
  codec: readonly [read: (reader: Reader) => Value, write: (writer: Writer, value: Value) => void],
  value: Value,
): void {
  const [read, write] = codec
  expect(read(new Reader(parameters(hex, service)))).toEqual(value)
  const writer = new Writer()
  write(writer, value)
  expect(writer.finish()).toEqual(octets(hex))
}
