import type { ChargerPointDefinition } from './point.ts'
import { told } from './reading.ts'
import { isSecretKey, type KeyRow, type KeyType, standardKey, standardKeys } from './standard-keys.ts'

const pattern = /^config\.([A-Za-z0-9_.\-/ ]{1,50})$/

/**
 * `config.<Key>`, a configuration key of the charger, vendor keys included; undefined for any other name. `vendorType` is
 * the type of a key that the standard doesn't know, a text unless it is said.
 */
export function configurationPoint(name: string, vendorType: KeyType = 'text'): ChargerPointDefinition | undefined {
  const key = pattern.exec(name)?.[1]
  if (key === undefined || isSecretKey(key)) return undefined
  const row: Omit<KeyRow, 'access'> = standardKeys[standardKey(key) ?? ''] ?? { type: vendorType }
  return {
    name,
    type: row.type,
    ...(row.unit !== undefined && { unit: row.unit }),
    ...(row.range !== undefined && { range: row.range }),
    ...(row.type === 'text' && { length: 500 }),
    write: { kind: 'configuration', key },
    guarded: true,
    description: `Configuration key ${key}`,
    read: (charger) => {
      const text = charger.state.configuration.get(key.toLowerCase())?.value
      const value = text === undefined ? undefined : parseKey(row.type, text)
      return value === undefined && text !== undefined ? { value: undefined, quality: 'never' } : told(charger, value)
    },
  }
}

/** A key's text as a value of its type; undefined when it is none. Some chargers put texts in quotes. */
function parseKey(type: KeyType, text: string): number | boolean | string | undefined {
  const plain = text.trim().replace(/^(['"])(.*)\1$/, '$2')
  if (type === 'text') return plain
  if (type === 'boolean') {
    if (/^(true|1|yes|on)$/i.test(plain)) return true
    return /^(false|0|no|off)$/i.test(plain) ? false : undefined
  }
  const number = plain === '' ? Number.NaN : Number(plain)
  return Number.isFinite(number) ? number : undefined
}

/** A value as a charger wants to read it: 22.1, not the 22.100000381469727 that a float32 makes of it. */
export function formatKey(value: number | boolean | string): string {
  if (typeof value !== 'number') return String(value)
  const short = Number(value.toPrecision(7))
  return String(Math.fround(short) === value ? short : value)
}
