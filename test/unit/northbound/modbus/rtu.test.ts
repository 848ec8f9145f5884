import { describe, expect, it } from 'vitest'
import { crc16 } from '../../../../src/northbound/modbus/wire/crc16.ts'
import { encodeRtu } from '../../../../src/northbound/modbus/wire/rtu.ts'
import { join, listen, rtu } from '../../../support/rtu.ts'
import { hex, toHex } from './support.ts'

const READ = rtu('07 03 0064 000a')
const WRITE = rtu('07 06 0064 0064')

/** A frame whose last byte is not what it was. */
function damaged(frame: Uint8Array): Uint8Array {
  return Uint8Array.from(frame, (byte, n) => (n === frame.length - 1 ? byte ^ 0x01 : byte))
}

describe('The CRC', () => {
  it.each([
    // Modbus over Serial Line V1.02, 6.2.2.
    ['02 07', 0x1241],
    // A request that many manuals show: 01 03 00 00 00 0a c5 cd.
    ['01 03 0000 000a', 0xcdc5],
  ])('of %s is that of the standard', (text, crc) => {
    const bytes = hex(text)
    expect(crc16(bytes, 0, bytes.length)).toBe(crc)
  })

  it('stands low byte first behind an answer', () => {
    expect(toHex(encodeRtu(2, hex('07')))).toBe('02074112')
  })
})

describe('A request to a unit of ours', () => {
  it.each([
    ['01 0000 0008', 'read coils'],
    ['02 0000 0008', 'read discrete inputs'],
    ['03 0000 0008', 'read holding registers'],
    ['04 0000 0008', 'read input registers'],
    ['05 0000 ff00', 'write a coil'],
    ['06 0000 0008', 'write a register'],
    ['07', 'read exception status'],
    ['08 0000 a537', 'diagnostics'],
    ['0b', 'event counter'],
    ['0c', 'event log'],
    ['0f 0000 0009 02 ff01', 'write coils'],
    ['10 0000 0002 04 0001 0002', 'write registers'],
    ['11', 'report server id'],
    ['14 07 06 0004 0001 0002', 'read file record'],
    ['15 09 06 0004 0007 0001 06af', 'write file record'],
    ['16 0004 00f2 0025', 'mask write'],
    ['17 0000 0001 0000 0001 02 0005', 'read and write'],
    ['18 04de', 'read FIFO queue'],
    ['2b 0e 01 00', 'device identification'],
  ])('with function %s (%s) is there with its last byte', (pdu) => {
    const line = listen()
    const frame = rtu(`07 ${pdu}`)
    line.hear(frame.subarray(0, -1))
    expect(line.requests).toEqual([])
    line.hear(frame.subarray(-1))
    expect(line.requests).toEqual([`7 ${pdu.replaceAll(' ', '')}`])
    expect(line.reader.partial).toBe(false)
  })

  it('may come byte by byte, and others right behind it', () => {
    const line = listen()
    line.hear(...[...join(READ, WRITE, rtu('f7 04 0000 0001'))].map((byte) => Uint8Array.of(byte)))
    expect(line.requests).toEqual(['7 030064000a', '7 0600640064', '247 0400000001'])
  })

  it('with a function that nobody knows is there once the line is silent', () => {
    const line = listen()
    line.hear(rtu('07 41 0102'))
    expect(line.requests).toEqual([])
    line.silence()
    expect(line.requests).toEqual(['7 410102'])
  })

  it.each([
    ['a byte too many', '03 0064 000a 00'],
    ['a byte too few', '03 0064 00'],
    ['a byte count that is not that of its registers', '10 0064 0002 02 0001 0002'],
    ['a byte count that no frame has room for', '10 0064 0002 ff 0001'],
  ])('and a sound CRC but %s is there once the line is silent, to be told what is wrong', (_what, pdu) => {
    const line = listen()
    line.hear(rtu(`07 ${pdu}`))
    expect(line.requests).toEqual([])
    line.silence()
    expect(line.requests).toEqual([`7 ${pdu.replaceAll(' ', '')}`])
  })

  it('with a wrong CRC is none, neither at once nor after silence', () => {
    const line = listen()
    line.hear(damaged(WRITE))
    line.silence()
    expect(line.requests).toEqual([])
    expect(line.heard.noise).toBe(8)
  })

  it('whose value lost a bit is none', () => {
    const line = listen()
    line.hear(Uint8Array.from(WRITE, (byte, n) => (n === 5 ? byte ^ 0x04 : byte)))
    line.silence()
    expect(line.requests).toEqual([])
  })
})

