import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { writeAcknowledgeAlarm } from '../../../../src/northbound/bacnet/wire/service/acknowledge-alarm.ts'
import { readGetAlarmSummaryAck } from '../../../../src/northbound/bacnet/wire/service/get-alarm-summary.ts'
import {
  type GetEnrollmentSummary,
  readGetEnrollmentSummaryAck,
  writeGetEnrollmentSummary,
} from '../../../../src/northbound/bacnet/wire/service/get-enrollment-summary.ts'
import { readGetEventInformationAck } from '../../../../src/northbound/bacnet/wire/service/get-event-information.ts'
import type { TimeStamp } from '../../../../src/northbound/bacnet/wire/type/time-stamp.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { octets } from '../../../support/octets.ts'
import { told } from './events-told.ts'
import { ask, local, oid, type PointInit, read, type Stack, stack, write } from './support.ts'
import { ids, MSI, power, recipients, status, watching } from './watched.ts'

const ACKNOWLEDGED = '200100'
const OFFNORMAL = 2
const later: TimeStamp = { kind: 'time', time: [1, 2, 3, 4] }

/** AcknowledgeAlarm of the status. */
function acknowledge(
  own: Stack,
  eventState: number,
  timeStamp: TimeStamp | undefined,
  changed: { readonly process?: number; readonly instance?: number; readonly source?: string } = {},
): string {
  const writer = new Writer()
  writeAcknowledgeAlarm(writer, {
    process: changed.process ?? 0,
    object: { type: 13, instance: changed.instance ?? 1 },
    eventState,
    timeStamp: timeStamp ?? later,
    source: changed.source ?? 'operator',
    timeOfAcknowledgment: later,
  })
  return ask(own, 0, Buffer.from(writer.finish()).toString('hex'))
}

/** A status that is Faulted, of which all transitions have to be acknowledged. */
async function faulted(settings: object = {}) {
  const { own, point, set } = await watching(status(), 0, settings)
  write(own, [15, 2], 1, '8205e0')
  set(2)
  const [event] = told(own)
  return { own, point, set, timeStamp: event?.event.timeStamp }
}

