/** A request that keeps every rule of V1.1b3 for a write; what it writes, as it stands in the frame. Shares no code with the server. */
export interface ValidWrite {
  readonly space: 'register' | 'bit'
  readonly from: number
  readonly count: number
  /** Of registers: two bytes each. Of bits: packed, the first in the lowest. Undefined where the value depends on what was there (22). */
  readonly data: Uint8Array | undefined
}

const word = (pdu: Uint8Array, at: number) => 256 * (pdu[at] ?? Number.NaN) + (pdu[at + 1] ?? Number.NaN)

/** undefined: not a write, or one that breaks a rule. */
export function validWrite(pdu: Uint8Array): ValidWrite | undefined {
  const { length } = pdu
  switch (pdu[0]) {
    case 5: {
      const value = word(pdu, 3)
      if (length !== 5 || (value !== 0 && value !== 0xff00)) return undefined
      return { space: 'bit', from: word(pdu, 1), count: 1, data: Uint8Array.of(value === 0 ? 0 : 1) }
    }
    case 6:
      return length === 5 ? { space: 'register', from: word(pdu, 1), count: 1, data: pdu.slice(3) } : undefined
    case 15: {
      const count = word(pdu, 3)
      const bytes = Math.floor((count + 7) / 8)
      if (!(count >= 1 && count <= 1968) || pdu[5] !== bytes || length !== 6 + bytes) return undefined
      return { space: 'bit', from: word(pdu, 1), count, data: pdu.slice(6) }
    }
    case 16: {
      const count = word(pdu, 3)
      if (!(count >= 1 && count <= 123) || pdu[5] !== 2 * count || length !== 6 + 2 * count) return undefined
      return { space: 'register', from: word(pdu, 1), count, data: pdu.slice(6) }
    }
    case 22:
      return length === 7 ? { space: 'register', from: word(pdu, 1), count: 1, data: undefined } : undefined
    case 23: {
      const [reads, count] = [word(pdu, 3), word(pdu, 7)]
      if (!(reads >= 1 && reads <= 125) || !(count >= 1 && count <= 121)) return undefined
      if (pdu[9] !== 2 * count || length !== 10 + 2 * count) return undefined
      return { space: 'register', from: word(pdu, 5), count, data: pdu.slice(10) }
    }
    default:
      return undefined
  }
}

export interface StrictFrame {
  readonly transaction: number
  readonly unit: number
  readonly pdu: Uint8Array
}

/** The whole frames of a TCP stream up to the first header that is none, and whether there was one. */
export function framesOf(stream: Uint8Array): { readonly frames: readonly StrictFrame[]; readonly broken: boolean } {
  const frames: StrictFrame[] = []
  for (let at = 0; ; ) {
    const left = stream.length - at
    if (left >= 4 && word(stream, at + 2) !== 0) return { frames, broken: true }
    if (left < 6) return { frames, broken: false }
    const length = word(stream, at + 4)
    if (length < 2 || length > 254) return { frames, broken: true }
    if (left < 6 + length) return { frames, broken: false }
    frames.push({
      transaction: word(stream, at),
      unit: stream[at + 6] ?? 0,
      pdu: stream.slice(at + 7, at + 6 + length),
    })
    at += 6 + length
  }
}
