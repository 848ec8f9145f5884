import { describe, expect, it } from 'vitest'
import { Reader } from '../../../src/northbound/bacnet/wire/reader.ts'
import * as communication from '../../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import { readIAm, writeIAm } from '../../../src/northbound/bacnet/wire/service/i-am.ts'
import * as list from '../../../src/northbound/bacnet/wire/service/list-element.ts'
import * as range from '../../../src/northbound/bacnet/wire/service/read-range.ts'
import * as reinitialize from '../../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import * as time from '../../../src/northbound/bacnet/wire/service/time-synchronization.ts'
import { readIHave, readWhoHas, writeIHave, writeWhoHas } from '../../../src/northbound/bacnet/wire/service/who-has.ts'
import { readWhoIs, writeWhoIs } from '../../../src/northbound/bacnet/wire/service/who-is.ts'
import * as multiple from '../../../src/northbound/bacnet/wire/service/write-property-multiple.ts'
import { readLogRecord, writeLogRecord } from '../../../src/northbound/bacnet/wire/type/log-record.ts'
import { Writer } from '../../../src/northbound/bacnet/wire/writer.ts'
import { octets, same, sameApdu } from '../../support/octets.ts'

const ai = (instance: number) => ({ type: 0, instance })

/**
 * Examples of Annex F of the standard, whole APDUs: the octets that the test suites of other stacks quote for the same
 * clauses (ela-compil/BACnet, BACnet4J). Where one says that it leaves the standard, the standard's octets are here.
 */
describe('Annex F.3 and F.4 of the standard', () => {
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
       0c 00800007 1e 09 55 2e 44 42900000 2f 1f`,
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
