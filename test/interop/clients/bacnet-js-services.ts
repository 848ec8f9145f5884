import type { PlainCharger } from '../../support/plain-charger.ts'
import { exerciseAlarms } from './bacnet-js-alarms.ts'
import {
  type BacnetJsClient,
  Client,
  findDevices,
  type Header,
  pause,
  refused,
  type Station,
  same,
  until,
} from './bacnet-js-client.ts'

export interface ServicesOptions {
  /** Of the client, and its port. */
  readonly address: string
  readonly port: number
  /** Of the bridge. */
  readonly bridge: string
  /** The charger's virtual device, which shows the whole catalogue, and the password of the bridge. */
  readonly device: number
  readonly password: string
  /** The charger itself, connected and booted. */
  readonly charger: PlainCharger
}

interface ObjectId {
  readonly type: number
  readonly instance: number
}

/** What the steps have in common. */
interface Session {
  readonly client: BacnetJsClient
  readonly station: Station
  readonly device: ObjectId
  readonly read: (object: ObjectId, property: number, arrayIndex?: number) => Promise<unknown[]>
}

const ANALOG_INPUT = 0
const ANALOG_OUTPUT = 1
const DEVICE = 8
const TREND_LOG = 20
const ACCUMULATOR = 23
const STRUCTURED_VIEW = 29
const NETWORK_PORT = 56

const PRESENT_VALUE = 85
const PRIORITY_ARRAY = 87
const OBJECT_LIST = 76
const OBJECT_NAME = 77
const OUT_OF_SERVICE = 81
const RECORD_COUNT = 141
const LOCAL_TIME = 57
const STRUCTURED_OBJECT_LIST = 209
const SUBORDINATE_LIST = 211
const ALL = 8
/** Every element of an array, as this client has it. */
const WHOLE = 0xffff_ffff

const NULL = 0
const BOOLEAN = 1
const REAL = 4
const NOT_COV_PROPERTY = 'Class:2 - Code:44'
const PASSWORD_FAILURE = 'Class:4 - Code:26'
/** Max-APDU-Length-Accepted of a request (20.1.2.5): 480 and 1476 octets. */
const OCTETS_480 = 3
const OCTETS_1476 = 5
const WARMSTART = 1
const DISABLE_INITIATION = 2
const ENABLE = 0

/** Every service that the client has, once, at a charger's virtual device. */
export async function exerciseServices(options: ServicesOptions) {
  const { address, bridge, charger, password, port } = options
  const client = new Client({ port, interface: address, broadcastAddress: bridge, apduTimeout: 4000 })
  await pause(100)
  try {
    const stations = await findDevices(client, bridge, 2)
    const station = stations.get(options.device)
    if (station === undefined) throw new Error(`device ${options.device} did not answer`)
    const session = sessionWith(client, station, options.device)
    const objects = await readObjectList(session)
    const deviceProperties = await readDeviceAtOnce(session)
    await writeTwoLimits(session)
    await watchProperties(session)
    const records = await readLog(session, charger)
    const walked = await walkViews(session, stations)
    await readPortAndCounter(session)
    const alarms = await exerciseAlarms({ client, station, bridge: { address: bridge }, charger })
    await synchronize(session)
    await control(session, password)
    await restart(session, charger, password)
    return { objects, deviceProperties, records, walked, ...alarms }
  } finally {
    client.close()
  }
}

function sessionWith(client: BacnetJsClient, station: Station, instance: number): Session {
  return {
    client,
    station,
    device: { type: DEVICE, instance },
    async read(object, property, arrayIndex) {
      const options = arrayIndex === undefined ? {} : { arrayIndex }
      const { values } = await client.readProperty(station as never, object, property, options)
      return values.map(({ value }) => value)
    },
  }
}

/** In segments at once, and element by element: both are the same list. */
async function readObjectList({ device, read }: Session): Promise<number> {
  const whole = await read(device, OBJECT_LIST)
  const [count] = await read(device, OBJECT_LIST, 0)
  same(whole.length, count, 'the length of Object_List')
  // An object identifier takes 5 octets: what fits into one datagram proves nothing here.
  if (whole.length * 5 < 1476) throw new Error(`${whole.length} objects need no segments`)
  for (const [index, object] of whole.entries())
    same(await read(device, OBJECT_LIST, index + 1), [object], `element ${index + 1} of Object_List`)
  return whole.length
}

