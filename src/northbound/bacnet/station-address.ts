import { isIPv4 } from 'node:net'
import { z } from 'zod'
import type { IpAddress } from './wire/bvlc.ts'

const BACNET_PORT = 47_808
const FORM = 'write an IPv4 address, with its port if that is not 47808: 10.0.0.1 or 10.0.0.1:47809'

/** A station of BACnet/IP: an IPv4 address and, when it is another than 47808, its port. */
export function stationAddress() {
  return z
    .string()
    .transform((text, context): IpAddress => {
      const [, address = '', digits] = /^([^:]+)(?::(\d{1,5}))?$/.exec(text) ?? []
      const port = digits === undefined ? BACNET_PORT : Number(digits)
      // Neither this network nor a group (224 and above) is a station.
      const first = Number.parseInt(address, 10)
      if (!isIPv4(address) || first === 0 || first >= 224 || port < 1 || port > 65_535) {
        context.addIssue({ code: 'custom', message: FORM })
        return z.NEVER
      }
      return { address, port }
    })
    .meta({ form: FORM })
}
