import { describe, expect, it } from 'vitest'
import { CONFIG, local, routed, site } from '../../support/site.ts'
import { ask as askLocal, context, oid, read, stack } from '../../unit/northbound/bacnet/support.ts'

type Site = Awaited<ReturnType<typeof site>>

const SIMPLE_ACK = /^20/
const PASSWORD = Buffer.from('secret').toString('hex')
/** The instances of CP-1: its connector's status, and the class of its alarms. */
const STATUS = oid(13, 101)
const CLASS = oid(15, 2)

function configured(more = ''): string {
  return CONFIG.replace('TOPOLOGY', `TOPOLOGY, password: secret, allowWrites: [127.0.0.0/8]${more}`)
}

/** All that a confirmed service of CP-1's device calls forth, each behind its network header. */
function asked(own: Site, service: number, data: string): readonly string[] {
  const octet = service.toString(16).padStart(2, '0')
  const sent = own.bacnet(routed(4001, `024501${octet}${data}`))
  // BVLC, version, control, the virtual network and an address of three octets.
  return sent.map((hex) => hex.slice(24))
}

/** Its answer: SimpleACK, ComplexACK or Error. */
function ask(own: Site, service: number, data: string): string {
  return asked(own, service, data).find((apdu) => /^[235]001/.test(apdu)) ?? 'no answer'
}

/** A charger that is online and has told that a connector is in this state. */
function told(own: Site, status: string) {
  const charger = own.charger('CP-1')
  charger.boot()
  charger.serve()
  const tell = (state: string) => {
    charger.call('StatusNotification', { connectorId: 1, status: state, errorCode: 'NoError' })
    own.clock.advance(2_000)
  }
  tell(status)
  return tell
}

/** Event notifications that were sent, by where they went. */
function events(own: Site): readonly { readonly to: string; readonly hex: string }[] {
  return own.datagrams
    .splice(0)
    .map(({ to, bytes }) => ({ to, hex: Buffer.from(bytes).toString('hex') }))
    .filter(({ hex }) => hex.includes(`2c${STATUS}`))
}

/** A Date and a Time with their application tags. */
function dateTime(year: number, month: number, day: number, weekday: number, ...time: readonly number[]): string {
  const hex = (octets: readonly number[]) => Buffer.from(octets).toString('hex')
  return `a4${hex([year - 1900, month, day, weekday || 7])}b4${hex([...time, 0])}`
}

const LOCAL_TIME = 57
function localTime(own: Site): string {
  return ask(own, 12, `0c${oid(8, 4001)}${context(1, LOCAL_TIME)}`).slice(-12, -2)
}

