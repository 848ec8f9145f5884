import { crc16 } from '../../src/northbound/modbus/wire/crc16.ts'
import { type RtuParts, RtuReader } from '../../src/northbound/modbus/wire/rtu.ts'
import { octets } from './octets.ts'

/** A frame as it goes over the line: unit and PDU in hexadecimal, and their CRC. */
export function rtu(text: string): Uint8Array {
  const body = octets(text)
  const crc = crc16(body, 0, body.length)
  return Uint8Array.of(...body, crc & 0xff, crc >> 8)
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** A reader for the units 7 and 247, and what came of what it heard: `unit pdu` in hexadecimal. */
export function listen(own: Iterable<number> = [7, 247]) {
  const units = new Set(own)
  const requests: string[] = []
  const broadcasts: string[] = []
  const heard = { noise: 0 }
  const parts: RtuParts = {
    isOwn: (unit) => units.has(unit),
    broadcast: (pdu) => void broadcasts.push(Buffer.from(pdu).toString('hex')),
    noise: (bytes) => {
      heard.noise += bytes
    },
  }
  const reader = new RtuReader(parts)
  const take = () => {
    for (let frame = reader.next(); frame !== undefined; frame = reader.next())
      requests.push(`${frame.unit} ${Buffer.from(frame.pdu).toString('hex')}`)
  }
  return {
    reader,
    requests,
    broadcasts,
    heard,
    hear(...chunks: readonly Uint8Array[]) {
      for (const chunk of chunks) {
        reader.push(chunk)
        take()
      }
    },
    silence() {
      reader.silence()
      take()
    },
  }
}