describe('Noise', () => {
  const noise = hex('00 ff 13')

  it('before a request costs it a moment of silence', () => {
    const line = listen()
    line.hear(noise, READ)
    expect(line.requests).toEqual([])
    line.silence()
    expect(line.requests).toEqual(['7 030064000a'])
    expect(line.heard.noise).toBe(3)
  })

  it('after a request doesn’t delay it, and is gone with the silence', () => {
    const line = listen()
    line.hear(join(READ, noise))
    expect(line.requests).toEqual(['7 030064000a'])
    line.silence()
    line.hear(WRITE)
    expect(line.requests).toEqual(['7 030064000a', '7 0600640064'])
  })

  it('of any length before a request takes no more room than a frame', () => {
    const line = listen()
    for (let n = 0; n < 1000; n += 1) line.hear(Uint8Array.from({ length: 997 }, (_, at) => at * n))
    line.hear(READ)
    line.silence()
    expect(line.requests).toEqual(['7 030064000a'])
    expect(line.heard.noise).toBe(997_000)
  })

  it('before what is not as long as its function says makes a request of neither', () => {
    const line = listen()
    line.hear(noise, rtu('07 03 0064 000a 00'))
    line.silence()
    line.hear(noise, rtu('07 41 0102'))
    line.silence()
    expect(line.requests).toEqual([])
  })

  it('of both sides hides a request, as something that has more behind it waits for no answer', () => {
    const line = listen()
    line.hear(noise, WRITE, noise)
    line.silence()
    expect(line.requests).toEqual([])
  })

  it('in the shape of a beginning is given up with the silence', () => {
    const line = listen()
    line.hear(rtu('07 10 0064 0010 20').subarray(0, 7))
    line.silence()
    line.hear(READ)
    expect(line.requests).toEqual(['7 030064000a'])
  })

  it('in the shape of a beginning gives way to the request that follows at once', () => {
    const line = listen()
    line.hear(rtu('07 10 0064 0010 20').subarray(0, 7), READ)
    line.silence()
    expect(line.requests).toEqual(['7 030064000a'])
  })
})

describe('What others say on the line', () => {
  it.each([
    ['a request', '09 03 0064 000a', '07 03 0000 0001'],
    ['a write of many registers', '09 10 0064 0002 04 0706 0064', '07 03 0000 0001'],
    ['an answer of two bytes', '09 03 02 0706', '07 03 0000 0001'],
    ['an answer of three bytes of bits, which has the shape of a request', '09 01 03 000001', '07 03 0000 0001'],
    ['an answer of a hundred registers', `09 03 c8 ${'0706'.repeat(100)}`, '07 03 0000 0001'],
    ['an exception', '09 83 02', '07 03 0000 0001'],
    ['what a write is answered with', '09 10 0064 0002', '07 03 0000 0001'],
    ['exception status', '09 07 6d', '07 03 0000 0001'],
    ['a server id', '09 11 03 310aff', '07 03 0000 0001'],
    ['a FIFO queue', '09 18 0006 0002 01b8 1284', '07 03 0000 0001'],
    ['a mask write', '09 16 0004 00f2 0025', '07 03 0000 0001'],
  ])('is passed over: %s', (_what, theirs, ours) => {
    const line = listen()
    line.hear(rtu(theirs))
    expect(line.reader.partial).toBe(false)
    line.hear(rtu(ours))
    expect(line.requests).toEqual(['7 0300000001'])
    expect(line.heard.noise).toBe(0)
  })

  it('is never carried out, though an answer holds a whole write to a unit of ours', () => {
    const line = listen()
    line.hear(rtu(`09 03 08 ${toHex(WRITE)}`))
    line.silence()
    expect(line.requests).toEqual([])
    expect(line.heard.noise).toBe(0)
  })

  it('is never carried out, though the answer that holds a write begins like a sound request', () => {
    const line = listen()
    // Eight bytes with a CRC of their own, the write, and one byte more: 14 bytes of data.
    const data = join(rtu('09 03 0e 00 0000').subarray(3), WRITE, hex('00'))
    const whole = rtu(`09 03 0e ${toHex(data)}`)
    line.hear(rtu('09 03 0000 0007'), whole)
    // Asked twice, as nobody answered the first time; then in pieces.
    line.hear(rtu('09 03 0400 0007'), rtu('09 03 0400 0007'))
    line.silence()
    line.hear(...Array.from(whole, (byte) => Uint8Array.of(byte)), READ)
    expect(line.requests).toEqual(['7 030064000a'])
    expect(line.heard.noise).toBe(0)
  })

  it('is never carried out, though noise hid the beginning of what holds a write', () => {
    const line = listen()
    line.hear(hex('00'), rtu(`09 10 0000 0004 08 ${toHex(WRITE)}`))
    line.silence()
    expect(line.requests).toEqual([])
  })

  it('with a function that nobody knows is over with the silence', () => {
    const line = listen()
    line.hear(rtu('09 64 0102030405'))
    line.silence()
    line.hear(READ)
    expect(line.requests).toEqual(['7 030064000a'])
    expect(line.heard.noise).toBe(0)
  })

  it('on a line that is never silent hides no request behind which it falls silent', () => {
    const line = listen()
    for (let n = 0; n < 50; n += 1) line.hear(rtu('09 2b 0e 01 01 00 00 01 00 03 414243'), rtu('09 03 0000 0001'))
    line.hear(READ)
    line.silence()
    expect(line.requests).toEqual(['7 030064000a'])
  })
})

describe('A broadcast', () => {
  it('is told of, and is no request', () => {
    const line = listen()
    line.hear(rtu('00 06 0064 0000'), READ)
    expect(line.broadcasts).toEqual(['0600640000'])
    expect(line.requests).toEqual(['7 030064000a'])
  })

  it('is none of ours even where 0 is said to be', () => {
    const line = listen([0, 7])
    line.hear(rtu('00 06 0064 0000'))
    line.silence()
    expect(line.requests).toEqual([])
  })
})