describe('AcknowledgeAlarm', () => {
  it('of any process is taken, kept and told to everybody', async () => {
    for (const process of [0, 11, 0xffff_ffff]) {
      const { own, timeStamp } = await faulted()
      own.clock.advance(3_600_000)
      expect(read(own, ...MSI, ids.acked)).toBe('820560')
      expect(acknowledge(own, OFFNORMAL, timeStamp, { process })).toBe(ACKNOWLEDGED)
      expect(read(own, ...MSI, ids.acked)).toBe('8205e0')
      const [{ event }, ...more] = told(own) as [ReturnType<typeof told>[number]]
      expect(more).toEqual([])
      expect(event).toMatchObject({
        object: { type: 13, instance: 1 },
        notificationClass: 2,
        priority: 96,
        eventType: 1,
        message: 'Site.multi-state-input 1: acknowledged by operator',
        notifyType: 2,
        ackRequired: undefined,
        fromState: undefined,
        toState: OFFNORMAL,
        values: undefined,
      })
      expect(event.timeStamp).not.toEqual(timeStamp)
    }
  })

  it('is for the newest transition of its kind, also when that is over', async () => {
    const { own, set, timeStamp } = await faulted()
    own.clock.advance(10_000)
    set(0)
    const [ended] = told(own)
    expect(acknowledge(own, OFFNORMAL, timeStamp)).toBe(ACKNOWLEDGED)
    expect(read(own, ...MSI, ids.acked)).toBe('8205c0')
    expect(acknowledge(own, 0, ended?.event.timeStamp)).toBe(ACKNOWLEDGED)
    expect(read(own, ...MSI, ids.acked)).toBe('8205e0')
    own.clock.advance(10_000)
    set(2)
    expect(told(own).map(({ event }) => event.notifyType)).toEqual([2, 2, 0])
    // The first alarm is not the newest any more.
    expect(acknowledge(own, OFFNORMAL, timeStamp)).toBe('500100 9105 910e'.replaceAll(' ', ''))
  })

  it.each<[string, number, (own: TimeStamp) => TimeStamp, number, string]>([
    // services / invalid-time-stamp, invalid-event-state; object / unknown-object, no-alarm-configured.
    ['another time', OFFNORMAL, (own) => moved(own), 1, '9105910e'],
    ['a time without a date', OFFNORMAL, () => later, 1, '9105910e'],
    ['a number in place of a time', OFFNORMAL, () => ({ kind: 'sequence', sequence: 1 }), 1, '9105910e'],
    ['a state that it has not', 3, (own) => own, 1, '91059149'],
    ['a state that never was', 1, (own) => own, 1, '91059149'],
    ['a normal that never was', 0, (own) => own, 1, '91059149'],
    ['an object that is not there', OFFNORMAL, (own) => own, 9, '9101911f'],
    ['an object without alarms', OFFNORMAL, (own) => own, 2, '9101914a'],
  ])('of %s is refused, and changes and tells nothing', async (_name, state, stamp, instance, error) => {
    const own = await stack({ recipients })
    own.attach([{ object: 'multi-state-input', instance: 2, type: 'state', states: ['A', 'B'] }])
    write(own, [15, 2], 1, '8205e0')
    // Neither normal nor a fault since it is watched.
    own.attach([status()], 2)
    const [event] = told(own)
    const timeStamp = stamp(event?.event.timeStamp as TimeStamp)
    expect(acknowledge(own, state, timeStamp, { instance })).toBe(`500100${error}`)
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
    expect(told(own)).toEqual([])
  })

  it('takes a time stamp whose day of the week is left out', async () => {
    const { own, timeStamp } = await faulted()
    if (timeStamp?.kind !== 'date-time') throw new Error('no time stamp')
    const [year, month, day] = timeStamp.dateTime.date
    const without: TimeStamp = { kind: 'date-time', dateTime: { ...timeStamp.dateTime, date: [year, month, day, 255] } }
    expect(acknowledge(own, OFFNORMAL, without)).toBe(ACKNOWLEDGED)
  })

  it('twice is taken twice and told twice', async () => {
    const { own, timeStamp } = await faulted()
    expect(acknowledge(own, OFFNORMAL, timeStamp)).toBe(ACKNOWLEDGED)
    expect(acknowledge(own, OFFNORMAL, timeStamp)).toBe(ACKNOWLEDGED)
    expect(told(own).map(({ event }) => event.notifyType)).toEqual([2, 2])
  })

  it('of a fault is told as of a fault', async () => {
    const { own, point } = await watching(status(), 0)
    write(own, MSI, ids.enable, '8205e0')
    own.set(point, 0, 'offline')
    const [fault] = told(own)
    expect(acknowledge(own, 1, fault?.event.timeStamp)).toBe(ACKNOWLEDGED)
    expect(told(own)[0]?.event).toMatchObject({ eventType: 19, toState: 1, notifyType: 2 })
  })

  it('from an address that may not write is refused', async () => {
    const { own, timeStamp } = await faulted()
    const request = new Writer()
    writeAcknowledgeAlarm(request, {
      process: 0,
      object: { type: 13, instance: 1 },
      eventState: OFFNORMAL,
      timeStamp: timeStamp ?? later,
      source: '',
      timeOfAcknowledgment: later,
    })
    const stranger = { address: '192.0.2.1', port: 47808 }
    expect(ask(own, 0, Buffer.from(request.finish()).toString('hex'), stranger)).toBe('50010091029128')
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
  })

  it('of a source as long as a request may be is told shortened, on one line', async () => {
    const { own, timeStamp } = await faulted()
    expect(acknowledge(own, OFFNORMAL, timeStamp, { source: `a\n\u0000${'\u{1f50c}'.repeat(200)}` })).toBe(ACKNOWLEDGED)
    expect(told(own)[0]?.event.message).toBe(`Site.multi-state-input 1: acknowledged by a  ${'\u{1f50c}'.repeat(61)}`)
  })

  it('that is cut anywhere is rejected', async () => {
    const { own, timeStamp } = await faulted()
    const writer = new Writer()
    writeAcknowledgeAlarm(writer, {
      process: 0,
      object: { type: 13, instance: 1 },
      eventState: OFFNORMAL,
      timeStamp: timeStamp ?? later,
      source: 'a',
      timeOfAcknowledgment: later,
    })
    const whole = Buffer.from(writer.finish()).toString('hex')
    for (let cut = 0; cut < whole.length; cut += 2) expect(ask(own, 0, whole.slice(0, cut))).toMatch(/^6001/)
    expect(ask(own, 0, `${whole}00`)).toBe('600107')
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
  })
})

