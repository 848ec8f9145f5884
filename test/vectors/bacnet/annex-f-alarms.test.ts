import { describe, it } from 'vitest'
import * as acknowledgeAlarm from '../../../src/northbound/bacnet/wire/service/acknowledge-alarm.ts'
import * as event from '../../../src/northbound/bacnet/wire/service/event-notification.ts'
import * as alarms from '../../../src/northbound/bacnet/wire/service/get-alarm-summary.ts'
import * as enrollments from '../../../src/northbound/bacnet/wire/service/get-enrollment-summary.ts'
import * as events from '../../../src/northbound/bacnet/wire/service/get-event-information.ts'
import * as subscribe from '../../../src/northbound/bacnet/wire/service/subscribe-cov-property.ts'
import type { Writer } from '../../../src/northbound/bacnet/wire/writer.ts'
import { same } from '../../support/octets.ts'

const ai = (instance: number) => ({ type: 0, instance })
const any = [255, 255, 255, 255] as const

/**
 * Examples of Annex F of the standard, whole APDUs: the octets that the test suites of other stacks quote for the same
 * clauses (ela-compil/BACnet, BACnet4J). Where one says that it leaves the standard, the standard's octets are here.
 */
describe('Annex F.1 of the standard', () => {
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
       ce 5e 0c 42a03333 1a 04 80 2c 3f800000 3c 42a00000 5f cf`,
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

  const enrollment = [
    enrollments.readGetEnrollmentSummaryAck,
    (writer: Writer, summaries: readonly enrollments.EnrollmentSummary[]) => {
      for (const each of summaries) enrollments.writeEnrollmentSummary(writer, each)
    },
  ] as const
  const everything = {
    enrollment: undefined,
    eventState: undefined,
    eventType: undefined,
    priority: undefined,
    notificationClass: undefined,
  }

  it('F.1.7: what is not acknowledged is asked for and answered', () => {
    same('00 02 01 04 09 02', 4, [enrollments.readGetEnrollmentSummary, enrollments.writeGetEnrollmentSummary], {
      ...everything,
      acknowledgment: 'not-acked',
    })
    same('30 01 04 c4 00000002 91 05 91 03 21 64 21 04 c4 02400006 91 01 91 00 21 32 21 02', 4, enrollment, [
      { object: ai(2), eventType: 5, eventState: 3, priority: 100, notificationClass: 4 },
      { object: { type: 9, instance: 6 }, eventType: 1, eventState: 0, priority: 50, notificationClass: 2 },
    ])
  })

  it('F.1.7: what a recipient is told with some priorities is asked for and answered', () => {
    same(
      '00 02 02 04 09 00 1e 0e 0c 02000011 0f 19 09 1f 4e 09 06 19 0a 4f',
      4,
      [enrollments.readGetEnrollmentSummary, enrollments.writeGetEnrollmentSummary],
      {
        ...everything,
        acknowledgment: 'all',
        enrollment: { recipient: { kind: 'device', instance: 17 }, process: 9 },
        priority: { min: 6, max: 10 },
      },
    )
    const told = (instance: number) => ({
      object: ai(instance),
      eventType: 5,
      eventState: 0,
      priority: 8,
      notificationClass: 4,
    })
    same(
      `30 02 04 c4 00000002 91 05 91 00 21 08 21 04 c4 00000003 91 05 91 00 21 08 21 04
       c4 00000004 91 05 91 00 21 08 21 04 c4 02400007 91 04 91 00 21 03 21 08`,
      4,
      enrollment,
      [
        told(2),
        told(3),
        told(4),
        { object: { type: 9, instance: 7 }, eventType: 4, eventState: 0, priority: 3, notificationClass: 8 },
      ],
    )
  })

  it('F.1.8: events are asked for from the beginning', () => {
    same('02 02 01 1d', 29, [events.readGetEventInformation, events.writeGetEventInformation], undefined)
  })

  it('F.1.8: two events are summed up, and no more', () => {
    same<ReturnType<typeof events.readGetEventInformationAck>>(
      `30 01 1d 0e 0c 00000002 19 03 2a 05 60 3e 0c 0f230014 0c ffffffff 0c ffffffff 3f 49 00 5a 05 e0 6e 21 0f 21 0f 21 14 6f
       0c 00000003 19 00 2a 05 c0 3e 0c 0f280000 0c ffffffff 0c 0f2d1e1e 3f 49 00 5a 05 e0 6e 21 0f 21 0f 21 14 6f 0f 19 00`,
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
})
