import { z } from 'zod'
import { cidr, listenAddress } from '../../lib/schema.ts'
import { recipients } from './recipients.ts'
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

/** config.yaml's section `bacnet`. */
export const config = z
  .strictObject({
    listen: listenAddress().prefault('0.0.0.0:47808'),
    device: z.strictObject({ instance }),
    topology: z.enum(['virtual', 'flat']).default('virtual'),
    network: z.number().int().min(1).max(65_534).optional(),
    instances: instances.prefault('4001-4999'),
    vendorId: z.number().int().min(0).max(65_535).default(555),
    recipients: recipients.prefault([]),
    allowWrites: z.array(cidr()).prefault(['127.0.0.0/8']),
  })
  .superRefine(({ topology, network }, context) => {
    if (topology !== 'virtual' || network !== undefined) return
    context.addIssue({
      code: 'custom',
      path: ['network'],
      message: 'is required with topology virtual: the number of the virtual network, unique on the site',
    })
  })

export type BacnetConfig = z.output<typeof config>

/** A charger's key `bacnet`. */
export const chargerConfig = z.strictObject({ instance })
