import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { type IpAddress, stationKey } from '../wire/bvlc.ts'
import { instanceRanges, rangesText } from './instance-ranges.ts'

export interface ConflictsParts {
  readonly clock: Clock
  readonly log: Log
  /** The virtual network's number; undefined in the flat topology. */
  readonly network: number | undefined
  /** Whether a device of the bridge has this instance now. */
  readonly isOurs: (instance: number) => boolean
  /** Whether it stands on the virtual network, whose number its I-Am tells. */
  readonly isVirtual: (instance: number) => boolean
  readonly askDevices: (low: number, high: number) => void
  readonly askRouter: (network: number) => void
  readonly announceDevices: (instances: readonly number[]) => void
  readonly announceRouter: () => void
}

/** How long others have for their answer. */
export const ANSWER_MS = 3_000
export const AGAIN_MS = 5 * 60_000
/** What many stations say at once is one report. */
const REPORT_MS = 1_000
/** Who-Is broadcasts of one round: each is answered by all in its range. */
const MAX_RANGES = 8
/** Lines of one report; there are no more stations with a wrong number than this, only forged ones. */
const MAX_LINES = 8

/** A device of ours, or the virtual network. */
type Claim = number | 'network'

interface Dispute {
  by: string
  heardAt: number
  isReported: boolean
}

/**
 * Device instances and the virtual network's number belong to one station of a site. Before the bridge says that it has one
 * it asks whether another answers to it; what is taken is not announced until that other is gone.
 */
export class Conflicts {
  readonly #parts: ConflictsParts
  readonly #announced = new Set<Claim>()
  readonly #disputes = new Map<Claim, Dispute>()
  /** Devices that nobody else has, on a virtual network that another has. */
  readonly #behind = new Set<number>()
  /** Announced already, to be announced once more. */
  readonly #repeat = new Set<Claim>()
  /** Gathered for the next round. */
  #wanted = new Set<Claim>()
  #soon: Cancel | undefined
  #again: Cancel | undefined
  #report: Cancel | undefined
  readonly #rounds = new Set<Cancel>()

  constructor(parts: ConflictsParts) {
    this.#parts = parts
  }

