import type { LocalHistories } from './open-local.ts'
import { prepare } from './write/prepare.ts'

/**
 * How far whoever works on the bridge's own file got: `revision` is the last that a row was written with, `transactions`
 * the last of the store's that was taken. Synchronous: within a transaction of the file they belong to it.
 */
export class Bookmarks {
  readonly #find
  readonly #move

  constructor({ raw, local }: Pick<LocalHistories, 'raw' | 'local'>) {
    this.#find = prepare<{ name: string }, { value: number }>(raw, (place) =>
      local.selectFrom('bookmark').select('value').where('name', '=', place('name')),
    )
    this.#move = prepare<{ name: string; value: number }>(raw, (place) =>
      local
        .insertInto('bookmark')
        .values({ name: place('name'), value: place('value') })
        .onConflict((conflict) => conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') }))),
    )
  }

  /** 0: nobody has begun. */
  get(name: string): number {
    return this.#find.get({ name })?.value ?? 0
  }

  set(name: string, value: number): void {
    this.#move.run({ name, value })
  }
}
