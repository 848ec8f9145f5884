import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { PointObject } from '../objects/point-object.ts'
import { statusFlags, writePresentValue, writeStatusFlags } from '../objects/point-properties.ts'
import { matters } from '../objects/significance.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { writeConfirmed, writeUnconfirmed } from '../wire/apdu.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import type { Reader } from '../wire/reader.ts'
import { writeCovNotification } from '../wire/service/cov-notification.ts'
import { readSubscribeCov } from '../wire/service/subscribe-cov.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { Writer } from '../wire/writer.ts'
import type { ConfirmedSender } from './confirmed-sender.ts'
import { found } from './read.ts'

/** Who is told of changes of one object (13.1). */
interface Subscription {
  readonly object: PointObject
  readonly peer: Peer
  /** The peer's key. */
  readonly client: string
  readonly process: number
  confirmed: boolean
  /** Milliseconds; Infinity: until cancelled. */
  expiresAt: number
  value: PointObject['point']['value']
  flags: number
  /** A change waits to be told. */
  dirty: boolean
  /** A confirmed notification is under way; what changes meanwhile is told after its answer. */
  waiting: boolean
}

export interface CovParts {
  readonly clock: Clock
  readonly log: Log
  readonly confirmed: ConfirmedSender
  readonly throttle: Throttle
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean) => void
}

/** Niagara and others subscribe to every point: plenty for each, but not without end. */
const MAX_SUBSCRIPTIONS = 100_000
const MAX_PER_CLIENT = 20_000
const SWEEP_MS = 1_000
const MAX_UNSIGNED32 = 0xffff_ffff
/** Notifications that leave at once, and how long until the next: a whole site may change in one moment. */
const BURST = 100
const PAUSE_MS = 10

/** SubscribeCOV and the notifications that follow from it. */
export class CovService {
  readonly #parts: CovParts
  /** Of each object, by process and client. */
  readonly #byObject = new Map<PointObject, Map<string, Subscription>>()
  readonly #perClient = new Map<string, number>()
  readonly #writer = new Writer(512)
  #count = 0
  /** Of the device that was asked last. */
  #listed: { readonly device: DeviceModel; readonly list: readonly Subscription[] } | undefined
  #dirty: Subscription[] = []
  #cancelFlush: Cancel | undefined
  #cancelSweep: Cancel | undefined

  constructor(parts: CovParts) {
    this.#parts = parts
  }

  subscribe(device: DeviceModel, request: Reader, peer: Peer): void {
    const { process, object: id, confirmed, lifetime } = readSubscribeCov(request)
    // An Unsigned32 (13.14.1.1): it is sent back with every notification.
    if (process > MAX_UNSIGNED32) throw new BacnetReject('parameter-out-of-range')
    const object = found(device, id)
    // Objects without a point, such as the device's own, tell of no changes.
    if (!(object instanceof PointObject)) throw new BacnetError('object', 'optional-functionality-not-supported')
    const client = peerKey(peer)
    const existing = this.#byObject.get(object)?.get(subscriptionKey(process, client))
    if (confirmed === undefined) {
      // A cancellation of nothing succeeds (13.14.1.3).
      if (existing !== undefined) this.#drop(existing)
      return
    }
    const expiresAt = lifetime ? this.#parts.clock.now() + lifetime * 1000 : Number.POSITIVE_INFINITY
    const subscription = existing ?? this.#add(object, peer, client, process)
    subscription.confirmed = confirmed
    subscription.expiresAt = expiresAt
    // The first notification follows every subscription, renewals included (13.1).
    this.#queue(subscription)
  }

  /** A point's value, quality or service state changed: whoever it concerns enough is told, soon. */
  changed(object: PointObject): void {
    const own = this.#byObject.get(object)
    if (own === undefined) return
    const { value } = object.point
    const flags = statusFlags(object)
    for (const subscription of own.values()) if (matters(subscription, object, value, flags)) this.#queue(subscription)
  }

