import { describe, expect, it } from 'vitest'
import { local, routed, site } from '../../../support/site.ts'

const POWER = '0c 00000065'
const LIMIT = '0c 00400065'
const STATUS = '0c 03400065'
const rp = (object: string, property: string, index = '', invoke = '01') =>
  routed(4001, `00 05 ${invoke} 0c ${object} 19 ${property} ${index}`)
const wp = (object: string, property: string, value: string, rest = '') =>
  routed(4001, `00 05 01 0f ${object} 19 ${property} 3e ${value} 3f ${rest}`)
/** Error: class and code as two enumerated values. */
const error = (service: string, errorClass: number, code: number) =>
  new RegExp(`5001${service}91${errorClass.toString(16).padStart(2, '0')}91${code.toString(16).padStart(2, '0')}$`)

describe('what cannot be answered', () => {
  it.each([
    ['an unknown object', rp('0c 000003e7', '55'), error('0c', 1, 31)],
    ['an unknown property', rp(POWER, '57'), error('0c', 2, 32)],
    ['an index of what is no array', rp(POWER, '55', '29 01'), error('0c', 2, 50)],
    ['an index beyond the array', rp(LIMIT, '57', '29 11'), error('0c', 2, 42)],
    ['a write to an input', wp(POWER, '55', '44 00000000'), error('0f', 2, 40)],
    ['a write to what nobody may write', wp(POWER, '75', '91 03'), error('0f', 2, 40)],
    ['a write of the wrong type', wp(LIMIT, '55', '21 10'), error('0f', 2, 9)],
    ['a write of two values', wp(LIMIT, '55', '44 41800000 44 41800000'), error('0f', 2, 9)],
    ['a write of nothing', wp(LIMIT, '55', ''), error('0f', 2, 9)],
    ['more than the rating', wp(LIMIT, '55', '44 42080000'), error('0f', 2, 37)],
    ['not a number', wp(LIMIT, '55', '44 7fc00000'), error('0f', 2, 37)],
    ['slot 6', wp(LIMIT, '55', '44 41800000', '49 06'), error('0f', 2, 40)],
    ['a state that is not there', wp('0c 04c00001', '55', '21 04'), error('0f', 2, 37)],
    ['state 0', wp('0c 04c00001', '55', '21 00'), error('0f', 2, 37)],
    ['NULL to what has no priority array', wp('0c 04c00001', '55', '00'), /20010f$/],
    ['a write to an element of the priority array', wp(LIMIT, '57', '44 41800000'), error('0f', 2, 40)],
    ['a subscription to the device', routed(4001, '00 05 01 05 09 07 1c 02000fa1 29 00 39 3c'), error('05', 1, 45)],
    [
      'a subscription to an unknown object',
      routed(4001, '00 05 01 05 09 07 1c 000003e7 29 00 39 3c'),
      error('05', 1, 31),
    ],
    ['an unknown service', routed(4001, '00 05 01 1b'), /600109$/],
    ['priority 0', wp(LIMIT, '55', '44 41800000', '49 00'), /600106$/],
    ['priority 17', wp(LIMIT, '55', '44 41800000', '49 11'), /600106$/],
    ['missing arguments', routed(4001, '00 05 01 0c 0c 00000065'), /600105$/],
    ['arguments in the wrong order', routed(4001, '00 05 01 0c 19 55 0c 00000065'), /600104$/],
    [
      'arguments too many',
      `${`${rp(POWER, '55')}`.replace(/^810a(....)/, (_, length) => `810a${(Number.parseInt(length, 16) + 2).toString(16).padStart(4, '0')}`)}3901`,
      /60010[47]$/,
    ],
    ['a segment of a request without its beginning', routed(4001, '0c 05 01 01 04 0c 0c 00000065 19 55'), /710102$/],
    ['a segment without a window', routed(4001, '0c 05 01 00 00 0c 0c 00000065 19 55'), /710107$/],
    ['an answer that is too long for the client', routed(4001, '00 00 01 0c 0c 02000fa1 19 4c'), /710104$/],
  ])('%s gets what the standard names', async (_what, request, answer) => {
    const { bacnet } = await site()
    expect(bacnet(request)[0]).toMatch(answer)
  })
})

