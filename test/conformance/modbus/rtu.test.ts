import { describe, expect, it } from 'vitest'
import { line, openLine, rtu } from '../../support/modbus-line.ts'
import { hex } from '../../unit/northbound/modbus/support.ts'

const READ = '07 03 0064 0001'
const ANSWER = line(rtu('07 03 02 FFFF'))
const WRITE = '07 06 0064 00A0'

/** The line still works. */
function alive({ ask }: Awaited<ReturnType<typeof openLine>>): void {
  expect(ask(rtu(READ))).toEqual([ANSWER])
}

describe('The CRC', () => {
  it('R01 A sound request to a unit that is here: answered at once, with the CRC of the standard', async () => {
    // The two of them as others have computed them.
    expect(line(rtu('11 03 006B 0003'))).toBe('1103006b00037687')
    expect(line(rtu('11 05 00AC FF00'))).toBe('110500acff004e8b')
    const site = await openLine()
    site.put(rtu(READ))
    expect(site.take()).toEqual([ANSWER])
    site.quiet()
    expect(site.ask(rtu(WRITE))).toEqual([line(rtu(WRITE))])
    expect(site.slot('limit')).toBe(16)
  })

  it('R02 A wrong CRC: silence, and nothing is carried out', async () => {
    const site = await openLine()
    const frame = rtu(WRITE)
    frame[7] = (frame[7] ?? 0) ^ 0xff
    expect(site.ask(frame)).toEqual([])
    expect(site.slot('limit')).toBeNull()
    alive(site)
  })

  it('R03 Any one bit of a write flipped on its way: silence, and nothing is carried out', async () => {
    const site = await openLine()
    for (const request of [WRITE, '07 10 0064 0002 04 00A0 0001', '07 05 0069 0000']) {
      const whole = rtu(request)
      for (let bit = 0; bit < 8 * whole.length; bit += 1) {
        const frame = whole.slice()
        frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(site.ask(frame)).toEqual([])
      }
    }
    expect([site.slot('limit'), site.slot('availability'), site.link.sent]).toEqual([null, null, []])
    alive(site)
  })
})

describe('Noise', () => {
  it('R04 Noise glued to the front of a request: the request is found when the line falls silent', async () => {
    const site = await openLine()
    for (const noise of ['00', 'ff', '55 aa 00', '07', '07 03', '01 03 02']) {
      expect(site.ask(Buffer.concat([hex(noise), rtu(READ)]))).toEqual([ANSWER])
    }
  })

  it('R05 Noise glued to the end of a request: the request is answered, the noise forgotten', async () => {
    const site = await openLine()
    for (const noise of ['00', 'ff', '55 aa 00', '07 03']) {
      expect(site.ask(Buffer.concat([rtu(READ), hex(noise)]))).toEqual([ANSWER])
      alive(site)
    }
  })

  it('R06 Noise between two requests: both are answered', async () => {
    const site = await openLine()
    for (const noise of ['00', 'ff', '07', '07 10 0064 00', 'ff'.repeat(300), '00'.repeat(1000)]) {
      expect(site.ask(rtu(READ))).toEqual([ANSWER])
      expect(site.ask(hex(noise))).toEqual([])
      expect(site.ask(rtu(READ))).toEqual([ANSWER])
    }
    expect(site.log.count('warn', 'no frame')).toBe(1)
  })
})

describe('Others on the line', () => {
  it('R07 A read of a foreign unit, or of one from 248 on: silence', async () => {
    const site = await openLine()
    for (const unit of ['01', '06', '08', '09', 'f7', 'f8', 'ff'])
      expect(site.ask(rtu(`${unit} 03 0064 0001`))).toEqual([])
    for (const broken of ['09 03 7000 0001', '09 03 0064 0000', '09 63']) expect(site.ask(rtu(broken))).toEqual([])
    alive(site)
  })

  it('R08 A write to a foreign unit: silence, and nothing is carried out', async () => {
    const site = await openLine()
    for (const rest of ['06 0064 00A0', '10 0064 0001 02 00A0', '05 0069 0000', '0F 0069 0001 01 00']) {
      expect(site.ask(rtu(`09 ${rest}`))).toEqual([])
    }
    expect([site.slot('limit'), site.slot('availability'), site.link.sent]).toEqual([null, null, []])
    alive(site)
  })

  it('R09 A broadcast: no answer, and no charger is told, since other devices share the line', async () => {
    const site = await openLine()
    for (const rest of ['03 0064 0001', '06 0064 00A0', '10 0064 0001 02 00A0', '0F 0069 0001 01 00']) {
      expect(site.ask(rtu(`00 ${rest}`))).toEqual([])
    }
    expect([site.slot('limit'), site.slot('availability'), site.link.sent]).toEqual([null, null, []])
    expect(site.log.count('warn', 'all units')).toBe(1)
    alive(site)
  })

  it('R10 Another device’s answers between requests, which may look like requests: ignored', async () => {
    const site = await openLine()
    const answers = [
      '09 03 04 0000 1234',
      '09 06 0064 00A0',
      '09 10 0064 0001',
      '09 01 01 05',
      `09 03 FA ${'07'.repeat(250)}`,
    ]
    for (const answer of answers) {
      site.put(rtu('09 03 0064 0002'))
      site.put(rtu(answer))
      expect(site.ask(rtu(READ))).toEqual([ANSWER])
    }
    expect(site.slot('limit')).toBeNull()
  })

  it('R11 Another device’s answer that holds a whole write to us: ignored', async () => {
    const site = await openLine()
    const inside = line(rtu(WRITE))
    expect(site.ask(rtu(`09 03 08 ${inside}`))).toEqual([])
    expect(site.slot('limit')).toBeNull()
    alive(site)
  })

  it('R12 Another device’s exception: ignored', async () => {
    const site = await openLine()
    site.put(rtu('09 03 7000 0001'))
    site.put(rtu('09 83 02'))
    expect(site.ask(rtu(READ))).toEqual([ANSWER])
  })
})

