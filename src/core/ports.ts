import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { AuthorizeSettings, Permission } from './charger/authorize.ts'
import type { Charger } from './charger/charger.ts'
import type { Command } from './charger/command.ts'
import type { ChargerEvent, Identity, SignedValue, TransactionStart, TransactionStop } from './charger/event.ts'
import type { Registration } from './charger/vocabulary.ts'
import type { Keeping, Notebook, OpenJournal } from './keep.ts'
import type { Parameter, Point, PointDefinition, Value } from './points/point.ts'
import type { Unit } from './points/unit.ts'

/** How core reaches one charger's socket. */
export interface ChargerLink {
  /** Takes a command; its outcome comes back as one `answered` event. Never throws, never waits. */
  send(command: Command): void
  /** The charger's settings have changed: what they ask of it is asked anew. */
  refresh(): void
  close(reason: string): void
}

/**
 * Why a charger that came isn't in. unknown: not in the config, a guest. rejected: a registration that keeps it out.
 * no-password: none was sent. tls: it came without, or the handshake failed. client-certificate: none, not signed by
 * ours, out of date, or another's. too-many: strangers, sockets or guesses.
 */
export type TurnedAway =
  | 'unknown'
  | 'rejected'
  | 'wrong-password'
  | 'no-password'
  | 'tls'
  | 'client-certificate'
  | 'subprotocol'
  | 'too-many'

/** Somebody at the door of the chargers, as the transport sees it. */
export interface Knock {
  /** As the path said. */
  readonly identifier: string
  readonly address: string | undefined
  readonly path: string
  /** Offered, or the one that was agreed upon. */
  readonly subprotocols: readonly string[]
  /** Undefined: it was let in; what core thinks of it comes later. */
  readonly reason: TurnedAway | undefined
}

/** A charger that came and isn't shown to the building: what whoever adopts it wants to know. Times are milliseconds UTC. */
export interface Visitor extends Omit<Knock, 'reason'> {
  readonly reason: TurnedAway
  readonly firstSeen: number
  readonly lastSeen: number
  /** What its BootNotification said. */
  readonly identity: Identity
}

/** What chargers reach: every call is synchronous, and what it changes is seen by the building before it returns. */
export interface ChargerDoor {
  /**
   * The charger that an identifier means, in any letter case. An unknown one becomes a guest; undefined when the
   * bridge has as many guests as it will remember.
   */
  arrive(identifier: string): Charger | undefined
  /** Whether an identifier, in any letter case, is that of a charger or guest; nobody becomes one by this. */
  knows(identifier: string): boolean
  /** Told of everybody who comes, let in (before `connected`) or not, so that whoever isn't shown can be listed. */
  knocked(knock: Knock): void
  /** A socket is open and authenticated. A newer one takes the place of the older, whose end then means nothing. */
  connected(charger: Charger, link: ChargerLink): void
  disconnected(charger: Charger, link: ChargerLink): void
  event(charger: Charger, event: ChargerEvent): void
  authorize(charger: Charger, idTag: string): Permission
  /** A start can't be refused; one that was announced before gets its first id again. */
  startTransaction(
    charger: Charger,
    start: TransactionStart,
  ): { readonly transactionId: number; readonly permission: Permission; readonly repeated: boolean }
  /** The answer is what is said of the tag, undefined when the stop names none. */
  stopTransaction(charger: Charger, stop: TransactionStop): Permission | undefined
}

/**
 * What became of a call that a person wrote in the charger's own protocol. unfit: it breaks the protocol, and was not
 * sent. away: no socket, or the charger may not be told things yet. none: no answer in time.
 */
export type HandCall =
  | { readonly kind: 'answer'; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly code: string; readonly description: string }
  | { readonly kind: 'unfit'; readonly what: 'action' | 'payload'; readonly message: string }
  | { readonly kind: 'away' }
  | { readonly kind: 'none' }

/** A protocol that chargers speak. */
export interface Southbound {
  /** Makes one call as it stands; it waits its turn among those of the bridge, and core learns nothing of it. */
  call(charger: Charger, action: string, payload: unknown): Promise<HandCall>
  /** Resolves once it listens, with the address for the ready line. */
  start(): Promise<string>
  stop(): Promise<void>
  /** Takes up changed settings: of sockets that are open, what can be; never where it listens. */
  configure(config: unknown): void
}

