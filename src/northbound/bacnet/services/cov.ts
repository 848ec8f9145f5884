import type { Downlink } from '../../../core/ports.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { tellsChanges } from '../binding.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { PointObject } from '../objects/point-object.ts'
import { statusFlags, writePresentValue, writeStatusFlags } from '../objects/point-properties.ts'
import { propertyOf, readProperty } from '../objects/property.ts'
import { differs } from '../objects/significance.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { writeConfirmed, writeUnconfirmed } from '../wire/apdu.ts'
import { stationOctets } from '../wire/bvlc.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import type { Reader } from '../wire/reader.ts'
import { writeCovNotification } from '../wire/service/cov-notification.ts'
import { readSubscribeCov, type SubscribeCov } from '../wire/service/subscribe-cov.ts'
import { readSubscribeCovProperty } from '../wire/service/subscribe-cov-property.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { Writer } from '../wire/writer.ts'
import type { ConfirmedSender, Outcome } from './confirmed-sender.ts'
import type { Initiative } from './initiative.ts'
import { found } from './read.ts'
import { type Subscription, Subscriptions, type Watched } from './subscriptions.ts'

export interface CovParts {
  readonly clock: Clock
  readonly log: Log
  readonly confirmed: ConfirmedSender
  readonly initiative: Initiative
  readonly downlink: Downlink
  readonly throttle: Throttle
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean) => void
}

/** Niagara and others subscribe to every point: plenty for each, but not without end. */
const LIMITS = { all: 100_000, perAddress: 50_000 } as const
const SWEEP_MS = 1_000
const MAX_UNSIGNED32 = 0xffff_ffff
/** Notifications that leave at once, as many as a client's socket holds, and how long until the next. */
const BURST = 100
const PAUSE_MS = 4

const PRESENT_VALUE = propertyIds['present-value']
/** What of a point's object changes by itself, and so may be watched. */
const watchable: ReadonlySet<number> = new Set([
  PRESENT_VALUE,
  propertyIds['status-flags'],
  propertyIds['event-state'],
  propertyIds.reliability,
  propertyIds['out-of-service'],
])

/** SubscribeCOV, SubscribeCOVProperty and the notifications that follow from them. */
export class CovService {
  readonly #parts: CovParts
  readonly #subscriptions = new Subscriptions(LIMITS)
  readonly #writer = new Writer(512)
  readonly #scratch = new Writer(256)
  #dirty: Subscription[] = []
  /** Changed while their device may say nothing of its own accord. */
  readonly #silenced = new Set<Subscription>()
  #cancelFlush: Cancel | undefined
  #cancelSweep: Cancel | undefined

  constructor(parts: CovParts) {
    this.#parts = parts
  }

  /** SubscribeCOV (13.14). */
  subscribe(device: DeviceModel, request: Reader, peer: Peer): void {
    const asked = readSubscribeCov(request)
    const object = found(device, asked.object)
    // Objects without a point, such as the device's own, tell of no changes, and no counter does.
    if (!(object instanceof PointObject) || !tellsChanges(object.row))
      throw new BacnetError('object', 'optional-functionality-not-supported')
    this.#subscribe(object, asked, peer, { property: undefined, increment: undefined })
  }

  /** SubscribeCOVProperty (13.15). */
  subscribeProperty(device: DeviceModel, request: Reader, peer: Peer): void {
    const asked = readSubscribeCovProperty(request)
    const { increment, index, property } = asked
    const object = found(device, asked.object)
    propertyOf(object, property)
    if (!(object instanceof PointObject) || !watchable.has(property))
      throw new BacnetError('property', 'not-cov-property')
    if (index !== undefined) throw new BacnetError('property', 'property-is-not-an-array')
    if (increment !== undefined && !(increment >= 0 && Number.isFinite(increment)))
      throw new BacnetError('property', 'value-out-of-range')
    this.#subscribe(object, asked, peer, { property, increment })
  }

