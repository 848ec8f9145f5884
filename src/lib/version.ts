import { readFileSync } from 'node:fs'

/** The version of this package; the file stands two folders above in the source and in what is built. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version
