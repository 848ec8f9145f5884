import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { Transition } from '../objects/event-source.ts'
import type { NotificationClass } from '../objects/notification-class.ts'
import { recipientText } from '../recipient-text.ts'
import type { Pacer } from '../transport/pacer.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { writeConfirmed, writeUnconfirmed } from '../wire/apdu.ts'
import { GLOBAL_BROADCAST } from '../wire/npdu.ts'
import { type EventNotification, writeEventNotification } from '../wire/service/event-notification.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { localDateTime } from '../wire/type/date-time.ts'
import type { Destination } from '../wire/type/destination.ts'
import type { Four } from '../wire/value.ts'
import { Writer } from '../wire/writer.ts'
import type { Bindings } from './bindings.ts'
import type { ConfirmedSender } from './confirmed-sender.ts'
import type { Initiative } from './initiative.ts'
import { RecipientSearch, type RecipientSearchParts } from './recipient-search.ts'

export interface NotifierParts extends Pick<RecipientSearchParts, 'clock' | 'routes'> {
  readonly log: Log
  readonly throttle: Throttle
  readonly confirmed: ConfirmedSender
  readonly pacer: Pick<Pacer, 'later'>
  readonly initiative: Initiative
  readonly bindings: Pick<Bindings, 'want' | 'forget'>
  /** Milliseconds UTC, as the building counts them. */
  readonly now: () => number
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean) => void
  readonly broadcast: (device: DeviceModel, apdu: Writer, everywhere: boolean, priority: number) => void
}

export type Notification = Omit<EventNotification, 'process' | 'device' | 'notificationClass' | 'priority'>

/** A notification on its way to one recipient. */
interface Letter {
  readonly device: DeviceModel
  readonly destination: Destination
  readonly notification: EventNotification
}

/** Tells an event to those whom its notification class names (13.2.5). */
export class Notifier {
  readonly #parts: NotifierParts
  readonly #writer = new Writer(1024)
  readonly #search: RecipientSearch

  constructor(parts: NotifierParts) {
    this.#parts = parts
    const { log, throttle } = parts
    this.#search = new RecipientSearch({
      ...parts,
      lost(recipient, count) {
        const who = recipientText(recipient)
        if (throttle.pass(`recipient ${who}`) !== undefined)
          log.warn({ recipient: who, count }, `bacnet: nobody answers for ${who}: it is not told of alarms`)
      },
    })
  }

  /** Each notification is sent later: nobody waits for it. */
  tell(object: NotificationClass, transition: Transition, notification: Notification): void {
    const { initiative, log, now, pacer, throttle } = this.#parts
    const { device } = object
    if (!initiative.has(device)) return
    const at = localDateTime(now())
    for (const destination of object.destinations) {
      if (!destination.transitions[transition] || !isValid(destination, at)) continue
      const letter: Letter = {
        device,
        destination,
        notification: {
          ...notification,
          process: destination.process,
          device: device.instance,
          notificationClass: object.instance,
          priority: object.priority[transition],
        },
      }
      if (!pacer.later(() => this.#send(letter)) && throttle.pass('notifier full') !== undefined)
        log.warn({ device: device.name }, 'bacnet: too many alarms wait to be sent: they are not told')
    }
  }

  stop(): void {
    this.#search.stop()
  }

  #send(letter: Letter): void {
    const { device, destination, notification } = letter
    const { recipient } = destination
    const { broadcast, initiative, pacer } = this.#parts
    if (!initiative.has(device)) return
    if (recipient.kind === 'address' && recipient.mac.length === 0 && everybody.has(recipient.network)) {
      // Nobody can acknowledge what was said to everybody.
      this.#write(notification, undefined)
      broadcast(device, this.#writer, recipient.network === GLOBAL_BROADCAST, networkPriority(notification.priority))
      return
    }
    const peer = this.#search.find(recipient, (found) => void pacer.later(() => this.#deliver(letter, found)))
    if (peer !== undefined) this.#deliver(letter, peer)
  }

  #deliver(letter: Letter, found: Peer): void {
    const { device, destination, notification } = letter
    const { initiative, reply } = this.#parts
    if (!initiative.has(device)) return
    const peer: Peer = { ...found, priority: networkPriority(notification.priority) }
    if (destination.confirmed && peer.remote?.mac.length !== 0) {
      this.#confirm(letter, peer)
      return
    }
    this.#write(notification, undefined)
    reply(device, peer, this.#writer, false)
  }

  #confirm({ device, destination, notification }: Letter, peer: Peer): void {
    const { bindings, confirmed, initiative, log, reply, throttle } = this.#parts
    const { recipient } = destination
    confirmed.send(peer, {
      wanted: () => initiative.has(device),
      write: (invokeId) => {
        // It may have been silenced between one try and the next.
        if (!initiative.has(device)) return
        this.#write(notification, invokeId)
        reply(device, peer, this.#writer, true)
      },
      done: (outcome) => {
        if (outcome === 'taken' || !initiative.has(device)) return
        // It may have moved.
        if (outcome === 'silence' && recipient.kind === 'device') bindings.forget(recipient.instance)
        const client = peerKey(peer)
        const who = recipient.kind === 'device' ? `${recipientText(recipient)} at ${client}` : client
        const does = outcome === 'silence' ? 'does not answer' : 'refuses'
        if (throttle.pass(`event ${client}`) !== undefined)
          log.warn({ to: client }, `bacnet: ${who} ${does} alarms: it finds them by GetEventInformation alone`)
      },
    })
  }

  #write(notification: EventNotification, invokeId: number | undefined): void {
    const writer = this.#writer.reset()
    if (invokeId === undefined) writeUnconfirmed(writer, unconfirmedServices['unconfirmed-event-notification'])
    else writeConfirmed(writer, confirmedServices['confirmed-event-notification'], invokeId)
    writeEventNotification(writer, notification)
  }
}

/** Networks of which an address without octets means everybody here, or everywhere (clause 21, BACnetAddress). */
const everybody: ReadonlySet<number> = new Set([0, GLOBAL_BROADCAST])

/** How urgent a message is on the network, by its event's priority (13.2.5): life safety, critical, urgent, normal. */
function networkPriority(priority: number): number {
  return 3 - Math.min(3, priority >> 6)
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
