import bacnetJs from '@bacnet-js/client'

// A CommonJS build: Node gives its exports, a bundler what stands under their default.
export const Client = (typeof bacnetJs === 'function' ? bacnetJs : bacnetJs.default) as typeof bacnetJs.default
export type BacnetJsClient = InstanceType<typeof Client>

/** Where a device is: virtual ones have a network and an address there. */
export interface Station {
  readonly address: string
  readonly net?: number
  readonly adr?: number[]
}

export interface Header {
  readonly sender: Station
  readonly confirmedService?: boolean
}

const GLOBAL = 0xffff

/** Every device that answers a Who-Is which goes through the bridge: at least so many. */
export async function findDevices(
  client: BacnetJsClient,
  bridge: string,
  least: number,
): Promise<ReadonlyMap<number, Station>> {
  const found = new Map<number, Station>()
  client.on('iAm', (message: unknown) => {
    const { header, payload } = message as { header: Header; payload: { deviceId: number } }
    found.set(payload.deviceId, header.sender)
  })
  client.whoIs({ address: bridge, net: GLOBAL } as never)
  await until(() => found.size >= least, 'no I-Am came')
  return found
}

/** Waits for what other programs do, at the most 5 s. */
export async function until(condition: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return
    await pause(50)
  }
  throw new Error(otherwise)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Throws unless both are alike, as JSON has them. */
export function same(is: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(is) !== JSON.stringify(wanted))
    throw new Error(`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}`)
}

/** Throws unless the bridge refuses in these words of the client. */
export async function refused(asked: Promise<unknown>, text: string): Promise<void> {
  const words = await asked.then(
    () => 'accepted',
    (error: Error) => error.message,
  )
  if (!words.includes(text)) throw new Error(`not refused with ${text}, but ${words}`)
}