describe('reading', () => {
  it('gives a device its own name under the instance that means any', async () => {
    const { bacnet } = await site()
    const name = Buffer.from('Site.Bay 01').toString('hex')
    expect(bacnet(rp('0c 023fffff', '4d'))[0]).toContain(`0c02000fa1194d3e750c00${name}3f`)
  })

  it('answers with the network address of the virtual device as the source', async () => {
    const { bacnet } = await site()
    expect(bacnet(rp(POWER, '55'))[0]).toMatch(/^810a00..010807d003000fa13001/)
  })

  it('gives arrays whole, by length and by element', async () => {
    const { bacnet } = await site()
    expect(bacnet(rp(LIMIT, '57'))[0]).toContain(`19573e${'00'.repeat(16)}3f`)
    expect(bacnet(rp(LIMIT, '57', '29 00'))[0]).toContain('29003e21103f')
    expect(bacnet(rp(STATUS, '6e', '29 01'))[0]).toContain(Buffer.from('Available').toString('hex'))
  })

  it('puts errors beside values in a multiple read, in the order of the request, even if all fail', async () => {
    const { bacnet } = await site()
    const answer = bacnet(routed(4001, '00 05 01 0e 0c 000003e7 1e 09 55 09 08 1f 0c 00000065 1e 09 75 09 57 1f'))[0]
    expect(answer).toMatch(/0c000003e71e29555e9101911f5f29085e9101911f5f1f0c000000651e29754e91304f29575e910291205f1f$/)
  })

  it('tells apart what was never received, what is away, and what is known', async () => {
    const { bacnet, charger } = await site()
    // Reliability of the power of connector 1: no-sensor, then no fault, then communication-failure.
    expect(bacnet(rp(POWER, '67'))[0]).toContain('3e91013f')
    const own = charger('CP-1')
    own.boot()
    own.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' })
    expect(bacnet(rp(POWER, '67'))[0]).toContain('3e91003f')
    own.lose()
    expect(bacnet(rp(POWER, '67'))[0]).toContain('3e910c3f')
    expect(bacnet(rp(POWER, '6f'))[0]).toContain('3e8204c03f')
  })

  it('shows a decoupled input as the client wrote it, with the flag', async () => {
    const { bacnet } = await site()
    expect(bacnet(wp(POWER, '51', '11'))[0]).toMatch(/20010f$/)
    expect(bacnet(wp(POWER, '55', '44 40400000'))[0]).toMatch(/20010f$/)
    expect(bacnet(rp(POWER, '55'))[0]).toContain('3e44404000003f')
    expect(bacnet(rp(POWER, '6f'))[0]).toContain('3e8204103f')
    expect(bacnet(wp(POWER, '51', '10'))[0]).toMatch(/20010f$/)
    expect(bacnet(wp(POWER, '55', '44 40400000'))[0]).toMatch(error('0f', 2, 40))
  })
})