/** All of the device, which takes two segments of 1476 octets or more, and still more of 480. */
async function readDeviceAtOnce({ client, device, station }: Session): Promise<number> {
  const all = async (maxApdu: number) => {
    const asked = [{ objectId: device, properties: [{ id: ALL }] }]
    const { values } = await client.readPropertyMultiple(station as never, asked as never, { maxApdu } as never)
    return (values[0]?.values ?? []) as { id: number; value: unknown[] }[]
  }
  const ids = (properties: readonly { id: number }[]) => properties.map(({ id }) => id)
  const small = await all(OCTETS_480)
  const large = await all(OCTETS_1476)
  same(ids(small), ids(large), 'the properties of a device at max-APDU 480')
  const list = (properties: typeof small) => properties.find(({ id }) => id === OBJECT_LIST)?.value
  same(list(small), list(large), 'its Object_List at max-APDU 480')
  return large.length
}

/** Two objects in one request; and what is right before an element that is wrong is written (15.10.2). */
async function writeTwoLimits({ client, read, station }: Session): Promise<void> {
  const write = (instances: readonly number[], value: object) =>
    client.writePropertyMultiple(
      station as never,
      instances.map((instance) => ({
        objectId: { type: ANALOG_OUTPUT, instance },
        values: [{ property: { id: PRESENT_VALUE, index: WHOLE }, value: [value], priority: 9 }],
      })) as never,
    )
  const slots = async () => [
    ...(await read({ type: ANALOG_OUTPUT, instance: 101 }, PRIORITY_ARRAY, 9)),
    ...(await read({ type: ANALOG_OUTPUT, instance: 201 }, PRIORITY_ARRAY, 9)),
  ]
  await write([101, 201], { type: REAL, value: 10 })
  same(await slots(), [10, 10], 'slot 9 of both')
  // It takes the WritePropertyMultiple-Error for a plain one, and reads class and code from what are other octets.
  await refused(write([101, 999, 201], { type: NULL, value: null }), 'BacnetError')
  same(await slots(), [null, 10], 'slot 9 of both, the second after a wrong one')
  await write([201], { type: NULL, value: null })
}

/** SubscribeCOVProperty: of Present_Value, of another property, and of one that has no changes. */
async function watchProperties({ client, station }: Session): Promise<void> {
  const told: unknown[][] = []
  const hear = (message: unknown) => {
    const { header, invokeId, payload, service } = message as {
      header: Header
      invokeId: number
      service: number
      payload: { subscriberProcessId: number; values: { property: { id: number }; value: { value: unknown }[] }[] }
    }
    const [first] = payload.values
    told.push([payload.subscriberProcessId, first?.property.id, first?.value[0]?.value])
    if (header.confirmedService === true) client.simpleAckResponse(header.sender as never, service, invokeId)
  }
  client.on('covNotify', hear)
  client.on('covNotifyUnconfirmed', hear)
  const limit = { type: ANALOG_OUTPUT, instance: 101 }
  const subscribe = (id: number, process: number, cancel: boolean, confirmed: boolean) =>
    client.subscribeProperty(station as never, limit, { id, index: WHOLE }, process, cancel, confirmed)
  const write = (id: number, value: object) =>
    client.writeProperty(station as never, limit, id, [value] as never, { priority: 9 })
  const heard = async (...wanted: unknown[][]) => {
    await until(() => told.length >= wanted.length, `${wanted.length} notifications did not come`)
    same(told.splice(0), wanted, 'what was told')
  }
  await subscribe(PRESENT_VALUE, 21, false, true)
  await heard([21, PRESENT_VALUE, 32])
  await subscribe(OUT_OF_SERVICE, 22, false, false)
  await heard([22, OUT_OF_SERVICE, false])
  await refused(subscribe(PRIORITY_ARRAY, 23, false, false), NOT_COV_PROPERTY)
  await write(PRESENT_VALUE, { type: REAL, value: 16 })
  await heard([21, PRESENT_VALUE, 16])
  await write(PRESENT_VALUE, { type: NULL, value: null })
  await heard([21, PRESENT_VALUE, 32])
  await subscribe(PRESENT_VALUE, 21, true, false)
  await write(OUT_OF_SERVICE, { type: BOOLEAN, value: true })
  await heard([22, OUT_OF_SERVICE, true])
  await write(OUT_OF_SERVICE, { type: BOOLEAN, value: false })
  await heard([22, OUT_OF_SERVICE, false])
  await subscribe(OUT_OF_SERVICE, 22, true, false)
  client.off('covNotify', hear)
  client.off('covNotifyUnconfirmed', hear)
}

