import { beforeEach, describe, expect, it } from 'vitest'
import type { Handle } from '../../../../src/northbound/modbus/transport/connection.ts'
import { RtuLine } from '../../../../src/northbound/modbus/transport/rtu-line.ts'
import { loadSerial } from '../../../../src/northbound/modbus/transport/serial-port.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { MemorySerial } from '../../../support/memory-serial.ts'
import { join, rtu } from '../../../support/rtu.ts'
import { hex, RecordingLog, toHex } from './support.ts'

const settings = { port: '/dev/ttyTEST', baudRate: 19_200, parity: 'even', stopBits: 1, writable: false } as const
const READ = rtu('07 03 0064 0001')
const ANSWER = toHex(rtu('07 03 02 1234'))
const WRITE = rtu('07 06 0064 0064')

let clock: FakeClock
let log: RecordingLog
let serial: MemorySerial
let asked: string[]

/** Reads answer 0x1234, everything else its request. */
const answer: Handle = (unit, pdu, peer) => {
  asked.push(`${peer.kind} ${peer.name} ${unit} ${toHex(pdu)}`)
  return pdu[0] === 3 ? hex('03 02 1234') : pdu.slice()
}

beforeEach(() => {
  clock = new FakeClock()
  log = new RecordingLog()
  serial = new MemorySerial()
  asked = []
})

async function start(handle: Handle = answer) {
  const isOwn = (unit: number) => unit === 7
  const line = new RtuLine({ settings, handle, isOwn, load: () => Promise.resolve(serial.open), clock, log })
  expect(await line.start()).toBe('rtu:/dev/ttyTEST')
  return line
}