/** What a protocol needs in order to show a charger (or, with `charger` undefined, the bridge itself). */
export interface Device {
  readonly charger: Charger | undefined
  /** `<site>.<charger>`, or `<site>` for the bridge. */
  readonly name: string
  /** The charger's number n, kept for ever; 0 is the bridge. */
  readonly number: number
  /** The protocol's own address of this device, as its `assign` gave it: an instance, a unit. */
  readonly addresses: Readonly<Record<string, number>>
}

/** A protocol that buildings speak. Everything but start and stop is synchronous. */
export interface Northbound {
  readonly name: string
  /** Shows these points; again for the same device when it has more of them, or another name. */
  attach(device: Device, points: readonly Point[]): void
  /** Shows these points no longer; without points the device itself is gone, as if it had never been there. */
  detach(device: Device, points?: readonly Point[]): void
  /** The value, quality or service state of a point has changed. */
  pointChanged(point: Point): void
  /** Takes up changed settings; never where it listens, nor what would move an object or a register. */
  configure(config: unknown): void
  start(): Promise<string>
  stop(): Promise<void>
}

/** What a northbound protocol is given. */
export interface NorthboundParts {
  readonly clock: Clock
  readonly log: Log
  readonly downlink: Downlink
  /** When what answers promise is on disk. */
  readonly keeping: Keeping
  readonly notebook: Notebook
  readonly journal: OpenJournal
  readonly site: string
  /** Where relative files of the config start; by default where the program runs. */
  readonly folder?: string
  /** Of the bridge's software. */
  readonly version: string
  /** Stops the bridge soon and starts it anew; undefined where nobody can. */
  readonly restart?: (() => void) | undefined
}

/** Who writes. `client` tells one client from another for the edges of actions, e.g. `bacnet:192.0.2.7`. */
export interface Writer {
  readonly source: 'BACnet' | 'Modbus' | 'Web'
  readonly client: string
  /** The request as it came, in hexadecimal digits; undefined where it holds what nobody may see. Asked only when a write is told. */
  readonly frame?: () => string | undefined
}

/** What was written to where it is no point: a property, a register, a service. `charger` undefined: the bridge itself. */
export interface WriteTarget {
  readonly charger: string | undefined
  readonly connector: number
  readonly point: string
}

/** What became of a write that a protocol decided by itself. denied: whoever wrote may not. */
export interface WriteOutcome {
  /** Undefined: it was not understood. */
  readonly value?: Value | null | undefined
  readonly priority?: number | undefined
  readonly result: 'accepted' | 'denied' | Refusal
}

/**
 * An expected no. `ignored` is not one: an action without an edge is accepted and does nothing.
 * read-only: not writable here. wrong-type: not the kind of value. out-of-range: not a value it may have.
 * reserved-slot: slot 6 belongs to the minimum on/off algorithm. offline: an action for a charger that is away.
 * no-transaction: nothing runs that could be stopped. busy: the charger's queue is full.
 */
export type Refusal =
  | 'read-only'
  | 'wrong-type'
  | 'out-of-range'
  | 'reserved-slot'
  | 'offline'
  | 'no-transaction'
  | 'busy'

/** What a building's write does. Values are in the point's unit; null releases a slot. */
export interface Downlink {
  /** Undefined: accepted, and kept. `priority` 1..16 counts only for setpoints (default 16). */
  write(point: Point, value: Value | null, writer: Writer, priority?: number): Refusal | undefined
  /** What `write` would say, without doing it. */
  check(point: Point, value: Value | null, writer: Writer, priority?: number): Refusal | undefined
  /** The 16 slots of a setpoint in the point's unit (null: released); undefined for what has none. */
  slots(point: Point): readonly (Value | null)[] | undefined
  /** What counts when all slots are released, in the point's unit. */
  relinquishDefault(point: Point): Value | undefined
  /** Decouples a point from its charger, or couples it again. */
  setOutOfService(point: Point, outOfService: boolean, writer: Writer): void
  /** Restarts a charger now, whatever was written to its `reset` before. */
  reset(charger: Charger, hard: boolean, writer: Writer): Refusal | undefined
  /** The value shown while out of service. */
  override(point: Point, value: Value, writer: Writer): Refusal | undefined
  /** Keeps in the history what a protocol did, or refused, without asking for it here. */
  noted(what: Point | WriteTarget, writer: Writer, outcome: WriteOutcome): void
  /** What is written to this point stays hidden: a tag that is not shared, or a password. */
  hides(point: Point): boolean
}