/** ReadRange by position, forward and backward: the client has no other way. */
async function readLog({ client, read, station }: Session, charger: PlainCharger): Promise<number> {
  const log = { type: TREND_LOG, instance: 101 }
  const count = async () => Number((await read(log, RECORD_COUNT))[0])
  const before = await count()
  for (const [done, watts] of [4000, 7000, 11_000].entries()) {
    await charger.call('MeterValues', {
      connectorId: 1,
      meterValue: [
        {
          timestamp: new Date().toISOString(),
          sampledValue: [{ value: `${watts}`, measurand: 'Power.Active.Import', unit: 'W' }],
        },
      ],
    })
    await until(async () => (await count()) > before + done, `${watts} W was not logged`)
  }
  const last = await count()
  const range = async (index: number, quantity: number) => {
    const { itemCount, values } = (await client.readRange(station as never, log, index, quantity)) as unknown as {
      itemCount: number
      values?: { value: unknown }[]
    }
    same(values?.length, itemCount, 'the records that the client understands')
    return values?.map(({ value }) => value)
  }
  // Those before are of a value that never came, of which this client understands no record.
  same(await range(last - 2, 3), [4, 7, 11], 'the last three records')
  same(await range(last - 1, -2), [4, 7], 'two records up to the one before the last')
  return last
}

/** From the site's root to a connector's power. */
async function walkViews({ client, device, read }: Session, stations: ReadonlyMap<number, Station>): Promise<unknown> {
  const site = [...stations].find(([, { net }]) => net === undefined)
  if (site === undefined) throw new Error('the bridge itself did not answer')
  const [instance, at] = site
  const list = async (from: Station, view: ObjectId, property = SUBORDINATE_LIST) => {
    const { values } = await client.readProperty(from as never, view, property)
    // References, without their tags: a device's identifier stands before that of an object in it.
    return values.map(({ value }) => ('value' in (value as object) ? (value as { value: ObjectId }).value : value))
  }
  const [root] = (await list(at, { type: DEVICE, instance }, STRUCTURED_OBJECT_LIST)) as ObjectId[]
  if (root === undefined) throw new Error('the bridge has no structured view')
  const below = (await list(at, root)) as ObjectId[]
  const place = below.findIndex((each) => each.type === DEVICE && each.instance === device.instance)
  const view = below[place + 1]
  if (place < 0 || view === undefined) throw new Error(`the site's view does not lead to device ${device.instance}`)
  const own = stations.get(device.instance) as Station
  const connectors = ((await list(own, view)) as ObjectId[]).filter(({ type }) => type === STRUCTURED_VIEW)
  same(connectors.length, 6, 'the views of connectors')
  const points = (await list(own, connectors[0] as ObjectId)) as ObjectId[]
  const power = points.find(({ type }) => type === ANALOG_INPUT)
  if (power === undefined) throw new Error('the view of connector 1 leads to no analog-input')
  const [name] = await read(power, OBJECT_NAME)
  same(name, 'Site.Bay 01.1.Power', 'the object at the end of the walk')
  return name
}

