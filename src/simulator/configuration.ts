import { factoryKeys, type Key, type KeyFacts } from './keys.ts'
import type { Quirks } from './quirks.ts'

type ChangeStatus = 'Accepted' | 'Rejected' | 'NotSupported' | 'RebootRequired'

/** The configuration keys of a simulated charger (OCPP 1.6 chapter 9), whose names have no letter case (CiString). */
export class Configuration {
  /** By name in small letters. */
  readonly #keys = new Map<string, { readonly name: string; readonly key: Key; value: string; pending?: string }>()
  readonly #quirks: Quirks

  /** `overrides`: values that differ from the factory's, keys of a vendor, and with null keys that it doesn't have. */
  constructor(facts: KeyFacts, overrides: Readonly<Record<string, string | null>> = {}, quirks: Quirks = {}) {
    this.#quirks = quirks
    for (const [name, key] of Object.entries(factoryKeys(facts))) this.#add(name, key)
    for (const [name, value] of Object.entries(overrides)) {
      if (value === null) this.#keys.delete(name.toLowerCase())
      else this.#add(name, { ...(this.#keys.get(name.toLowerCase())?.key ?? { accepts: () => true }), value })
    }
  }

  #add(name: string, key: Key): void {
    const { keyCase } = this.#quirks
    const spelled = keyCase === undefined ? name : keyCase === 'lower' ? name.toLowerCase() : name.toUpperCase()
    this.#keys.set(name.toLowerCase(), { name: spelled, key, value: key.value })
  }

  text(key: string): string {
    return this.#keys.get(key.toLowerCase())?.value ?? ''
  }

  /** 0 for a key that this charger doesn't have. */
  number(key: string): number {
    return Number(this.text(key))
  }

  is(key: string): boolean {
    return this.text(key).toLowerCase() === 'true'
  }

  /** Values of a list such as MeterValuesSampledData. */
  list(key: string): readonly string[] {
    return this.text(key)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
  }

  /** GetConfiguration's answer: all keys, or those that are named. */
  get(keys: readonly string[] | undefined) {
    const wanted = keys === undefined || keys.length === 0 ? [...this.#keys.keys()] : keys
    const shown = wanted.flatMap((each) => {
      const known = this.#keys.get(each.toLowerCase())
      return known === undefined ? [] : [known]
    })
    return {
      configurationKey: shown.map(({ name, key, value }) => ({
        key: name,
        readonly: key.readonly ?? false,
        ...(!key.secret && { value: this.#shown(name, value) }),
      })),
      unknownKey: wanted.filter((key) => !this.#keys.has(key.toLowerCase())),
    }
  }

  /** ChangeConfiguration's status. */
  set(name: string, value: string): ChangeStatus {
    const known = this.#keys.get(name.toLowerCase())
    if (known === undefined) return 'NotSupported'
    if (known.key.readonly || !known.key.accepts(value)) return 'Rejected'
    if (this.ignores(name)) return 'Accepted'
    if (known.key.reboot || names(this.#quirks.rebootRequired, name)) {
      known.pending = value
      return 'RebootRequired'
    }
    known.value = value
    return 'Accepted'
  }

  /** It says Accepted to changes of that key, and keeps what it has. */
  ignores(name: string): boolean {
    return names(this.#quirks.ignoresChanges, name)
  }

  /** What the charger knows by itself, such as the interval that Boot told it. */
  assume(name: string, value: string): void {
    const known = this.#keys.get(name.toLowerCase())
    if (known !== undefined) known.value = value
  }

  /** What waited for a reboot counts now. */
  rebooted(): void {
    for (const each of this.#keys.values()) {
      if (each.pending !== undefined) each.value = each.pending
      delete each.pending
    }
  }

  #shown(name: string, value: string): string {
    const { maxStackLevelShown } = this.#quirks.charging ?? {}
    return maxStackLevelShown !== undefined && name.toLowerCase() === 'chargeprofilemaxstacklevel'
      ? String(maxStackLevelShown)
      : value
  }
}

function names(quirk: true | readonly string[] | undefined, name: string): boolean {
  return quirk === true || (quirk?.some((each) => each.toLowerCase() === name.toLowerCase()) ?? false)
}