  /** The object is gone, and with it whoever subscribed to it: nothing more is told. */
  forget(object: PointObject): void {
    for (const subscription of [...(this.#byObject.get(object)?.values() ?? [])]) this.#drop(subscription)
  }

  /** How many elements Active_COV_Subscriptions (12.11.39) of a device has. */
  countOf(device: DeviceModel): number {
    return this.#listOf(device).length
  }

  /** Writes one of them, counted from 1. */
  writeSubscription(writer: Writer, device: DeviceModel, index: number): void {
    const subscription = this.#listOf(device)[index - 1]
    if (subscription === undefined) return
    const { object, peer, process, confirmed, expiresAt } = subscription
    const now = this.#parts.clock.now()
    const left = expiresAt === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.round((expiresAt - now) / 1000))
    // recipient [0]: an address [1] of network and octets, and the process [1].
    writer.opening(0).opening(0).opening(1)
    writer.unsigned(peer.remote?.network ?? 0).octetString(peer.remote?.mac ?? ipMac(peer))
    writer.closing(1).closing(0).contextUnsigned(1, process).closing(0)
    writer
      .opening(1)
      .contextObjectId(0, object.type, object.instance)
      .contextUnsigned(1, propertyIds['present-value'])
      .closing(1)
    writer.contextBoolean(2, confirmed).contextUnsigned(3, left)
    if (typeof object.point.value === 'number' && object.point.definition.type !== 'state')
      writer.contextReal(4, object.covIncrement)
  }

  start(): void {
    this.#cancelSweep = this.#parts.clock.after(SWEEP_MS, () => this.#sweep())
  }

  stop(): void {
    this.#cancelFlush?.()
    this.#cancelSweep?.()
  }

  /** The subscriptions of a device in one order for as long as there are the same ones. */
  #listOf(device: DeviceModel): readonly Subscription[] {
    if (this.#listed?.device !== device) {
      const own = [...this.#byObject].filter(([object]) => object.device === device)
      this.#listed = { device, list: own.flatMap(([, subscriptions]) => [...subscriptions.values()]) }
    }
    return this.#listed.list
  }

  #add(object: PointObject, peer: Peer, client: string, process: number): Subscription {
    const own = this.#perClient.get(client) ?? 0
    if (this.#count >= MAX_SUBSCRIPTIONS || own >= MAX_PER_CLIENT) {
      this.#parts.log.warn({ from: client, subscriptions: own }, 'bacnet: no room for another COV subscription')
      throw new BacnetError('resources', 'no-space-to-write-property')
    }
    const subscription: Subscription = {
      object,
      peer,
      client,
      process,
      confirmed: false,
      expiresAt: 0,
      value: undefined,
      flags: 0,
      dirty: false,
      waiting: false,
    }
    this.#count += 1
    this.#listed = undefined
    this.#perClient.set(client, own + 1)
    const key = subscriptionKey(process, client)
    const others = this.#byObject.get(object)
    if (others) others.set(key, subscription)
    else this.#byObject.set(object, new Map([[key, subscription]]))
    return subscription
  }

  #drop(subscription: Subscription): void {
    const { object, client, process } = subscription
    const others = this.#byObject.get(object)
    others?.delete(subscriptionKey(process, client))
    if (others?.size === 0) this.#byObject.delete(object)
    const own = (this.#perClient.get(client) ?? 1) - 1
    if (own === 0) this.#perClient.delete(client)
    else this.#perClient.set(client, own)
    this.#count -= 1
    this.#listed = undefined
    subscription.expiresAt = 0
  }

  #queue(subscription: Subscription): void {
    if (subscription.dirty) return
    subscription.dirty = true
    this.#dirty.push(subscription)
    this.#cancelFlush ??= this.#parts.clock.after(0, () => this.#flush())
  }

  #flush(): void {
    for (const subscription of this.#dirty.splice(0, BURST)) {
      // One that is under way tells of this change when it is answered.
      if (subscription.waiting) continue
      subscription.dirty = false
      if (subscription.expiresAt > this.#parts.clock.now()) this.#notify(subscription)
    }
    this.#cancelFlush = this.#dirty.length === 0 ? undefined : this.#parts.clock.after(PAUSE_MS, () => this.#flush())
  }

  #notify(subscription: Subscription): void {
    const { object, client, peer } = subscription
    subscription.value = object.point.value
    subscription.flags = statusFlags(object)
    if (!subscription.confirmed) {
      writeUnconfirmed(this.#writer.reset(), unconfirmedServices['unconfirmed-cov-notification'])
      this.#writeParameters(subscription)
      this.#parts.reply(object.device, peer, this.#writer, false)
      return
    }
    subscription.waiting = true
    const write = (invokeId: number): void => {
      writeConfirmed(this.#writer.reset(), confirmedServices['confirmed-cov-notification'], invokeId)
      this.#writeParameters(subscription)
      this.#parts.reply(object.device, peer, this.#writer, true)
    }
    const done = (answered: boolean): void => {
      subscription.waiting = false
      if (!answered) {
        if (subscription.expiresAt > 0) this.#drop(subscription)
        if (this.#parts.throttle.pass(`cov ${client}`) !== undefined)
          this.#parts.log.info({ from: client }, 'bacnet: subscriber does not answer: dropped')
        return
      }
      if (!subscription.dirty) return
      subscription.dirty = false
      this.#queue(subscription)
    }
    this.#parts.confirmed.send(peer, { wanted: () => subscription.expiresAt > 0, write, done })
  }

  #writeParameters({ object, process, expiresAt }: Subscription): void {
    const now = this.#parts.clock.now()
    writeCovNotification(this.#writer, {
      process,
      device: object.device.instance,
      object,
      secondsLeft: expiresAt === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.round((expiresAt - now) / 1000)),
      writeValue: (writer) => writePresentValue(writer, object),
      writeFlags: (writer) => writeStatusFlags(writer, statusFlags(object)),
    })
  }

  #sweep(): void {
    const now = this.#parts.clock.now()
    for (const own of [...this.#byObject.values()]) {
      for (const subscription of own.values()) if (subscription.expiresAt <= now) this.#drop(subscription)
    }
    this.#cancelSweep = this.#parts.clock.after(SWEEP_MS, () => this.#sweep())
  }
}

function subscriptionKey(process: number, client: string): string {
  return `${process} ${client}`
}

function ipMac({ address, port }: Peer): Uint8Array {
  return Uint8Array.from([...address.split('.').map(Number), port >> 8, port & 0xff])
}
