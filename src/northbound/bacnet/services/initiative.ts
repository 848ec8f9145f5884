import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { DeviceModel } from '../objects/device-model.ts'

const MINUTE_MS = 60_000

/** Which devices may say things of their own accord (16.1): notifications and announcements, never a charger's limits. */
export class Initiative {
  readonly #clock: Clock
  readonly #silenced = new Map<DeviceModel, Cancel>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(device: DeviceModel): boolean {
    return !this.#silenced.has(device)
  }

  /** Until it is given back, or the minutes are over. */
  take(device: DeviceModel, minutes: number | undefined): void {
    this.give(device)
    const cancel = minutes === undefined ? () => {} : this.#clock.after(minutes * MINUTE_MS, () => this.give(device))
    this.#silenced.set(device, cancel)
  }

  give(device: DeviceModel): void {
    this.#silenced.get(device)?.()
    this.#silenced.delete(device)
  }

  stop(): void {
    for (const cancel of this.#silenced.values()) cancel()
    this.#silenced.clear()
  }
}
