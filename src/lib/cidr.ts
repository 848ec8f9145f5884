import { BlockList, isIP } from 'node:net'

export interface Network {
  readonly text: string
  contains(address: string): boolean
}

/** `10.0.0.0/8`, `fd00::/8` or one address; undefined when it is none. */
export function parseCidr(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  const width = family === 4 ? 32 : 128
  if (family === 0 || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  const prefix = bits === undefined ? width : Number(bits)
  if (prefix > width) return undefined
  const list = new BlockList()
  const type = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(address, prefix, type)
  return {
    text,
    contains(candidate) {
      // A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
      const plain = candidate.startsWith('::ffff:') && isIP(candidate.slice(7)) === 4 ? candidate.slice(7) : candidate
      const kind = isIP(plain)
      return kind !== 0 && list.check(plain, kind === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
