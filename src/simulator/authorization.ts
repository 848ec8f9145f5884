import type { Clock } from '../lib/clock.ts'
import type { Calls } from './calls.ts'
import type { Configuration } from './configuration.ts'
import { LocalList, type TagInfo } from './local-list.ts'

/** Who may charge: what the central system says, the local list, and the cache of what was said before (3.5). */
export class Authorization {
  readonly list = new LocalList()
  readonly #cache = new Map<string, TagInfo>()
  readonly #configuration: Configuration
  readonly #calls: Calls
  readonly #clock: Clock

  constructor(configuration: Configuration, calls: Calls, clock: Clock) {
    this.#configuration = configuration
    this.#calls = calls
    this.#clock = clock
  }

  /** Asks whether a tag may charge, where the configuration wants it, and calls back with the answer. */
  authorize(idTag: string, answered: (accepted: boolean) => void): void {
    const known = this.known(idTag)
    const online = this.#calls.online && this.#calls.accepted
    if (!online) {
      const offline =
        known === undefined ? this.#configuration.is('AllowOfflineTxForUnknownId') : known.status === 'Accepted'
      answered(this.#configuration.is('LocalAuthorizeOffline') && offline)
      return
    }
    if (this.#configuration.is('LocalPreAuthorize') && known?.status === 'Accepted') {
      answered(true)
      return
    }
    this.#calls.make(
      'Authorize',
      () => ({ idTag }),
      {},
      (answer) => {
        const info = answer?.idTagInfo as TagInfo | undefined
        this.learn(idTag, info)
        answered(info?.status === 'Accepted')
      },
    )
  }

  /** Keeps what the central system said of a tag. */
  learn(idTag: string, info: TagInfo | undefined): void {
    if (info !== undefined && info.status !== 'ConcurrentTx') this.#cache.set(idTag.toLowerCase(), info)
  }

  clearCache(): boolean {
    if (!this.#configuration.is('AuthorizationCacheEnabled')) return false
    this.#cache.clear()
    return true
  }

  /** What is known here of a tag: the list goes before the cache (3.5.3); what has expired says so. */
  known(idTag: string): TagInfo | undefined {
    const listed = this.#configuration.is('LocalAuthListEnabled') ? this.list.find(idTag) : undefined
    const cached = this.#configuration.is('AuthorizationCacheEnabled')
      ? this.#cache.get(idTag.toLowerCase())
      : undefined
    const info = listed ?? cached
    if (info?.expiryDate === undefined || Date.parse(info.expiryDate) > this.#clock.now()) return info
    return info.status === 'Accepted' ? { ...info, status: 'Expired' } : info
  }

  /** The tags are one, or belong to one group (3.5.4). */
  same(idTag: string, other: string): boolean {
    if (idTag.toLowerCase() === other.toLowerCase()) return true
    const parent = this.known(idTag)?.parentIdTag
    return parent !== undefined && this.inGroup(other, parent)
  }

  inGroup(idTag: string, parentIdTag: string): boolean {
    return this.known(idTag)?.parentIdTag?.toLowerCase() === parentIdTag.toLowerCase()
  }
}
