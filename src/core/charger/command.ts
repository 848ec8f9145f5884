import type { KnownTag } from './authorize.ts'
import type { ProfileKind, ProfilePurpose, ProfileUnit, Recurrency, TriggerMessage } from './vocabulary.ts'

/** How the integrator wants a limit to be written, where that differs from what the charger was found to take. */
export interface ProfileOverrides {
  readonly unit: ProfileUnit
  readonly kind: ProfileKind
  /** Of kind Recurring. */
  readonly recurrency: Recurrency
  readonly purpose: ProfilePurpose
  /** Absent: the bridge's own id for this connector and purpose. */
  readonly profileId?: number
  readonly stackLevel?: number
}

/** Under which ids profiles of ours are written: one that the integrator chose, or the bridge's own. */
export type ProfileIds = number | 'own'

/** One limit in both units, so that the charger's own unit decides at the last moment. `amps` is per phase. */
export interface LimitValue {
  readonly amps: number
  readonly watts: number
}

/**
 * Everything that a charger can be told, in words of no protocol.
 * `set-limit` and `clear-limit` go before all others in a charger's queue.
 */
export type Command =
  | {
      readonly kind: 'set-limit'
      readonly connector: number
      readonly limit: LimitValue
      /** The transaction that runs on the connector, so that the limit binds it, too. */
      readonly transactionId?: number
      readonly overrides: ProfileOverrides
      /** Profiles under these ids may still stand from before: they go first. */
      readonly replaces?: readonly ProfileIds[]
    }
  | {
      readonly kind: 'clear-limit'
      readonly connector: number
      readonly overrides: ProfileOverrides
      /** Those under these ids go, too. */
      readonly replaces?: readonly ProfileIds[]
    }
  /** Asks the charger which limit it keeps to since `of` was accepted; comes back as a `limit-told` event. */
  | { readonly kind: 'verify-limit'; readonly connector: number; readonly unit: 'A' | 'W'; readonly of: Command }
  /** The tags that it may know by heart, all of them. */
  | { readonly kind: 'tell-tags'; readonly tags: readonly KnownTag[] }
  | { readonly kind: 'set-availability'; readonly connector: number; readonly operative: boolean }
  | { readonly kind: 'write-configuration'; readonly key: string; readonly value: string }
  /** Without keys: all of them. Comes back as a `configuration` event and then as answered. */
  | { readonly kind: 'read-configuration'; readonly keys?: readonly string[] }
  | Action

/** What happens once, has a deadline, and is never repeated by us. */
export type Action =
  | { readonly kind: 'start'; readonly connector: number; readonly idTag: string; readonly deadline: number }
  | { readonly kind: 'stop'; readonly connector: number; readonly transactionId: number; readonly deadline: number }
  | { readonly kind: 'unlock'; readonly connector: number; readonly deadline: number }
  | { readonly kind: 'reset'; readonly hard: boolean; readonly deadline: number }
  | { readonly kind: 'clearCache'; readonly deadline: number }
  | {
      readonly kind: 'trigger'
      readonly message: TriggerMessage
      readonly connector?: number
      readonly deadline: number
    }

/** Actions on what the bridge itself wants of a charger; the charger then hears of it as a limit. */
type OwnAction = 'smartCharging.set' | 'smartCharging.clear'
export type ActionKind = Action['kind'] | OwnAction

/**
 * What a charger said to a command. `scheduled` (availability) and `reboot-required` (configuration) are successes that
 * take effect later; `no-answer` covers a time-out and a socket that closed before the answer.
 */
export type Answer = 'accepted' | 'scheduled' | 'reboot-required' | 'rejected' | 'not-supported' | 'no-answer'
