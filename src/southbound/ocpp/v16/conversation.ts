import type { Charger } from '../../../core/charger/charger.ts'
import type { Command } from '../../../core/charger/command.ts'
import { type History, noHistory } from '../../../core/history.ts'
import { type Keeping, keptAtOnce } from '../../../core/keep.ts'
import { isSecretKey } from '../../../core/points/standard-keys.ts'
import type { ChargerDoor, ChargerLink } from '../../../core/ports.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { type Answered, Session } from '../session/session.ts'
import type { Payload } from '../wire/frame.ts'
import { aloud } from './aloud.ts'
import { Downlink } from './downlink.ts'
import { maskDamaged, type ShownTag } from './mask-text.ts'
import { MeterSetup } from './meter-setup.ts'
import { CertificateSigning, type Sign } from './sign-certificate.ts'
import { uplink } from './uplink.ts'
import { violation } from './validate.ts'

/** A charger that comes back without a Boot (many do) is taken as ready after this. */
const BACK_STOP_MS = 10_000
/** A call by hand that waits longer for its turn is not sent any more: whoever wrote it has gone. */
const HAND_CALL_WAITS_MS = 20_000

export interface ConversationParts {
  readonly door: ChargerDoor
  readonly charger: Charger
  readonly send: (text: string) => void
  readonly close: (reason: string) => void
  readonly clock: Clock
  readonly log: Log
  /** When what answers promise is on disk; absent: at once. */
  readonly keeping?: Keeping
  /** Told every message; absent: nobody is. */
  readonly history?: History
  /** A tag as it may stand in the log; absent: not at all. */
  readonly shownTag?: ShownTag
  /** Absent: no certificates are signed. */
  readonly sign?: Sign
  readonly settings: {
    readonly responseTimeout: number
    readonly heartbeatInterval: number
    readonly configRefresh: number
    readonly guests: { readonly retryInterval: number }
  }
}

/** Once these are answered, a charger forgets them. */
const relieving: ReadonlySet<string> = new Set(['StartTransaction', 'StopTransaction'])
const nobody: Sign = () => undefined
const noTag: ShownTag = () => '***'

/** Everything between one socket and core, in OCPP 1.6: when the charger may be told things, and when it is asked. */
export class Conversation implements ChargerLink {
  readonly #parts: ConversationParts
  readonly #session: Session
  readonly #downlink: Downlink
  readonly #meters: MeterSetup
  readonly #certificates: CertificateSigning
  #cancelBackStop: Cancel
  #cancelRefresh: Cancel = () => {}
  #bootHeard = false

  constructor(parts: ConversationParts) {
    this.#parts = parts
    const { charger, clock, door, history = noHistory, log, shownTag = noTag } = parts
    const handle = uplink({
      door,
      charger,
      now: () => clock.now(),
      bootInterval: () => this.#bootInterval(),
      booted: () => this.#booted(),
      signCertificate: (csr) => this.#certificates.request(csr),
    })
    this.#session = new Session({
      id: charger.id,
      send: parts.send,
      close: (reason) => this.close(reason),
      handle: (action, payload) => {
        this.#complain(action, payload)
        return handle(action, payload)
      },
      heard: () => door.event(charger, { kind: 'heard' }),
      keeping: parts.keeping ?? keptAtOnce,
      relieves: (action) => relieving.has(action),
      history: log.debugs ? aloud(history, log, shownTag) : history,
      shown: (text) => maskDamaged(text, shownTag),
      clock,
      log,
      // It may change while the charger is connected.
      get responseTimeout() {
        return parts.settings.responseTimeout
      },
    })
    const down = { door, charger, session: this.#session, now: () => clock.now(), log }
    this.#downlink = new Downlink(down)
    this.#meters = new MeterSetup(down, clock, this.#downlink.ask)
    this.#certificates = new CertificateSigning({ charger, ask: this.#downlink.ask, sign: parts.sign ?? nobody, log })
    this.#cancelBackStop = clock.after(BACK_STOP_MS, () => this.#backStop())
    door.connected(charger, this)
  }

  receive(text: string): void {
    this.#session.receive(text)
    if (!this.#bootHeard) return
    this.#bootHeard = false
    if (this.#parts.charger.registration === 'accepted') this.#ready()
  }

  send(command: Command): void {
    this.#downlink.send(command)
  }

  /** Makes a call that fits the schema, after those that wait already; what it changes, the charger tells by itself. */
  callByHand(action: string, payload: Payload): Promise<Answered> {
    const { clock, settings } = this.#parts
    return new Promise((resolve) => {
      // The queue stands still while a charger boots: whoever asked has an answer all the same.
      const cancel = clock.after(HAND_CALL_WAITS_MS + settings.responseTimeout, () => resolve({ kind: 'none' }))
      const done = (answered: Answered): void => {
        cancel()
        resolve(answered)
        const key = String(payload.key)
        // What the charger really took is what it says when it is asked; a password it need not repeat.
        if (action === 'ChangeConfiguration' && answered.kind === 'result' && !isSecretKey(key))
          this.#downlink.send({ kind: 'read-configuration', keys: [key] })
      }
      this.#session.call({ action, payload, lane: 'normal', deadline: clock.now() + HAND_CALL_WAITS_MS, done })
    })
  }

  refresh(): void {
    if (this.#parts.charger.ready) this.#readConfiguration()
  }

  /** Ends the conversation at once: what still comes from this socket is no longer heard. */
  close(reason: string): void {
    this.#parts.close(reason)
    this.closed()
  }

  /** The socket is gone. */
  closed(): void {
    this.#cancelBackStop()
    this.#cancelRefresh()
    this.#meters.stop()
    this.#parts.door.disconnected(this.#parts.charger, this)
    this.#session.closed()
  }

  #booted(): void {
    this.#cancelBackStop()
    this.#session.open(false)
    this.#session.cancelSetup()
    this.#meters.stop()
    this.#bootHeard = true
  }

  /** The charger may be told things now: limits first, then it is asked for its configuration. */
  #ready(): void {
    const { charger, door } = this.#parts
    if (charger.link !== this) return
    this.#session.open(true)
    door.event(charger, { kind: 'ready' })
    this.#readConfiguration()
  }

  #backStop(): void {
    const { charger } = this.#parts
    if (charger.registration !== 'accepted') return
    const known = charger.state.bootedAt !== undefined
    this.#ready()
    // Who it is, is told in the Boot alone.
    if (!known)
      this.#downlink.ask('TriggerMessage', { requestedMessage: 'BootNotification' }, { lane: 'setup' }, () => {})
  }

  #readConfiguration(): void {
    const { clock, settings } = this.#parts
    this.#cancelRefresh()
    this.#downlink.readConfiguration(undefined, (answer) => {
      const wanted = this.#parts.charger.settings.meterValues
      if (answer === 'accepted' && wanted !== undefined) this.#meters.run(wanted)
    })
    this.#cancelRefresh = clock.after(settings.configRefresh, () => this.#readConfiguration())
  }

  #bootInterval(): number {
    const { charger, settings } = this.#parts
    const ms = charger.registration === 'accepted' ? settings.heartbeatInterval : settings.guests.retryInterval
    return Math.max(1, Math.round(ms / 1000))
  }

  /** What breaks the schema is said, and forgiven. */
  #complain(action: string, payload: Payload): void {
    if (!this.#parts.log.debugs) return
    const problem = violation(`${action}Request`, payload)
    if (problem !== undefined)
      this.#parts.log.debug({ charger: this.#parts.charger.id, action, problem }, 'payload forgiven')
  }
}
