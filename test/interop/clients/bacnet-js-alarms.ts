import type { PlainCharger } from '../../support/plain-charger.ts'
import { type BacnetJsClient, type Header, refused, type Station, same, until } from './bacnet-js-client.ts'
import { allTransitions, destination } from './destination.ts'

export interface AlarmOptions {
  readonly client: BacnetJsClient
  /** The charger's device, and the bridge's own. */
  readonly station: Station
  readonly bridge: Station
  readonly charger: PlainCharger
}

interface TimeStamp {
  readonly type: number
  readonly value: Date
}

interface Notified {
  readonly processId: number
  readonly initiatingObjectId: { readonly type: number; readonly instance: number }
  readonly eventObjectId: { readonly type: number; readonly instance: number }
  readonly timeStamp: TimeStamp
  readonly notificationClass: number
  readonly eventType: number
  readonly notifyType: number
  readonly ackRequired?: boolean
  readonly messageText: string
  readonly fromState?: number
  readonly toState: number
}

/** The class `charger` of the bridge's alarms, and a connector's status. */
const notificationClass = { type: 15, instance: 2 }
const status = { type: 13, instance: 101 }

const ACK_REQUIRED = 1
const RECIPIENT_LIST = 102

const NORMAL = 0
const OFFNORMAL = 2
const ALARM = 0
const ACK_NOTIFICATION = 2
const CHANGE_OF_STATE = 1
const INVALID_TIME_STAMP = 'Class:5 - Code:14'
/** Of the recipient, as the bridge and the client know it; less than 100. */
const RECIPIENT = 42
const PROCESS = 7

/** An alarm from its beginning to its end: told, found, acknowledged, told again. */
export async function exerciseAlarms({ bridge, charger, client, station }: AlarmOptions) {
  const told: Notified[] = []
  client.on('eventNotify', (message: unknown) => {
    const { header, invokeId, payload, service } = message as {
      header: Header
      invokeId: number
      service: number
      payload: Notified
    }
    told.push(payload)
    if (header.confirmedService === true) client.simpleAckResponse(header.sender as never, service, invokeId)
  })
  await charger.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' })
  await enrol(client, station)
  await charger.call('StatusNotification', { connectorId: 1, status: 'Faulted', errorCode: 'GroundFailure' })
  await comes(1)
  const [alarm] = told
  if (alarm === undefined) throw new Error('no alarm came')
  same(
    [alarm.processId, alarm.eventObjectId, alarm.notificationClass, alarm.eventType, alarm.notifyType],
    [PROCESS, status, notificationClass.instance, CHANGE_OF_STATE, ALARM],
    'process, object, class, type and kind of the alarm',
  )
  same([alarm.fromState, alarm.toState, alarm.ackRequired], [NORMAL, OFFNORMAL, true], 'the transition')
  const [pending] = await summaries()
  same(pending?.eventState, OFFNORMAL, 'the state in GetEventInformation')
  same(acked(pending), [false, true, true], 'what of it is acknowledged')
  same(pending?.eventTimeStamps[0], alarm.timeStamp.value, 'its time')
  await refused(acknowledge({ ...alarm.timeStamp, value: new Date(2020, 0, 1) }), INVALID_TIME_STAMP)
  await acknowledge(alarm.timeStamp)
  await comes(2)
  same([told[1]?.notifyType, told[1]?.toState], [ACK_NOTIFICATION, OFFNORMAL], 'the word of the acknowledgement')
  same(acked((await summaries())[0]), [true, true, true], 'what is acknowledged now')
  await charger.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' })
  await comes(3)
  same([told[2]?.fromState, told[2]?.toState], [OFFNORMAL, NORMAL], 'the end of the alarm')
  // The end waits for its acknowledgement, too, and until then it is found.
  same(acked((await summaries())[0]), [true, true, false], 'what is acknowledged of the end')
  await acknowledge((told[2] as Notified).timeStamp, NORMAL)
  await comes(4)
  same((await summaries()).length, 0, 'how many events are left')
  return { alarms: told.map(({ messageText }) => messageText) }

  /** A device is asked for by Who-Is; on loopback there are no broadcasts, so that it says unasked where it is. */
  async function comes(count: number): Promise<void> {
    await until(() => {
      client.iAmResponse(bridge as never, RECIPIENT, 3, 555)
      return told.length >= count
    }, `notification ${count} did not come`)
  }

  async function summaries() {
    const events = (await client.getEventInformation(station as never)) as unknown as {
      objectId: unknown
      eventState: number
      acknowledgedTransitions: { value: number[] }
      eventTimeStamps: { value: Date }[]
    }[]
    return events
      .filter(({ objectId }) => JSON.stringify(objectId) === JSON.stringify(status))
      .map((event) => ({ ...event, eventTimeStamps: event.eventTimeStamps.map(({ value }) => value) }))
  }

  function acked(event: { acknowledgedTransitions: { value: number[] } } | undefined): boolean[] {
    const bits = event?.acknowledgedTransitions.value[0] ?? 0
    return [0, 1, 2].map((bit) => (bits & (1 << bit)) !== 0)
  }

  function acknowledge(timeStamp: TimeStamp, state = OFFNORMAL): Promise<void> {
    const now = { type: timeStamp.type, value: new Date() }
    return client.acknowledgeAlarm(station as never, status, state, 'the janitor', timeStamp as never, now as never)
  }
}

/** Writes Ack_Required and Recipient_List, and reads the list again. */
async function enrol(client: BacnetJsClient, station: Station): Promise<void> {
  const write = (property: number, values: readonly object[]) =>
    client.writeProperty(station as never, notificationClass, property, values as never, {})
  await write(ACK_REQUIRED, [allTransitions])
  await write(RECIPIENT_LIST, destination(RECIPIENT, PROCESS))
  const { values } = await client.readProperty(station as never, notificationClass, RECIPIENT_LIST)
  same(values[4]?.value, PROCESS, 'the process in Recipient_List')
}
