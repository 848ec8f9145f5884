import { describe, expect, it } from 'vitest'
import { beginError, parseApdu } from '../../../../src/northbound/bacnet/wire/apdu.ts'
import { BacnetError, BacnetReject, type RejectReason } from '../../../../src/northbound/bacnet/wire/error-code.ts'
import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { readDeviceCommunicationControl } from '../../../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import { readEventNotification } from '../../../../src/northbound/bacnet/wire/service/event-notification.ts'
import { readGetEnrollmentSummary } from '../../../../src/northbound/bacnet/wire/service/get-enrollment-summary.ts'
import { readListElements } from '../../../../src/northbound/bacnet/wire/service/list-element.ts'
import { readReadRange } from '../../../../src/northbound/bacnet/wire/service/read-range.ts'
import { readReinitializeDevice } from '../../../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import { readSubscribeCovProperty } from '../../../../src/northbound/bacnet/wire/service/subscribe-cov-property.ts'
import { readTimeSynchronization } from '../../../../src/northbound/bacnet/wire/service/time-synchronization.ts'
import {
  readWriteAccessSpecifications,
  writeWritePropertyMultipleError,
} from '../../../../src/northbound/bacnet/wire/service/write-property-multiple.ts'
import { readDestination } from '../../../../src/northbound/bacnet/wire/type/destination.ts'
import { readLogRecord } from '../../../../src/northbound/bacnet/wire/type/log-record.ts'
import { readPropertyState, writePropertyState } from '../../../../src/northbound/bacnet/wire/type/property-state.ts'
import { readRecipient } from '../../../../src/northbound/bacnet/wire/type/recipient.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { octets } from '../../../support/octets.ts'

const stamp = '0e a4 7e 0b 16 07 b4 0c 05 22 46 0f'
const days = '82 01 fe'
const times = 'b4 00 00 00 00 b4 17 3b 3b 63'
const device = '0c 02 00 02 58'
const twentyOne = '61'.repeat(21)

const refusals: readonly (readonly [string, (reader: Reader) => unknown, string, RejectReason])[] = [
  ['a communication state that is none', readDeviceCommunicationControl, '19 03', 'undefined-enumeration'],
  ['communication without a state', readDeviceCommunicationControl, '09 05', 'missing-required-parameter'],
  ['a silence of 65536 minutes', readDeviceCommunicationControl, '0b 01 00 00 19 01', 'parameter-out-of-range'],
  ['an empty password', readDeviceCommunicationControl, '19 01 29 00', 'parameter-out-of-range'],
  ['a password of 21 characters', readReinitializeDevice, `09 00 1d 16 00 ${twentyOne}`, 'parameter-out-of-range'],
  ['a state to start into that is none', readReinitializeDevice, '09 08', 'undefined-enumeration'],
  ['more than a password', readReinitializeDevice, '09 00 29 00', 'too-many-arguments'],
  ['the time range that was withdrawn', readReadRange, '0c 05 00 00 01 19 83 4e 21 01 31 01 4f', 'invalid-tag'],
  ['a range with half its reference', readReadRange, '0c 05 00 00 01 19 83 3e 21 01 3f', 'invalid-tag'],
  ['two ranges', readReadRange, '0c 05 00 00 01 19 83 3e 21 01 31 01 3f 3e', 'too-many-arguments'],
  [
    'a lifetime without how to notify',
    readSubscribeCovProperty,
    '09 01 1c 00 00 00 01 39 3c 4e 09 55 4f',
    'missing-required-parameter',
  ],
  ['a date behind the time', readTimeSynchronization, 'b4 0c 05 22 46 a4 7e 0b 16 07', 'invalid-tag'],
  ['a time alone with its date', readTimeSynchronization, 'a4 7e 0b 16 07', 'missing-required-parameter'],
  ['elements that are not closed', readListElements, '0c 03 c0 00 01 19 66 3e 82 01', 'invalid-tag'],
  ['elements nested without end', readListElements, `0c 03 c0 00 01 19 66 3e ${'0e'.repeat(400)}`, 'invalid-tag'],
  ['a filter that is none', readGetEnrollmentSummary, '09 03', 'undefined-enumeration'],
  ['a priority of 256', readGetEnrollmentSummary, '09 00 4e 09 00 1a 01 00 4f', 'parameter-out-of-range'],
  ['eight days a week', readDestination, `82 00 ff ${times} ${device} 21 01 11 82 05 e0`, 'parameter-out-of-range'],
  ['two transitions', readDestination, `${days} ${times} ${device} 21 01 11 82 06 c0`, 'parameter-out-of-range'],
  [
    'a long bit string of transitions',
    readDestination,
    `${days} ${times} ${device} 21 01 11 85 04 05 e0 00 00`,
    'parameter-out-of-range',
  ],
  ['a boolean that is neither', readDestination, `${days} ${times} ${device} 21 01 12 82 05 e0`, 'invalid-tag'],
  ['a recipient that is no device', readRecipient, '0c 00 00 00 01', 'parameter-out-of-range'],
  ['a network of three octets', readRecipient, '1e 23 01 00 00 61 01 1f', 'parameter-out-of-range'],
  ['a recipient of a third kind', readRecipient, '2e 2f', 'invalid-tag'],
  ['a constructed state', readPropertyState, '1e 1f', 'invalid-tag'],
  ['no state', readPropertyState, '', 'missing-required-parameter'],
  ['a record without a datum', readLogRecord, `${stamp} 1e 1f`, 'invalid-tag'],
  ['a datum of an unknown kind', readLogRecord, `${stamp} 1e b9 01 1f`, 'invalid-tag'],
  ['two data', readLogRecord, `${stamp} 1e 19 01 19 01 1f`, 'invalid-tag'],
  ['a failure as a number', readLogRecord, `${stamp} 1e 89 01 1f`, 'invalid-tag'],
  ['a real of two octets', readLogRecord, `${stamp} 1e 2a 01 02 1f`, 'invalid-tag'],
  [
    'event values of no kind',
    readEventNotification,
    '09 01 1c 02 00 00 04 2c 00 00 00 02 3e 19 10 3f 49 04 59 64 69 05 89 00 99 01 a9 00 b9 03 ce cf',
    'invalid-tag',
  ],
]

