import type { Image } from './image.ts'
import type { Slot } from './slot.ts'

/** The slots that a read has to look at one by one, by their place: so few that all others are a copy. */
export class Watched {
  readonly #slots = new Map<Image, Slot[]>()

  /** What changes by itself, or may refuse to be read. */
  constructor(slots: Iterable<Slot>) {
    for (const slot of slots) {
      if (!slot.live && slot.onOffline !== 'exception') continue
      const own = this.#slots.get(slot.image)
      if (own === undefined) this.#slots.set(slot.image, [slot])
      else own.push(slot)
    }
    for (const own of this.#slots.values()) own.sort((a, b) => a.address - b.address)
  }

  /** Those with a register in a run of addresses. */
  in(image: Image, address: number, quantity: number): readonly Slot[] {
    const slots = this.#slots.get(image) ?? []
    const from = first(slots, ({ address: own, words }) => own + words > address)
    return slots.slice(
      from,
      first(slots, ({ address: own }) => own >= address + quantity),
    )
  }
}

/** Where in a row of places `isBeyond` begins to be true. */
function first(slots: readonly Slot[], isBeyond: (slot: Slot) => boolean): number {
  let [low, high] = [0, slots.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const slot = slots[middle]
    if (slot !== undefined && isBeyond(slot)) high = middle
    else low = middle + 1
  }
  return low
}
