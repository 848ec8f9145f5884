import { describe, expect, it } from 'vitest'
import { parseApdu } from '../../../src/northbound/bacnet/wire/apdu.ts'
import { Reader } from '../../../src/northbound/bacnet/wire/reader.ts'
import * as acknowledgeAlarm from '../../../src/northbound/bacnet/wire/service/acknowledge-alarm.ts'
import * as communication from '../../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import * as event from '../../../src/northbound/bacnet/wire/service/event-notification.ts'
import * as alarms from '../../../src/northbound/bacnet/wire/service/get-alarm-summary.ts'
import * as events from '../../../src/northbound/bacnet/wire/service/get-event-information.ts'
import { readIAm, writeIAm } from '../../../src/northbound/bacnet/wire/service/i-am.ts'
import * as list from '../../../src/northbound/bacnet/wire/service/list-element.ts'
import * as range from '../../../src/northbound/bacnet/wire/service/read-range.ts'
import * as reinitialize from '../../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import * as subscribe from '../../../src/northbound/bacnet/wire/service/subscribe-cov-property.ts'
import * as time from '../../../src/northbound/bacnet/wire/service/time-synchronization.ts'
import { readIHave, readWhoHas, writeIHave, writeWhoHas } from '../../../src/northbound/bacnet/wire/service/who-has.ts'
import { readWhoIs, writeWhoIs } from '../../../src/northbound/bacnet/wire/service/who-is.ts'
import * as multiple from '../../../src/northbound/bacnet/wire/service/write-property-multiple.ts'
import { readLogRecord, writeLogRecord } from '../../../src/northbound/bacnet/wire/type/log-record.ts'
import { Writer } from '../../../src/northbound/bacnet/wire/writer.ts'

/**
 * Examples of Annex F of the standard, whole APDUs. Their octets were compared with those that the tests of
 * ela-compil/BACnet (MIT) hold for the same clauses; where these say that they leave the standard, the standard's are here.
 */
function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

function parameters(hex: string, service: number): Uint8Array {
  const apdu = parseApdu(octets(hex))
  if (!('data' in apdu)) throw new Error(`${apdu.kind} has no parameters`)
  expect(apdu.service).toBe(service)
  return apdu.data
}

/** Reads the parameters, compares them, and writes them to the same octets. */
function same<Value>(
  hex: string,
  service: number,
  codec: readonly [read: (reader: Reader) => Value, write: (writer: Writer, value: Value) => void],
  value: Value,
): void {
  const [read, write] = codec
  const data = parameters(hex, service)
  expect(read(new Reader(data))).toEqual(value)
  const writer = new Writer()
  write(writer, value)
  expect(writer.finish()).toEqual(data)
}

/** The same for codecs that write the whole APDU. */
function sameApdu<Value>(
  hex: string,
  service: number,
  codec: readonly [read: (reader: Reader) => Value, write: (writer: Writer, value: Value) => void],
  value: Value,
): void {
  const [read, write] = codec
  expect(read(new Reader(parameters(hex, service)))).toEqual(value)
  const writer = new Writer()
  write(writer, value)
  expect(writer.finish()).toEqual(octets(hex))
}

const ai = (instance: number) => ({ type: 0, instance })
const any = [255, 255, 255, 255] as const

