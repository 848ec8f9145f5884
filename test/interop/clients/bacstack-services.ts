import type { PlainCharger } from '../../support/plain-charger.ts'
import { pause, refused, same, until } from './bacnet-js-client.ts'
import { ask, type Bacstack, type BacstackOptions, type ObjectId, openBacstack } from './bacstack-client.ts'
import { destination } from './destination.ts'

export interface FlatServicesOptions extends BacstackOptions {
  readonly password: string
  /** The charger in slot 1, connected and booted. */
  readonly charger: PlainCharger
}

const limits: readonly [ObjectId, ObjectId] = [
  { type: 1, instance: 1101 },
  { type: 1, instance: 1201 },
]
const status: ObjectId = { type: 13, instance: 1101 }
const powerLog: ObjectId = { type: 20, instance: 1101 }
const notificationClass: ObjectId = { type: 15, instance: 2 }

const PRESENT_VALUE = 85
const PRIORITY_ARRAY = 87
const RECORD_COUNT = 141
const RECIPIENT_LIST = 102
const LOCAL_DATE = 56
const DEVICE = 8
const WHOLE = 0xffff_ffff

const NULL = 0
const REAL = 4
const CONFIRMED_EVENT_NOTIFICATION = 2
const CONFIRMED_COV_NOTIFICATION = 1
const OFFNORMAL = 2
const WARMSTART = 1
const DISABLE_INITIATION = 2
const ENABLE = 0
const PASSWORD_FAILURE = 'Class:4 - Code:26'
const RECIPIENT = 43
const PROCESS = 8

/** What of the services bacstack can be used for, in the flat topology. */
export async function exerciseFlatServices({ bridge, charger, password, ...options }: FlatServicesOptions) {
  const client = await openBacstack({ bridge, ...options })
  try {
    await writeTwoLimits(client, bridge)
    await watchProperty(client, bridge)
    const records = await readLog(client, bridge, charger)
    const alarm = await beAlarmed(client, bridge, charger)
    await keepTime(client, bridge)
    await control(client, bridge, password)
    await refused(
      ask<void>((done) => client.reinitializeDevice(bridge, WARMSTART, {}, done)),
      PASSWORD_FAILURE,
    )
    return { records, alarm }
  } finally {
    client.close()
  }
}

async function writeTwoLimits(client: Bacstack, bridge: string): Promise<void> {
  const write = (value: object) =>
    ask<void>((done) =>
      client.writePropertyMultiple(
        bridge,
        limits.map((objectId) => ({
          objectId,
          values: [{ property: { id: PRESENT_VALUE, index: WHOLE }, value: [value], priority: 9 }],
        })),
        done,
      ),
    )
  const slots = async () => [await slot(limits[0]), await slot(limits[1])]
  const slot = async (object: ObjectId) => {
    const { values } = await ask<{ values: { value: unknown }[] }>((done) =>
      client.readProperty(bridge, object, PRIORITY_ARRAY, { arrayIndex: 9 }, done),
    )
    return values[0]?.value
  }
  await write({ type: REAL, value: 10 })
  same(await slots(), [10, 10], 'slot 9 of both')
  await write({ type: NULL, value: null })
  same(await slots(), [null, null], 'slot 9 of both')
}

/** SubscribeCOVProperty, with confirmed notifications. */
async function watchProperty(client: Bacstack, bridge: string): Promise<void> {
  const told: unknown[] = []
  client.on('covNotify', ({ address, invokeId, request }) => {
    told.push(request?.values?.[0]?.value[0]?.value)
    client.simpleAckResponse(address, CONFIRMED_COV_NOTIFICATION, invokeId ?? 0)
  })
  const subscribe = (cancel: boolean) =>
    ask<void>((done) =>
      client.subscribeProperty(bridge, limits[0], { id: PRESENT_VALUE, index: WHOLE }, 6, cancel, true, {}, done),
    )
  const write = (value: object) =>
    ask<void>((done) => client.writeProperty(bridge, limits[0], PRESENT_VALUE, [value], { priority: 9 }, done))
  await subscribe(false)
  await until(() => told.length === 1, 'the first notification did not come')
  await write({ type: REAL, value: 17 })
  await until(() => told.length === 2, 'the write was not told')
  await write({ type: NULL, value: null })
  await until(() => told.length === 3, 'the release was not told')
  same(told, [32, 17, 32], 'what was told')
  await subscribe(true)
}

