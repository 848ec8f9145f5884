import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { Transition } from '../objects/event-source.ts'
import type { NotificationClass } from '../objects/notification-class.ts'
import type { Pacer } from '../transport/pacer.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { writeConfirmed, writeUnconfirmed } from '../wire/apdu.ts'
import { GLOBAL_BROADCAST } from '../wire/npdu.ts'
import { type EventNotification, writeEventNotification } from '../wire/service/event-notification.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { localDateTime } from '../wire/type/date-time.ts'
import type { Destination } from '../wire/type/destination.ts'
import type { Recipient } from '../wire/type/recipient.ts'
import type { Four } from '../wire/value.ts'
import { Writer } from '../wire/writer.ts'
import type { Bindings } from './bindings.ts'
import type { ConfirmedSender } from './confirmed-sender.ts'
import type { Initiative } from './initiative.ts'

export interface NotifierParts {
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
  readonly confirmed: ConfirmedSender
  readonly pacer: Pacer
  readonly initiative: Initiative
  readonly bindings: Pick<Bindings, 'want' | 'forget'>
  readonly routes: {
    want(address: { readonly network: number; readonly mac: Uint8Array }, told: (peer: Peer) => void): Cancel
  }
  /** Milliseconds UTC, as the building counts them. */
  readonly now: () => number
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean) => void
  readonly broadcast: (device: DeviceModel, apdu: Writer, everywhere: boolean) => void
}

export type Notification = Omit<EventNotification, 'process' | 'device' | 'notificationClass' | 'priority'>

/** How long a recipient is looked for; an alarm that is older is found by GetEventInformation. */
const LOOKED_FOR_MS = 5 * 60_000
/** Notifications that wait for recipients to be found. */
const MAX_WAITING = 10_000

/** Tells an event to those whom its notification class names (13.2.5). */
export class Notifier {
  readonly #parts: NotifierParts
  readonly #writer = new Writer(1024)
  readonly #waiting = new Set<Cancel>()
  #number = 0

  constructor(parts: NotifierParts) {
    this.#parts = parts
  }

  /** Each notification is sent later: nobody waits for it. */
  tell(object: NotificationClass, transition: Transition, notification: Notification): void {
    const { initiative, now } = this.#parts
    const { device } = object
    if (!initiative.has(device)) return
    const at = localDateTime(now())
    for (const destination of object.destinations) {
      if (!destination.transitions[transition] || !isValid(destination, at)) continue
      this.#send(device, destination, {
        ...notification,
        process: destination.process,
        device: device.instance,
        notificationClass: object.instance,
        priority: object.priority[transition],
      })
    }
  }

  stop(): void {
    for (const cancel of [...this.#waiting]) cancel()
  }

  #send(device: DeviceModel, { confirmed, recipient }: Destination, notification: EventNotification): void {
    const { broadcast } = this.#parts
    if (
      recipient.kind === 'address' &&
      recipient.mac.length === 0 &&
      [0, GLOBAL_BROADCAST].includes(recipient.network)
    ) {
      // Nobody can acknowledge what was said to everybody.
      this.#later(() => {
        this.#write(notification, undefined)
        broadcast(device, this.#writer, recipient.network === GLOBAL_BROADCAST)
      })
      return
    }
    this.#find(recipient, (peer) => {
      if (confirmed && (peer.remote === undefined || peer.remote.mac.length > 0))
        this.#confirm(device, peer, recipient, notification)
      else
        this.#later(() => {
          this.#write(notification, undefined)
          this.#parts.reply(device, peer, this.#writer, false)
        })
    })
  }

  /** Where a recipient is may have to be asked for first. */
  #find(recipient: Recipient, found: (peer: Peer) => void): void {
    const { bindings, clock, log, routes, throttle } = this.#parts
    const who = recipient.kind === 'device' ? `device ${recipient.instance}` : `network ${recipient.network}`
    if (this.#waiting.size >= MAX_WAITING) {
      if (throttle.pass('notifier full') !== undefined)
        log.warn({ recipient: who }, `bacnet: ${MAX_WAITING} notifications wait for recipients: this one is dropped`)
      return
    }
    let done = false
    const finish = (): void => {
      done = true
      cancelWant()
      cancelTimer()
      this.#waiting.delete(finish)
    }
    let cancelWant: Cancel = () => {}
    const cancelTimer = clock.after(LOOKED_FOR_MS, () => {
      finish()
      if (throttle.pass(`recipient ${who}`) !== undefined)
        log.warn({ recipient: who }, `bacnet: nobody answers for ${who}: it is not told of alarms`)
    })
    this.#waiting.add(finish)
    const told = (peer: Peer): void => {
      if (done) return
      finish()
      found(peer)
    }
    const want = recipient.kind === 'device' ? bindings.want(recipient.instance, told) : routes.want(recipient, told)
    if (done) want()
    else cancelWant = want
  }

  #confirm(device: DeviceModel, peer: Peer, recipient: Recipient, notification: EventNotification): void {
    const { bindings, confirmed, initiative, log, reply, throttle } = this.#parts
    confirmed.send(peer, {
      wanted: () => initiative.has(device),
      write: (invokeId) => {
        this.#write(notification, invokeId)
        reply(device, peer, this.#writer, true)
      },
      done: (answered) => {
        if (answered) return
        // It may have moved.
        if (recipient.kind === 'device') bindings.forget(recipient.instance)
        const client = peerKey(peer)
        if (throttle.pass(`event ${client}`) !== undefined)
          log.warn(
            { to: client },
            `bacnet: ${client} does not acknowledge alarms: it finds them by GetEventInformation`,
          )
      },
    })
  }

  #write(notification: EventNotification, invokeId: number | undefined): void {
    const writer = this.#writer.reset()
    if (invokeId === undefined) writeUnconfirmed(writer, unconfirmedServices['unconfirmed-event-notification'])
    else writeConfirmed(writer, confirmedServices['confirmed-event-notification'], invokeId)
    writeEventNotification(writer, notification)
  }

  #later(task: () => void): void {
    this.#number += 1
    this.#parts.pacer.send(`event ${this.#number}`, [task])
  }
}

/** Whether a destination is told of events at this day and time (12.21). */
function isValid({ fromTime, toTime, validDays }: Destination, { date, time }: { date: Four; time: Four }): boolean {
  // Days count from Monday = 1.
  return validDays[date[3] - 1] === true && compare(fromTime, time) <= 0 && compare(time, toTime) <= 0
}

/** Times octet by octet; 255 is any. */
function compare(a: Four, b: Four): number {
  for (const [index, octet] of a.entries()) {
    const other = b[index] ?? 0
    if (octet !== 255 && other !== 255 && octet !== other) return octet - other
  }
  return 0
}
