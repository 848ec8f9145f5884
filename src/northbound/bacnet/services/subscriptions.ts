import type { Cancel } from '../../../lib/clock.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { PointObject } from '../objects/point-object.ts'
import type { Peer } from '../transport/peer.ts'
import { Shares } from '../transport/shares.ts'

/** What of an object is watched; without a property its Present_Value and Status_Flags (SubscribeCOV). */
export interface Watched {
  readonly property: number | undefined
  /** By how much a number has to move; undefined: by the object's own increment. */
  readonly increment: number | undefined
}

/** Who is told of changes of one object (13.1). */
export interface Subscription {
  readonly object: PointObject
  readonly peer: Peer
  /** The peer's key. */
  readonly client: string
  readonly process: number
  watched: Watched
  confirmed: boolean
  /** Milliseconds; Infinity: until cancelled; 0: it is dropped. */
  expiresAt: number
  /** What was told last: the value, or the octets of a property, and the status flags. */
  value: unknown
  flags: number
  toldAt: number
  /** A change waits to be told. */
  dirty: boolean
  /** A confirmed notification is under way; what changes meanwhile is told after its answer. */
  waiting: boolean
  /** It is too soon after the last. */
  held: Cancel | undefined
}

export interface SubscriptionLimits {
  readonly all: number
  readonly perAddress: number
}

/** All subscriptions, bounded in all and per IP address; the same client, process and property has one of each object. */
export class Subscriptions {
  readonly #limits: SubscriptionLimits
  readonly #byObject = new Map<PointObject, Map<string, Subscription>>()
  readonly #byDevice = new Map<DeviceModel, Set<Subscription>>()
  readonly #shares: Shares
  #count = 0
  /** Of the device that was asked last, in one order for as long as there are the same ones. */
  #listed: { readonly device: DeviceModel; readonly list: readonly Subscription[] } | undefined
  /** None ends before: a hundred thousand are not looked at every second. */
  #soonest = Number.POSITIVE_INFINITY

  constructor(limits: SubscriptionLimits) {
    this.#limits = limits
    this.#shares = new Shares(limits.perAddress)
  }

  of(object: PointObject): ReadonlyMap<string, Subscription> | undefined {
    return this.#byObject.get(object)
  }

  find(object: PointObject, client: string, process: number, property: number | undefined): Subscription | undefined {
    return this.#byObject.get(object)?.get(keyOf(client, process, property))
  }

  /** Undefined: there is no room for another one. */
  add(init: Pick<Subscription, 'object' | 'peer' | 'client' | 'process' | 'watched'>): Subscription | undefined {
    const { client, object, process, watched } = init
    // Ports can be had by the thousand: it is the address that has a share.
    if (this.#count >= this.#limits.all || !this.#shares.take(init.peer.address)) return undefined
    const subscription: Subscription = {
      ...init,
      confirmed: false,
      expiresAt: Number.POSITIVE_INFINITY,
      value: undefined,
      flags: 0,
      toldAt: Number.NEGATIVE_INFINITY,
      dirty: false,
      waiting: false,
      held: undefined,
    }
    this.#count += 1
    this.#listed = undefined
    const key = keyOf(client, process, watched.property)
    const others = this.#byObject.get(object)
    if (others) others.set(key, subscription)
    else this.#byObject.set(object, new Map([[key, subscription]]))
    const neighbours = this.#byDevice.get(object.device)
    if (neighbours) neighbours.add(subscription)
    else this.#byDevice.set(object.device, new Set([subscription]))
    return subscription
  }

  drop(subscription: Subscription): void {
    const { object, client, peer, process, watched } = subscription
    if (subscription.expiresAt === 0) return
    subscription.held?.()
    subscription.held = undefined
    subscription.expiresAt = 0
    const others = this.#byObject.get(object)
    others?.delete(keyOf(client, process, watched.property))
    if (others?.size === 0) this.#byObject.delete(object)
    const neighbours = this.#byDevice.get(object.device)
    neighbours?.delete(subscription)
    if (neighbours?.size === 0) this.#byDevice.delete(object.device)
    this.#shares.give(peer.address)
    this.#count -= 1
    this.#listed = undefined
  }

  /** Those of one device, the oldest first. */
  in(device: DeviceModel): readonly Subscription[] {
    if (this.#listed?.device !== device) this.#listed = { device, list: [...(this.#byDevice.get(device) ?? [])] }
    return this.#listed.list
  }

  /** It lasts until then; Infinity: until it is cancelled. */
  keep(subscription: Subscription, expiresAt: number): void {
    subscription.expiresAt = expiresAt
    this.#soonest = Math.min(this.#soonest, expiresAt)
  }

  /** Drops those whose time is over. */
  expire(now: number): void {
    if (now < this.#soonest) return
    this.#soonest = Number.POSITIVE_INFINITY
    for (const own of this.#byDevice.values()) {
      for (const subscription of own) {
        if (subscription.expiresAt <= now) this.drop(subscription)
        else this.#soonest = Math.min(this.#soonest, subscription.expiresAt)
      }
    }
  }
}

function keyOf(client: string, process: number, property: number | undefined): string {
  return `${process} ${property ?? ''} ${client}`
}
