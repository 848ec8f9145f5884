import { afterEach, describe, expect, it } from 'vitest'
import { adu, hex, Scene } from '../../unit/northbound/modbus/support.ts'

const scene = new Scene()

afterEach(() => scene.close())

/** The limit of connector 1: "not available", since Modbus wrote none. */
const READ = '03 0064 0001'
const ANSWER = '0302ffff'

/** Sends bytes that are no frame: the server says nothing and closes, with one line in its log; another client goes on. */
async function closedAfter(bytes: Uint8Array): Promise<void> {
  const { building, client } = await scene.open()
  const other = await scene.connect(building)
  client.send(bytes)
  await client.untilClosed()
  expect(client.answers).toEqual([])
  expect(building.log.count('warn', 'not a Modbus TCP frame')).toBe(1)
  expect(await other.ask(7, READ)).toBe(ANSWER)
}

describe('MBAP header', () => {
  it('T01 Any transaction and unit: both are in the answer, and protocol 0', async () => {
    const { client } = await scene.open()
    for (const [transaction, unit] of [
      [0, 7],
      [0xffff, 7],
      [0xbeef, 255],
      [0x0100, 200],
    ] as const) {
      client.send(adu(transaction, unit, READ))
    }
    await client.gather(4)
    expect(client.answers.map(({ transaction, unit }) => [transaction, unit])).toEqual([
      [0, 7],
      [0xffff, 7],
      [0xbeef, 255],
      [0x0100, 200],
    ])
  })

  it('T02 Protocol identifier 1: closed and logged, nothing is answered', async () => {
    await closedAfter(hex('0001 0001 0006 07 03 0064 0001'))
  })

  it.each(['0001 0000 0000 07 03 0064 0001', '0001 0000 0001 07'])(
    'T03 Length 0, or 1 and so no PDU: closed and logged (%s)',
    (bytes) => closedAfter(hex(bytes)),
  )

  it.each([`0001 0000 00FF 07 03 ${'00'.repeat(253)}`, '0001 0000 FFFF'])(
    'T04 Length 255 to 65535, more than a PDU can have: closed and logged, no byte is waited for (%s)',
    (bytes) => closedAfter(hex(bytes)),
  )

  it('T05 Length 254, the longest frame: answered', async () => {
    const { client } = await scene.open()
    client.send(Buffer.concat([hex('0001 0000 00FE 07 64'), new Uint8Array(252)]))
    expect(await client.gather(1)).toEqual(['e401'])
  })

  it('T06 A length that is short of the PDU: exception 3 for what it spans, and the stray rest ends the connection', async () => {
    const { building, client } = await scene.open()
    client.send(hex('0001 0000 0004 07 03 0064 0001 0002 0000 0006 07 03 0064 0001'))
    await client.untilClosed()
    expect(client.answers.map(({ pdu }) => pdu)).toEqual(['8303'])
    expect(building.log.count('warn', 'not a Modbus TCP frame')).toBe(1)
  })

  it('T07 A length that spans the next frame, too: exception 3, and the frame after it is answered', async () => {
    const { client } = await scene.open()
    client.send(Buffer.concat([hex('0001 0000 0012 07 03 0064 0001'), adu(2, 7, READ), adu(3, 7, READ)]))
    expect(await client.gather(2)).toEqual(['8303', ANSWER])
    expect(client.answers.map(({ transaction }) => transaction)).toEqual([1, 3])
  })
})

describe('Other things than Modbus', () => {
  it.each(['ff', '00'])('T08 64 bytes FF or 00: closed and logged (%s)', (byte) => closedAfter(hex(byte.repeat(64))))

  it.each([
    ['An HTTP GET', Buffer.from('GET / HTTP/1.1\r\nHost: bridge\r\n\r\n').toString('hex')],
    ['A TLS client hello', `16 0301 00C8 01 0000C4 0303 ${'5a'.repeat(194)}`],
  ])('T09 An HTTP GET or a TLS client hello: closed and logged (%s)', (_what, bytes) => closedAfter(hex(bytes)))

  it('T10 Garbage behind a sound request: the request is answered, then closed', async () => {
    const { client } = await scene.open()
    client.send(Buffer.concat([adu(1, 7, READ), hex('ff'.repeat(64))]))
    await client.untilClosed()
    expect(client.answers.map(({ pdu }) => pdu)).toEqual([ANSWER])
  })
})

describe('Segments', () => {
  it('T11 Byte by byte: answered once, when the last has come', async () => {
    const { client } = await scene.open()
    for (const byte of adu(1, 7, READ)) client.send(Uint8Array.of(byte))
    expect(await client.gather(1)).toEqual([ANSWER])
    expect(await client.ask(7, READ)).toBe(ANSWER)
  })

  it('T12 In two segments, split at any byte: answered', async () => {
    const { building, client } = await scene.open()
    const other = await scene.connect(building)
    const frame = adu(1, 7, '10 0064 0002 04 00A0 0001')
    for (let cut = 1; cut < frame.length; cut += 1) {
      client.send(frame.subarray(0, cut))
      // The answer to another client in between keeps the two pieces from being joined on their way.
      await other.ask(7, READ)
      client.send(frame.subarray(cut))
      expect((await client.gather(cut)).at(-1)).toBe('1000640002')
    }
  })

  it('T13 Two frames in a segment: two answers in their order', async () => {
    const { client } = await scene.open()
    client.send(Buffer.concat([adu(1, 7, READ), adu(2, 7, '04 0064 0002')]))
    expect(await client.gather(2)).toEqual([ANSWER, '0404ffffffff'])
    expect(client.answers.map(({ transaction }) => transaction)).toEqual([1, 2])
  })

  it('T14 One and a half frames in a segment: the one is answered at once, the other when it is whole', async () => {
    const { client } = await scene.open()
    const second = adu(2, 7, '04 0064 0002')
    client.send(Buffer.concat([adu(1, 7, READ), second.subarray(0, 6)]))
    expect(await client.gather(1)).toEqual([ANSWER])
    client.send(second.subarray(6))
    expect(await client.gather(2)).toEqual([ANSWER, '0404ffffffff'])
  })

  it('T15 A thousand requests in a row, none waits for an answer: all are answered in their order', async () => {
    const { client } = await scene.open()
    client.send(Buffer.concat(Array.from({ length: 1000 }, (_, n) => adu(n, 7, READ))))
    await client.gather(1000)
    expect(client.answers.map(({ transaction }) => transaction)).toEqual(Array.from({ length: 1000 }, (_, n) => n))
  })

  it('T16 A frame whose rest does not come: closed after five seconds, other clients are served meanwhile', async () => {
    const { building, client } = await scene.open({ settings: { tcp: { listen: '127.0.0.1:0', idleTimeout: '0s' } } })
    const other = await scene.connect(building)
    client.send(Buffer.concat([adu(1, 7, READ), adu(2, 7, READ).subarray(0, 7)]))
    await client.gather(1)
    expect(await other.ask(7, READ)).toBe(ANSWER)
    building.clock.advance(4_000)
    expect(client.closed).toBe(false)
    building.clock.advance(2_000)
    await client.untilClosed()
    expect(await other.ask(7, READ)).toBe(ANSWER)
  })
})
