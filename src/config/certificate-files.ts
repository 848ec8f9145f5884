import { resolve } from 'node:path'
import type { Databases } from './database.ts'
import type { Draft } from './settings.ts'

const KEYS = new Set(['cert', 'key', 'clientCa', 'ca'])

/** The files of certificates and keys that the sections named `tls` in settings name, and a database's authority: absolute and each once. */
export function certificateFiles(settings: Draft & Databases): readonly string[] {
  const found = new Set<string>()
  const walk = (value: unknown, within: boolean): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
    for (const [key, inner] of Object.entries(value)) {
      if (within && typeof inner === 'string' && KEYS.has(key)) found.add(resolve(settings.folder, inner))
      else walk(inner, within || key === 'tls')
    }
  }
  walk(settings, false)
  const authority = settings.database && new URL(settings.database).searchParams.get('sslrootcert')
  if (authority) found.add(authority)
  return [...found]
}