describe('Time', () => {
  it('R13 A request cut short, then silence: forgotten, and the next is answered', async () => {
    const site = await openLine()
    for (let length = 1; length < 8; length += 1) {
      expect(site.ask(rtu(WRITE).subarray(0, length))).toEqual([])
      alive(site)
    }
    expect(site.slot('limit')).toBeNull()
  })

  it('R14 A long silence in the middle of a request: neither half counts, at any baud rate', async () => {
    for (const baudRate of [1_200, 9_600, 19_200, 115_200]) {
      const site = await openLine(baudRate)
      site.put(rtu(WRITE).subarray(0, 5))
      site.quiet(200)
      site.put(rtu(WRITE).subarray(5))
      site.quiet(200)
      expect(site.take()).toEqual([])
      expect(site.slot('limit')).toBeNull()
      alive(site)
    }
  })

  it('R15 Byte by byte with pauses of one character, as slow lines and adapters deliver it: answered', async () => {
    for (const baudRate of [1_200, 9_600, 115_200]) {
      const site = await openLine(baudRate)
      for (const byte of rtu(READ)) {
        site.put(Uint8Array.of(byte))
        site.quiet(Math.ceil(11_000 / baudRate))
      }
      expect(site.take()).toEqual([ANSWER])
    }
  })

  it('R16 Two requests back to back, no silence between: both answered, in their order', async () => {
    const site = await openLine()
    expect(site.ask(Buffer.concat([rtu(WRITE), rtu(READ)]))).toEqual([line(rtu(WRITE)), line(rtu('07 03 02 00A0'))])
  })
})

describe('Requests that are sound but wrong', () => {
  it('R17 A function that is not served: exception 1, after the silence that ends such a frame', async () => {
    const site = await openLine()
    for (const [request, answer] of [
      ['07 07', '07 87 01'],
      ['07 08 0000 1234', '07 88 01'],
      ['07 41', '07 C1 01'],
      ['07 64 010203', '07 E4 01'],
      ['07 2B 0D 00', '07 AB 01'],
    ] as const) {
      expect(site.ask(rtu(request))).toEqual([line(rtu(answer))])
    }
    alive(site)
  })

  it('R18 A wrong address, quantity or value, or more than a frame holds: exceptions 2 and 3, or silence', async () => {
    const site = await openLine()
    for (const [request, answer] of [
      ['07 03 7000 0001', '07 83 02'],
      ['07 03 0064 0000', '07 83 03'],
      ['07 03 0064 007E', '07 83 03'],
      ['07 06 0064 0141', '07 86 03'],
      ['07 05 0069 1234', '07 85 03'],
      ['07 10 0064 0002 02 00A0', '07 90 03'],
      [`07 10 0064 007B F6 ${'00'.repeat(246)}`, '07 90 02'],
    ] as const) {
      expect(site.ask(rtu(request))).toEqual([line(rtu(answer))])
    }
    expect(site.ask(rtu(`07 10 0064 007F FE ${'00'.repeat(254)}`))).toEqual([])
    expect(site.slot('limit')).toBeNull()
    alive(site)
  })

  it('R19 Several units on one line, the bridge with a number of its own: each answers for itself, function 17 too', async () => {
    const site = await openLine()
    expect(site.ask(rtu('64 03 0000 0001'))).toEqual([line(rtu('64 03 02 0001'))])
    expect(site.ask(rtu(READ))).toEqual([ANSWER])
    expect(site.ask(rtu('64 11'))).toEqual([expect.stringMatching(/^6411..01ff/)])
    expect(site.ask(rtu('07 11'))).toEqual([expect.stringMatching(/^0711..02ff/)])
    expect(site.ask(Buffer.concat([rtu('64 03 0000 0001'), rtu(READ)]))).toEqual([line(rtu('64 03 02 0001')), ANSWER])
  })
})
