import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { History } from '../history.ts'
import type { PointUplink } from '../points/uplink.ts'
import type { ChargerDoor, ChargerLink, ChargerSettings, FleetSettings, Knock, Store, Visitor } from '../ports.ts'
import { applyAnswer } from './answered.ts'
import { applyConfiguration, applyStatus, applyTrial } from './apply-event.ts'
import type { Authorizer, KnownTag, Permission } from './authorize.ts'
import { changeSettings } from './change-settings.ts'
import { Charger } from './charger.ts'
import { Chronicle } from './chronicle.ts'
import { closeDoubted, doubtTransactions, statusDecides } from './doubt.ts'
import type { ChargerEvent, TransactionStart, TransactionStop } from './event.ts'
import { GuestBook, newGuest, reasonFor } from './guest-book.ts'
import { keepInstalled, restoreCharger } from './held.ts'
import { followCommands, noteAnswer } from './last-command.ts'
import { MeterLog } from './meter-log.ts'
import { applyMetered, type MeteredParts } from './metered.ts'
import { learn } from './method.ts'
import { permissionOf, startPermission } from './permission.ts'
import { forgetAnswers, forgetLimit, forgetMethods, reconcile } from './reconcile.ts'
import { takeSnapshot } from './snapshot.ts'
import { showTags, startTransaction, stopTransaction } from './transactions.ts'
import { breaches, weighSchedule } from './verify.ts'

/** Strangers who are inside at a time; more are turned away at the door. */
const MAX_GUESTS = 500
const TICK_MS = 1_000
const TICKS_PER_AGE = 5

export interface FleetParts {
  /** Looked at whenever it matters: whoever changes it calls `configured`. */
  readonly settings: FleetSettings
  readonly authorizer: Authorizer
  readonly store: Store
  readonly uplink: PointUplink
  readonly history: History
  readonly clock: Clock
  readonly log: Log
  /** What the building may see of a tag. */
  readonly shownTag: (idTag: string) => string
  /** A charger turns out to have more connectors: show them. */
  readonly connectorsGrew: (charger: Charger) => void
}

/** All chargers: takes in what they say, and sees to it that they do what is wanted. */
export class Fleet implements ChargerDoor {
  readonly #parts: FleetParts
  /** By identifier in lower case. */
  readonly #chargers = new Map<string, Charger>()
  /** Those among them who are not in the config; whoever connected last comes last. */
  readonly #guests = new Set<Charger>()
  readonly #book: GuestBook
  readonly #chronicle: Chronicle
  readonly #meters: MeterLog
  readonly #metered: MeteredParts
  #ticks = 0
  #cancelTick: (() => void) | undefined

  constructor(parts: FleetParts) {
    this.#parts = parts
    this.#book = new GuestBook(parts.store)
    this.#chronicle = new Chronicle(parts)
    this.#meters = new MeterLog(parts.history)
    this.#metered = { store: parts.store, shownTag: parts.shownTag, meters: this.#meters }
  }

  /** A charger of the config, with what the store remembers of it. */
  add(settings: ChargerSettings): Charger {
    const { store, shownTag } = this.#parts
    const guest = this.#chargers.get(settings.id.toLowerCase())
    if (guest !== undefined) this.#forget(guest, 'it is in the config now: come in again')
    this.#book.adopted(settings.id)
    const remembered = Number(store.held(settings.id).get('connectors') ?? 1)
    const charger = new Charger(settings, {
      guest: false,
      connectors: settings.connectors ?? remembered,
      limits: this.#parts.settings.limits,
    })
    restoreCharger(charger, store, shownTag)
    this.#meters.restored(charger)
    this.#chargers.set(settings.id.toLowerCase(), charger)
    return charger
  }

  /** A charger that the config no longer has: its socket closes, and when it comes again it is a guest. */
  remove(charger: Charger): void {
    this.#keep(charger)
    this.#forget(charger, 'it is no longer in the config')
    charger.guest = true
  }

