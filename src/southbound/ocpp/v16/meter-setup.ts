import type { KeyTrial } from '../../../core/charger/event.ts'
import type { MeterSettings } from '../../../core/ports.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Ask, DownlinkParts } from './ask.ts'

const INTERVAL = 'MeterValueSampleInterval'
const MEASURANDS = 'MeterValuesSampledData'
/** A charger that restarts over a setting (some do over a full list of measurands) does so within this time. */
const PROVED_AFTER_MS = 60_000
/** A link may break while a value is tried; when it happens again, it is the value. */
const MAX_TRIALS = 2

/**
 * Makes a charger measure what the config asks for: one key at a time, and never again with a value that it refused,
 * or over which it restarted. A list of measurands that is refused as a whole is built up from those that are taken.
 */
export class MeterSetup {
  readonly #parts: DownlinkParts
  readonly #clock: Clock
  readonly #ask: Ask
  readonly #proofs = new Map<string, Cancel>()

  constructor(parts: DownlinkParts, clock: Clock, ask: Ask) {
    this.#parts = parts
    this.#clock = clock
    this.#ask = ask
  }

  /** After the configuration was read: sets what differs. */
  run({ interval, measurands }: MeterSettings): void {
    const wanted = measurands ?? []
    for (const [key, { trying, times }] of this.#parts.charger.state.trials)
      if (trying !== undefined && times >= MAX_TRIALS) this.#note(key, trying, 'refused')
    const seconds = interval === undefined ? undefined : String(Math.max(1, Math.round(interval / 1000)))
    this.#set(INTERVAL, seconds, () => {
      if (wanted.length > 0) this.#measure(wanted)
    })
  }

  /** The conversation is over: what was on trial stays so. */
  stop(): void {
    for (const cancel of this.#proofs.values()) cancel()
  }

  #measure(wanted: readonly string[]): void {
    const has = listOf(this.#value(MEASURANDS))
    if (has.length === wanted.length && wanted.every((each) => has.includes(each.toLowerCase()))) return
    this.#set(MEASURANDS, wanted.join(','), (taken) => {
      if (!taken) this.#build(wanted, [], has)
    })
  }

  /** Adds one measurand after the other to those that are taken. */
  #build(rest: readonly string[], taken: readonly string[], before: readonly string[]): void {
    const [next, ...others] = rest
    if (next === undefined) return
    const list = [...taken, next]
    // Part of what it has now needs no writing, only keeping.
    const known = list.length <= before.length && list.every((each) => before.includes(each.toLowerCase()))
    if (known && others.length > 0) this.#build(others, list, before)
    else this.#set(MEASURANDS, list.join(','), (accepted) => this.#build(others, accepted ? list : taken, before))
  }

  /** Writes one key where it differs and was not refused; tells whether the charger has that value now. */
  #set(key: string, value: string | undefined, done: (taken: boolean) => void): void {
    const { charger, door, log } = this.#parts
    if (value === undefined || this.#value(key) === value) {
      done(true)
      return
    }
    if (charger.state.trials.get(key)?.refused.includes(value)) {
      done(false)
      return
    }
    this.#note(key, value, 'trying')
    this.#ask('ChangeConfiguration', { key, value }, { lane: 'setup' }, (answer, detail) => {
      const taken = answer === 'accepted' || answer === 'reboot-required'
      // Nothing is known where no answer came: the next conversation tries again.
      if (answer === 'no-answer') return
      log.info({ charger: charger.id, key, value, answer: detail ?? answer }, 'meter values')
      if (taken) {
        door.event(charger, { kind: 'configuration', keys: [{ key, value, readonly: false }], unknown: [] })
        this.#proofs.get(key)?.()
        this.#proofs.set(
          key,
          this.#clock.after(PROVED_AFTER_MS, () => this.#note(key, value, 'kept')),
        )
      } else this.#note(key, value, 'refused')
      done(taken)
    })
  }

  #note(key: string, value: string, result: KeyTrial): void {
    const { charger, door } = this.#parts
    door.event(charger, { kind: 'key-tried', key, value, result })
  }

  #value(key: string): string | undefined {
    return this.#parts.charger.state.configuration.get(key.toLowerCase())?.value
  }
}

/** Some write quotes around each, other separators, and blanks. */
function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(/[,;]/)
    .map((each) =>
      each
        .trim()
        .replace(/^(['"])(.*)\1$/, '$2')
        .toLowerCase(),
    )
    .filter((each) => each !== '')
}
