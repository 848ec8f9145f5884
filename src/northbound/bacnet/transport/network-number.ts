import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { type IpAddress, stationKey } from '../wire/bvlc.ts'

/** BACnetNetworkNumberQuality (clause 21), in its order. */
export type NetworkNumberQuality = 'unknown' | 'learned' | 'learned-configured' | 'configured'

export interface NetworkNumberParts {
  /** From config.yaml: it stays what it is. */
  readonly configured: number | undefined
  /** The virtual network's: two networks can't have the same. */
  readonly virtual: number | undefined
  readonly log: Log
  readonly throttle: Throttle
}

/** The number of the IP network itself (6.4.19, 6.4.20): configured, or learned from those who know it. */
export class NetworkNumber {
  readonly #parts: NetworkNumberParts
  #current: number | undefined
  #quality: NetworkNumberQuality

  constructor(parts: NetworkNumberParts) {
    this.#parts = parts
    this.#current = parts.configured
    this.#quality = parts.configured === undefined ? 'unknown' : 'configured'
  }

  get current(): number | undefined {
    return this.#current
  }

  get quality(): NetworkNumberQuality {
    return this.#quality
  }

  /** A Network-Number-Is; `configured`: its sender did not learn it from others. */
  heard(number: number, configured: boolean, from: IpAddress): void {
    if (number < 1 || number > 65_534) return
    if (number === this.#parts.virtual) {
      this.#contrary(number, from, "which is bacnet.network, the virtual network's number")
      return
    }
    if (number === this.#current) {
      if (configured && this.#quality === 'learned') this.#quality = 'learned-configured'
      return
    }
    if (this.#quality === 'configured') {
      this.#contrary(number, from, `not bacnet.ipNetwork ${this.#current}`)
      return
    }
    if (this.#quality === 'learned-configured' && !configured) return
    this.#parts.log.info({ number, from: stationKey(from) }, 'bacnet: the number of the IP network is learned')
    this.#current = number
    this.#quality = configured ? 'learned-configured' : 'learned'
  }

  #contrary(number: number, from: IpAddress, what: string): void {
    if (this.#parts.throttle.pass('network-number') === undefined) return
    const says = `${stationKey(from)} says that the number of the IP network is ${number}`
    this.#parts.log.error({}, `bacnet: ${says}, ${what}: one of them has to be changed`)
  }
}
