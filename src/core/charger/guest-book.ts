import type { FleetSettings, Knock, Store, Visitor } from '../ports.ts'
import { Charger } from './charger.ts'
import type { Identity } from './event.ts'

/** Who came longest ago is forgotten first. */
const MAX_VISITORS = 500

/** Everybody who came to the door and isn't shown to the building, so that somebody can adopt them or see what is wrong. */
export class GuestBook {
  readonly #store: Pick<Store, 'visitors' | 'saveVisitorLater' | 'forgetVisitorLater'>
  /** By identifier in lower case; whoever was seen last comes last. */
  readonly #visitors = new Map<string, Visitor>()

  constructor(store: Pick<Store, 'visitors' | 'saveVisitorLater' | 'forgetVisitorLater'>) {
    this.#store = store
    for (const visitor of [...store.visitors()].reverse()) this.#visitors.set(keyOf(visitor.identifier), visitor)
  }

  /** Whoever was seen last comes first. */
  get visitors(): readonly Visitor[] {
    return [...this.#visitors.values()].reverse()
  }

  /** Somebody came; of earlier visits the first time and what it said of itself stay. */
  knocked(knock: Knock & { readonly reason: NonNullable<Knock['reason']> }, now: number): void {
    const known = this.#visitors.get(keyOf(knock.identifier))
    this.#write({ ...knock, firstSeen: known?.firstSeen ?? now, lastSeen: now, identity: known?.identity ?? {} })
  }

  /** A visitor who is inside says something, or takes the time to say who it is; others are none of the book's. */
  seen(
    identifier: string,
    now: number,
    news: { readonly identity?: Identity; readonly reason?: Visitor['reason'] } = {},
  ): void {
    const known = this.#visitors.get(keyOf(identifier))
    if (known !== undefined) this.#write({ ...known, ...news, lastSeen: now })
  }

  /** It is in, as the config says: nothing to do about it. */
  strike(identifier: string): void {
    if (this.#visitors.delete(keyOf(identifier))) this.#store.forgetVisitorLater(identifier)
  }

  /** It is in the config now: that it was a stranger counts no more, that its password was wrong may still. */
  adopted(identifier: string): void {
    const reason = this.#visitors.get(keyOf(identifier))?.reason
    if (reason === 'unknown' || reason === 'too-many') this.strike(identifier)
  }

  #write(visitor: Visitor): void {
    const key = keyOf(visitor.identifier)
    this.#visitors.delete(key)
    this.#visitors.set(key, visitor)
    this.#store.saveVisitorLater(visitor)
    if (this.#visitors.size <= MAX_VISITORS) return
    const [oldest] = this.#visitors.keys()
    if (oldest !== undefined) this.strike(oldest)
  }
}

/** A charger that nobody has configured. */
export function newGuest(identifier: string, { guests, limits }: FleetSettings): Charger {
  return new Charger(
    {
      id: identifier,
      name: identifier,
      connectors: undefined,
      electrical: { kind: 'ac', maxCurrent: 32, phases: 3, voltage: 230 },
      registration: guests.registration,
      securityProfile: 0,
      password: undefined,
    },
    { guest: true, connectors: 1, limits },
  )
}

/** Why a charger that may connect isn't shown to the building, or not let in; undefined: it is. */
export function reasonFor(charger: Charger): Visitor['reason'] | undefined {
  if (charger.registration === 'rejected') return 'rejected'
  return charger.guest ? 'unknown' : undefined
}

function keyOf(identifier: string): string {
  return identifier.toLowerCase()
}
