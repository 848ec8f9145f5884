import type { Clock } from '../../lib/clock.ts'
import type { BacnetConfig } from './config.ts'
import type { NetworkFacts } from './objects/network-port.ts'
import { ipInterface } from './transport/ip-interface.ts'
import type { Station } from './transport/station.ts'

/** How long what the system said of its interface is good for. */
const KEPT_MS = 10_000
/** Broadcasts for a peer go to the peer itself, which is what two-hop distribution is (J.4.3.2). */
const TWO_HOP = '255.255.255.255'

/** What the bridge's network port shows, asked anew at each read: addresses and what is learned may change. */
export function networkFacts(
  settings: BacnetConfig,
  { bbmd, foreignDevice, number, port }: Pick<Station, 'bbmd' | 'foreignDevice' | 'number' | 'port'>,
  clock: Clock,
): () => NetworkFacts {
  const { host } = settings.listen
  let known = { ...ipInterface(host), at: clock.steady() }
  return () => {
    // Each property of the port asks; the system is asked once for all of them.
    if (clock.steady() - known.at > KEPT_MS) known = { ...ipInterface(host), at: clock.steady() }
    const own = { address: known.address, port: settings.listen.port, ...port.own() }
    return {
      ...own,
      subnetMask: known.subnetMask,
      dnsServers: known.dnsServers,
      ...(number.current !== undefined && { number: number.current }),
      quality: number.quality,
      ...(foreignDevice !== undefined && {
        mode: 'foreign',
        fdBbmd: foreignDevice.bbmd,
        fdLifetime: foreignDevice.ttlSeconds,
      }),
      ...(bbmd !== undefined && {
        mode: 'bbmd',
        acceptsForeignDevices: bbmd.acceptsForeignDevices,
        bdt: [own, ...bbmd.peers].map((station) => ({ ...station, mask: TWO_HOP })),
        fdt: bbmd.foreignDevices,
      }),
    }
  }
}