/** One slot of a priority array as kept on disk, value in the setpoint's base unit. */
interface StoredSlot {
  readonly value: number | boolean
  readonly source: Writer['source']
}

export interface StoredTransaction {
  readonly id: number
  readonly charger: string
  readonly connector: number
  readonly idTag: string
  readonly meterStartWh: number | undefined
  readonly startedAt: number
  /** As the charger wrote it; with charger, connector, tag and meter the key of a repeated start. */
  readonly timestampText: string
  readonly meterStopWh: number | undefined
  readonly stoppedAt: number | undefined
  readonly stopReason: string | undefined
  /** `meterStopWh` was not told, or can't be: it comes from the meter values of the session. */
  readonly estimated: boolean
  /** What the meter signed, newest last; absent where it signed nothing. */
  readonly signed?: readonly SignedValue[]
}

/** By what a repeated start is recognised; the tag in any letter case. */
export type StartKey = Pick<StoredTransaction, 'charger' | 'connector' | 'idTag' | 'meterStartWh' | 'timestampText'>

/**
 * Durable state. Writes return when they are kept: `keeping` says when that is on disk, and whoever answers waits for it.
 * `later` ones are gathered and may lose the last second.
 */
export interface Store {
  readonly keeping: Keeping

  /** The numbers of all chargers that ever had one, by identifier in lower case; never reused. */
  numbers(): ReadonlyMap<string, number>
  /** Keeps numbers, by identifier; throws where one is another charger's already. */
  keepNumbers(numbers: ReadonlyMap<string, number>): void

  slots(charger: string): readonly StoredSlots[]
  saveSlots(charger: string, slots: StoredSlots): void

  /** Held values by key: registration, parameters, desired configuration keys, authorisation mode. */
  held(charger: string): ReadonlyMap<string, string>
  hold(charger: string, key: string, value: string | undefined): void
  /** The same, and on disk when it returns: for what is passed on before anybody is answered. */
  holdNow(charger: string, key: string, value: string | undefined): void
  /** The same for what nobody is told of: where the disk takes nothing it is written once that is possible. */
  holdSoon(charger: string, key: string, value: string | undefined): void

  /** The last value that a client wrote to an action; kept so that an old value written again does nothing. */
  edge(charger: string, connector: number, action: string, client: string): number | undefined
  saveEdge(charger: string, connector: number, action: string, client: string, value: number): void

  /** 1 to 2^24-1, from a block that was reserved before. */
  nextTransactionId(): number
  saveTransaction(transaction: StoredTransaction): void
  transaction(id: number): StoredTransaction | undefined
  /** The start that was announced in the same words: one without an end before others, the newest of them. */
  sameStart(start: StartKey): StoredTransaction | undefined
  /** Those without an end, in the order in which they began. */
  openTransactions(charger: string): readonly StoredTransaction[]
  /** The last few that ended for this reason, in the order in which they began. */
  endedTransactions(charger: string, reason: string): readonly StoredTransaction[]
  /** A stop that fits no transaction: kept, once, so that nothing is lost. */
  saveOrphanStop(charger: string, at: number, text: string): void

  /** The charger's last known state, as JSON; gathered and written later. */
  snapshot(charger: string): string | undefined
  saveSnapshotLater(charger: string, take: () => string): void

  /** Everybody who came and isn't shown, whoever was seen last first. */
  visitors(): readonly Visitor[]
  /** Gathered for longer than snapshots: a flood of strangers costs the disk one write in a while. */
  saveVisitorLater(visitor: Visitor): void
  forgetVisitorLater(identifier: string): void

  /** What belongs to one protocol alone. */
  notebook(protocol: string): Notebook
  journals(protocol: string): OpenJournal