describe('the codecs', () => {
  it.each(refusals)('refuse %s', (_, read, hex, reason) => {
    expect(() => read(new Reader(octets(hex)))).toThrow(new BacnetReject(reason))
  })

  it('refuse a password in a character set that nobody speaks as an error, not as an encoding', () => {
    expect(() => readReinitializeDevice(new Reader(octets('09 00 1b 01 61 62')))).toThrow(BacnetError)
  })

  it('keep the states of other data types as they came', () => {
    const other = octets('f9 3a 07')
    const state = readPropertyState(new Reader(other))
    expect(state).toEqual({ kind: 'other', tag: 58, data: Uint8Array.of(7) })
    const writer = new Writer()
    writePropertyState(writer, state)
    expect(writer.finish()).toEqual(other)
  })

  it.each([
    ['09 01', { kind: 'boolean', value: true }],
    ['19 01', { kind: 'binary', value: 1 }],
    ['79 0c', { kind: 'reliability', value: 12 }],
    ['89 03', { kind: 'event-state', value: 3 }],
    ['ba 01 00', { kind: 'unsigned', value: 256 }],
  ])('know the state %s by its tag', (hex, state) => {
    expect(readPropertyState(new Reader(octets(hex)))).toEqual(state)
  })
})

describe('writing many properties', () => {
  const first = '0c 00 80 00 05 1e 09 55 2e 44 42 86 00 00 2f 39 08'

  it.each([
    ['is cut off', ' 09 55 2e 44', 'invalid-tag'],
    ['has no value', ' 09 55 1f', 'invalid-tag'],
    ['has priority 17', ' 09 55 2e 00 2f 39 11 1f', 'parameter-out-of-range'],
    ['is of an object with nothing to write', ' 1f 0c 00 80 00 06 1e 1f', 'missing-required-parameter'],
  ])('gives the first write before it refuses a second that %s', (_, rest, reason) => {
    const writes = readWriteAccessSpecifications(new Reader(octets(first + rest)))
    expect(writes.next().value).toEqual({
      object: { type: 2, instance: 5 },
      property: 85,
      index: undefined,
      value: octets('44 42 86 00 00'),
      priority: 8,
    })
    expect(() => writes.next()).toThrow(reason)
  })

  it('tells by its own error where it ended', () => {
    const writer = new Writer()
    beginError(writer, 16, 7)
    writeWritePropertyMultipleError(writer, 'property', 'write-access-denied', {
      object: { type: 2, instance: 5 },
      property: 87,
      index: 3,
    })
    const bytes = writer.finish()
    expect(bytes).toEqual(octets('50 07 10 0e 91 02 91 28 0f 1e 0c 00 80 00 05 19 57 29 03 1f'))
    expect(parseApdu(bytes)).toMatchObject({ kind: 'error', invokeId: 7, service: 16 })
  })
})