  /** Asks, and announces what nobody else answers to: devices, and at the first time the virtual network. */
  check(instances: Iterable<number>): void {
    for (const instance of instances) this.#want(instance)
    if (this.#parts.network !== undefined && !this.#announced.has('network')) this.#want('network')
  }

  /** A device is no longer shown: whoever comes with its instance is looked at anew. */
  forget(instance: number): void {
    this.#announced.delete(instance)
    this.#disputes.delete(instance)
    this.#behind.delete(instance)
  }

  /** Asks again and announces again: there are stations that haven't heard of it. */
  checkAgain(instances: Iterable<number>): void {
    for (const claim of this.#announced) this.#repeat.add(claim)
    if (this.#announced.has('network')) this.#want('network')
    this.check(instances)
  }

  /** Whether the bridge keeps quiet of that device because it is another's, too. */
  holds(instance: number): boolean {
    return this.#isHeld(instance) || (this.holdsNetwork && this.#parts.isVirtual(instance))
  }

  get holdsNetwork(): boolean {
    return this.#isHeld('network')
  }

  /** An I-Am of another station. */
  iAm(instance: number, from: IpAddress): void {
    if (this.#parts.isOurs(instance)) this.#heard(instance, from)
  }

  /** An I-Am-Router-To-Network of another station. */
  routerHeard(network: number, from: IpAddress): void {
    if (network === this.#parts.network) this.#heard('network', from)
  }

  stop(): void {
    for (const cancel of [this.#soon, this.#again, this.#report, ...this.#rounds]) cancel?.()
    this.#soon = undefined
    this.#again = undefined
    this.#report = undefined
    this.#rounds.clear()
    this.#wanted.clear()
    this.#announced.clear()
    this.#disputes.clear()
    this.#behind.clear()
    this.#repeat.clear()
  }

  #isHeld(claim: Claim): boolean {
    return this.#disputes.has(claim) && !this.#announced.has(claim)
  }

  #want(claim: Claim): void {
    this.#wanted.add(claim)
    this.#soon ??= this.#parts.clock.after(0, () => {
      this.#soon = undefined
      this.#ask()
    })
  }

  #ask(): void {
    const { askDevices, askRouter, clock, network } = this.#parts
    const asked = this.#wanted
    this.#wanted = new Set()
    const since = clock.steady()
    const settle = clock.after(ANSWER_MS, () => {
      this.#rounds.delete(settle)
      this.#settle(asked, since)
    })
    this.#rounds.add(settle)
    if (asked.has('network') && network !== undefined) askRouter(network)
    const instances = [...asked].filter((claim) => claim !== 'network')
    for (const { low, high } of instanceRanges(instances, MAX_RANGES)) askDevices(low, high)
  }

  #settle(asked: ReadonlySet<Claim>, since: number): void {
    const { announceDevices, announceRouter, isOurs, isVirtual, log, network } = this.#parts
    const ended: number[] = []
    const free: number[] = []
    let announcesNetwork = false
    for (const claim of asked) {
      if (claim !== 'network' && !isOurs(claim)) continue
      const dispute = this.#disputes.get(claim)
      if (dispute !== undefined && dispute.heardAt >= since) continue
      if (dispute !== undefined) {
        this.#disputes.delete(claim)
        if (claim === 'network') log.info({}, `bacnet: no other router leads to network ${network} any more`)
        else ended.push(claim)
      }
      if (this.#announced.has(claim) && !this.#repeat.delete(claim)) continue
      if (claim === 'network') announcesNetwork = true
      else free.push(claim)
    }
    if (ended.length > 0)
      log.info({}, `bacnet: no other device has instance ${rangesText(instanceRanges(ended, MAX_RANGES))} any more`)
    // A device's I-Am names the network: the router first.
    if (announcesNetwork) {
      this.#announced.add('network')
      announceRouter()
      free.push(...this.#behind)
      this.#behind.clear()
    }
    const devices: number[] = []
    for (const instance of free) {
      if (isVirtual(instance) && !this.#announced.has('network')) this.#behind.add(instance)
      else devices.push(instance)
    }
    for (const instance of devices) this.#announced.add(instance)
    if (devices.length > 0) announceDevices(devices)
  }

  #heard(claim: Claim, from: IpAddress): void {
    const { clock } = this.#parts
    const dispute = this.#disputes.get(claim)
    if (dispute !== undefined) {
      dispute.heardAt = clock.steady()
      return
    }
    this.#disputes.set(claim, { by: stationKey(from), heardAt: clock.steady(), isReported: false })
    this.#report ??= clock.after(REPORT_MS, () => {
      this.#report = undefined
      this.#say()
    })
    this.#again ??= clock.after(AGAIN_MS, () => this.#askAgain())
  }

  #askAgain(): void {
    const { clock, isOurs } = this.#parts
    this.#again = undefined
    for (const claim of this.#disputes.keys()) {
      if (claim !== 'network' && !isOurs(claim)) this.#disputes.delete(claim)
      else this.#want(claim)
    }
    if (this.#disputes.size > 0) this.#again = clock.after(AGAIN_MS, () => this.#askAgain())
  }

  /** One line a station, however many devices it has in common with the bridge. */
  #say(): void {
    const { log, network } = this.#parts
    const byStation = new Map<string, { held: number[]; shared: number[] }>()
    for (const [claim, dispute] of this.#disputes) {
      if (dispute.isReported) continue
      dispute.isReported = true
      if (claim === 'network') {
        const rest = this.holdsNetwork ? 'the bridge does not announce it, nor the devices behind it' : 'both claim it'
        log.error(
          {},
          `bacnet: ${dispute.by} is a router to network ${network}, too, which is bacnet.network: ${rest}; give one of them another number`,
        )
        continue
      }
      const found = byStation.get(dispute.by) ?? { held: [], shared: [] }
      ;(this.#isHeld(claim) ? found.held : found.shared).push(claim)
      if (byStation.size < MAX_LINES) byStation.set(dispute.by, found)
    }
    for (const [by, { held, shared }] of byStation) {
      for (const [claims, rest] of [
        [held, 'the bridge does not announce its own'],
        [shared, 'clients take one for the other'],
      ] as const) {
        if (claims.length === 0) continue
        const text = rangesText(instanceRanges(claims, MAX_RANGES))
        log.error({}, `bacnet: ${by} has a device with instance ${text}, too: ${rest}; give one of them another number`)
      }
    }
  }
}