describe('Annex F of the standard', () => {
  it('F.1.1: an alarm is acknowledged', () => {
    same(
      '00 02 07 00 09 01 1c 00000002 29 03 3e 19 10 3f 4c 00 4d 44 4c 5e 2e a4 5c 06 15 ff b4 0d 03 29 09 2f 5f',
      0,
      [acknowledgeAlarm.readAcknowledgeAlarm, acknowledgeAlarm.writeAcknowledgeAlarm],
      {
        process: 1,
        object: ai(2),
        eventState: 3,
        timeStamp: { kind: 'sequence', sequence: 16 },
        source: 'MDL',
        timeOfAcknowledgment: {
          kind: 'date-time',
          dateTime: { date: [92, 6, 21, 255], time: [13, 3, 41, 9] },
        },
      },
    )
  })

  it.each([
    ['F.1.4', 2, 4, '00 02 10 02'],
    ['F.1.5', 3, 9, '10 03'],
  ])('%s: a high limit is told', (_, service, device, header) => {
    same(
      `${header} 09 01 1c 020000${device.toString(16).padStart(2, '0')} 2c 00000002 3e 19 10 3f 49 04 59 64 69 05 89 00 99 01 a9 00 b9 03
       ce 5e 0c 42a03333 1a 04 80 2c 3f800000 3c 42a00000 5f cf`.replaceAll('\n', ''),
      service,
      [event.readEventNotification, event.writeEventNotification],
      {
        process: 1,
        device,
        object: ai(2),
        timeStamp: { kind: 'sequence', sequence: 16 },
        notificationClass: 4,
        priority: 100,
        eventType: 5,
        message: undefined,
        notifyType: 0,
        ackRequired: true,
        fromState: 0,
        toState: 3,
        values: {
          kind: 'out-of-range',
          exceedingValue: Math.fround(80.1),
          statusFlags: 0b1000,
          deadband: 1,
          exceededLimit: 80,
        },
      },
    )
  })

  it('F.1.6: two alarms are summed up', () => {
    same<readonly alarms.AlarmSummary[]>(
      '30 01 03 c4 00000002 91 03 82 05 60 c4 00000003 91 04 82 05 e0',
      3,
      [
        alarms.readGetAlarmSummaryAck,
        (writer, summaries) => {
          for (const each of summaries) alarms.writeAlarmSummary(writer, each)
        },
      ],
      [
        { object: ai(2), alarmState: 3, acknowledgedTransitions: [false, true, true] },
        { object: ai(3), alarmState: 4, acknowledgedTransitions: [true, true, true] },
      ],
    )
  })

  it('F.1.8: events are asked for from the beginning', () => {
    same('02 02 01 1d', 29, [events.readGetEventInformation, events.writeGetEventInformation], undefined)
  })

  it('F.1.8: two events are summed up, and no more', () => {
    same<ReturnType<typeof events.readGetEventInformationAck>>(
      `30 01 1d 0e 0c 00000002 19 03 2a 05 60 3e 0c 0f230014 0c ffffffff 0c ffffffff 3f 49 00 5a 05 e0 6e 21 0f 21 0f 21 14 6f
       0c 00000003 19 00 2a 05 c0 3e 0c 0f280000 0c ffffffff 0c 0f2d1e1e 3f 49 00 5a 05 e0 6e 21 0f 21 0f 21 14 6f 0f 19 00`.replaceAll(
        '\n',
        '',
      ),
      29,
      [
        events.readGetEventInformationAck,
        (writer, { summaries, moreEvents }) => {
          events.beginEventSummaries(writer)
          for (const each of summaries) events.writeEventSummary(writer, each)
          events.endEventSummaries(writer, moreEvents)
        },
      ],
      {
        summaries: [
          {
            object: ai(2),
            eventState: 3,
            acknowledgedTransitions: [false, true, true],
            eventTimeStamps: [
              { kind: 'time', time: [15, 35, 0, 20] },
              { kind: 'time', time: any },
              { kind: 'time', time: any },
            ],
            notifyType: 0,
            eventEnable: [true, true, true],
            eventPriorities: [15, 15, 20],
          },
          {
            object: ai(3),
            eventState: 0,
            acknowledgedTransitions: [true, true, false],
            eventTimeStamps: [
              { kind: 'time', time: [15, 40, 0, 0] },
              { kind: 'time', time: any },
              { kind: 'time', time: [15, 45, 30, 30] },
            ],
            notifyType: 0,
            eventEnable: [true, true, true],
            eventPriorities: [15, 15, 20],
          },
        ],
        moreEvents: false,
      },
    )
  })

  it('F.1.11: a property is subscribed to with an increment', () => {
    same(
      '00 02 0f 1c 09 12 1c 0000000a 29 01 39 3c 4e 09 55 4f 5c 3f800000',
      28,
      [subscribe.readSubscribeCovProperty, subscribe.writeSubscribeCovProperty],
      { process: 18, object: ai(10), confirmed: true, lifetime: 60, property: 85, index: undefined, increment: 1 },
    )
  })

  it('F.3.1: an element is added to a group', () => {
    same(
      '00 02 01 08 0c 02c00003 19 35 3e 0c 0000000f 1e 09 55 09 67 1f 3f',
      8,
      [list.readListElements, list.writeListElements],
      {
        object: { type: 11, instance: 3 },
        property: 53,
        index: undefined,
        elements: octets('0c 0000000f 1e 09 55 09 67 1f'),
      },
    )
  })

  it('F.3.2: two elements are removed from a group', () => {
    same(
      '00 02 34 09 0c 02c00003 19 35 3e 0c 0000000c 1e 09 55 09 67 09 1c 1f 0c 0000000d 1e 09 55 09 67 09 1c 1f 3f',
      9,
      [list.readListElements, list.writeListElements],
      {
        object: { type: 11, instance: 3 },
        property: 53,
        index: undefined,
        elements: octets('0c 0000000c 1e 09 55 09 67 09 1c 1f 0c 0000000d 1e 09 55 09 67 09 1c 1f'),
      },
    )
  })

  it('F.3.8: four records are asked for by time', () => {
    same(
      '02 02 01 1a 0c 05000001 19 83 7e a4 62031701 b4 13342200 31 04 7f',
      26,
      [range.readReadRange, range.writeReadRange],
      {
        object: { type: 20, instance: 1 },
        property: 131,
        index: undefined,
        range: { kind: 'time', time: { date: [98, 3, 23, 1], time: [19, 52, 34, 0] }, count: 4 },
      },
    )
  })

  it('F.3.8: two records are answered, first and last', () => {
    const records =
      '0e a4 62031701 b4 13361b00 0f 1e 2c 41900000 1f 2a 04 00 0e a4 62031701 b4 13381b00 0f 1e 2c 4190cccd 1f 2a 04 00'
    same(
      `30 01 1a 0c 05000001 19 83 3a 05 c0 49 02 5e ${records} 5f 6b 013561`,
      26,
      [range.readReadRangeAck, range.writeReadRangeAck],
      {
        object: { type: 20, instance: 1 },
        property: 131,
        index: undefined,
        resultFlags: { first: true, last: true, more: false },
        itemCount: 2,
        itemData: octets(records),
        firstSequenceNumber: 79_201,
      },
    )
    const reader = new Reader(octets(records))
    const read = [readLogRecord(reader), readLogRecord(reader)]
    expect(reader.done).toBe(true)
    expect(read).toEqual([
      {
        timestamp: { date: [98, 3, 23, 1], time: [19, 54, 27, 0] },
        datum: { kind: 'real', value: 18 },
        statusFlags: 0,
      },
      {
        timestamp: { date: [98, 3, 23, 1], time: [19, 56, 27, 0] },
        datum: { kind: 'real', value: Math.fround(18.1) },
        statusFlags: 0,
      },
    ])
    const writer = new Writer()
    for (const record of read) writeLogRecord(writer, record)
    expect(writer.finish()).toEqual(octets(records))
  })

  it('F.3.10: three objects are written', () => {
    const write = (instance: number, value: string) => ({
      object: { type: 2, instance },
      property: 85,
      index: undefined,
      value: octets(value),
      priority: undefined,
    })
    same<readonly ReturnType<typeof write>[]>(
      `00 04 01 10 0c 00800005 1e 09 55 2e 44 42860000 2f 1f 0c 00800006 1e 09 55 2e 44 42860000 2f 1f
       0c 00800007 1e 09 55 2e 44 42900000 2f 1f`.replaceAll('\n', ''),
      16,
      [
        (reader) => [...multiple.readWriteAccessSpecifications(reader)] as ReturnType<typeof write>[],
        (writer, writes) => {
          for (const each of writes) multiple.writeWriteAccessSpecification(writer, each.object, [each])
        },
      ],
      [write(5, '44 42860000'), write(6, '44 42860000'), write(7, '44 42900000')],
    )
  })

  it('F.4.1: a device is made silent for five minutes', () => {
    same(
      '00 04 05 11 09 05 19 01 2d 08 00 23 65 67 62 64 66 21',
      17,
      [communication.readDeviceCommunicationControl, communication.writeDeviceCommunicationControl],
      { minutes: 5, state: 'disable', password: '#egbdf!' },
    )
  })

  it('F.4.4: a device is started anew', () => {
    same(
      '00 01 02 14 09 01 1d 09 00 41 62 43 64 45 66 47 68',
      20,
      [reinitialize.readReinitializeDevice, reinitialize.writeReinitializeDevice],
      { state: 'warmstart', password: 'AbCdEfGh' },
    )
  })

  it('F.4.7: the time is told', () => {
    same('10 06 a4 5c 0b 11 02 b4 16 2d 1e 46', 6, [time.readTimeSynchronization, time.writeTimeSynchronization], {
      date: [92, 11, 17, 2],
      time: [22, 45, 30, 70],
    })
  })

  it('F.4.8: an object is looked for by name and by identifier, and is there', () => {
    const range = { low: 0, high: 4_194_302 }
    sameApdu('10 07 3d 07 00 4f 41 54 65 6d 70', 7, [readWhoHas, writeWhoHas], { ...range, object: 'OATemp' })
    sameApdu('10 07 2c 00000003', 7, [readWhoHas, writeWhoHas], { ...range, object: ai(3) })
    sameApdu(
      '10 01 c4 02000008 c4 00000003 75 07 00 4f 41 54 65 6d 70',
      1,
      [readIHave, (writer, { device, object, name }) => writeIHave(writer, device, object, name)],
      { device: 8, object: ai(3), name: 'OATemp' },
    )
  })

  it('F.4.9: one device and all devices are asked who they are', () => {
    sameApdu('10 08 09 03 19 03', 8, [readWhoIs, writeWhoIs], { low: 3, high: 3 })
    sameApdu('10 08', 8, [readWhoIs, writeWhoIs], { low: 0, high: 4_194_302 })
  })

  it.each([
    ['10 00 c4 02000001 22 01 e0 91 01 21 63', 1, 480, 1, 99],
    ['10 00 c4 02000002 21 ce 91 02 21 21', 2, 206, 2, 33],
    ['10 00 c4 02000003 22 04 00 91 03 21 63', 3, 1024, 3, 99],
    ['10 00 c4 02000004 21 80 91 00 21 42', 4, 128, 0, 66],
  ])('F.4.9: a device says who it is: %s', (hex, instance, maxApdu, segmentation, vendorId) => {
    sameApdu(hex, 0, [readIAm, writeIAm], { instance, maxApdu, segmentation, vendorId })
  })
})
