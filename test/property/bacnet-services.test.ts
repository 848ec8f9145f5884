import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BacnetError, BacnetReject, errorClasses, errorCodes } from '../../src/northbound/bacnet/wire/error-code.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'
import {
  acknowledgements,
  type Codec,
  confirmedRequests,
  errors,
  types,
  unconfirmedRequests,
} from '../support/bacnet-codecs.ts'
import { runs } from '../support/runs.ts'

const octet = fc.integer({ min: 0, max: 255 })
const four = fc.tuple(octet, octet, octet, octet)
const unsigned = fc.nat(Number.MAX_SAFE_INTEGER)
const unsigned32 = fc.nat(0xffff_ffff)
const instance = fc.nat(4_194_303)
const real = fc.float({ noNaN: true })
const text = fc.string({ unit: 'grapheme', maxLength: 60 })
const object = fc.record({ type: fc.nat(1023), instance })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const bits = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length })
const kind = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds)
/** Values in whole tags, as they stand between an opening and a closing one. */
const span = fc
  .array(fc.uint8Array({ maxLength: 12 }), { maxLength: 3 })
  .map((parts) => parts.reduce((writer, part) => writer.octetString(part), new Writer()).finish())

const dateTime = fc.record({ date: four, time: four })
const timeStamp = fc.oneof(
  fc.record({ kind: kind('time'), time: four }),
  fc.record({ kind: kind('sequence'), sequence: fc.nat(65_535) }),
  fc.record({ kind: kind('date-time'), dateTime }),
)
const recipient = fc.oneof(
  fc.record({ kind: kind('device'), instance }),
  fc.record({ kind: kind('address'), network: fc.nat(65_535), mac: fc.uint8Array({ maxLength: 20 }) }),
)
const recipientProcess = fc.record({ recipient, process: unsigned32 })
const propertyReference = fc.record({ object, property: unsigned, index: maybe(unsigned), device: maybe(instance) })
const propertyState = fc.oneof(
  fc.record({ kind: kind('boolean'), value: fc.boolean() }),
  fc.record({ kind: kind('binary', 'reliability', 'event-state', 'unsigned'), value: unsigned }),
  fc.record({
    kind: kind('other'),
    tag: fc.constantFrom(2, 9, 24, 63, 254),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
)
const statusFlags = fc.nat(15)
const propertyValue = { property: unsigned, index: maybe(unsigned), value: span, priority: maybe(unsigned) }
const limits = { statusFlags, deadband: unsigned }
const notificationParameters = fc.oneof(
  fc.record({ kind: kind('change-of-state'), newState: propertyState, statusFlags }),
  fc.record({ kind: kind('out-of-range'), statusFlags, deadband: real, exceedingValue: real, exceededLimit: real }),
  fc.record({
    kind: kind('double-out-of-range'),
    statusFlags,
    deadband: fc.double(),
    exceedingValue: fc.double(),
    exceededLimit: fc.double(),
  }),
  fc.record({
    kind: kind('signed-out-of-range'),
    ...limits,
    exceedingValue: fc.maxSafeInteger(),
    exceededLimit: fc.maxSafeInteger(),
  }),
  fc.record({ kind: kind('unsigned-out-of-range'), ...limits, exceedingValue: unsigned, exceededLimit: unsigned }),
  fc.record({ kind: kind('unsigned-range'), statusFlags, exceedingValue: unsigned, exceededLimit: unsigned }),
  fc.record({
    kind: kind('buffer-ready'),
    bufferProperty: propertyReference,
    previousNotification: unsigned32,
    currentNotification: unsigned32,
  }),
  fc.record({
    kind: kind('change-of-reliability'),
    reliability: unsigned,
    statusFlags,
    propertyValues: fc.array(fc.record(propertyValue), { maxLength: 3 }),
  }),
  fc.record({ kind: kind('other'), choice: fc.constantFrom(0, 2, 4, 6, 8, 20, 254), data: span }),
)
const logDatum = fc.oneof(
  fc.record({
    kind: kind('log-status'),
    disabled: fc.boolean(),
    purged: fc.boolean(),
    interrupted: fc.boolean(),
  }),
  fc.record({ kind: kind('boolean'), value: fc.boolean() }),
  fc.record({ kind: kind('real'), value: real }),
  fc.record({ kind: kind('enumerated', 'unsigned'), value: unsigned }),
  fc.record({ kind: kind('signed'), value: fc.maxSafeInteger() }),
  fc.record({ kind: kind('bit-string'), value: fc.array(fc.boolean(), { maxLength: 70 }) }),
  fc.record({ kind: kind('null') }),
  fc.record({ kind: kind('failure'), errorClass: unsigned, errorCode: unsigned }),
  fc.record({ kind: kind('time-change'), seconds: real }),
  fc.record({ kind: kind('any'), data: span }),
)
const password = maybe(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter(isWellFormed))
const error = {
  errorClass: fc.constantFrom(...Object.values(errorClasses)),
  errorCode: fc.constantFrom(...Object.values(errorCodes)),
}
const reference = { object, property: unsigned, index: maybe(unsigned) }
const threeStamps = fc.tuple(timeStamp, timeStamp, timeStamp)
const threePriorities = fc.tuple(unsigned, unsigned, unsigned)

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text
}

interface Case {
  readonly codec: Codec<unknown>
  readonly values: fc.Arbitrary<unknown>
}

function pair<Value>(codec: Codec<Value>, values: fc.Arbitrary<Value>): Case {
  return { codec, values }
}

const cases: Readonly<Record<string, Case>> = {
  BACnetDateTime: pair(types.dateTime, dateTime),
  BACnetTimeStamp: pair(types.timeStamp, timeStamp),
  BACnetRecipient: pair(types.recipient, recipient),
  BACnetRecipientProcess: pair(types.recipientProcess, recipientProcess),
  BACnetDestination: pair(
    types.destination,
    fc.record({
      validDays: bits(7),
      fromTime: four,
      toTime: four,
      recipient,
      process: unsigned32,
      confirmed: fc.boolean(),
      transitions: bits(3),
    }),
  ),
  BACnetDeviceObjectReference: pair(types.deviceObjectReference, fc.record({ device: maybe(instance), object })),
  BACnetDeviceObjectPropertyReference: pair(types.deviceObjectPropertyReference, propertyReference),
  BACnetPropertyStates: pair(types.propertyState, propertyState),
  BACnetNotificationParameters: pair(types.notificationParameters, notificationParameters),
  BACnetLogRecord: pair(
    types.logRecord,
    fc.record({ timestamp: dateTime, datum: logDatum, statusFlags: maybe(statusFlags) }),
  ),
  AcknowledgeAlarm: pair(
    confirmedRequests.acknowledgeAlarm,
    fc.record({
      process: unsigned32,
      object,
      eventState: unsigned,
      timeStamp,
      source: text,
      timeOfAcknowledgment: timeStamp,
    }),
  ),
  EventNotification: pair(
    confirmedRequests.eventNotification,
    fc.record({
      process: unsigned32,
      device: instance,
      object,
      timeStamp,
      notificationClass: unsigned,
      priority: octet,
      eventType: unsigned,
      message: maybe(text),
      notifyType: unsigned,
      ackRequired: maybe(fc.boolean()),
      fromState: maybe(unsigned),
      toState: unsigned,
      values: maybe(notificationParameters),
    }),
  ),
  GetEnrollmentSummary: pair(
    confirmedRequests.getEnrollmentSummary,
    fc.record({
      acknowledgment: kind('all', 'acked', 'not-acked'),
      enrollment: maybe(recipientProcess),
      eventState: maybe(kind('offnormal', 'fault', 'normal', 'all', 'active')),
      eventType: maybe(unsigned),
      priority: maybe(fc.record({ min: octet, max: octet })),
      notificationClass: maybe(unsigned),
    }),
  ),
  'GetEnrollmentSummary-ACK': pair(
    acknowledgements.getEnrollmentSummary,
    fc.array(
      fc.record({
        object,
        eventType: unsigned,
        eventState: unsigned,
        priority: octet,
        notificationClass: maybe(unsigned),
      }),
      { maxLength: 5 },
    ),
  ),
  'AddListElement and RemoveListElement': pair(
    confirmedRequests.listElement,
    fc.record({ ...reference, elements: span }),
  ),
  'ChangeList-Error': pair(errors.changeList, fc.record({ ...error, firstFailedElementNumber: unsigned })),
  WritePropertyMultiple: pair(
    confirmedRequests.writePropertyMultiple,
    fc
      .array(
        fc.record({
          object,
          values: fc.array(fc.record({ ...propertyValue, priority: maybe(fc.integer({ min: 1, max: 16 })) }), {
            minLength: 1,
            maxLength: 3,
          }),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((all) => all.flatMap(({ object, values }) => values.map((value) => ({ object, ...value })))),
  ),
  'WritePropertyMultiple-Error': pair(errors.writePropertyMultiple, fc.record({ ...error, ...reference })),
  DeviceCommunicationControl: pair(
    confirmedRequests.deviceCommunicationControl,
    fc.record({
      minutes: maybe(fc.nat(65_535)),
      state: kind('enable', 'disable', 'disable-initiation'),
      password,
    }),
  ),
  ReinitializeDevice: pair(
    confirmedRequests.reinitializeDevice,
    fc.record({ state: kind('coldstart', 'warmstart', 'start-backup', 'activate-changes'), password }),
  ),
  ReadRange: pair(
    confirmedRequests.readRange,
    fc.record({
      ...reference,
      range: maybe(
        fc.oneof(
          fc.record({ kind: kind('position'), index: unsigned, count: fc.integer() }),
          fc.record({ kind: kind('sequence'), sequence: unsigned, count: fc.integer() }),
          fc.record({ kind: kind('time'), time: dateTime, count: fc.integer() }),
        ),
      ),
    }),
  ),
  'ReadRange-ACK': pair(
    acknowledgements.readRange,
    fc.record({
      ...reference,
      resultFlags: fc.record({ first: fc.boolean(), last: fc.boolean(), more: fc.boolean() }),
      itemCount: unsigned,
      itemData: span,
      firstSequenceNumber: maybe(unsigned32),
    }),
  ),
  SubscribeCOVProperty: pair(
    confirmedRequests.subscribeCovProperty,
    fc
      .record({
        process: unsigned32,
        object,
        confirmed: maybe(fc.boolean()),
        lifetime: maybe(unsigned32),
        property: unsigned,
        index: maybe(unsigned),
        increment: maybe(real),
      })
      .filter(({ confirmed, lifetime }) => confirmed !== undefined || lifetime === undefined),
  ),
  GetEventInformation: pair(confirmedRequests.getEventInformation, maybe(object)),
  'GetEventInformation-ACK': pair(
    acknowledgements.getEventInformation,
    fc.record({
      summaries: fc.array(
        fc.record({
          object,
          eventState: unsigned,
          acknowledgedTransitions: bits(3),
          eventTimeStamps: threeStamps,
          notifyType: unsigned,
          eventEnable: bits(3),
          eventPriorities: threePriorities,
        }),
        { maxLength: 4 },
      ),
      moreEvents: fc.boolean(),
    }),
  ),
  'GetAlarmSummary-ACK': pair(
    acknowledgements.getAlarmSummary,
    fc.array(fc.record({ object, alarmState: unsigned, acknowledgedTransitions: bits(3) }), { maxLength: 5 }),
  ),
  'TimeSynchronization and UTCTimeSynchronization': pair(unconfirmedRequests.timeSynchronization, dateTime),
  'I-Am': pair(
    unconfirmedRequests.iAm,
    fc.record({ instance, maxApdu: unsigned, segmentation: unsigned, vendorId: unsigned }),
  ),
  'I-Have': pair(unconfirmedRequests.iHave, fc.record({ device: instance, object, name: text })),
  'Who-Has': pair(
    unconfirmedRequests.whoHas,
    fc.record({ low: fc.nat(4_194_302), high: fc.nat(4_194_302), object: fc.oneof(object, text) }),
  ),
  'Who-Is': pair(unconfirmedRequests.whoIs, fc.record({ low: fc.nat(4_194_302), high: fc.nat(4_194_302) })),
}

function written(codec: Codec<unknown>, value: unknown): Uint8Array {
  const writer = new Writer(4)
  codec.write(writer, value)
  return writer.finish()
}

/** Any octets are a value no larger than they are, or a typed error. */
function attack(codec: Codec<unknown>, bytes: Uint8Array): void {
  let value: unknown
  try {
    value = codec.read(new Reader(bytes))
  } catch (error) {
    if (!(error instanceof BacnetReject || error instanceof BacnetError)) throw error
    return
  }
  // Three octets of UTF-8 for one that was none; a list has no more members than there were octets.
  expect(JSON.stringify(value)?.length ?? 0).toBeLessThanOrEqual(bytes.length * 60 + 600)
}

describe.each(Object.entries(cases))('%s', (_, { codec, values }) => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(values, (value) => {
        const reader = new Reader(written(codec, value))
        expect(codec.read(reader)).toEqual(value)
        expect(reader.done).toBe(true)
      }),
      { numRuns: runs(300) },
    )
  })

  it('makes of any octets a value or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => attack(codec, bytes)),
      { numRuns: runs(500) },
    )
  })

  it('makes of its octets, changed, cut and added to, a value or a typed error', () => {
    const change = fc.record({ at: fc.nat(), octet, kind: kind('set', 'cut', 'add', 'end') })
    fc.assert(
      fc.property(values, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
        let bytes = [...written(codec, value)]
        for (const { at, octet, kind } of changes) {
          const place = at % (bytes.length + 1)
          if (kind === 'set') bytes[place] = octet
          else if (kind === 'cut') bytes.splice(place, 1)
          else if (kind === 'add') bytes.splice(place, 0, octet)
          else bytes = bytes.slice(0, place)
        }
        attack(codec, Uint8Array.from(bytes))
      }),
      { numRuns: runs(500) },
    )
  })
})
