import type { Clock } from '../../../lib/clock.ts'
import { BVLC_HEADER, frame, type IpAddress, stationKey, stationOctets } from '../wire/bvlc.ts'
import { Writer } from '../wire/writer.ts'
import { GRACE_MS } from './foreign-device.ts'

interface Entry {
  readonly station: IpAddress
  readonly ttlSeconds: number
  readonly until: number
}

/** A station with its time to live and what is left of it, the grace included, in seconds. */
export interface ForeignDeviceEntry extends IpAddress {
  readonly timeToLive: number
  readonly remaining: number
}

/** As many as one answer of Read-Foreign-Device-Table holds; no broadcast becomes more datagrams than this, either. */
const MAX_FOREIGN_DEVICES = 128
/** Foreign devices behind one address (a router that translates); whoever invents ports gets no further. */
const MAX_PER_ADDRESS = 16

/** Who has registered with the BBMD, until the time to live and the grace are over (J.5.2.1). */
export class ForeignDeviceTable {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  /** Expired entries are looked for when the first of them has to go. */
  #nextExpiry = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** False: there is no room. */
  register(station: IpAddress, ttlSeconds: number): boolean {
    this.#expire()
    const key = stationKey(station)
    if (!this.#entries.has(key)) {
      if (this.#entries.size >= MAX_FOREIGN_DEVICES) return false
      const neighbours = [...this.#entries.values()].filter((entry) => entry.station.address === station.address)
      if (neighbours.length >= MAX_PER_ADDRESS) return false
    }
    const until = this.#clock.steady() + ttlSeconds * 1000 + GRACE_MS
    this.#entries.set(key, { station: { address: station.address, port: station.port }, ttlSeconds, until })
    this.#nextExpiry = Math.min(this.#nextExpiry, until)
    return true
  }

  /** False: there is no such entry. */
  delete(station: IpAddress): boolean {
    this.#expire()
    return this.#entries.delete(stationKey(station))
  }

  has(station: IpAddress): boolean {
    this.#expire()
    return this.#entries.has(stationKey(station))
  }

  stations(): readonly IpAddress[] {
    this.#expire()
    return [...this.#entries.values()].map(({ station }) => station)
  }

  entries(): readonly ForeignDeviceEntry[] {
    this.#expire()
    const now = this.#clock.steady()
    return [...this.#entries.values()].map(({ station, ttlSeconds, until }) => ({
      ...station,
      timeToLive: ttlSeconds,
      remaining: Math.min(0xffff, Math.ceil((until - now) / 1000)),
    }))
  }

  /** Read-Foreign-Device-Table-Ack (J.2.8). */
  acknowledgement(): Uint8Array {
    const writer = new Writer(256).octets(new Uint8Array(BVLC_HEADER))
    for (const entry of this.entries())
      writer.octets(stationOctets(entry)).uint16(entry.timeToLive).uint16(entry.remaining)
    return frame(writer.finish(), 'read-foreign-device-table-ack')
  }

  #expire(): void {
    const now = this.#clock.steady()
    if (now < this.#nextExpiry) return
    this.#nextExpiry = Number.POSITIVE_INFINITY
    for (const [key, { until }] of this.#entries) {
      if (until <= now) this.#entries.delete(key)
      else this.#nextExpiry = Math.min(this.#nextExpiry, until)
    }
  }
}
