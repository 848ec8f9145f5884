import {
  type BacnetJsClient,
  Client,
  findDevices,
  type Header,
  pause,
  type Station,
  until,
} from './bacnet-js-client.ts'

const DEVICE = 8
const ANALOG_OUTPUT = 1
const PRESENT_VALUE = 85
const PRIORITY_ARRAY = 87
const OBJECT_LIST = 76
const PROPERTY_LIST = 371
const LOG_BUFFER = 131
const RECORD_COUNT = 141
const ALL = 8
const REAL = 4
const NULL = 0
const INVALID_ARRAY_INDEX = 'Code:42'
const READ_ACCESS_DENIED = 'Code:27'
const SEGMENTATION_NOT_SUPPORTED = 'Abort - Reason:4'

export interface BacnetJsOptions {
  /** Of the client; it drops what comes from exactly 127.0.0.1:47808. */
  readonly address: string
  readonly port: number
  /** Of the bridge. */
  readonly bridge: string
  /** Device and analog-output that is a connector's limit, rated 32 A. */
  readonly limit: { readonly device: number; readonly instance: number }
}

export interface BacnetJsResult {
  readonly devices: readonly number[]
  readonly objects: number
  readonly properties: number
  readonly notifications: { readonly confirmed: number; readonly unconfirmed: number }
}

/** Finds every virtual device, reads every property of every object, writes and releases a limit, and is told of it. */
export async function exerciseBacnetJs({ address, port, bridge, limit }: BacnetJsOptions): Promise<BacnetJsResult> {
  const client = new Client({ port, interface: address, broadcastAddress: '127.0.0.1', apduTimeout: 4000 })
  await pause(100)
  try {
    const found = await findDevices(client, bridge, 2)
    await pause(500)

    let objects = 0
    let properties = 0
    for (const [instance, sender] of found) {
      const counted = await readAll(client, sender, instance)
      objects += counted.objects
      properties += counted.properties
    }

    const target = found.get(limit.device)
    if (target === undefined) throw new Error(`device ${limit.device} did not answer`)
    const notifications = await writeAndBeTold(client, target, limit.instance)
    return { devices: [...found.keys()].sort((a, b) => a - b), objects, properties, notifications }
  } finally {
    client.close()
  }
}

async function readAll(client: BacnetJsClient, sender: Station, instance: number) {
  const read = async (objectId: { type: number; instance: number }, property: number, index?: number) => {
    const { values } = await client.readProperty(
      sender as never,
      objectId,
      property,
      index === undefined ? {} : { arrayIndex: index },
    )
    return values.map(({ value }) => value)
  }
  const device = { type: DEVICE, instance }
  // It takes index 0 for "all", so the end of the list is where the index is refused.
  const elements = async () => {
    const list: unknown[] = []
    for (;;) {
      const element = await read(device, OBJECT_LIST, list.length + 1).catch(refusedWith(INVALID_ARRAY_INDEX))
      if (element === undefined) return list
      list.push(...element)
    }
  }
  // A list that is too long for one answer is refused, and then read by index.
  const list = (await read(device, OBJECT_LIST).catch(refusedWith(SEGMENTATION_NOT_SUPPORTED))) ?? (await elements())
  const whole = list as { type: number; instance: number }[]
  let properties = 0
  for (const objectId of whole) {
    const listed = (await read(objectId, PROPERTY_LIST)) as number[]
    for (const property of [75, 77, 79, ...listed]) {
      // Only ReadRange reads a log's buffer.
      if (property === LOG_BUFFER) {
        await read(objectId, property).catch(refusedWith(READ_ACCESS_DENIED))
        await readLog(client, sender, objectId)
      } else if (property !== OBJECT_LIST) await read(objectId, property)
      properties += 1
    }
    // A device's ALL has its whole Object_List in it.
    if (objectId.type === DEVICE) continue
    const { values } = await client.readPropertyMultiple(
      sender as never,
      [{ objectId, properties: [{ id: ALL }] }] as never,
    )
    const all = values[0]?.values ?? []
    // ALL is everything but Property_List: the listed ones and the three that are never listed.
    if (all.length !== listed.length + 3)
      throw new Error(
        `ALL of ${objectId.type},${objectId.instance} has ${all.length} properties, not ${listed.length + 3}`,
      )
  }
  return { objects: whole.length, properties }
}

/** All records of a log that has only begun, by position. */
async function readLog(client: BacnetJsClient, sender: Station, objectId: { type: number; instance: number }) {
  const { values } = await client.readProperty(sender as never, objectId, RECORD_COUNT)
  const count = Number(values[0]?.value)
  const { itemCount } = await client.readRange(sender as never, objectId, 1, count + 1)
  if (itemCount < count) throw new Error(`${itemCount} records came of ${count}`)
}

/** Forgives one refusal. */
function refusedWith(text: string): (error: Error) => undefined {
  return (error) => {
    if (!error.message.includes(text)) throw error
    return undefined
  }
}

async function writeAndBeTold(client: BacnetJsClient, sender: Station, instance: number) {
  const told = { confirmed: 0, unconfirmed: 0 }
  client.on('covNotifyUnconfirmed', () => {
    told.unconfirmed += 1
  })
  client.on('covNotify', (message: unknown) => {
    const { header, service, invokeId } = message as { header: Header; service: number; invokeId: number }
    told.confirmed += 1
    client.simpleAckResponse(header.sender as never, service, invokeId)
  })
  const objectId = { type: ANALOG_OUTPUT, instance }
  const slot = async () =>
    (await client.readProperty(sender as never, objectId, PRIORITY_ARRAY, { arrayIndex: 8 })).values[0]?.value
  await client.subscribeCov(sender as never, objectId, 7, false, false, 120)
  await client.subscribeCov(sender as never, objectId, 8, false, true, 120)
  await until(() => told.confirmed === 1 && told.unconfirmed === 1, 'the first notifications did not come')
  await client.writeProperty(sender as never, objectId, PRESENT_VALUE, [{ type: REAL, value: 12 }] as never, {
    priority: 8,
  })
  if ((await slot()) !== 12) throw new Error('slot 8 is not 12')
  await until(() => told.confirmed === 2 && told.unconfirmed === 2, 'the write was not told')
  await client.writeProperty(sender as never, objectId, PRESENT_VALUE, [{ type: NULL, value: null }] as never, {
    priority: 8,
  })
  if ((await slot()) !== null) throw new Error('slot 8 was not released')
  await until(() => told.confirmed === 3 && told.unconfirmed === 3, 'the release was not told')
  await client.subscribeCov(sender as never, objectId, 7, true, false, 0)
  await client.subscribeCov(sender as never, objectId, 8, true, false, 0)
  return told
}