/** Lets promises go on that wait for nothing. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('A serial line', () => {
  it('opens its port as configured and answers within the call that brings the last byte', async () => {
    await start()
    expect(serial.opened).toEqual([settings])
    serial.hear(READ.subarray(0, 5))
    serial.hear(READ.subarray(5))
    expect(serial.sent).toEqual([ANSWER])
    expect(asked).toEqual(['line /dev/ttyTEST 7 0300640001'])
  })

  it('sends an answer that had to wait, unless its master has asked something else since', async () => {
    const held: (() => void)[] = []
    await start((unit, pdu, peer, frame) => {
      const own = answer(unit, pdu, peer, frame)
      return pdu[0] === 6 && own instanceof Uint8Array ? (send) => void held.push(() => send(own)) : own
    })
    serial.hear(WRITE)
    expect(serial.sent).toEqual([])
    held.shift()?.()
    expect(serial.sent).toEqual([toHex(WRITE)])
    serial.hear(WRITE)
    serial.hear(READ)
    held.shift()?.()
    expect(serial.sent).toEqual([toHex(WRITE), ANSWER])
    // Of another unit: what it answers would meet the late answer on the line.
    serial.hear(WRITE)
    serial.hear(rtu('08 03 0064 0001'))
    held.shift()?.()
    expect(serial.sent).toEqual([toHex(WRITE), ANSWER])
  })

  it('tells of a request the whole frame that came, with its checksum', async () => {
    const frames: string[] = []
    await start((unit, pdu, peer, frame) => {
      frames.push(frame())
      return answer(unit, pdu, peer, frame)
    })
    serial.hear(WRITE)
    expect(frames).toEqual([toHex(WRITE)])
  })

  it('keeps quiet for other units and broadcasts, and says once that a broadcast is not carried out', async () => {
    await start()
    for (let n = 0; n < 5; n += 1) serial.hear(join(rtu('09 03 0064 0001'), rtu('00 06 0064 0000')))
    expect(serial.sent).toEqual([])
    expect(asked).toEqual([])
    expect(log.count('warn', 'not carried out')).toBe(1)
  })

  it('answers behind noise after a silence, and says once that there is noise', async () => {
    await start()
    for (let n = 1; n <= 3; n += 1) {
      serial.hear(join(hex('ff 00'), READ))
      clock.advance(21)
      expect(serial.sent).toHaveLength(n - 1)
      clock.advance(3)
      expect(serial.sent).toHaveLength(n)
    }
    expect(log.count('warn', 'noise')).toBe(1)
  })

  it('takes a frame whose pieces its adapter brings one after the other', async () => {
    await start()
    for (const byte of READ) {
      clock.advance(16)
      serial.hear(Uint8Array.of(byte))
    }
    expect(serial.sent).toEqual([ANSWER])
  })

  it('waits anew where the process, not the line, was late', async () => {
    const slow = new FakeClock()
    const late = { now: () => slow.now(), steady: () => slow.steady() + lag, after: slow.after.bind(slow) }
    let lag = 0
    const isOwn = (unit: number) => unit === 7
    const line = new RtuLine({ settings, handle: answer, isOwn, load: async () => serial.open, clock: late, log })
    await line.start()
    serial.hear(READ.subarray(0, 5))
    lag = 100
    slow.advance(23)
    serial.hear(READ.subarray(5))
    expect(serial.sent).toEqual([ANSWER])
  })

  it('tells a master of a bug of ours with exception 4, and goes on', async () => {
    let broken = true
    await start((unit, pdu, peer, frame) => {
      if (broken) throw new Error('a bug')
      return answer(unit, pdu, peer, frame)
    })
    serial.hear(READ)
    broken = false
    serial.hear(READ)
    expect(serial.sent).toEqual([toHex(rtu('07 83 04')), ANSWER])
    expect(log.count('error', 'request failed')).toBe(1)
  })

  it('carries nothing out while its answers are not taken', async () => {
    await start()
    serial.waiting = 513
    for (let n = 0; n < 100; n += 1) serial.hear(WRITE)
    expect(asked).toEqual([])
    serial.waiting = 0
    serial.hear(READ)
    expect(serial.sent).toEqual([ANSWER])
  })
})

describe('An adapter that hears itself', () => {
  it('is told by its first answer; a write is carried out once for each that a master sends', async () => {
    serial.echoes = true
    await start()
    serial.hear(WRITE)
    expect(asked).toHaveLength(1)
    serial.hear(WRITE)
    serial.hear(READ)
    serial.hear(WRITE)
    expect(asked).toHaveLength(4)
    expect(serial.sent).toHaveLength(4)
  })

  it('is not taken for one where equal writes follow each other after a while', async () => {
    await start()
    for (let n = 0; n < 5; n += 1) {
      serial.hear(WRITE)
      clock.advance(100)
    }
    expect(asked).toHaveLength(5)
  })

  it('is not taken for one after three reads were answered and did not come back', async () => {
    await start()
    for (let n = 0; n < 4; n += 1) serial.hear(READ)
    serial.hear(WRITE)
    serial.hear(WRITE)
    serial.hear(WRITE)
    expect(asked).toHaveLength(7)
  })

  it('is still told where the echo of the first answer is damaged: no write goes round for ever', async () => {
    await start()
    serial.hear(WRITE)
    serial.hear(hex('07 06 0064 8064 0000'))
    clock.advance(100)
    serial.echoes = true
    serial.hear(WRITE)
    serial.hear(READ)
    serial.hear(WRITE)
    expect(asked).toHaveLength(4)
  })

  it('is heard though the process reads late what came back', async () => {
    serial.echoes = true
    await start()
    serial.hear(READ)
    serial.echoes = false
    serial.hear(WRITE)
    clock.advance(300)
    serial.hear(WRITE)
    expect(asked).toHaveLength(2)
    clock.advance(1000)
    serial.hear(WRITE)
    expect(asked).toHaveLength(3)
  })

  it('may bring back several answers in a row, to requests that came in one piece', async () => {
    await start()
    serial.hear(join(WRITE, READ, WRITE))
    serial.hear(join(WRITE, rtu('07 03 02 1234'), WRITE))
    clock.advance(100)
    expect(asked).toHaveLength(3)
  })

  it('loses nothing of what began like an echo', async () => {
    await start()
    serial.hear(READ)
    // 07 03 is how the answer began, too.
    serial.hear(READ.subarray(0, 2))
    serial.hear(READ.subarray(2))
    expect(serial.sent).toEqual([ANSWER, ANSWER])
  })
})

describe('A port that is away', () => {
  it('is opened when it comes, with one line in the log about each', async () => {
    serial.plugged = false
    await start()
    expect(serial.isOpen).toBe(false)
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = serial.attempts
      clock.advance(wait - 1)
      expect(serial.attempts).toBe(before)
      clock.advance(1)
      await settle()
      expect(serial.attempts).toBe(before + 1)
    }
    expect(log.count('error', '/dev/ttyTEST')).toBe(1)
    serial.plugged = true
    clock.advance(30_000)
    await settle()
    expect(log.count('info', 'open again')).toBe(1)
    serial.hear(READ)
    expect(serial.sent).toEqual([ANSWER])
  })

  it('while a frame is coming in leaves nothing of it behind', async () => {
    await start()
    serial.hear(READ.subarray(0, 5))
    serial.unplug()
    serial.plugged = true
    clock.advance(1_000)
    await settle()
    serial.hear(READ)
    expect(serial.sent).toEqual([ANSWER])
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'info'])
  })

  it('is noticed though it only seems silent', async () => {
    await start()
    serial.plugged = false
    clock.advance(2_000)
    expect(serial.isOpen).toBe(false)
    expect(log.count('error', 'it is gone')).toBe(1)
    serial.plugged = true
    clock.advance(1_000)
    await settle()
    serial.hear(READ)
    expect(serial.sent).toEqual([ANSWER])
  })

  it('is tried no more once the bridge stops', async () => {
    const line = await start()
    serial.unplug()
    await line.stop()
    expect(clock.waiting).toBe(0)
  })
})

describe('Stopping', () => {
  it('closes the port, and nothing waits any longer', async () => {
    const line = await start()
    serial.hear(READ.subarray(0, 5))
    await line.stop()
    expect(serial.isOpen).toBe(false)
    expect(clock.waiting).toBe(0)
  })
})

describe('The package serialport', () => {
  it('that is not there is one sentence, which says how to get it', async () => {
    await expect(loadSerial('serialport-that-is-not-there')).rejects.toThrow(
      'modbus.rtu needs the package serialport, which is not installed: npm install --include=optional',
    )
  })
})
