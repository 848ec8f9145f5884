import { z } from 'zod'
import { cidr, duration, listenAddress } from '../../lib/schema.ts'
import { recipients } from './recipients.ts'
import { stationAddress } from './station-address.ts'
import { MAX_INSTANCE } from './wire/object-type.ts'

const instance = z.number().int().min(0).max(MAX_INSTANCE)

const instances = z.string().transform((text, context) => {
  const [first = Number.NaN, last = Number.NaN] = /^\d{1,7}-\d{1,7}$/.test(text) ? text.split('-').map(Number) : []
  if (!(first <= last && last <= MAX_INSTANCE)) {
    context.addIssue({ code: 'custom', message: `write a range such as 4001-4999, at the most to ${MAX_INSTANCE}` })
    return z.NEVER
  }
  return { first, last }
})

const MAX_NETWORK = 65_534
const networkNumber = z.number().int().min(1).max(MAX_NETWORK)

/** Register-Foreign-Device has two octets for the seconds (J.2.6). */
const ttl = duration().refine((ms) => ms >= 10_000 && ms <= 65_535_000, 'write 10s to 18h')

/** Read-Broadcast-Distribution-Table-Ack holds as many in one datagram, the bridge's own entry included. */
const MAX_PEERS = 128

const bbmd = z
  .strictObject({
    peers: z.array(stationAddress()).max(MAX_PEERS).prefault([]),
    foreignDevices: z
      .union([z.boolean(), z.array(cidr())], 'write true, false or a list of networks such as [10.8.0.0/16]')
      .default(false),
  })
  .refine(
    ({ foreignDevices, peers }) => peers.length > 0 || foreignDevices !== false,
    'has nobody to pass broadcasts on to: name peers, or let foreignDevices register',
  )
  .meta({ form: 'write { peers: [10.1.0.5] }' })

const foreignDevice = z
  .strictObject({ bbmd: stationAddress(), ttl: ttl.prefault('60s') })
  .meta({ form: 'write { bbmd: 10.0.0.1 }' })

/** config.yaml's section `bacnet`. */
export const config = z
  .strictObject({
    listen: listenAddress().prefault('0.0.0.0:47808'),
    device: z.strictObject({ instance }),
    topology: z.enum(['virtual', 'flat']).default('virtual'),
    network: networkNumber.optional(),
    ipNetwork: networkNumber.optional(),
    instances: instances.prefault('4001-4999'),
    vendorId: z.number().int().min(0).max(65_535).default(555),
    recipients: recipients.prefault([]),
    allowWrites: z.array(cidr()).prefault(['127.0.0.0/8']),
    password: z
      .string()
      .regex(/^[\x20-\x7e]{1,20}$/, 'write 1 to 20 ASCII characters')
      .optional(),
    allowRestart: z.boolean().default(false),
    timeSync: duration().prefault('1h'),
    foreignDevice: foreignDevice.optional(),
    bbmd: bbmd.optional(),
  })
  .superRefine(({ allowRestart, bbmd, foreignDevice, ipNetwork, listen, network, password, topology }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (topology === 'virtual' && network === undefined)
      wrong('network', 'is required with topology virtual: the number of the virtual network, unique on the site')
    if (ipNetwork !== undefined && topology === 'virtual' && ipNetwork === network)
      wrong('ipNetwork', 'is the number of the virtual network (bacnet.network) already: each network has its own')
    if (allowRestart && password === undefined)
      wrong('allowRestart', 'needs a password: write bacnet.password, which clients send with ReinitializeDevice')
    if (foreignDevice?.bbmd.address === listen.host && foreignDevice.bbmd.port === listen.port)
      context.addIssue({
        code: 'custom',
        path: ['foreignDevice', 'bbmd'],
        message: "is the bridge's own address: name the BBMD of another subnet, or write bacnet.bbmd to be one here",
      })
    if (bbmd === undefined) return
    if (foreignDevice !== undefined)
      wrong('foreignDevice', 'is not for a BBMD: name the other BBMD in bacnet.bbmd.peers, and this one in its table')
    if (listen.host === '0.0.0.0')
      wrong('bbmd', 'has to know its own address: write it into bacnet.listen, in place of 0.0.0.0')
  })

export type BacnetConfig = z.output<typeof config>

/** A charger's key `bacnet`. */
export const chargerConfig = z.strictObject({ instance })