async function readPortAndCounter({ client, station }: Session): Promise<void> {
  const all = async (objectId: ObjectId) => {
    const { values } = await client.readPropertyMultiple(
      station as never,
      [{ objectId, properties: [{ id: ALL }] }] as never,
    )
    return new Map(
      values[0]?.values.map(
        ({ id, value }) => [id, (value as { value: unknown }[]).map((each) => each.value)] as const,
      ),
    )
  }
  // 4194303 is whichever port it is reached by; the client names the object that answered.
  const port = await all({ type: NETWORK_PORT, instance: 0x3f_ffff })
  const NETWORK_NUMBER = 425
  const NETWORK_TYPE = 427
  const VIRTUAL = 7
  same([port.get(NETWORK_TYPE), port.get(NETWORK_NUMBER)], [[VIRTUAL], [2001]], 'type and number of the network port')
  const counter = await all({ type: ACCUMULATOR, instance: 101 })
  const UNITS = 117
  const MAX_PRES_VALUE = 65
  const WATT_HOURS = 18
  same([counter.get(UNITS), counter.get(MAX_PRES_VALUE)], [[WATT_HOURS], [0xffff_ffff]], 'unit and end of the counter')
}

/** TimeSynchronization in local time, ten minutes ahead; then UTCTimeSynchronization back to now. */
async function synchronize({ client, device, read, station }: Session): Promise<void> {
  const shows = (wanted: Date) => async () => {
    const [time] = (await read(device, LOCAL_TIME)) as Date[]
    if (time === undefined) return false
    const seconds = (at: Date) => (at.getHours() * 60 + at.getMinutes()) * 60 + at.getSeconds()
    const apart = Math.abs(seconds(time) - seconds(wanted))
    return Math.min(apart, 86_400 - apart) < 10
  }
  const ahead = new Date(Date.now() + 600_000)
  client.timeSync(station as never, ahead)
  await until(shows(ahead), 'the clock was not set')
  // The client writes a Date's local parts, whatever it is asked for: it gets one whose local parts are those of UTC.
  const now = new Date()
  client.timeSyncUTC(station as never, new Date(now.getTime() + now.getTimezoneOffset() * 60_000))
  await until(shows(now), 'the clock was not set back')
}

/** DeviceCommunicationControl: who may tell nothing tells nothing, and tells again when it may. */
async function control({ client, station }: Session, password: string): Promise<void> {
  const limit = { type: ANALOG_OUTPUT, instance: 301 }
  const told: unknown[] = []
  client.on('covNotifyUnconfirmed', (message: unknown) => {
    const { payload } = message as { payload: { values: { value: { value: unknown }[] }[] } }
    told.push(payload.values[0]?.value[0]?.value)
  })
  const write = (value: object) =>
    client.writeProperty(station as never, limit, PRESENT_VALUE, [value] as never, { priority: 9 })
  await client.subscribeCov(station as never, limit, 31, false, false, 60)
  await until(() => told.length === 1, 'the first notification did not come')
  await refused(client.deviceCommunicationControl(station as never, 1, DISABLE_INITIATION), PASSWORD_FAILURE)
  await refused(
    client.deviceCommunicationControl(station as never, 1, DISABLE_INITIATION, { password: `${password}!` }),
    PASSWORD_FAILURE,
  )
  await client.deviceCommunicationControl(station as never, 1, DISABLE_INITIATION, { password })
  await write({ type: REAL, value: 11 })
  await pause(200)
  same(told, [32], 'what is told while nothing may be')
  await client.deviceCommunicationControl(station as never, 0, ENABLE, { password })
  await write({ type: REAL, value: 12 })
  await until(() => told.includes(12), 'nothing is told any more')
  await client.subscribeCov(station as never, limit, 31, true, false, 0)
}

/** ReinitializeDevice of a charger's device restarts the charger. */
async function restart({ client, station }: Session, charger: PlainCharger, password: string): Promise<void> {
  await refused(client.reinitializeDevice(station as never, WARMSTART, { password: '' }), PASSWORD_FAILURE)
  await client.reinitializeDevice(station as never, WARMSTART, { password })
  const resets = () => charger.told.filter(({ action }) => action === 'Reset').map(({ payload }) => payload.type)
  await until(() => resets().length > 0, 'the charger was not told to restart')
  same(resets(), ['Soft'], 'how the charger restarts')
}
