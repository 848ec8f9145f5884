import { z } from 'zod'
import { listenAddress } from '../lib/schema.ts'

/** config.yaml's section `web`. */
export const config = z
  .strictObject({
    listen: listenAddress().prefault('127.0.0.1:8080'),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, 'write 1 to 256 ASCII characters without spaces')
      .optional(),
  })
  .superRefine(({ listen, token }, context) => {
    if (token !== undefined || isLoopback(listen.host)) return
    const message = `anybody who reaches ${listen.host} could command the chargers: add a token, or listen on 127.0.0.1`
    context.addIssue({ code: 'custom', path: ['listen'], message, params: { code: 'no-token' } })
  })

export type WebConfig = z.output<typeof config>

/** An address or name by which only programs of this machine are reached. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
