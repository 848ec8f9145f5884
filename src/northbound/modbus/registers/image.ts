/**
 * One run of registers or bits that begins at address `base`: their bytes as they go over the wire, and which slot each
 * belongs to (0: a gap, which reads as 0 so that a client can read the whole block at once).
 */
export class Image {
  readonly base: number
  /** Bytes an address takes: 2 for registers, 1 for bits. */
  readonly width: 1 | 2
  bytes = new Uint8Array(0)
  /** Slot number + 1. */
  owners = new Uint16Array(0)

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
    return this.owners[address - this.base] ?? 0
  }

  /** Makes room up to `end` (exclusive), keeping what is there. */
  grow(end: number): void {
    if (end <= this.end) return
    const bytes = new Uint8Array((end - this.base) * this.width)
    const owners = new Uint16Array(end - this.base)
    bytes.set(this.bytes)
    owners.set(this.owners)
    this.bytes = bytes
    this.owners = owners
  }
}