  flush(): void
  close(): void
}

export interface StoredSlots {
  readonly connector: number
  readonly setpoint: 'limit' | 'availability'
  /** The unit of the values: A, W, or nothing for availability. */
  readonly unit: string
  readonly slots: readonly (StoredSlot | null)[]
}

/** What the config says of one charger. */
export interface ChargerSettings {
  readonly id: string
  readonly name: string
  /** Undefined: what the charger tells. */
  readonly connectors: number | undefined
  readonly electrical: Electrical
  readonly registration: Registration
  /** Of the OCPP security white paper: 0 asks for nothing, 1 a password, 2 TLS and a password, 3 TLS and a certificate. */
  readonly securityProfile: SecurityProfile
  /** A text, or `hex:` and the digits of its bytes. */
  readonly password: string | undefined
  /** Milliseconds between websocket pings, 0 for none; absent: as for all chargers. */
  readonly pingInterval?: number
  /** Held parameters that count while the building writes none: `smartCharging.kind` and so on, as texts. */
  readonly parameters?: Readonly<Partial<Record<Parameter, string>>> | undefined
  /** The configuration key that carries limits where no profile does; `{connector}` stands for the connector's number. */
  readonly limitKey?: string
  /** Undefined: as for all chargers. */
  readonly meterValues?: MeterSettings
}

/** What a charger shall measure and tell while it charges, and how often (milliseconds); what is absent is left to it. */
export interface MeterSettings {
  readonly interval?: number | undefined
  readonly measurands?: readonly string[] | undefined
}

export type SecurityProfile = 0 | 1 | 2 | 3

/** The rating of each connector. Alternating current: `maxCurrent` per phase; direct current: `maxPower`. */
export type Electrical =
  | { readonly kind: 'ac'; readonly maxCurrent: number; readonly phases: 1 | 2 | 3; readonly voltage: number }
  | { readonly kind: 'dc'; readonly maxPower: number }

/** What the config says of limits; times in milliseconds, currents in A. */
export interface LimitSettings {
  readonly default: 'rating' | number
  readonly minimum: number
  readonly step: number
  readonly increaseInterval: number
  /** Profiles of others that outrank ours are cleared, once, after the first limit. */
  readonly clearOnAdopt: boolean
}

export interface FleetSettings {
  readonly limits: LimitSettings
  readonly guests: { readonly registration: Registration; readonly retryInterval: number }
  readonly heartbeatInterval: number
  readonly connectionLostFault: boolean
  readonly silenceTimeout: number
  readonly configRefresh: number
  readonly authorize: AuthorizeSettings
  readonly shareIdTags: boolean
  readonly remoteStartIdTag: string
  readonly actions: { readonly trigger: 'edge' | 'write'; readonly deadline: number }
}

/** What a mapping row says of one protocol. One object a row, shared by all points that the row expands to. */
export interface RowBinding<Row, Options> {
  /** The row's own part, as the protocol's schema made it. */
  readonly row: Row
  /** The mapping's options for the protocol (the mapping file's top-level key of its name). */
  readonly options: Options
  /** Connector n starts at n × stride. */
  readonly stride: number
}

/** A device with its points, before anything is started: what `check` and `points` look at. */
export interface Listing {
  readonly device: Device
  readonly points: readonly Point[]
}

/** What files of a protocol's own, made from listings, are about. */
export interface ExportContext {
  readonly site: string
  /** Of the bridge's software. */
  readonly version: string
  /** Milliseconds UTC: when they are made. */
  readonly at: number
}

/** A point that a mapping does not show yet, and what is known of its values. */
export interface Newcomer {
  readonly definition: PointDefinition
  readonly unit: Unit | undefined
  /** ASCII, for the building to read. */
  readonly name: string
  readonly writable: boolean
  /** Of a text: characters. */
  readonly length: number
  /** Of a number: places after the decimal point. */
  readonly decimals: number
  readonly negative: boolean
}

/** Finds a place for one more point and keeps it taken: the protocol's part of a mapping row; undefined: no room is left. */
export type Vacancies = (newcomer: Newcomer) => Readonly<Record<string, unknown>> | undefined