/** It has no decoder of records, and of their octets it leaves out the last: how many come is what it can tell. */
async function readLog(client: Bacstack, bridge: string, charger: PlainCharger): Promise<number> {
  const count = async () => {
    const { values } = await ask<{ values: { value: unknown }[] }>((done) =>
      client.readProperty(bridge, powerLog, RECORD_COUNT, {}, done),
    )
    return Number(values[0]?.value)
  }
  const before = await count()
  await charger.call('MeterValues', {
    connectorId: 1,
    meterValue: [
      {
        timestamp: new Date().toISOString(),
        sampledValue: [{ value: '9000', measurand: 'Power.Active.Import', unit: 'W' }],
      },
    ],
  })
  await until(async () => (await count()) > before, '9 kW was not logged')
  const { itemCount } = await ask<{ itemCount: number }>((done) =>
    client.readRange(bridge, powerLog, before + 1, -1, {}, done),
  )
  same(itemCount, 1, 'how many records come')
  return before + 1
}

/**
 * A recipient is added to Recipient_List, and told. Neither its GetEventInformation, which writes and reads what is in
 * no edition of the standard, nor its AcknowledgeAlarm, whose dates are a month off, are of use: GetAlarmSummary is.
 */
async function beAlarmed(client: Bacstack, bridge: string, charger: PlainCharger): Promise<unknown> {
  const told: unknown[] = []
  client.on('eventNotifyData', ({ address, invokeId, request }) => {
    told.push([request?.processId, request?.eventObjectId, request?.toState, request?.messageText])
    client.simpleAckResponse(address, CONFIRMED_EVENT_NOTIFICATION, invokeId ?? 0)
  })
  await charger.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' })
  await ask<void>((done) =>
    client.addListElement(
      bridge,
      notificationClass,
      { id: RECIPIENT_LIST, index: WHOLE },
      destination(RECIPIENT, PROCESS),
      {},
      done,
    ),
  )
  await charger.call('StatusNotification', { connectorId: 1, status: 'Faulted', errorCode: 'GroundFailure' })
  await until(() => {
    // A device is asked for by Who-Is; on loopback there are no broadcasts, so that it says unasked where it is.
    client.iAmResponse(RECIPIENT, 3, 555)
    return told.length > 0
  }, 'the alarm did not come')
  same(told, [[PROCESS, status, OFFNORMAL, 'Site.Bay 01.1.Status: Faulted']], 'the alarm')
  const { alarms } = await ask<{ alarms: { objectId: ObjectId; alarmState: number }[] }>((done) =>
    client.getAlarmSummary(bridge, done),
  )
  const own = alarms.find(({ objectId }) => objectId.type === status.type && objectId.instance === status.instance)
  same(own?.alarmState, OFFNORMAL, 'its state in GetAlarmSummary')
  return told[0]
}

/** Its months begin with 0: the bridge believes nobody who is that far off. */
async function keepTime(client: Bacstack, bridge: string): Promise<void> {
  const date = async () => {
    const { values } = await ask<{ values: { value: unknown }[] }>((done) =>
      client.readProperty(bridge, { type: DEVICE, instance: 4000 }, LOCAL_DATE, {}, done),
    )
    return values[0]?.value
  }
  const before = await date()
  client.timeSync(bridge, new Date())
  same(await date(), before, 'the date')
}

async function control(client: Bacstack, bridge: string, password: string): Promise<void> {
  const told: unknown[] = []
  client.on('covNotifyUnconfirmed', ({ request }) => void told.push(request?.values?.[0]?.value[0]?.value))
  const write = (value: object) =>
    ask<void>((done) => client.writeProperty(bridge, limits[1], PRESENT_VALUE, [value], { priority: 9 }, done))
  const may = (state: number, options: { readonly password?: string }) =>
    ask<void>((done) => client.deviceCommunicationControl(bridge, state === ENABLE ? 0 : 1, state, options, done))
  const subscribe = (cancel: boolean) =>
    ask<void>((done) => client.subscribeCOV(bridge, limits[1], 9, cancel, false, 60, {}, done))
  await subscribe(false)
  await until(() => told.length === 1, 'the first notification did not come')
  await refused(may(DISABLE_INITIATION, {}), PASSWORD_FAILURE)
  await may(DISABLE_INITIATION, { password })
  await write({ type: REAL, value: 11 })
  await pause(200)
  same(told, [32], 'what is told while nothing may be')
  await may(ENABLE, { password })
  await write({ type: REAL, value: 12 })
  await until(() => told.includes(12), 'nothing is told any more')
  await subscribe(true)
}
