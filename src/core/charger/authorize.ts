import type { Authorization } from './event.ts'
import type { AuthorizeMode } from './vocabulary.ts'

/** Who may charge. Tags are compared without regard to letter case, as the standard's CiString asks. */
export class Authorizer {
  mode: AuthorizeMode
  readonly #allow: ReadonlySet<string>
  readonly #deny: ReadonlySet<string>

  constructor(settings: {
    readonly mode: AuthorizeMode
    readonly allow: readonly string[]
    readonly deny: readonly string[]
  }) {
    this.mode = settings.mode
    this.#allow = new Set(settings.allow.map(fold))
    this.#deny = new Set(settings.deny.map(fold))
  }

  authorize(idTag: string): Authorization {
    switch (this.mode) {
      case 'all':
        return 'accepted'
      case 'none':
        return 'invalid'
      case 'allExcept':
        return this.#deny.has(fold(idTag)) ? 'blocked' : 'accepted'
      case 'noneExcept':
        return this.#allow.has(fold(idTag)) ? 'accepted' : 'invalid'
    }
  }
}

function fold(tag: string): string {
  return tag.trim().toLowerCase()
}
