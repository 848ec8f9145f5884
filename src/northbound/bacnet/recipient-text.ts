import type { Destination } from './wire/type/destination.ts'
import type { Recipient } from './wire/type/recipient.ts'

const EVERYWHERE = 65_535
const SHOWN = 3

/** One text for one recipient, as people name it: `device 1000`, `10.1.0.9:47808`, `network 5 mac 0a`, `everybody`. */
export function recipientText(recipient: Recipient): string {
  if (recipient.kind === 'device') return `device ${recipient.instance}`
  const { mac, network } = recipient
  if (mac.length === 0) {
    if (network === EVERYWHERE) return 'everybody'
    return network === 0 ? 'everybody on this network' : `everybody on network ${network}`
  }
  const [a, b, c, d, high = 0, low = 0] = mac
  if (network === 0 && mac.length === 6) return `${a}.${b}.${c}.${d}:${(high << 8) | low}`
  return `network ${network} mac ${Buffer.from(mac).toString('hex')}`
}

/** A list of recipients in a line of the log. */
export function recipientsText(destinations: readonly Destination[]): string {
  if (destinations.length === 0) return 'nobody'
  const first = destinations.slice(0, SHOWN).map(({ recipient }) => recipientText(recipient))
  const more = destinations.length - first.length
  return `${first.join(', ')}${more === 0 ? '' : ` and ${more} more`}`
}