describe('discovery', () => {
  const iAm = (instance: number) => `1000c402${instance.toString(16).padStart(6, '0')}2205c491002202`

  it('answers a Who-Is to all networks for the bridge and every charger, each from its own address', async () => {
    const { bacnet, clock, datagrams } = await site()
    expect(bacnet('810b000c0120ffff00ff1008')).toEqual([])
    clock.advance(100)
    const sent = datagrams.splice(0).map(({ bytes }) => Buffer.from(bytes).toString('hex'))
    expect(sent).toHaveLength(3)
    expect(sent[0]).toContain(iAm(4000))
    expect(sent[1]).toContain(`010807d003000fa1${iAm(4001)}`)
    expect(sent[2]).toContain(`010807d003000fa2${iAm(4002)}`)
  })

  it('answers for a range only, and a local one for the bridge only', async () => {
    const { bacnet } = await site()
    expect(bacnet('810b00120120ffff00ff10080a0fa21a0fa2')[0]).toContain(iAm(4002))
    expect(bacnet(local('10 08'))).toHaveLength(1)
    expect(bacnet(local('10 08 0a 0fa1 1a 0fa2'))).toEqual([])
    expect(bacnet(local('10 08 0a 0fa0'))).toEqual([])
  })

  it('has an object by name and by number', async () => {
    const { bacnet } = await site()
    const name = Buffer.from('Site.Bay 01.1.Power').toString('hex')
    const have = `1001c402000fa1c400000065751400${name}`
    expect(bacnet(routed(4001, '10 07 2c 00000065'))[0]).toContain(have)
    expect(bacnet(routed(4001, `10 07 3d 14 00 ${name}`))[0]).toContain(have)
    expect(bacnet(routed(4001, '10 07 2c 000003e7'))).toEqual([])
  })

  it('announces devices and router once at start, and never again by itself', async () => {
    const { clock, datagrams } = await site()
    clock.advance(3_600_000)
    expect(datagrams.filter(({ to }) => to === 'broadcast')).toEqual([])
  })
})

describe('the router', () => {
  it('says which network it leads to', async () => {
    const { bacnet } = await site()
    expect(bacnet('810a0007018000')).toEqual(['810a000901800107d0'])
    expect(bacnet('810a000901800007d0')).toEqual(['810a000901800107d0'])
    expect(bacnet('810a000901800007d1')).toEqual([])
    expect(bacnet('810b0007018000')).toEqual(['810b000901800107d0', '810a000901800107d0'])
  })

  it('rejects what goes to a network that it does not know, and messages that it does not know', async () => {
    const { bacnet } = await site()
    expect(bacnet(rp(POWER, '55').replace('2407d0', '2407d1'))).toEqual(['810a000a0180030107d1'])
    expect(bacnet('810a0007018050')).toEqual(['810a000a018003030000'])
    expect(bacnet('810a0007018012')).toEqual([])
  })

  it('takes a hop count of 0 for its own network, answers nobody for a station that is not there', async () => {
    const { bacnet } = await site()
    expect(bacnet(rp(POWER, '55').replace('000fa1ff', '000fa100'))).toHaveLength(1)
    expect(bacnet(rp(POWER, '55').replace('03000fa1', '0300ffff'))).toEqual([])
  })

  it('sends the answer to a station behind another router back through it', async () => {
    const { bacnet } = await site()
    // From network 7, station 05.
    const answer = bacnet('810a001c012c07d003000fa100070105ff0005010c0c000000651955')[0]
    expect(answer).toMatch(/^810a00..01280007010507d003000fa1ff3001/)
  })

  it('answers a Forwarded-NPDU at its origin, and BBMD functions with the NAK of a device that is none', async () => {
    const { bacnet, answeredTo } = await site()
    expect(bacnet('8104000e7f000005bac001001008')).toHaveLength(1)
    expect(answeredTo).toEqual(['127.0.0.5:47808'])
    expect(bacnet('81050006003c')).toEqual(['810000060030'])
    expect(bacnet('81020004')).toEqual(['810000060020'])
    expect(bacnet('810900080100 1008'.replaceAll(' ', ''))).toEqual(['810000060060'])
  })
})

