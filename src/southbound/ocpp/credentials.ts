import { createHash } from 'node:crypto'
import type { Charger } from '../../core/charger/charger.ts'
import type { SecurityProfile, Store } from '../../core/ports.ts'
import type { Log } from '../../lib/log.ts'
import type { Password } from './transport/basic-auth.ts'
import type { Entrance, Profiles } from './transport/gate.ts'

const PASSWORD = 'password'
const PROFILE = 'securityProfile'
/** Configuration keys have no letter case. */
const names: ReadonlyMap<string, string> = new Map([
  ['authorizationkey', PASSWORD],
  ['securityprofile', PROFILE],
])
/** Passwords that were told and may have been taken, the last ones; a charger takes one of them. */
const MOST_TOLD = 4
/** As the security white paper writes an AuthorizationKey of 16 to 20 bytes. */
const HEX_KEY = /^(?:[0-9A-Fa-f]{2}){16,20}$/

/** What was told to a charger and what it took; it counts as long as the config says what it said then. */
interface Changed<T> {
  readonly configured: string
  /** The charger has come with it: what was before no longer counts. */
  readonly taken?: T
  /** It may come with one of them from now on. */
  readonly told: readonly T[]
}

/** Where wss:// and certificates of chargers are not configured, no charger can be asked for them. */
export interface Offered {
  readonly tls: boolean
  readonly clientCa: boolean
}

/**
 * How chargers prove who they are: as the config says, until they are told otherwise (ChangeConfiguration of
 * AuthorizationKey or SecurityProfile) and come that way. From the call to that moment both ways are right, for nobody
 * knows when a charger makes the change. Who changes the config's password or profile has the last word.
 */
export class Credentials {
  readonly #store: Store
  readonly #log: Log
  readonly #offered: Offered

  constructor(store: Store, log: Log, offered: Offered) {
    this.#store = store
    this.#log = log
    this.#offered = offered
  }

  /** The passwords that a charger may come with; none: it has none. */
  passwords(charger: Charger): readonly Password[] {
    const { password } = charger.settings
    if (password === undefined) return []
    const { taken, told } = this.#changed(charger, PASSWORD)
    return [...(taken === undefined ? [password] : writings(taken)), ...told.flatMap(writings)]
  }

  profiles(charger: Charger): Profiles {
    const { taken, told } = this.#changed(charger, PROFILE)
    const enforced = taken === undefined ? charger.settings.securityProfile : (Number(taken) as SecurityProfile)
    const higher = told.map((each) => Number(each) as SecurityProfile).filter((each) => each > enforced)
    return { enforced, told: higher.sort((a, b) => b - a) }
  }

  /** A charger is about to be told a configuration key; kept before it can act on it. Answers with what takes it back. */
  telling(charger: Charger, key: string, value: string): () => void {
    const name = names.get(key.trim().toLowerCase())
    if (name === undefined || !this.#counts(charger, name, value)) return () => {}
    const { told, ...rest } = this.#changed(charger, name)
    if (rest.taken === value || told.includes(value)) return () => {}
    this.#store.holdNow(charger.id, name, textOf({ ...rest, told: [...told, value].slice(-MOST_TOLD) }))
    return () => {
      const now = this.#changed(charger, name)
      const left = { ...now, told: now.told.filter((each) => each !== value) }
      this.#store.holdSoon(charger.id, name, textOf(left))
    }
  }

  /** A charger has come in: what it came with counts from now on, and what was before no longer does. */
  entered(charger: Charger, { profile, password }: Entrance): void {
    const used =
      password === undefined
        ? undefined
        : this.#changed(charger, PASSWORD).told.find((each) => writings(each).includes(password))
    if (used !== undefined) this.#take(charger, PASSWORD, used, 'comes with its new password: the old one is void')
    const raised = this.#changed(charger, PROFILE).told.find((each) => Number(each) === profile)
    if (raised !== undefined)
      this.#take(charger, PROFILE, raised, `comes by security profile ${raised}: the lower one is void`)
  }

  /** Whether to keep a change: the config says whether a charger has a password at all, and profiles need what they stand on. */
  #counts(charger: Charger, name: string, value: string): boolean {
    const { id, settings } = charger
    if (name === PASSWORD) return settings.password !== undefined
    const profile = Number(value)
    if (![1, 2, 3].includes(profile) || charger.guest) return false
    const missing =
      profile < 3 && settings.password === undefined
        ? 'a password for it'
        : profile >= 2 && !this.#offered.tls
          ? 'ocpp.tls'
          : profile === 3 && !this.#offered.clientCa
            ? 'ocpp.tls.clientCa'
            : undefined
    if (missing === undefined) return true
    this.#log.warn(
      { charger: id },
      `security profile ${profile} is not asked of it: that needs ${missing} in the config`,
    )
    return false
  }

  #take(charger: Charger, name: string, taken: string, message: string): void {
    // It is inside: a disk that doesn't take this is no reason to turn it away, and learns of it later.
    this.#store.holdSoon(charger.id, name, textOf({ configured: configured(charger, name), taken, told: [] }))
    this.#log.info({ charger: charger.id }, message)
  }

  #changed(charger: Charger, name: string): Changed<string> {
    const said = configured(charger, name)
    const kept = this.#store.held(charger.id).get(name)
    const changed = kept === undefined ? undefined : (JSON.parse(kept) as Changed<string>)
    return changed?.configured === said ? changed : { configured: said, told: [] }
  }
}

/** As it is kept; undefined: there is nothing to keep. */
function textOf(changed: Changed<string>): string | undefined {
  return changed.taken === undefined && changed.told.length === 0 ? undefined : JSON.stringify(changed)
}

/** What the config says, so that a change of it is seen; a password only by its digest. */
function configured({ settings }: Charger, name: string): string {
  if (name === PROFILE) return String(settings.securityProfile)
  return createHash('sha256')
    .update(settings.password ?? '')
    .digest('hex')
}

/** The ways in which a charger may send a key: as it was told, or the bytes that its digits mean. */
function writings(key: string): readonly Password[] {
  return HEX_KEY.test(key) ? [key, `hex:${key}`] : [key]
}
