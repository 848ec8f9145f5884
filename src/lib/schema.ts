import { isIP } from 'node:net'
import { z } from 'zod'
import { parseCidr } from './cidr.ts'

const DURATION = 'write a duration such as 250ms, 10s, 5m, 1h or 1d'
const ADDRESS = 'write address:port, for example 0.0.0.0:8887 or 127.0.0.1:5020'
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as people write it (`250ms`, `10s`, `5m`, `1h`, `1d`), in milliseconds. */
export function duration() {
  return z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, DURATION)
    .transform((text) => {
      const unit = text.replace(/^[\d.]+/, '')
      return Math.round(Number.parseFloat(text) * (unitMs[unit] ?? 1))
    })
    .meta({ form: DURATION })
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `address:port`, an IPv4 or bracketed IPv6 address; port 0 lets the system choose. */
export function listenAddress() {
  return z
    .string()
    .transform((text, context): ListenAddress => {
      const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
      const host = match?.[1] ?? match?.[2] ?? ''
      const port = Number(match?.[3] ?? Number.NaN)
      if (!match || (isIP(host) === 0 && host !== 'localhost') || port > 65_535) {
        context.addIssue({ code: 'custom', message: ADDRESS })
        return z.NEVER
      }
      return { host, port }
    })
    .meta({ form: ADDRESS })
}

/** A network such as 10.0.0.0/8 or a single address. */
export function cidr() {
  return z.string().transform((text, context) => {
    const network = parseCidr(text)
    if (network === undefined) {
      context.addIssue({ code: 'custom', message: 'write a network such as 10.1.0.0/16 or a single address' })
      return z.NEVER
    }
    return network
  })
}