describe('what a building block promises', () => {
  it('DS-WPM-B writes in order, and stops at the first no with its place', async () => {
    const own = await stack()
    own.attach([
      { object: 'analog-output', instance: 1, type: 'number', unit: 'A', setpoint: true },
      { object: 'analog-input', instance: 2, type: 'number', unit: 'A' },
      { object: 'analog-output', instance: 3, type: 'number', unit: 'A', setpoint: true },
    ])
    const write = (type: number, instance: number, value: string) =>
      `0c${oid(type, instance)}1e09552e44${value}2f39081f`
    expect(askLocal(own, 16, write(1, 1, '41800000') + write(1, 3, '41000000'))).toBe('200110')
    expect([read(own, 1, 1, 85), read(own, 1, 3, 85)]).toEqual(['4441800000', '4441000000'])
    const all = write(1, 1, '41a00000') + write(0, 2, '41a00000') + write(1, 3, '41a00000')
    // property, write-access-denied: of the second, Present_Value.
    expect(askLocal(own, 16, all)).toBe(`5001100e910291280f1e0c${oid(0, 2)}19551f`)
    expect([read(own, 1, 1, 85), read(own, 1, 3, 85)]).toEqual(['4441a00000', '4441000000'])
  })

  it('DS-COVP-B tells of one property by an increment of its own', async () => {
    const own = await stack()
    const [point] = own.attach([{ object: 'analog-input', instance: 1, type: 'number', unit: 'A', covIncrement: 10 }])
    if (point === undefined) throw new Error('no point')
    own.set(point, 5)
    expect(askLocal(own, 28, `09071c${oid(0, 1)}290039784e09554f5c3f800000`)).toBe('20011c')
    const told = () => {
      own.clock.advance(100)
      return own
        .take()
        .filter(({ hex }) => hex.includes('1002'))
        .map(({ hex }) => hex.split('2e44')[1]?.slice(0, 8))
    }
    expect(told()).toEqual(['40a00000'])
    own.set(point, 5.5)
    expect(told()).toEqual([])
    own.set(point, 6)
    expect(told()).toEqual(['40c00000'])
    // Cancelled.
    expect(askLocal(own, 28, `09071c${oid(0, 1)}4e09554f`)).toBe('20011c')
    own.set(point, 50)
    expect(told()).toEqual([])
  })

  it('AE-N-I-B tells every recipient of the class of an alarm and of its end', async () => {
    const recipients = '[{ address: 127.0.0.30 }, { address: 127.0.0.31, confirmed: false, process: 9 }]'
    const own = await site({ config: configured(`, recipients: ${recipients}`) })
    const tell = told(own, 'Available')
    events(own)
    tell('Faulted')
    const [confirmed, unconfirmed, ...more] = events(own)
    expect(more).toEqual([])
    expect([confirmed?.to, unconfirmed?.to]).toEqual(['127.0.0.30:47808', '127.0.0.31:47808'])
    // ConfirmedEventNotification to process 0, UnconfirmedEventNotification to process 9: from this device, of its class 2.
    expect(confirmed?.hex).toMatch(new RegExp(`0005..020900${`1c${oid(8, 4001)}2c${STATUS}`}.*4902`))
    expect(unconfirmed?.hex).toContain(`10030909${`1c${oid(8, 4001)}2c${STATUS}`}`)
    // Alarm, from normal (0) to off-normal (2): the state, of the property's own kind, is 9.
    expect(unconfirmed?.hex).toMatch(/8900.*a900b902ce/)
    tell('Available')
    expect(events(own).some(({ hex }) => /^.*1003.*a902b900ce/.test(hex))).toBe(true)
  })

  it('AE-ACK-B takes an acknowledgement of the event that it names, and no other', async () => {
    const own = await site({ config: configured(', recipients: [{ address: 127.0.0.31, confirmed: false }]') })
    const tell = told(own, 'Available')
    // Ack_Required of the class, for alarms and their ends.
    expect(ask(own, 15, `0c${CLASS}1901 3e 8205a0 3f`)).toMatch(SIMPLE_ACK)
    tell('Faulted')
    const stamp = /3e(2ea4.{8}b4.{8}2f)3f/.exec(events(own)[0]?.hex ?? '')?.[1] ?? ''
    const acked = () => ask(own, 12, `0c${STATUS}1900`).slice(-8, -2)
    expect(acked()).toBe('820560')
    const acknowledgement = (time: string) => `0900 1c${STATUS} 2902 3e${time}3f 4b006f70 5e${stamp}5f`
    // services, invalid-time-stamp
    expect(ask(own, 0, acknowledgement(stamp.replace(/b4.{8}/, 'b401020300')))).toBe('5001009105910e')
    expect(acked()).toBe('820560')
    const answers = asked(own, 0, acknowledgement(stamp))
    expect(answers.filter((apdu) => SIMPLE_ACK.test(apdu))).toHaveLength(1)
    own.clock.advance(10)
    const notified = events(own)
    expect(acked()).toBe('8205e0')
    // The recipients are told of it as well: notify type 2.
    expect(notified.filter(({ hex }) => hex.includes('1003') && hex.includes('8902'))).toHaveLength(1)
  })

  it('AE-INFO-B lists what is in alarm, until it is not', async () => {
    const own = await site({ config: configured() })
    const tell = told(own, 'Available')
    const listed = () => ask(own, 29, '')
    expect(listed()).not.toContain(`0c${STATUS}19`)
    tell('Faulted')
    // Off-normal, acknowledged as far as anybody asks for it.
    expect(listed()).toContain(`0c${STATUS}19022a05e0`)
    tell('Available')
    expect(listed()).not.toContain(`0c${STATUS}19`)
    expect(listed()).toMatch(/^30011d0e.*0f19(00|01)$/)
  })

  it('DM-DCC-B keeps a device from telling of its own accord, with the password', async () => {
    const own = await site({ config: configured(', recipients: [{ address: 127.0.0.31, confirmed: false }]') })
    const tell = told(own, 'Available')
    events(own)
    // security, password-failure
    expect(ask(own, 17, '1902')).toBe('5001119104911a')
    expect(ask(own, 17, `1902 2d0700${PASSWORD}`)).toMatch(SIMPLE_ACK)
    tell('Faulted')
    expect(events(own)).toEqual([])
    // It is still read.
    expect(ask(own, 12, `0c${STATUS}1955`)).toContain('3e21093f')
    expect(ask(own, 17, `1900 2d0700${PASSWORD}`)).toMatch(SIMPLE_ACK)
    tell('Available')
    expect(events(own)).not.toEqual([])
  })

  it('DM-RD-B restarts a charger by its device, with the password', async () => {
    const own = await site({ config: configured() })
    const charger = own.charger('CP-1')
    charger.boot()
    charger.serve()
    expect(ask(own, 20, '0901')).toBe('5001149104911a')
    expect(charger.answer('Reset')).toEqual([])
    expect(ask(own, 20, `0901 1d0700${PASSWORD}`)).toMatch(SIMPLE_ACK)
    expect(charger.answer('Reset')).toEqual([{ type: 'Soft' }])
    expect(ask(own, 20, `0900 1d0700${PASSWORD}`)).toMatch(SIMPLE_ACK)
    expect(charger.answer('Reset')).toEqual([{ type: 'Hard' }])
  })

  it('DM-TS-B takes the local time that the building tells', async () => {
    const own = await site()
    const at = new Date(own.clock.now() + 600_000)
    const told = dateTime(
      at.getFullYear(),
      at.getMonth() + 1,
      at.getDate(),
      at.getDay(),
      at.getHours(),
      at.getMinutes(),
      at.getSeconds(),
    )
    expect(localTime(own)).not.toBe(told.slice(-10))
    own.bacnet(local(`1006${told}`))
    expect(localTime(own)).toBe(told.slice(-10))
  })

  it('DM-UTC-B takes the time of the world that the building tells', async () => {
    const own = await site()
    const at = new Date(own.clock.now() + 600_000)
    const told = dateTime(
      at.getUTCFullYear(),
      at.getUTCMonth() + 1,
      at.getUTCDate(),
      at.getUTCDay(),
      at.getUTCHours(),
      at.getUTCMinutes(),
      at.getUTCSeconds(),
    )
    own.bacnet(local(`1009${told}`))
    const here = Buffer.from([at.getHours(), at.getMinutes(), at.getSeconds(), 0]).toString('hex')
    expect(localTime(own)).toBe(`b4${here}`)
  })

  it('DM-LM-B adds and removes recipients of a notification class', async () => {
    const own = await site()
    // On every day, at any time, device 7 as process 5, unconfirmed, of every transition.
    const destination = `8201feb400000000b4173b3b630c${oid(8, 7)}2105108205e0`
    const list = () => ask(own, 12, `0c${CLASS}1966`).split('1966')[1]
    expect(list()).toBe('3e3f')
    expect(ask(own, 8, `0c${CLASS}19663e${destination}3f`)).toMatch(SIMPLE_ACK)
    expect(list()).toBe(`3e${destination}3f`)
    // Who is there already is no second.
    expect(ask(own, 8, `0c${CLASS}19663e${destination}3f`)).toMatch(SIMPLE_ACK)
    expect(list()).toBe(`3e${destination}3f`)
    expect(ask(own, 9, `0c${CLASS}19663e${destination}3f`)).toMatch(SIMPLE_ACK)
    expect(list()).toBe('3e3f')
    // services, list-element-not-found; the first of them.
    expect(ask(own, 9, `0c${CLASS}19663e${destination}3f`)).toBe('5001090e910591510f1901')
  })
})
