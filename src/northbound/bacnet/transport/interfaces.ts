import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type Network, parseCidr } from '../../../lib/cidr.ts'
import type { Clock } from '../../../lib/clock.ts'

/** Asking the system takes longer than answering a request, and addresses change seldom. */
const KEPT_MS = 2_000
/** An address that is not known as one's own might have come this moment: a broadcast of one's own is no stranger's. */
const DOUBTED_MS = 100

interface Known {
  readonly at: number
  readonly addresses: ReadonlySet<string>
  readonly external: readonly string[]
  readonly broadcasts: readonly string[]
  /** Subnets of the card that is listened on, where that is one, and of the others. */
  readonly own: readonly Network[]
  readonly others: readonly Network[]
}

/** The IPv4 addresses of this machine, or the one of them that is listened on; those that come later (DHCP) included. */
export class Interfaces {
  readonly #clock: Clock
  readonly #only: string | undefined
  #known: Known | undefined

  constructor(clock: Clock, only: string | undefined) {
    this.#clock = clock
    this.#only = only
  }

  /** Broadcast addresses of the subnets. Loopback has none. */
  broadcasts(): readonly string[] {
    return this.#look().broadcasts
  }

  has(address: string): boolean {
    if (this.#only !== undefined) return this.#only === address
    return this.#look().addresses.has(address) || this.#look(DOUBTED_MS).addresses.has(address)
  }

  /** The address, if there is exactly one. */
  only(): string | undefined {
    if (this.#only !== undefined) return this.#only
    const { external } = this.#look()
    return external.length === 1 ? external[0] : undefined
  }

  /** Whether it is on the subnet of another card than the one that is listened on. */
  isElsewhere(address: string): boolean {
    const { others, own } = this.#look()
    const has = (subnet: Network) => subnet.contains(address)
    return others.some(has) && !own.some(has)
  }

  #look(keptMs = KEPT_MS): Known {
    const now = this.#clock.steady()
    const known = this.#known
    if (known !== undefined && now - known.at < keptMs) return known
    const all = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family }) => family === 'IPv4')
    const external = all.filter(({ internal }) => !internal)
    const heard = external.filter(({ address }) => this.#only === undefined || this.#only === address)
    const others = this.#only === undefined ? [] : external.filter((each) => !heard.includes(each))
    this.#known = {
      at: now,
      addresses: new Set(all.map(({ address }) => address)),
      own: heard.flatMap(subnetOf),
      others: others.flatMap(subnetOf),
      external: external.map(({ address }) => address),
      // A link between two stations (/31, /32) has no broadcast, either.
      broadcasts: [
        ...new Set(
          heard
            .filter(({ netmask }) => !netmask.endsWith('.255') && !netmask.endsWith('.254'))
            .map(({ address, netmask }) => broadcastOf(address, netmask)),
        ),
      ],
    }
    return this.#known
  }
}

function subnetOf({ cidr }: NetworkInterfaceInfo): readonly Network[] {
  const subnet = cidr === null ? undefined : parseCidr(cidr)
  return subnet === undefined ? [] : [subnet]
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number)
  return address
    .split('.')
    .map((octet, index) => (Number(octet) | (~(mask[index] ?? 255) & 0xff)).toString())
    .join('.')
}
