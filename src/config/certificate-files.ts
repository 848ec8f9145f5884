import { resolve } from 'node:path'

const KEYS = new Set(['cert', 'key', 'clientCa', 'ca'])

/** The files of certificates and keys that the sections named `tls` in settings name, absolute and each once. */
export function certificateFiles(settings: { readonly folder: string }): readonly string[] {
  const found = new Set<string>()
  const walk = (value: unknown, within: boolean): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
    for (const [key, inner] of Object.entries(value)) {
      if (within && typeof inner === 'string' && KEYS.has(key)) found.add(resolve(settings.folder, inner))
      else walk(inner, within || key === 'tls')
    }
  }
  walk(settings, false)
  return [...found]
}
