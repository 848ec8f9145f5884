import { config } from './config.ts'
import { createWeb } from './server.ts'

/** What people and their scripts reach over HTTP. */
export const web = { name: 'web', config, create: createWeb } as const
