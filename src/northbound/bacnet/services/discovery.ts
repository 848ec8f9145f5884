import type { BacnetObject } from '../objects/bacnet-object.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { MAX_APDU } from '../transport/limits.ts'
import type { Pacer } from '../transport/pacer.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
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

  whoIs(devices: readonly DeviceModel[], request: Reader, from: Peer): void {
    const { low, high } = readWhoIs(request)
    const { pacer, reply } = this.#parts
    const meant = devices.filter(({ instance }) => instance >= low && instance <= high)
    const tasks = meant.map((device) => () => reply(device, from, this.iAm(device)))
    if (tasks.length > 0) pacer.send(`who-is ${low} ${high} ${peerKey(from)}`, tasks)
  }

  whoHas(devices: readonly DeviceModel[], request: Reader, from: Peer): void {
    const { low, high, object } = readWhoHas(request)
    const { pacer, reply } = this.#parts
    const tasks = devices
      .filter(({ instance }) => instance >= low && instance <= high)
      .flatMap((device) => {
        const found = typeof object === 'string' ? device.named(object) : device.find(object.type, object.instance)
        return found === undefined ? [] : [() => reply(device, from, this.#iHave(found))]
      })
    if (tasks.length > 0) pacer.send(`who-has ${low} ${high} ${JSON.stringify(object)} ${peerKey(from)}`, tasks)
  }

  /** What a device says of itself; the same as its device object. */
  iAm(device: DeviceModel): Writer {
    writeIAm(this.#writer.reset(), {
      instance: device.instance,
      maxApdu: MAX_APDU,
      segmentation: segmentation['segmented-both'],
      vendorId: device.common.vendorId,
    })
    return this.#writer
  }

  #iHave(object: BacnetObject): Writer {
    writeIHave(this.#writer.reset(), object.device.instance, object, object.name)
    return this.#writer
  }
}
