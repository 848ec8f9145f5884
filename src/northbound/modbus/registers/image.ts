/** What stands at an address: nothing, a gap that reads as 0, or (from 2 on) cell number + 2. */
const OUTSIDE = 0
const RESERVED = 1
export const FIRST_CELL = 2

/** One run of registers or bits that begins at address `base`: their bytes as they go over the wire, and what each belongs to. */
export class Image {
  readonly base: number
  /** Bytes an address takes: 2 for registers, 1 for bits. */
  readonly width: 1 | 2
  bytes = new Uint8Array(0)
  owners = new Uint32Array(0)

  constructor(base: number, width: 1 | 2) {
    this.base = base
    this.width = width
  }

  get end(): number {
    return this.base + this.owners.length
  }

  contains(address: number, quantity: number): boolean {
    return address >= this.base && address + quantity <= this.end
  }

  /** Where an address's bytes begin. */
  at(address: number): number {
    return (address - this.base) * this.width
  }

  /** The bytes of a run of addresses that it contains. */
  span(address: number, quantity: number): Uint8Array {
    return this.bytes.subarray(this.at(address), this.at(address + quantity))
  }

  owner(address: number): number {
    return this.owners[address - this.base] ?? OUTSIDE
  }

  /** The first of a run of addresses that can't be read; undefined: all can. */
  outside(address: number, quantity: number): number | undefined {
    const at = address - this.base
    const found = this.owners.subarray(at, at + quantity).indexOf(OUTSIDE)
    return found < 0 ? undefined : address + found
  }

  /** Gives addresses to a cell. */
  give(address: number, quantity: number, owner: number): void {
    this.grow(address + quantity)
    this.owners.fill(owner, address - this.base, address - this.base + quantity)
  }

  /** Makes what belongs to nobody readable as 0, up to `end` (exclusive). */
  reserve(from: number, end: number): void {
    this.grow(end)
    for (let index = from - this.base; index < end - this.base; index += 1) {
      if (this.owners[index] === OUTSIDE) this.owners[index] = RESERVED
    }
  }

  /** Takes addresses from whoever had them; answers with the owners, cells from 2 on. */
  clear(from: number, end: number): readonly number[] {
    const owners = [...new Set(this.owners.subarray(from - this.base, end - this.base))]
    this.owners.fill(OUTSIDE, from - this.base, end - this.base)
    this.span(from, end - from).fill(0)
    return owners.filter((owner) => owner >= FIRST_CELL)
  }

  /** Makes room up to `end` (exclusive), keeping what is there. */
  grow(end: number): void {
    if (end <= this.end) return
    const bytes = new Uint8Array((end - this.base) * this.width)
    const owners = new Uint32Array(end - this.base)
    bytes.set(this.bytes)
    owners.set(this.owners)
    this.bytes = bytes
    this.owners = owners
  }
}