  /** Its entry in the config has changed. It keeps its socket unless it has to come in anew; `settle` tells the rest. */
  change(charger: Charger, settings: ChargerSettings): void {
    const measured = JSON.stringify(charger.settings.meterValues)
    if (changeSettings(charger, settings, this.#parts.store))
      charger.link?.close('its settings have changed: come in again')
    else if (JSON.stringify(settings.meterValues) !== measured) charger.link?.refresh()
  }

  /** The settings have changed. */
  configured(): void {
    const { settings, shownTag } = this.#parts
    for (const charger of this.#chargers.values()) {
      showTags(charger, shownTag)
      charger.limits = settings.limits
      if (charger.guest) this.#admit(charger, settings.guests.registration)
      else this.settle(charger)
    }
  }

  get chargers(): Iterable<Charger> {
    return this.#chargers.values()
  }

  /** Who came and isn't shown, whoever was seen last first. */
  get visitors(): readonly Visitor[] {
    return this.#book.visitors
  }

  start(): void {
    this.#cancelTick = this.#parts.clock.after(TICK_MS, () => this.#tick())
  }

  stop(): void {
    this.#cancelTick?.()
    for (const charger of this.#chargers.values()) this.#keep(charger)
  }

  arrive(identifier: string): Charger | undefined {
    const known = this.#chargers.get(identifier.toLowerCase())
    if (known !== undefined) return known
    if (this.#guests.size >= MAX_GUESTS && !this.#forgetAbsentGuest()) return undefined
    const guest = newGuest(identifier, this.#parts.settings)
    this.#chargers.set(identifier.toLowerCase(), guest)
    this.#guests.add(guest)
    return guest
  }

  knocked({ reason, ...knock }: Knock): void {
    const charger = this.#chargers.get(knock.identifier.toLowerCase())
    const why = reason ?? (charger === undefined ? 'unknown' : reasonFor(charger))
    if (why === undefined) this.#book.strike(knock.identifier)
    else this.#book.knocked({ ...knock, reason: why }, this.#parts.clock.now())
  }

  knows(identifier: string): boolean {
    return this.#chargers.has(identifier.toLowerCase())
  }

  connected(charger: Charger, link: ChargerLink): void {
    // Between knocking and coming in the config may have changed.
    if (this.#chargers.get(charger.id.toLowerCase()) !== charger) {
      link.close('the config has changed: come in again')
      return
    }
    const before = charger.link
    charger.link = link
    charger.ready = false
    before?.close('a newer connection of the same charger took its place')
    // The longest absent comes first among the guests.
    if (this.#guests.delete(charger)) this.#guests.add(charger)
    this.#heard(charger)
    this.#connectionChanged(charger)
  }

  disconnected(charger: Charger, link: ChargerLink): void {
    if (charger.link !== link) return
    charger.link = undefined
    charger.ready = false
    this.#connectionChanged(charger)
  }

  event(charger: Charger, event: ChargerEvent): void {
    const now = this.#heard(charger)
    const count = charger.state.connectors.length
    switch (event.kind) {
      case 'heard':
        return
      case 'booted':
        this.#book.seen(charger.id, now, { identity: event.identity })
        if (event.identity.firmwareVersion !== charger.state.identity.firmwareVersion) forgetMethods(charger)
        charger.state.methods.silent = false
        charger.state.identity = event.identity
        charger.state.bootedAt = now
        charger.state.rebootRequired = false
        charger.ready = false
        doubtTransactions(charger, now)
        this.#chronicle.booted(charger, event)
        break
      case 'ready':
        charger.ready = true
        forgetAnswers(charger)
        break
      case 'status': {
        const before = charger.state.connectors[event.connector]?.status
        if (applyStatus(charger, event, now)) statusDecides(charger, event.connector, this.#parts.store, now)
        this.#meters.settled(charger, event.connector, event.chargerTime, now)
        this.#chronicle.status(charger, event.connector, before)
        confirmScheduled(charger, event.connector)
        followCommands(charger)
        break
      }
      case 'metered':
        if (applyMetered(charger, event, this.#metered, now)) this.settle(charger)
        break
      case 'configuration':
        if (applyConfiguration(charger, event)) {
          for (const { limitProgress } of charger.control.connectors) forgetLimit(limitProgress)
        }
        break
      case 'key-tried':
        applyTrial(charger, event)
        break
      case 'notice':
        charger.state.notices.set(event.subject, event.text)
        this.#parts.log.info({ charger: charger.id, [event.subject]: event.text }, 'notice of the charger')
        break
      case 'learnt':
        learn(charger.state.methods, event.learnt)
        break
      case 'limit-told':
        weighSchedule(charger, event, now)
        break
      case 'answered':
        this.#chronicle.answered(charger, event)
        noteAnswer(charger, event.command, this.#words(event))
        applyAnswer(charger, event, now)
        keepInstalled(charger, event.command, this.#parts.store)
        break
    }
    if (charger.state.connectors.length > count) this.#grew(charger)
    if (event.kind === 'metered' || event.kind === 'status') {
      this.#publish(charger, event.connector, now)
      return
    }
    this.settle(charger)
  }

  authorize(charger: Charger, idTag: string): Permission {
    return permissionOf(charger, idTag, this.#parts.authorizer, this.#parts.clock.now())
  }

  startTransaction(
    charger: Charger,
    start: TransactionStart,
  ): { readonly transactionId: number; readonly permission: Permission; readonly repeated: boolean } {
    const now = this.#heard(charger)
    const { store, shownTag } = this.#parts
    const count = charger.state.connectors.length
    const { id, repeated } = startTransaction(charger, start, store, shownTag, now)
    if (!repeated) this.#meters.began(charger, start, id, now)
    if (charger.state.connectors.length > count) this.#grew(charger)
    this.settle(charger)
    const permission = startPermission(charger, start, id, this.#parts.authorizer, this.chargers, now)
    if (!repeated) this.#chronicle.began(charger, start, id, permission.authorization)
    return { transactionId: id, permission, repeated }
  }

  stopTransaction(charger: Charger, stop: TransactionStop): Permission | undefined {
    const now = this.#heard(charger)
    const taken = stopTransaction(charger, stop, this.#parts.store, now)
    const { connector } = taken
    this.#meters.ended(charger, stop, taken, now)
    this.#chronicle.ended(charger, stop, connector)
    if (connector !== undefined) this.#publish(charger, connector, now)
    return stop.idTag === undefined ? undefined : this.authorize(charger, stop.idTag)
  }

  /** Something that is wanted has changed: tells the charger, then shows the building what came of it. */
  settle(charger: Charger): void {
    const { clock, store } = this.#parts
    const now = clock.now()
    if (!charger.guest) charger.control.tags.wanted = this.#wantedTags(now)
    const before = breaches(charger)
    for (const command of reconcile(charger, now)) {
      keepInstalled(charger, command, store)
      charger.link?.send(command)
    }
    if (breaches(charger) > before)
      this.#parts.log.warn({ charger: charger.id }, 'the charger does not keep to its limit: it is sent again')
    followCommands(charger)
    this.#parts.uplink.chargerChanged(charger, now)
    this.#keep(charger)
  }

  /** What a charger answered, without the tag that it may have repeated. */
  #words({ command, detail = '' }: Extract<ChargerEvent, { kind: 'answered' }>): string {
    return command.kind === 'start' ? detail.replaceAll(command.idTag, this.#parts.shownTag(command.idTag)) : detail
  }

  #wantedTags(now: number): readonly KnownTag[] {
    const { authorizer, settings } = this.#parts
    return settings.authorize.localList ? authorizer.list(now) : []
  }

  /** The charger's socket came or went. */
  #connectionChanged(charger: Charger): void {
    const now = this.#parts.clock.now()
    charger.online = this.#isOnline(charger, now)
    this.#parts.uplink.chargerChanged(charger, now)
    this.#keep(charger)
  }

  #isOnline(charger: Charger, now: number): boolean {
    const { connectionLostFault, silenceTimeout } = this.#parts.settings
    const { heardAt, present } = charger.state
    if (!present || heardAt === undefined || now - heardAt > silenceTimeout) return false
    return charger.link !== undefined || !connectionLostFault
  }

  #heard(charger: Charger): number {
    const now = this.#parts.clock.now()
    charger.state.heardAt = now
    charger.state.present = true
    if (charger.guest) this.#book.seen(charger.id, now)
    if (!charger.online && charger.link !== undefined) this.#connectionChanged(charger)
    return now
  }

  /** Closes the socket, which is heard no more from then on. */
  #forget(charger: Charger, reason: string): void {
    charger.link?.close(reason)
    this.#chargers.delete(charger.id.toLowerCase())
    this.#guests.delete(charger)
  }

  /** Makes room for another; false when all of them are inside. */
  #forgetAbsentGuest(): boolean {
    for (const guest of this.#guests) {
      if (guest.link !== undefined) continue
      this.#forget(guest, '')
      return true
    }
    return false
  }

  #admit(guest: Charger, registration: Charger['registration']): void {
    if (guest.registration === registration) return
    guest.registration = registration
    // Said in the answer to Boot alone.
    guest.link?.close(`guests are now ${registration}`)
    const reason = reasonFor(guest)
    if (reason !== undefined) this.#book.seen(guest.id, this.#parts.clock.now(), { reason })
  }

  #grew(charger: Charger): void {
    if (charger.guest) return
    this.#parts.store.holdSoon(charger.id, 'connectors', String(charger.connectorCount))
    this.#parts.connectorsGrew(charger)
  }

  #publish(charger: Charger, connector: number, now: number): void {
    this.#parts.uplink.connectorChanged(charger, connector, now)
    this.#keep(charger)
  }

  #keep(charger: Charger): void {
    if (!charger.guest) this.#parts.store.saveSnapshotLater(charger.id, () => takeSnapshot(charger))
  }

  /** Once a second: silence, whatever was put off, and now and then the ages. */
  #tick(): void {
    const now = this.#parts.clock.now()
    this.#ticks += 1
    const tags = this.#wantedTags(now)
    for (const charger of this.#chargers.values()) {
      if (charger.online !== this.#isOnline(charger, now)) this.#connectionChanged(charger)
      const closed = closeDoubted(charger, this.#parts.store, now)
      if (closed) this.#meters.allSettled(charger, now)
      const retagged = !charger.guest && charger.control.tags.wanted !== tags
      if (closed || retagged || charger.control.deferred) this.settle(charger)
      if (this.#ticks % TICKS_PER_AGE === 0) this.#parts.uplink.ticked(charger, now)
    }
    this.#cancelTick = this.#parts.clock.after(TICK_MS, () => this.#tick())
  }
}

/** A change of availability that waited for the end of a session has come true. */
function confirmScheduled(charger: Charger, connector: number): void {
  const progress = charger.control.connectors[connector]?.availabilityProgress
  const status = charger.state.connectors[connector]?.status
  if (!progress?.scheduled || progress.sent === undefined) return
  if ((status === 'Unavailable') === progress.sent.operative) return
  progress.scheduled = false
  progress.outcome = 'accepted'
}