  /** A point's value, quality, event or service state changed: whoever it concerns enough is told, soon. */
  changed(object: PointObject): void {
    const own = this.#subscriptions.of(object)
    if (own === undefined) return
    for (const subscription of own.values()) if (this.#matters(subscription)) this.#queue(subscription)
  }

  /** The object is gone, and with it whoever subscribed to it: nothing more is told. */
  forget(object: PointObject): void {
    for (const subscription of [...(this.#subscriptions.of(object)?.values() ?? [])])
      this.#subscriptions.drop(subscription)
  }

  /** How many items Active_COV_Subscriptions (12.11) of a device has. */
  countOf(device: DeviceModel): number {
    this.#subscriptions.expire(this.#parts.clock.steady())
    return this.#subscriptions.in(device).length
  }

  /** Writes one of them, counted from 1. */
  writeSubscription(writer: Writer, device: DeviceModel, index: number): void {
    const subscription = this.#subscriptions.in(device)[index - 1]
    if (subscription !== undefined) this.#writeSubscription(writer, subscription)
  }

  start(): void {
    this.#cancelSweep = this.#parts.clock.after(SWEEP_MS, () => this.#sweep())
  }

  stop(): void {
    this.#cancelFlush?.()
    this.#cancelSweep?.()
  }

  #subscribe(object: PointObject, asked: SubscribeCov, peer: Peer, watched: Watched): void {
    const { confirmed, lifetime, process } = asked
    // An Unsigned32 (13.14.1.1): it is sent back with every notification.
    if (process > MAX_UNSIGNED32) throw new BacnetReject('parameter-out-of-range')
    const { clock, log, throttle } = this.#parts
    const client = peerKey(peer)
    const existing = this.#subscriptions.find(object, client, process, watched.property)
    if (confirmed === undefined) {
      // A cancellation of nothing succeeds (13.14.1.3).
      if (existing !== undefined) this.#subscriptions.drop(existing)
      return
    }
    const subscription = existing ?? this.#subscriptions.add({ object, peer, client, process, watched })
    if (subscription === undefined) {
      if (throttle.pass(`cov room ${client}`) !== undefined)
        log.warn({ from: client }, 'bacnet: no room for another COV subscription')
      throw new BacnetError('resources', 'no-space-to-add-list-element')
    }
    subscription.watched = watched
    subscription.confirmed = confirmed
    this.#subscriptions.keep(subscription, lifetime ? clock.steady() + lifetime * 1000 : Number.POSITIVE_INFINITY)
    // The first notification follows every subscription, renewals included (13.1).
    subscription.toldAt = Number.NEGATIVE_INFINITY
    subscription.held?.()
    subscription.held = undefined
    this.#queue(subscription)
  }

  /** Flags always matter. */
  #matters(subscription: Subscription): boolean {
    const { object, watched } = subscription
    if (statusFlags(object) !== subscription.flags) return true
    const value = this.#watchedValue(subscription)
    return differs(object, subscription.value, value, watched.increment ?? object.covIncrement)
  }

  /** Present_Value as it stands; of another property its octets. */
  #watchedValue({ object, watched: { property } }: Subscription): unknown {
    if (property === undefined || property === PRESENT_VALUE) return object.point.value
    const scratch = this.#scratch.reset()
    readProperty(scratch, object, this.#parts.downlink, property, undefined)
    return Buffer.from(scratch.view).toString('latin1')
  }

  #queue(subscription: Subscription): void {
    if (subscription.dirty || subscription.held !== undefined) return
    const { clock } = this.#parts
    const { covIntervalMs } = subscription.object
    const tooSoonMs = subscription.toldAt + covIntervalMs - clock.steady()
    if (tooSoonMs > 0) {
      subscription.held = clock.after(tooSoonMs, () => {
        subscription.held = undefined
        subscription.toldAt = Number.NEGATIVE_INFINITY
        // It may have gone back to what was told.
        if (subscription.expiresAt > 0 && this.#matters(subscription)) this.#queue(subscription)
      })
      return
    }
    subscription.dirty = true
    this.#dirty.push(subscription)
    this.#cancelFlush ??= clock.after(0, () => this.#flush())
  }

  #flush(): void {
    const { clock, initiative } = this.#parts
    const began = clock.steady()
    for (const subscription of this.#dirty.splice(0, BURST)) {
      // One that is under way tells of this change when it is answered.
      if (subscription.waiting) continue
      subscription.dirty = false
      if (subscription.expiresAt <= clock.steady()) continue
      if (initiative.has(subscription.object.device)) this.#notify(subscription)
      else this.#silenced.add(subscription)
    }
    // From beginning to beginning: sending them took a part of the pause.
    const pauseMs = PAUSE_MS - (clock.steady() - began)
    this.#cancelFlush = this.#dirty.length === 0 ? undefined : clock.after(pauseMs, () => this.#flush())
  }

  #notify(subscription: Subscription): void {
    const { client, object, peer } = subscription
    const { clock, confirmed, initiative, log, reply, throttle } = this.#parts
    subscription.toldAt = clock.steady()
    if (!subscription.confirmed) {
      writeUnconfirmed(this.#writer.reset(), unconfirmedServices['unconfirmed-cov-notification'])
      this.#writeParameters(subscription)
      reply(object.device, peer, this.#writer, false)
      return
    }
    subscription.waiting = true
    // A device that was silenced meanwhile says nothing, and nobody is dropped for not answering to that.
    const isSilent = () => !initiative.has(object.device)
    const wanted = (): boolean => {
      if (subscription.expiresAt > 0 && !isSilent()) return true
      subscription.waiting = false
      return false
    }
    const write = (invokeId: number): void => {
      if (isSilent()) return
      writeConfirmed(this.#writer.reset(), confirmedServices['confirmed-cov-notification'], invokeId)
      this.#writeParameters(subscription)
      reply(object.device, peer, this.#writer, true)
    }
    const done = (outcome: Outcome): void => {
      subscription.waiting = false
      if (outcome === 'silence' && !isSilent()) {
        this.#subscriptions.drop(subscription)
        if (throttle.pass(`cov ${client}`) !== undefined)
          log.info({ from: client }, 'bacnet: subscriber does not answer: dropped')
        return
      }
      if (!subscription.dirty) return
      subscription.dirty = false
      this.#queue(subscription)
    }
    confirmed.send(peer, { wanted, write, done })
  }

  #writeParameters(subscription: Subscription): void {
    const { object, process, watched } = subscription
    const property = watched.property ?? PRESENT_VALUE
    const flags = statusFlags(object)
    writeCovNotification(this.#writer, {
      process,
      device: object.device.instance,
      object,
      secondsLeft: this.#secondsLeft(subscription),
      property,
      writeValue: (writer) =>
        property === PRESENT_VALUE
          ? writePresentValue(writer, object)
          : readProperty(writer, object, this.#parts.downlink, property, undefined),
      writeFlags: (writer) => writeStatusFlags(writer, flags),
    })
    // As it was told: a confirmed notification may have waited for its turn, and time itself counts on.
    subscription.value = this.#watchedValue(subscription)
    subscription.flags = flags
  }

  /** One BACnetCOVSubscription (clause 21). */
  #writeSubscription(writer: Writer, subscription: Subscription): void {
    const { confirmed, object, peer, process, watched } = subscription
    writer.opening(0).opening(0).opening(1)
    writer.unsigned(peer.remote?.network ?? 0).octetString(peer.remote?.mac ?? stationOctets(peer))
    writer.closing(1).closing(0).contextUnsigned(1, process).closing(0)
    writer
      .opening(1)
      .contextObjectId(0, object.type, object.instance)
      .contextUnsigned(1, watched.property ?? PRESENT_VALUE)
      .closing(1)
    writer.contextBoolean(2, confirmed).contextUnsigned(3, this.#secondsLeft(subscription))
    const { type } = object.point.definition
    if ((type === 'number' || type === 'integer') && (watched.property ?? PRESENT_VALUE) === PRESENT_VALUE)
      writer.contextReal(4, watched.increment ?? object.covIncrement)
  }

  /** 0: without end. */
  #secondsLeft({ expiresAt }: Subscription): number {
    if (expiresAt === Number.POSITIVE_INFINITY) return 0
    return Math.max(1, Math.round((expiresAt - this.#parts.clock.steady()) / 1000))
  }

  /** Ends what is over, and tells what could not be told while its device was silenced. */
  #sweep(): void {
    const { clock, initiative } = this.#parts
    this.#subscriptions.expire(clock.steady())
    for (const subscription of this.#silenced) {
      const isOver = subscription.expiresAt === 0
      if (!isOver && !initiative.has(subscription.object.device)) continue
      this.#silenced.delete(subscription)
      if (!isOver && this.#matters(subscription)) this.#queue(subscription)
    }
    this.#cancelSweep = clock.after(SWEEP_MS, () => this.#sweep())
  }
}
