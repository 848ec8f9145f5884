import { describe, expect, it } from 'vitest'
import { encodeFrame, type Frame, FrameReader, FramingError } from '../../../../src/northbound/modbus/wire/mbap.ts'
import { adu, hex, toHex } from './support.ts'

function read(...chunks: readonly Uint8Array[]): { frames: string[]; reader: FrameReader } {
  const reader = new FrameReader()
  const frames: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(show(frame))
  }
  return { frames, reader }
}

function show({ transaction, unit, pdu }: Frame): string {
  return `${transaction}/${unit}/${toHex(pdu)}`
}

const one = adu(0x1501, 255, '0300040001')

describe('Framing on TCP', () => {
  it('reads transaction, unit and PDU', () => {
    // Modbus Messaging on TCP/IP V1.0b: register 5 of unit 255, transaction 15 01.
    expect(read(hex('1501 0000 0006 FF 03 0004 0001')).frames).toEqual(['5377/255/0300040001'])
  })

  it('puts a frame together from any two pieces', () => {
    for (let cut = 0; cut <= one.length; cut += 1) {
      expect(read(one.subarray(0, cut), one.subarray(cut)).frames).toEqual(['5377/255/0300040001'])
    }
  })

  it('puts a frame together from single bytes', () => {
    expect(read(...Array.from(one, (byte) => Uint8Array.of(byte))).frames).toEqual(['5377/255/0300040001'])
  })

  it('finds several frames in one chunk and keeps the half of the last', () => {
    const two = adu(2, 1, '0400000002')
    const { frames, reader } = read(Buffer.concat([one, two, one.subarray(0, 9)]))
    expect(frames).toEqual(['5377/255/0300040001', '2/1/0400000002'])
    expect(reader.partial).toBe(true)
    reader.push(one.subarray(9))
    expect(reader.next()).toMatchObject({ transaction: 0x1501 })
    expect(reader.partial).toBe(false)
  })

  it('keeps what was not asked for yet when more comes', () => {
    const reader = new FrameReader()
    reader.push(Buffer.concat([one, one]))
    reader.next()
    reader.push(adu(3, 1, '0400000002'))
    expect(reader.next()?.transaction).toBe(0x1501)
    expect(reader.next()?.transaction).toBe(3)
    expect(reader.next()).toBeUndefined()
  })

  it('takes the shortest and the longest frame', () => {
    expect(read(adu(1, 1, '07')).frames).toEqual(['1/1/07'])
    const longest = new Uint8Array(253).fill(0x10)
    expect(read(adu(1, 1, longest)).frames).toEqual([`1/1/${toHex(longest)}`])
  })

  it.each([
    ['a protocol that is not 0', '0001 0001', 'protocol'],
    ['a length of 0', '0001 0000 0000', 'length'],
    ['a length of 1', '0001 0000 0001', 'length'],
    ['a length of 255', '0001 0000 00FF', 'length'],
    ['a length of 65535', '0001 0000 FFFF', 'length'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n').toString('hex'), 'protocol'],
    ['zeros', '00'.repeat(64), 'length'],
    ['ones', 'ff'.repeat(64), 'protocol'],
  ])('refuses %s, whole or byte by byte', (_what, text, reason) => {
    const bytes = hex(text)
    for (const chunks of [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte))]) {
      try {
        read(...chunks)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(FramingError)
        expect((error as FramingError).reason).toBe(reason)
      }
    }
  })

  it('waits for no more than a header before it refuses', () => {
    expect(() => read(hex('0001 0001'))).toThrow(FramingError)
    expect(read(hex('0001 00')).frames).toEqual([])
  })

  it('writes a frame with the transaction and the unit it is told', () => {
    expect(toHex(encodeFrame(0xabcd, 17, hex('83 02')))).toBe('abcd00000003118302')
    expect(toHex(encodeFrame(1, 2, new Uint8Array(253)).subarray(0, 7))).toBe('0001000000fe02')
  })
})