function moved(stamp: TimeStamp): TimeStamp {
  if (stamp.kind !== 'date-time') return stamp
  const [hour, minute, second, hundredths] = stamp.dateTime.time
  return { kind: 'date-time', dateTime: { ...stamp.dateTime, time: [hour, minute, second, (hundredths + 1) % 100] } }
}

const alarm = (instance: number): PointInit => ({ ...status(), instance })

/** So many states, of which every second is an alarm. */
async function many(count: number) {
  const own = await stack()
  own.attach(
    Array.from({ length: count }, (_, n) => alarm(n + 1)),
    2,
  )
  own.attach(
    Array.from({ length: count }, (_, n) => alarm(count + n + 1)),
    0,
  )
  return own
}

describe('GetEventInformation', () => {
  /** What is answered to one request, with these octets for the largest APDU and for the segments that are taken. */
  function portion(own: Stack, head: string, after?: number) {
    own.receive(local(`${head}011d${after === undefined ? '' : `0c${oid(13, after)}`}`))
    let data = ''
    for (;;) {
      const [datagram] = own.take()
      const apdu = datagram?.hex.slice(12) ?? ''
      if (!apdu.startsWith('3c') && !apdu.startsWith('38')) {
        if (apdu.startsWith('30')) return readGetEventInformationAck(new Reader(octets(apdu.slice(6))))
        return apdu
      }
      data += apdu.slice(10)
      if (apdu.startsWith('38')) return readGetEventInformationAck(new Reader(octets(data)))
      own.receive(local(`4001${apdu.slice(4, 6)}01`))
    }
  }

  it.each([
    ['206 octets', '0002', 2],
    ['480 octets', '0003', 6],
    ['1476 octets', '0005', 20],
    ['two segments of 206 octets', '0212', 5],
    ['four segments of 50 octets', '0220', 1],
  ])('tells all in portions of %s, none twice', async (_name, head, least) => {
    const own = await many(60)
    const seen: number[] = []
    for (let more = true; more; ) {
      const answer = portion(own, head, seen.at(-1))
      if (typeof answer === 'string') throw new Error(answer)
      expect(answer.summaries.length).toBeGreaterThanOrEqual(answer.moreEvents ? least : 1)
      seen.push(...answer.summaries.map(({ object }) => object.instance))
      more = answer.moreEvents
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => n + 1))
  })

  it('aborts where there is no room for a single one, lest a client ask for ever', async () => {
    const own = await many(2)
    // Segmentation not supported by the client; one segment of 50 octets.
    expect(portion(own, '0000')).toBe('710104')
  })

  it('tells at the most 500 in one answer', async () => {
    const own = await many(600)
    const answer = portion(own, '0275')
    expect(answer).toMatchObject({ moreEvents: true })
    expect(typeof answer !== 'string' && answer.summaries.length).toBe(500)
    const rest = portion(own, '0275', 500)
    expect(rest).toMatchObject({ moreEvents: false })
    expect(typeof rest !== 'string' && rest.summaries.length).toBe(100)
  })

  it('goes on behind an object that is normal again, and begins anew behind one that is gone', async () => {
    const own = await stack()
    const points = own.attach(
      Array.from({ length: 5 }, (_, n) => alarm(n + 1)),
      2,
    )
    own.set(points[1] as Point, 0)
    const instances = (answer: ReturnType<typeof portion>) =>
      typeof answer === 'string' ? answer : answer.summaries.map(({ object }) => object.instance)
    expect(instances(portion(own, '0005', 2))).toEqual([3, 4, 5])
    expect(instances(portion(own, '0005', 5))).toEqual([])
    expect(instances(portion(own, '0005', 99))).toEqual([1, 3, 4, 5])
  })

  it('tells what is normal but not acknowledged, with all that is known of it', async () => {
    const { own, set, timeStamp } = await faulted()
    set(0)
    const [ended] = told(own)
    const never: TimeStamp = { kind: 'date-time', dateTime: { date: [255, 255, 255, 255], time: [255, 255, 255, 255] } }
    const answer = portion(own, '0005')
    if (typeof answer === 'string') throw new Error(answer)
    const [summary] = answer.summaries
    expect(summary).toMatchObject({
      object: { type: 13, instance: 1 },
      eventState: 0,
      acknowledgedTransitions: [false, true, false],
      notifyType: 0,
      eventEnable: [true, false, true],
      eventPriorities: [96, 96, 192],
    })
    // The fault from before it was known was told to nobody, but it was one.
    expect(summary?.eventTimeStamps[0]).toEqual(timeStamp)
    expect(summary?.eventTimeStamps[1]).not.toEqual(never)
    expect(summary?.eventTimeStamps[2]).toEqual(ended?.event.timeStamp)
    acknowledge(own, OFFNORMAL, timeStamp)
    acknowledge(own, 0, ended?.event.timeStamp)
    told(own)
    expect(portion(own, '0005')).toEqual({ summaries: [], moreEvents: false })
  })
})

