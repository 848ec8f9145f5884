import { readFileSync } from 'node:fs'
import { seededRandom } from '../../src/simulator/random.ts'

interface Vectors {
  readonly exchanges: readonly { readonly request: string }[]
}

const file = new URL('../vectors/modbus/application-protocol.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

/** The standard's own requests, and such as mean something to the charger of the tests: every function, reads and writes. */
const seeds: readonly Uint8Array[] = [
  ...vectors.exchanges.map(({ request }) => request),
  '01 0064 0010',
  '02 0000 0064',
  '03 0064 007D',
  '04 2710 000A',
  '05 0069 FF00',
  '05 0068 0000',
  '06 0064 00A0',
  '06 00C8 FFFF',
  '06 0065 0001',
  '06 000A 0001',
  '06 0016 0003',
  '0F 0068 0002 01 03',
  '10 0064 0002 04 0078 0001',
  '10 0078 0002 04 0000 0005',
  '10 2904 000A 14 41424344000000000000000000000000 00000000',
  '11',
  '16 0064 00F2 0025',
  '17 0064 0002 0064 0001 02 00A0',
  '2B 0E 02 00',
].map((text) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex')))

/** Bytes that are limits, counts, codes and halves of addresses that are there. */
const TELLING = [0, 1, 2, 4, 5, 6, 0x0f, 0x10, 0x16, 0x17, 0x2b, 0x64, 0x65, 0x68, 0x7b, 0x7d, 0x7f, 0x80, 0xfe, 0xff]

export class Mutations {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  of<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('nothing to choose from')
    return value
  }

  /** A request that may be sound, or has some bytes changed, flipped, cut, added, repeated or taken from another. */
  pdu(): Uint8Array {
    if (this.below(20) === 0) return Uint8Array.from({ length: 1 + this.below(253) }, () => this.below(256))
    let bytes = [...this.of(seeds)]
    for (let changes = this.below(4); changes > 0; changes -= 1) {
      const at = this.below(bytes.length)
      switch (this.below(7)) {
        case 0:
          bytes[at] = this.below(256)
          break
        case 1:
          bytes[at] = this.of(TELLING)
          break
        case 2:
          bytes[at] = (bytes[at] ?? 0) ^ (1 << this.below(8))
          break
        case 3:
          bytes.length = Math.max(1, at)
          break
        case 4:
          bytes.splice(at, 0, ...bytes.slice(at, at + 1 + this.below(6)))
          break
        case 5:
          bytes.splice(at, 1 + this.below(3))
          if (bytes.length === 0) bytes = [this.of(TELLING)]
          break
        default:
          bytes = [...bytes.slice(0, at + 1), ...this.of(seeds).subarray(at)]
      }
    }
    return Uint8Array.from(bytes.slice(0, 253))
  }

  /** A stream of one to four frames, whose headers may lie, and whose bytes may be damaged on their way. */
  stream(frame: (pdu: Uint8Array) => Uint8Array): Uint8Array {
    const whole = Buffer.concat(Array.from({ length: 1 + this.below(4) }, () => frame(this.pdu())))
    switch (this.below(10)) {
      case 0:
        whole[this.below(whole.length)] = this.of(TELLING)
        return whole
      case 1:
        return whole.subarray(0, this.below(whole.length))
      case 2:
        return Buffer.concat([whole, Uint8Array.from({ length: 1 + this.below(20) }, () => this.below(256))])
      default:
        return whole
    }
  }

  /** The same bytes in pieces, as a network delivers them. */
  pieces(stream: Uint8Array): readonly Uint8Array[] {
    const cuts = Array.from({ length: this.below(4) }, () => this.below(stream.length + 1)).sort((a, b) => a - b)
    return [0, ...cuts]
      .map((from, n) => stream.subarray(from, [...cuts, stream.length][n]))
      .filter(({ length }) => length > 0)
  }
}