describe('change of value', () => {
  const subscribe = (confirmed: string, lifetime = '39 00', process = '07') =>
    routed(4001, `00 05 01 05 09 ${process} 1c 00000065 29 ${confirmed} ${lifetime}`)
  const power = (watts: number) => ({
    connectorId: 1,
    meterValue: [
      {
        timestamp: '2026-01-01T00:00:00Z',
        sampledValue: [{ value: String(watts), measurand: 'Power.Active.Import', unit: 'W' }],
      },
    ],
  })

  async function subscribed(request: string) {
    const own = await site()
    const charger = own.charger('CP-1')
    charger.boot()
    charger.call('MeterValues', power(7000))
    expect(own.bacnet(request)[0]).toMatch(/200105$/)
    own.clock.advance(0)
    const take = () => {
      own.clock.advance(0)
      return own.datagrams.splice(0).map(({ bytes }) => Buffer.from(bytes).toString('hex'))
    }
    return { ...own, charger, take, send: (watts: number) => charger.call('MeterValues', power(watts)) }
  }

  it('is told from the increment on, not below', async () => {
    const { take, send } = await subscribed(subscribe('00'))
    expect(take()).toHaveLength(1)
    send(7050)
    expect(take()).toEqual([])
    send(7100)
    expect(take()).toHaveLength(1)
  })

  it('is told when the flags change, whatever the value does', async () => {
    const { take, charger } = await subscribed(subscribe('00'))
    take()
    charger.lose()
    expect(take()[0]).toContain('2e8204c02f')
  })

  it('follows an increment that a client wrote', async () => {
    const { take, send, bacnet } = await subscribed(subscribe('00'))
    take()
    expect(bacnet(wp(POWER, '16', '44 40000000'))[0]).toMatch(/20010f$/)
    send(8900)
    expect(take()).toEqual([])
    send(9000)
    expect(take()).toHaveLength(1)
  })

  it('ends with the lifetime, and with a cancellation', async () => {
    const { take, send, clock, bacnet } = await subscribed(subscribe('00', '39 3c'))
    take()
    clock.advance(61_000)
    send(11_000)
    expect(take()).toEqual([])
    bacnet(subscribe('00'))
    take()
    expect(bacnet(routed(4001, '00 05 02 05 09 07 1c 00000065'))[0]).toMatch(/200205$/)
    send(3000)
    expect(take()).toEqual([])
  })

  it('of a renewal is told once, not twice', async () => {
    const { take, send, bacnet } = await subscribed(subscribe('00'))
    bacnet(subscribe('00'))
    take()
    send(9000)
    expect(take()).toHaveLength(1)
  })

  it('confirmed waits for the answer, repeats, then tells the newest value', async () => {
    const { take, send, clock, bacnet } = await subscribed(subscribe('01'))
    const [first] = take()
    const invoke = /0005(..)010907/.exec(first ?? '')?.[1] ?? ''
    send(9000)
    send(9500)
    expect(take()).toEqual([])
    clock.advance(3_000)
    expect(take()).toHaveLength(1)
    bacnet(local(`20 ${invoke} 01`))
    const [next, ...more] = take()
    expect(more).toEqual([])
    const bytes = Buffer.alloc(4)
    bytes.writeFloatBE(9.5)
    expect(next).toContain(bytes.toString('hex'))
  })

  it('of a subscriber that does not answer is dropped', async () => {
    const { take, send, clock } = await subscribed(subscribe('01'))
    clock.advance(13_000)
    take()
    send(9000)
    expect(take()).toEqual([])
  })

  it('is listed among the subscriptions of its device', async () => {
    const { bacnet, take } = await subscribed(subscribe('00'))
    take()
    expect(bacnet(rp('0c 02000fa1', '98'))[0]).toContain('19070f1e0c0000006519551f29003900')
  })
})

describe('the flat topology', () => {
  it('has all objects in the bridge, numbered by slot, connector and n, and routes nothing', async () => {
    const { bacnet } = await site({ flat: true })
    // Slot 1, connector 1, power: 1101; slot 2: 2101.
    const name = Buffer.from('Site.Bay 02.1.Power').toString('hex')
    expect(bacnet(local('00 05 01 0c 0c 00000835 19 4d'))[0]).toContain(name)
    expect(bacnet(local('00 05 01 0c 0c 0000044d 19 55'))[0]).toContain('3e44')
    expect(bacnet('810a0007018000')).toEqual([])
    expect(bacnet(rp(POWER, '55'))).toEqual([])
  })
})
