import { getServers } from 'node:dns'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What the system tells of the IPv4 interface behind a listening address. */
export interface IpInterface {
  readonly address: string
  readonly subnetMask: string
  readonly dnsServers: readonly string[]
}

const ANY = '0.0.0.0'

/** `0.0.0.0` is the first interface that leads anywhere; what nobody knows is 0.0.0.0. */
export function ipInterface(host: string): IpInterface {
  const all = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4')
  const wanted = host === 'localhost' ? '127.0.0.1' : host
  const found =
    wanted === ANY ? (all.find(({ internal }) => !internal) ?? all[0]) : all.find(({ address }) => address === wanted)
  return {
    // All of 127.0.0.0/8 can be listened on, and only one address of it is told.
    address: found?.address ?? (isIPv4(wanted) ? wanted : ANY),
    subnetMask: found?.netmask ?? ANY,
    dnsServers: getServers().filter(isIPv4),
  }
}
