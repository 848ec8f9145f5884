import { parseApdu } from '../../src/northbound/bacnet/wire/apdu.ts'
import type { ErrorClass, ErrorCode } from '../../src/northbound/bacnet/wire/error-code.ts'
import { errorClasses, errorCodes } from '../../src/northbound/bacnet/wire/error-code.ts'
import type { ObjectId } from '../../src/northbound/bacnet/wire/object-type.ts'
import type { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import * as acknowledge from '../../src/northbound/bacnet/wire/service/acknowledge-alarm.ts'
import * as communication from '../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import * as event from '../../src/northbound/bacnet/wire/service/event-notification.ts'
import * as alarms from '../../src/northbound/bacnet/wire/service/get-alarm-summary.ts'
import * as enrollments from '../../src/northbound/bacnet/wire/service/get-enrollment-summary.ts'
import * as events from '../../src/northbound/bacnet/wire/service/get-event-information.ts'
import { readIAm, writeIAm } from '../../src/northbound/bacnet/wire/service/i-am.ts'
import * as list from '../../src/northbound/bacnet/wire/service/list-element.ts'
import * as range from '../../src/northbound/bacnet/wire/service/read-range.ts'
import * as reinitialize from '../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import * as subscribe from '../../src/northbound/bacnet/wire/service/subscribe-cov-property.ts'
import * as time from '../../src/northbound/bacnet/wire/service/time-synchronization.ts'
import { readIHave, readWhoHas, writeIHave, writeWhoHas } from '../../src/northbound/bacnet/wire/service/who-has.ts'
import { readWhoIs, writeWhoIs } from '../../src/northbound/bacnet/wire/service/who-is.ts'
import type { WriteProperty } from '../../src/northbound/bacnet/wire/service/write-property.ts'
import * as multiple from '../../src/northbound/bacnet/wire/service/write-property-multiple.ts'
import { readDateTime, writeDateTime } from '../../src/northbound/bacnet/wire/type/date-time.ts'
import { readDestination, writeDestination } from '../../src/northbound/bacnet/wire/type/destination.ts'
import * as reference from '../../src/northbound/bacnet/wire/type/device-object-reference.ts'
import { readErrorType, writeErrorType } from '../../src/northbound/bacnet/wire/type/error-type.ts'
import { readLogRecord, writeLogRecord } from '../../src/northbound/bacnet/wire/type/log-record.ts'
import {
  readNotificationParameters,
  writeNotificationParameters,
} from '../../src/northbound/bacnet/wire/type/notification-parameters.ts'
import { readPropertyState, writePropertyState } from '../../src/northbound/bacnet/wire/type/property-state.ts'
import * as recipients from '../../src/northbound/bacnet/wire/type/recipient.ts'
import { readTimeStamp, writeTimeStamp } from '../../src/northbound/bacnet/wire/type/time-stamp.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'

/** A reader and its writer. */
export interface Codec<Value> {
  read(reader: Reader): Value
  write(writer: Writer, value: Value): void
}

function codec<Value>(read: (reader: Reader) => Value, write: (writer: Writer, value: Value) => void): Codec<Value> {
  return { read, write }
}

/** For a writer of the whole APDU: without its two octets of header, as the reader wants it. */
function unconfirmed<Value>(
  read: (reader: Reader) => Value,
  write: (writer: Writer, value: Value) => void,
): Codec<Value> {
  return codec(read, (writer, value) => {
    const whole = new Writer()
    write(whole, value)
    const apdu = parseApdu(whole.finish())
    if (apdu.kind !== 'unconfirmed-request') throw new Error(apdu.kind)
    writer.octets(apdu.data)
  })
}

/** One specification for all writes that have the same object in hand. */
function writeWrites(writer: Writer, writes: readonly WriteProperty[]): void {
  const specifications = new Map<ObjectId, WriteProperty[]>()
  for (const write of writes) {
    const same = specifications.get(write.object)
    if (same === undefined) specifications.set(write.object, [write])
    else same.push(write)
  }
  for (const [object, values] of specifications) multiple.writeWriteAccessSpecification(writer, object, values)
}

/** The codecs write errors by name and read them by number. */
function names(error: { readonly errorClass: number; readonly errorCode: number }): [ErrorClass, ErrorCode] {
  const name = <Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name => {
    for (const each in table) if (table[each] === value) return each
    throw new Error(`no name for ${value}`)
  }
  return [name(errorClasses, error.errorClass), name(errorCodes, error.errorCode)]
}

/** Types that are parts of services. */
export const types = {
  dateTime: codec(readDateTime, writeDateTime),
  timeStamp: codec(readTimeStamp, writeTimeStamp),
  recipient: codec(recipients.readRecipient, recipients.writeRecipient),
  recipientProcess: codec(recipients.readRecipientProcess, recipients.writeRecipientProcess),
  destination: codec(readDestination, writeDestination),
  deviceObjectReference: codec(reference.readDeviceObjectReference, reference.writeDeviceObjectReference),
  deviceObjectPropertyReference: codec(
    reference.readDeviceObjectPropertyReference,
    reference.writeDeviceObjectPropertyReference,
  ),
  propertyState: codec(readPropertyState, writePropertyState),
  notificationParameters: codec(readNotificationParameters, writeNotificationParameters),
  logRecord: codec(readLogRecord, writeLogRecord),
}

export const confirmedRequests = {
  acknowledgeAlarm: codec(acknowledge.readAcknowledgeAlarm, acknowledge.writeAcknowledgeAlarm),
  eventNotification: codec(event.readEventNotification, event.writeEventNotification),
  /** Without parameters. */
  getAlarmSummary: codec(
    (reader) => reader.finish(),
    () => {},
  ),
  getEnrollmentSummary: codec(enrollments.readGetEnrollmentSummary, enrollments.writeGetEnrollmentSummary),
  listElement: codec(list.readListElements, list.writeListElements),
  writePropertyMultiple: codec(
    (reader): readonly WriteProperty[] => [...multiple.readWriteAccessSpecifications(reader)],
    writeWrites,
  ),
  deviceCommunicationControl: codec(
    communication.readDeviceCommunicationControl,
    communication.writeDeviceCommunicationControl,
  ),
  reinitializeDevice: codec(reinitialize.readReinitializeDevice, reinitialize.writeReinitializeDevice),
  readRange: codec(range.readReadRange, range.writeReadRange),
  subscribeCovProperty: codec(subscribe.readSubscribeCovProperty, subscribe.writeSubscribeCovProperty),
  getEventInformation: codec(events.readGetEventInformation, events.writeGetEventInformation),
}

export const unconfirmedRequests = {
  iAm: unconfirmed(readIAm, writeIAm),
  iHave: unconfirmed(readIHave, (writer, { device, object, name }) => writeIHave(writer, device, object, name)),
  timeSynchronization: codec(time.readTimeSynchronization, time.writeTimeSynchronization),
  whoHas: unconfirmed(readWhoHas, writeWhoHas),
  whoIs: unconfirmed(readWhoIs, writeWhoIs),
}

export const acknowledgements = {
  getAlarmSummary: codec(alarms.readGetAlarmSummaryAck, (writer, summaries) => {
    for (const each of summaries) alarms.writeAlarmSummary(writer, each)
  }),
  getEnrollmentSummary: codec(enrollments.readGetEnrollmentSummaryAck, (writer, summaries) => {
    for (const each of summaries) enrollments.writeEnrollmentSummary(writer, each)
  }),
  readRange: codec(range.readReadRangeAck, range.writeReadRangeAck),
  getEventInformation: codec(events.readGetEventInformationAck, (writer, { summaries, moreEvents }) => {
    events.beginEventSummaries(writer)
    for (const each of summaries) events.writeEventSummary(writer, each)
    events.endEventSummaries(writer, moreEvents)
  }),
}

export const errors = {
  plain: codec(readErrorType, writeErrorType),
  changeList: codec(list.readChangeListError, (writer, error) =>
    list.writeChangeListError(writer, ...names(error), error.firstFailedElementNumber),
  ),
  writePropertyMultiple: codec(multiple.readWritePropertyMultipleError, (writer, error) =>
    multiple.writeWritePropertyMultipleError(writer, ...names(error), error),
  ),
}
