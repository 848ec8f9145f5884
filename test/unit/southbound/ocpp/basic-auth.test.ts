import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { passwordSent } from '../../../../src/southbound/ocpp/transport/basic-auth.ts'
import { Guesses, network } from '../../../../src/southbound/ocpp/transport/guesses.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { basic, dial, echoes, open, Port, refused, until } from './support.ts'

const KEY = '00112233445566778899aabbccddeeff0a3aff7f'
const BYTES = Buffer.from(KEY, 'hex')

describe('a password in an Authorization header', () => {
  it.each([
    ['its text', 'secret', Buffer.from('secret')],
    ['a text with colons', 'a:b:', Buffer.from('a:b:')],
    ['an empty text', '', Buffer.alloc(0)],
    ['UTF-8', 'Schlüssel', Buffer.from('Schlüssel', 'utf8')],
    ['Latin-1', 'Schlüssel', Buffer.from('Schlüssel', 'latin1')],
    ['40 digits as they stand', KEY, Buffer.from(KEY)],
    ['40 digits in capitals', KEY, Buffer.from(KEY.toUpperCase())],
    ['the bytes of 40 digits, a colon among them', KEY, BYTES],
    ['the bytes of hex:', 'hex:00ff3a', Buffer.from([0x00, 0xff, 0x3a])],
    ['the digits of hex:', 'hex:00ff3a', Buffer.from('00FF3A')],
    ['bytes', BYTES, BYTES],
    ['the digits of bytes', BYTES, Buffer.from(KEY)],
  ])('is right as %s', (_how, password, sent) => {
    expect(passwordSent(basic('CP:1', sent), 'cp:1', [password])).toBeDefined()
    expect(passwordSent(basic('CP:1', Buffer.concat([sent, Buffer.from('x')])), 'cp:1', [password])).toBeUndefined()
    expect(passwordSent(basic('CP:2', sent), 'cp:1', [password])).toBeUndefined()
    expect(passwordSent(basic('CP', sent), 'cp:1', [password])).toBeUndefined()
  })

  it.each([
    ['no header', undefined],
    ['another scheme', 'Bearer c2VjcmV0'],
    ['nothing behind the scheme', 'Basic '],
    ['no base64', 'Basic §§§§'],
    ['no colon', `Basic ${Buffer.from('CP1').toString('base64')}`],
    ['the literal hex:', basic('CP1', 'hex:00ff')],
    ['the low bytes of other letters', basic('CP1', Buffer.from('Ā', 'latin1'))],
  ])('is wrong with %s', (_how, header) => {
    expect(passwordSent(header, 'CP1', ['secret', 'hex:00ff', 'Ā'])).toBeUndefined()
  })

  it('may be the old one or the new one while it is changed, and none when there is none', () => {
    expect(passwordSent(basic('CP1', 'old'), 'CP1', ['new', 'old'])).toBeDefined()
    expect(passwordSent(basic('CP1', 'new'), 'CP1', ['new', 'old'])).toBeDefined()
    expect(passwordSent(basic('CP1', ''), 'CP1', [])).toBeUndefined()
  })

  it('is found behind an identifier of other letters in UTF-8 and in Latin-1', () => {
    const latin = `Basic ${Buffer.from('Säule:pw', 'latin1').toString('base64')}`
    expect(passwordSent(latin, 'SÄULE', ['pw'])).toBeDefined()
    expect(passwordSent(basic('säule', 'pw'), 'SÄULE', ['pw'])).toBeDefined()
  })
})

describe('wrong passwords', () => {
  it('take longer each time, by address and by identifier, and are forgotten', () => {
    const clock = new FakeClock()
    const guesses = new Guesses(clock)
    expect([1, 2, 3, 4, 5, 6].map(() => guesses.failed('192.0.2.1', 'CP1'))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ])
    expect(guesses.failed('192.0.2.1', 'CP2')).toBe(10_000)
    expect(guesses.failed('192.0.2.2', 'cp1')).toBe(10_000)
    expect(guesses.failed('192.0.2.3', 'CP3')).toBe(1_000)
    clock.advance(15 * 60_000 + 1)
    expect(guesses.failed('192.0.2.1', 'CP1')).toBe(1_000)
  })

  it('of others do not delay a charger at its usual address, and delay it elsewhere', () => {
    const guesses = new Guesses(new FakeClock())
    expect(guesses.succeeded('192.0.2.1', 'CP1')).toBe(0)
    for (let n = 0; n < 20; n += 1) guesses.failed('192.0.2.9', 'CP1')
    for (let n = 0; n < 20; n += 1) guesses.failed('192.0.2.1', `X${n}`)
    expect(guesses.succeeded('192.0.2.9', 'CP1')).toBe(10_000)
    // It has moved: that is its usual address now.
    for (let n = 0; n < 20; n += 1) guesses.failed('192.0.2.8', 'CP1')
    expect(guesses.succeeded('192.0.2.9', 'CP1')).toBe(0)
  })

  it('of one charger do not delay others that come through the same proxy', () => {
    const clock = new FakeClock()
    const guesses = new Guesses(clock)
    for (let n = 0; n < 8; n += 1) guesses.wait('192.0.2.1', 'WRONG', guesses.failed('192.0.2.1', 'WRONG'), () => {})
    for (let n = 0; n < 1_000; n += 1) {
      expect(guesses.busy('192.0.2.1', `CP${n}`)).toBe(false)
      expect(guesses.succeeded('192.0.2.1', `CP${n}`)).toBe(0)
    }
    for (let n = 0; n < 92; n += 1) guesses.wait('192.0.2.1', `X${n}`, guesses.failed('192.0.2.1', `X${n}`), () => {})
    expect(guesses.busy('192.0.2.1', 'NEW')).toBe(true)
    expect(guesses.busy('192.0.2.1', 'CP0')).toBe(false)
    clock.advance(10_000)
    expect(guesses.busy('192.0.2.1', 'NEW')).toBe(false)
  })

  it('are remembered for a bounded number of addresses and identifiers', () => {
    const guesses = new Guesses(new FakeClock())
    for (let n = 0; n < 40_000; n += 1) guesses.failed(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `CP${n}`)
    expect(guesses.failed('10.0.0.0', 'CP0')).toBe(1_000)
  })

  it('count for the whole network of an IPv6 address', () => {
    expect(network('2001:db8:1:2::5')).toBe('2001:db8:1:2::/64')
    expect(network('2001:DB8:1:2:ffff::5%eth0')).toBe('2001:db8:1:2::/64')
    expect(network('::1')).toBe('0:0:0:0::/64')
    expect(network('::ffff:192.0.2.1')).toBe('192.0.2.1')
  })
})

