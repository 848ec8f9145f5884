import type { Authorization, AuthorizeMode } from './vocabulary.ts'

/** A tag in a list. */
export interface Tag {
  readonly idTag: string
  /** From this moment on (milliseconds UTC) it no longer counts as listed. */
  readonly expires?: number | undefined
  /** The group that it belongs to: whoever is of the same group may end its transactions, as far as the charger decides. */
  readonly parent?: string | undefined
}

export interface AuthorizeSettings {
  readonly mode: AuthorizeMode
  readonly allow: readonly Tag[]
  readonly deny: readonly Tag[]
  /** A tag that charges already may not charge a second time. */
  readonly oneTransactionPerTag: boolean
  /** Chargers that can are told the list, so that they know it while they are offline. */
  readonly localList: boolean
}

/** What is said of a tag: the standard's IdTagInfo (OCPP 1.6 7.27). */
export interface Permission {
  readonly authorization: Authorization
  readonly expires?: number | undefined
  readonly parent?: string | undefined
}

/** A listed tag and what is said of it now; the charger itself sees to its expiry. */
export interface KnownTag extends Tag {
  readonly authorization: Authorization
}

/** Who may charge. Tags are compared without regard to letter case, as the standard's CiString asks. */
export class Authorizer {
  #mode: AuthorizeMode
  #list: readonly KnownTag[] | undefined
  #oneTransactionPerTag = false
  #allow: ReadonlyMap<string, Tag> = new Map()
  #deny: ReadonlyMap<string, Tag> = new Map()

  constructor(settings: AuthorizeSettings) {
    this.#mode = settings.mode
    this.configure(settings)
  }

  get mode(): AuthorizeMode {
    return this.#mode
  }

  set mode(mode: AuthorizeMode) {
    this.#mode = mode
    this.#list = undefined
  }

  /** The lists have changed; the mode is the building's, too. */
  configure({ allow, deny, oneTransactionPerTag }: AuthorizeSettings): void {
    this.#allow = byTag(allow)
    this.#deny = byTag(deny)
    this.#oneTransactionPerTag = oneTransactionPerTag
    this.#list = undefined
  }

  /**
   * `started`: the building itself has just started a session with this tag, which stands for a place in the allow list.
   * `charges`: whether a transaction of the same tag runs elsewhere, while this one begins another.
   */
  authorize(idTag: string, now: number, started = false, charges: () => boolean = () => false): Permission {
    const listed = this.#allow.get(fold(idTag)) ?? (started ? { idTag } : undefined)
    const authorization = this.#judge(fold(idTag), listed, now)
    if (authorization !== 'accepted') return { authorization }
    return {
      authorization: this.#oneTransactionPerTag && charges() ? 'concurrent' : authorization,
      ...(listed?.expires !== undefined && listed.expires > now && { expires: listed.expires }),
      ...(listed?.parent !== undefined && { parent: listed.parent }),
    }
  }

  /** The tags that chargers may know by heart, as far as the mode makes a list of them; the same array until it changes. */
  list(now: number): readonly KnownTag[] {
    const tags = { all: undefined, none: undefined, allExcept: this.#deny, noneExcept: this.#allow }[this.#mode]
    this.#list ??= [...(tags?.values() ?? [])].map((tag) => ({
      ...tag,
      authorization: this.#judge(fold(tag.idTag), this.#allow.get(fold(tag.idTag)), now),
    }))
    return this.#list
  }

  #judge(tag: string, listed: Tag | undefined, now: number): Authorization {
    switch (this.#mode) {
      case 'all':
        return 'accepted'
      case 'none':
        return 'invalid'
      case 'allExcept':
        return this.#isDenied(tag, listed, now) ? 'blocked' : 'accepted'
      case 'noneExcept':
        if (listed === undefined) return 'invalid'
        return isExpired(listed, now) ? 'expired' : 'accepted'
    }
  }

  /** A ban that has expired is over; a banned group bans its members. */
  #isDenied(tag: string, listed: Tag | undefined, now: number): boolean {
    const bans = [this.#deny.get(tag), listed?.parent === undefined ? undefined : this.#deny.get(fold(listed.parent))]
    return bans.some((ban) => ban !== undefined && !isExpired(ban, now))
  }
}

/** Tags are the same in any letter case, with or without blanks around them. */
export function fold(tag: string): string {
  return tag.trim().toLowerCase()
}

function isExpired({ expires }: Tag, now: number): boolean {
  return expires !== undefined && expires <= now
}

function byTag(tags: readonly Tag[]): ReadonlyMap<string, Tag> {
  return new Map(tags.map((tag) => [fold(tag.idTag), tag]))
}
