import { ask, type BacstackOptions, type ObjectId, openBacstack } from './bacstack-client.ts'

const DEVICE = 8
const ANALOG_OUTPUT = 1
const PRESENT_VALUE = 85
const PRIORITY_ARRAY = 87
const OBJECT_LIST = 76
const ALL = 8
const REAL = 4
const NULL = 0
const INVALID_ARRAY_INDEX = 'Code:42'

export interface FlatOptions extends BacstackOptions {
  readonly device: number
  /** Analog-output that is a connector's limit. */
  readonly limit: number
}

/** A client that can't route, in the flat topology: it reads every object of the bridge's device, writes, and is told. */
export async function exerciseBacstack({
  bridge,
  device,
  limit,
  ...options
}: FlatOptions): Promise<{ readonly objects: number; readonly notifications: number }> {
  const client = await openBacstack({ bridge, ...options })
  try {
    const seen = new Promise<number>((resolve) => client.on('iAm', ({ deviceId }) => resolve(deviceId ?? -1)))
    client.whoIs({ address: bridge })
    if ((await seen) !== device) throw new Error(`the device that answered is ${await seen}, not ${device}`)
    // It takes index 0 for "all", so the end of the list is where the index is refused.
    const element = (index: number) =>
      ask<{ values: { value: unknown }[] }>((done) =>
        client.readProperty(bridge, { type: DEVICE, instance: device }, OBJECT_LIST, { arrayIndex: index }, done),
      ).then(
        ({ values }) => values[0]?.value as ObjectId,
        (error: Error) => {
          if (!error.message.includes(INVALID_ARRAY_INDEX)) throw error
          return undefined
        },
      )
    let objects = 0
    for (let objectId = await element(1); objectId !== undefined; objectId = await element(objects + 1)) {
      objects += 1
      const own = objectId
      // The device itself, all properties at once, is more than one answer holds without segments.
      const ids = own.type === DEVICE ? [77, 96, 97, 139, 62] : [ALL]
      const request = [{ objectId: own, properties: ids.map((id) => ({ id })) }]
      const all = await ask<{ values: { values: { id: number; value: unknown }[] }[] }>((done) =>
        client.readPropertyMultiple(bridge, request, done),
      )
      if ((all.values[0]?.values.length ?? 0) < 5) throw new Error(`${own.type},${own.instance} has too few properties`)
    }
    let notifications = 0
    client.on('covNotifyUnconfirmed', () => {
      notifications += 1
    })
    const object = { type: ANALOG_OUTPUT, instance: limit }
    const write = (value: object) =>
      ask<void>((done) => client.writeProperty(bridge, object, PRESENT_VALUE, [value], { priority: 9 }, done))
    const slot = async () => {
      const { values } = await ask<{ values: { value: unknown }[] }>((done) =>
        client.readProperty(bridge, object, PRIORITY_ARRAY, { arrayIndex: 9 }, done),
      )
      return values[0]?.value
    }
    /** A change that is undone before it was told is none: each is waited for. */
    const told = async (count: number) => {
      for (let tries = 0; tries < 100 && notifications < count; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50))
      if (notifications < count) throw new Error(`${notifications} notifications came, not ${count}`)
    }
    await ask<void>((done) => client.subscribeCOV(bridge, object, 5, false, false, 60, {}, done))
    await told(1)
    await write({ type: REAL, value: 14 })
    if ((await slot()) !== 14) throw new Error('slot 9 is not 14')
    await told(2)
    await write({ type: NULL, value: null })
    if ((await slot()) !== null) throw new Error('slot 9 was not released')
    await told(3)
    return { objects, notifications }
  } finally {
    client.close()
  }
}