describe('a password at the port', () => {
  let clock: FakeClock
  let asked: number[]
  let port: Port

  beforeEach(async () => {
    clock = new FakeClock()
    asked = []
    const noting = {
      now: () => clock.now(),
      steady: () => clock.steady(),
      after: (ms: number, task: () => void) => {
        asked.push(ms)
        return clock.after(ms, task)
      },
    }
    port = new Port({}, noting)
    port.add('SAFE', { securityProfile: 1, password: 'right' })
    port.add('ZERO', { password: 'right' })
    port.add('NONE', {})
    await port.server.start()
  })
  afterEach(() => port.server.stop())

  /** Until so many answers are put off by `ms`; the socket may stay a little longer than that. */
  const delayed = (ms: number, times = 1) => until(() => asked.filter((each) => each === ms + 2_000).length >= times)

  it('is asked of profile 1, of profile 0 that has one, and of nobody else', async () => {
    for (const id of ['SAFE', 'ZERO']) {
      expect(await refused(`${port.ws}/${id}`)).toBe(401)
      const socket = await open(`${port.ws}/${id}`, { password: 'right' })
      expect(await echoes(socket)).toBe(true)
      socket.terminate()
    }
    ;(await open(`${port.ws}/NONE`)).terminate()
    ;(await open(`${port.ws}/NONE`, { password: 'whatever' })).terminate()
    expect(port.knocks.map(({ reason, identifier }) => `${reason} ${identifier}`)).toEqual([
      'no-password SAFE',
      'no-password ZERO',
    ])
  })

  it('that is wrong is answered 401 after a delay that grows, and is never logged', async () => {
    let answers = 0
    const guess = () => {
      const answer = refused(`${port.ws}/SAFE`, { password: 'hunter2' })
      void answer.then(() => {
        answers += 1
      })
      return answer
    }
    for (const [before, delay] of [1_000, 2_000, 4_000].entries()) {
      const answer = guess()
      await delayed(delay)
      clock.advance(delay - 1)
      await new Promise((resolve) => setImmediate(resolve))
      expect(answers).toBe(before)
      expect(port.knocks).toHaveLength(before)
      clock.advance(1)
      expect(await answer).toBe(401)
    }
    expect(port.knocks.map(({ reason }) => reason)).toEqual(Array(3).fill('wrong-password'))
    expect(JSON.stringify([port.knocks, port.log.lines])).not.toMatch(/hunter2|aHVudGVyMg/)
  })

  it('that is right after wrong ones waits as long, and then is let in', async () => {
    const wrong = dial(`${port.ws}/SAFE`, { password: 'wrong' })
    await delayed(1_000)
    const right = open(`${port.ws}/SAFE`, { password: 'right' })
    await delayed(1_000, 2)
    expect(port.let).toEqual([])
    clock.advance(1_000)
    expect(await wrong).toBe(401)
    ;(await right).terminate()
  })

  it('of one charger is looked at for ten sockets of an address at a time', async () => {
    const waiting = Array.from({ length: 10 }, () => dial(`${port.ws}/SAFE`, { password: 'wrong' }))
    await delayed(10_000, 6)
    expect(await refused(`${port.ws}/SAFE`, { password: 'right' })).toBe(503)
    const elsewhere = dial(`${port.ws}/ZERO`, { password: 'right', from: '127.0.0.2' })
    ;((await elsewhere) as Exclude<Awaited<typeof elsewhere>, number>).terminate()
    clock.advance(10_000)
    expect(await Promise.all(waiting)).toEqual(Array(10).fill(401))
    expect(port.knocks.map(({ reason }) => reason)).toContain('too-many')
  })

  it('keeps the place of whoever has it: no socket without displaces one', async () => {
    const socket = await open(`${port.ws}/SAFE`, { password: 'right' })
    expect(await refused(`${port.ws}/SAFE`)).toBe(401)
    const wrong = dial(`${port.ws}/SAFE`, { password: 'wrong' })
    await delayed(1_000)
    expect(await echoes(socket)).toBe(true)
    clock.advance(1_000)
    expect(await wrong).toBe(401)
    expect(await echoes(socket)).toBe(true)
    const closed = once(socket, 'close')
    const right = open(`${port.ws}/SAFE`, { password: 'right' })
    await delayed(1_000, 2)
    clock.advance(1_000)
    await closed
    ;(await right).terminate()
  })

  it('may be two while it is changed', async () => {
    const rotating = new Port(
      { passwords: ({ id }) => (id === 'SAFE' ? ['new', Uint8Array.of(1, 2, 255)] : []) },
      clock,
    )
    rotating.add('SAFE', { securityProfile: 1 })
    await rotating.server.start()
    for (const password of ['new', Uint8Array.of(1, 2, 255)])
      (await open(`${rotating.ws}/SAFE`, { password })).terminate()
    await rotating.server.stop()
  })
})
