export interface ObjectId {
  readonly type: number
  readonly instance: number
}

type Done<T> = (error: Error | null, result: T) => void
type Heard = (message: Message) => void

/** What its events have, each some of it. */
interface Message {
  readonly address: string
  readonly deviceId?: number
  readonly invokeId?: number
  readonly request?: {
    readonly subscriberProcessId?: number
    readonly values?: readonly { readonly property: { readonly id: number }; readonly value: { value: unknown }[] }[]
    readonly processId?: number
    readonly eventObjectId?: ObjectId
    readonly fromState?: number
    readonly toState?: number
    readonly messageText?: string
  }
}

/** bacstack has no types: what is used of it is said here. */
export interface Bacstack {
  on(event: string, listener: Heard): void
  whoIs(options: { readonly address: string }): void
  readProperty(
    address: string,
    object: ObjectId,
    property: number,
    options: object,
    done: Done<{ values: { value: unknown }[] }>,
  ): void
  readPropertyMultiple(
    address: string,
    request: readonly object[],
    done: Done<{ values: { values: { id: number; value: unknown }[] }[] }>,
  ): void
  writeProperty(
    address: string,
    object: ObjectId,
    property: number,
    values: readonly object[],
    options: object,
    done: Done<void>,
  ): void
  writePropertyMultiple(address: string, values: readonly object[], done: Done<void>): void
  subscribeCOV(
    address: string,
    object: ObjectId,
    process: number,
    cancel: boolean,
    confirmed: boolean,
    lifetime: number,
    options: object,
    done: Done<void>,
  ): void
  subscribeProperty(
    address: string,
    object: ObjectId,
    property: { readonly id: number; readonly index: number },
    process: number,
    cancel: boolean,
    confirmed: boolean,
    options: object,
    done: Done<void>,
  ): void
  readRange(
    address: string,
    object: ObjectId,
    index: number,
    quantity: number,
    options: object,
    done: Done<{ itemCount: number }>,
  ): void
  getAlarmSummary(address: string, done: Done<{ alarms: { objectId: ObjectId; alarmState: number }[] }>): void
  addListElement(
    address: string,
    object: ObjectId,
    reference: { readonly id: number; readonly index: number },
    values: readonly object[],
    options: object,
    done: Done<void>,
  ): void
  timeSync(address: string, at: Date): void
  deviceCommunicationControl(
    address: string,
    minutes: number,
    state: number,
    options: { readonly password?: string },
    done: Done<void>,
  ): void
  reinitializeDevice(address: string, state: number, options: { readonly password?: string }, done: Done<void>): void
  simpleAckResponse(address: string, service: number, invokeId: number): void
  iAmResponse(device: number, segmentation: number, vendor: number): void
  close(): void
}

export interface BacstackOptions {
  /** Of the client: bacstack asks from, and sends to, one and the same port. */
  readonly address: string
  readonly port: number
  /** Of the bridge, on that port, too. */
  readonly bridge: string
}

/** A client that listens. */
export async function openBacstack({ address, port, bridge }: BacstackOptions): Promise<Bacstack> {
  const { default: Client } = (await import('bacstack' as string)) as { default: new (options: object) => Bacstack }
  const client = new Client({ port, interface: address, broadcastAddress: bridge, apduTimeout: 4000 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  return client
}

/** What it would tell a callback. */
export function ask<T>(make: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => make((error, result) => (error ? reject(error) : resolve(result))))
}
