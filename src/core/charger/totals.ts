import { chargerPower } from '../points/charger-points.ts'
import type { Charger } from './charger.ts'

interface Share {
  online: number
  charging: number
  faulted: number
  milliwatts: number
}

/** Totals over the configured chargers, kept by difference so that one charger's news costs one charger's work. */
export class Totals {
  configured = 0
  online = 0
  charging = 0
  faulted = 0
  /** Whole milliwatts, so that adding and subtracting for years stays exact. */
  #milliwatts = 0
  readonly #shares = new Map<Charger, Share>()

  get powerW(): number {
    return this.#milliwatts / 1000
  }

  /** The charger no longer counts. */
  remove(charger: Charger): void {
    const share = this.#shares.get(charger)
    if (share === undefined) return
    this.#shares.delete(charger)
    this.configured -= 1
    this.online -= share.online
    this.charging -= share.charging
    this.faulted -= share.faulted
    this.#milliwatts -= share.milliwatts
  }

  /** Takes in what the charger says now. */
  update(charger: Charger): void {
    let share = this.#shares.get(charger)
    if (share === undefined) {
      share = { online: 0, charging: 0, faulted: 0, milliwatts: 0 }
      this.#shares.set(charger, share)
      this.configured += 1
    }
    const now = shareOf(charger)
    this.online += now.online - share.online
    this.charging += now.charging - share.charging
    this.faulted += now.faulted - share.faulted
    this.#milliwatts += now.milliwatts - share.milliwatts
    Object.assign(share, now)
  }
}

function shareOf(charger: Charger): Share {
  if (!charger.online) return { online: 0, charging: 0, faulted: 0, milliwatts: 0 }
  let charging = 0
  let faulted = 0
  for (let connector = 1; connector < charger.state.connectors.length; connector += 1) {
    const status = charger.state.connectors[connector]?.status
    if (status === 'Charging') charging += 1
    else if (status === 'Faulted') faulted += 1
  }
  return { online: 1, charging, faulted, milliwatts: Math.round((chargerPower(charger) ?? 0) * 1000) }
}
