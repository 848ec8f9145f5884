import type { WordOrder } from '../wire/data-type.ts'

/** Where a point stands, as `points` describes it: the address 0-based as on the wire. */
export interface Place {
  readonly unit: number
  readonly table: 'coil' | 'discrete' | 'input' | 'holding'
  readonly address: number
  /** `bit`: a coil or discrete input; `bits`: some of a register. */
  readonly type: string
  readonly words: number
  readonly wordOrder: WordOrder
  readonly scale: number
  /** The lowest bit of a shared register, and how many. */
  readonly bit?: number
  readonly bits?: number
  /** false: read-only here, whatever other protocols may write. */
  readonly write?: false
  /** The same registers in the unit of blocks. */
  readonly blocks?: { readonly unit: number; readonly address: number }
}
