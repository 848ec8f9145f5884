import type { Charger } from '../../../core/charger/charger.ts'
import type { ProfileOverrides } from '../../../core/charger/command.ts'
import { keyText, methodText, type ProfileMethod, type Purpose } from '../../../core/charger/method.ts'

const CONNECTOR = '{connector}'
/** Vendors' own keys that bound the current of a connector in amperes, for chargers that take no profile. */
const vendorKeys = [
  // Wallbox; in openHAB's ConnectorIO binding.
  'chargingALimitConn{connector}',
] as const
/** Levels above this are no levels but a way to say "any" (some report 110 or 999). */
const HIGHEST_LEVEL = 8
const LEVELS_WHEN_UNTOLD = 3

/**
 * The ways in which a limit of a purpose may be written, likeliest first: what was learnt alone; else all that the
 * overrides and the charger's keys leave open, those that it once accepted and then disobeyed only where nothing else is left.
 */
export function candidates(
  charger: Charger,
  purpose: Purpose,
  overrides: ProfileOverrides,
  hasOtherWay: boolean,
): readonly ProfileMethod[] {
  const { methods } = charger.state
  const all = units(charger, overrides).flatMap((unit) =>
    stackLevels(charger, overrides).flatMap((stackLevel) =>
      kinds(overrides).map((kind) => ({ unit, kind, stackLevel }) as const),
    ),
  )
  const learnt = methods.profiles.get(purpose)
  if (learnt !== undefined && all.some((each) => methodText(purpose, each) === methodText(purpose, learnt)))
    return [learnt]
  const fresh = all.filter((each) => !methods.disproved.has(methodText(purpose, each)))
  const open = fresh.length > 0 || hasOtherWay ? fresh : all
  return methods.exhausted.has(purpose) ? open.slice(0, 1) : open
}

/** The configuration key that bounds this connector: as configured, or a vendor's that the charger has shown as writable. */
export function limitKey(charger: Charger, connector: number): string | undefined {
  const { limitKey: configured } = charger.settings
  return keysFor(charger, connector)
    .filter((key) => !charger.state.methods.disproved.has(keyText(key)))
    .find((key) => {
      if (key === configured) return true
      const shown = charger.state.configuration.get(keyOf(key, connector).toLowerCase())
      return shown !== undefined && !shown.readonly
    })
}

/** The key that was found to bound this connector, as long as it is one that may. */
export function learntKey(charger: Charger, connector: number): string | undefined {
  const { key } = charger.state.methods
  return key !== undefined && keysFor(charger, connector).includes(key) ? key : undefined
}

function keysFor(charger: Charger, connector: number): readonly string[] {
  // Keys are in amperes, which mean nothing to direct current.
  if (connector === 0 || charger.settings.electrical.kind === 'dc') return []
  const { limitKey: configured } = charger.settings
  const keys = configured === undefined ? vendorKeys : [configured]
  // One for all connectors would hold what was written for the last of them.
  return keys.filter((key) => key.includes(CONNECTOR) || charger.connectorCount === 1)
}

export function keyOf(key: string, connector: number): string {
  return key.replaceAll(CONNECTOR, String(connector))
}

/** True of a stack level that the charger has: profiles of others there may outrank ours. */
export function hasLevel(charger: Charger, stackLevel: number): boolean {
  return stackLevel <= Math.min(highestLevel(charger) ?? LEVELS_WHEN_UNTOLD, HIGHEST_LEVEL)
}

function units(charger: Charger, overrides: ProfileOverrides): readonly ('A' | 'W')[] {
  if (overrides.unit !== 'auto') return [overrides.unit]
  // What the key allows comes first, but some keys are wrong.
  return charger.state.limitUnit === 'W' ? ['W', 'A'] : ['A', 'W']
}

function kinds({ kind }: ProfileOverrides): readonly ProfileMethod['kind'][] {
  return kind === 'auto' ? ['Absolute', 'Relative'] : [kind]
}

/** 0 first: some refuse the highest level that they report; others want more than 0. */
function stackLevels(charger: Charger, { stackLevel }: ProfileOverrides): readonly number[] {
  if (stackLevel !== undefined) return [stackLevel]
  const highest = highestLevel(charger)
  if (highest === undefined) return [0, 1]
  return [...new Set([0, Math.min(1, highest), highest])]
}

/** ChargeProfileMaxStackLevel (OCPP 1.6 9.4.1). */
function highestLevel(charger: Charger): number | undefined {
  const told = charger.state.configuration.get('chargeprofilemaxstacklevel')?.value?.trim()
  const level = told === undefined || told === '' ? Number.NaN : Number(told)
  return Number.isInteger(level) && level >= 0 ? level : undefined
}