describe('GetAlarmSummary', () => {
  it('lists the alarms that are not normal, and no events', async () => {
    const own = await many(2)
    write(own, [13, 2], 72, '9101')
    const summaries = readGetAlarmSummaryAck(new Reader(octets(ask(own, 3, '').slice(6))))
    expect(summaries).toEqual([
      { object: { type: 13, instance: 1 }, alarmState: 2, acknowledgedTransitions: [true, true, true] },
    ])
    expect(ask(own, 3, '2100')).toBe('600107')
  })
})

describe('GetEnrollmentSummary', () => {
  const everything: GetEnrollmentSummary = {
    acknowledgment: 'all',
    enrollment: undefined,
    eventState: undefined,
    eventType: undefined,
    priority: undefined,
    notificationClass: undefined,
  }

  function enrolled(own: Stack, asked: Partial<GetEnrollmentSummary>) {
    const writer = new Writer()
    writeGetEnrollmentSummary(writer, { ...everything, ...asked })
    const answer = ask(own, 4, Buffer.from(writer.finish()).toString('hex'))
    if (!answer.startsWith('300104')) return answer
    return readGetEnrollmentSummaryAck(new Reader(octets(answer.slice(6)))).map(
      ({ object }) => `${object.type} ${object.instance}`,
    )
  }

  it('lists the objects that can tell events, by every filter', async () => {
    const own = await stack({ recipients: [{ address: '127.0.0.20', process: 7 }] })
    const [state, number, fault] = own.attach([status(), power(), { ...power(), instance: 2 }])
    // To off-normal has to be acknowledged of the class charger.
    write(own, [15, 2], 1, '820580')
    own.set(state as Point, 2)
    own.set(number as Point, 30)
    own.set(fault as Point, 10, 'offline')
    const all = ['13 1', '0 1', '0 2']
    expect(enrolled(own, {})).toEqual(all)
    expect(enrolled(own, { acknowledgment: 'acked' })).toEqual(['0 1', '0 2'])
    expect(enrolled(own, { acknowledgment: 'not-acked' })).toEqual(['13 1'])
    expect(enrolled(own, { eventState: 'offnormal' })).toEqual(['13 1', '0 1'])
    expect(enrolled(own, { eventState: 'fault' })).toEqual(['0 2'])
    expect(enrolled(own, { eventState: 'normal' })).toEqual([])
    expect(enrolled(own, { eventState: 'active' })).toEqual(all)
    expect(enrolled(own, { eventState: 'all' })).toEqual(all)
    expect(enrolled(own, { eventType: 1 })).toEqual(['13 1'])
    expect(enrolled(own, { eventType: 5 })).toEqual(['0 1', '0 2'])
    expect(enrolled(own, { priority: { min: 96, max: 96 } })).toEqual(['13 1', '0 2'])
    expect(enrolled(own, { priority: { min: 0, max: 95 } })).toEqual(['0 1'])
    expect(enrolled(own, { notificationClass: 2 })).toEqual(['13 1'])
    const recipient = { kind: 'address', network: 0, mac: Uint8Array.of(127, 0, 0, 20, 0xba, 0xc0) } as const
    expect(enrolled(own, { enrollment: { recipient, process: 7 } })).toEqual(all)
    expect(enrolled(own, { enrollment: { recipient, process: 8 } })).toEqual([])
    // The same recipient in a list that was written.
    const written = '8201fe b400000000 b4173b3b63 1e 2100 65067f000014bac0 1f 2109 11 8205e0'
    expect(write(own, [15, 1], 102, written)).toBe('20010f')
    expect(enrolled(own, { enrollment: { recipient, process: 7 } })).toEqual(['13 1'])
    expect(enrolled(own, { enrollment: { recipient, process: 9 } })).toEqual(['0 1', '0 2'])
    expect(ask(own, 4, '0903')).toMatch(/^6001/)
  })
})
