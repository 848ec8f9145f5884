/** One written slot: the value in the setpoint's base unit and who wrote it. */
export interface Slot<T> {
  readonly value: T
  readonly source: 'BACnet' | 'Modbus' | 'Web'
}

/** Sixteen slots, index 0 is priority 1; null: released. Mutable: downlink alone writes it. */
export type Slots<T> = (Slot<T> | null)[]

export const PRIORITIES = 16
/** Kept for the minimum on/off time algorithm of binary objects: nobody writes it. */
export const RESERVED_PRIORITY = 6
/** A write without a priority takes the last slot. */
export const DEFAULT_PRIORITY = 16

export function newSlots<T>(): Slots<T> {
  return Array.from({ length: PRIORITIES }, () => null)
}

/** The slot that wins: the lowest number that is written; undefined when all are released. */
export function winner<T>(slots: Slots<T>): { readonly priority: number; readonly slot: Slot<T> } | undefined {
  for (let index = 0; index < slots.length; index += 1) {
    const slot = slots[index]
    if (slot) return { priority: index + 1, slot }
  }
  return undefined
}
