import type { DeviceModel } from '../objects/device-model.ts'
import { MAX_APDU } from '../transport/limits.ts'
import type { Pacer } from '../transport/pacer.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { type ObjectId, objectKey, objectTypes } from '../wire/object-type.ts'
import type { Reader } from '../wire/reader.ts'
import { segmentation, writeIAm } from '../wire/service/i-am.ts'
import { readWhoHas, writeIHave } from '../wire/service/who-has.ts'
import { readWhoIs } from '../wire/service/who-is.ts'
import { Writer } from '../wire/writer.ts'

export interface DiscoveryParts {
  readonly pacer: Pacer
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer) => void
}

/** Who-Is and Who-Has. Answers go to who asked, one by one where there are many. */
export class Discovery {
  readonly #parts: DiscoveryParts
  readonly #writer = new Writer(512)

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
  }

  whoIs(devices: readonly DeviceModel[], from: Peer, request: Reader): void {
    const { low, high } = readWhoIs(request)
    const { pacer, reply } = this.#parts
    const meant = devices.filter(({ instance }) => instance >= low && instance <= high)
    const tasks = meant.map((device) => () => reply(device, from, this.iAm(device)))
    if (tasks.length > 0) pacer.send(`who-is ${low} ${high} ${peerKey(from)}`, tasks)
  }

  whoHas(devices: readonly DeviceModel[], from: Peer, request: Reader): void {
    const { low, high, object } = readWhoHas(request)
    const { pacer, reply } = this.#parts
    const tasks = devices
      .filter(({ instance }) => instance >= low && instance <= high)
      .flatMap((device) => {
        const found = typeof object === 'string' ? byName(device, object) : byId(device, object)
        return found === undefined ? [] : [() => reply(device, from, this.#iHave(device, found.id, found.name))]
      })
    if (tasks.length > 0) pacer.send(`who-has ${low} ${high} ${JSON.stringify(object)} ${peerKey(from)}`, tasks)
  }

  /** What a device says of itself; the same as its device object. */
  iAm(device: DeviceModel): Writer {
    writeIAm(this.#writer.reset(), {
      instance: device.instance,
      maxApdu: MAX_APDU,
      segmentation: segmentation['no-segmentation'],
      vendorId: device.common.vendorId,
    })
    return this.#writer
  }

  #iHave(device: DeviceModel, id: ObjectId, name: string): Writer {
    writeIHave(this.#writer.reset(), device.instance, id, name)
    return this.#writer
  }
}

interface Found {
  readonly id: ObjectId
  readonly name: string
}

function byName(device: DeviceModel, name: string): Found | undefined {
  if (name === device.name) return { id: { type: objectTypes.device, instance: device.instance }, name }
  const object = device.named(name)
  return object && { id: object, name }
}

function byId(device: DeviceModel, id: ObjectId): Found | undefined {
  if (id.type === objectTypes.device && id.instance === device.instance) return { id, name: device.name }
  const object = device.objects.get(objectKey(id.type, id.instance))
  return object && { id, name: object.name }
}
