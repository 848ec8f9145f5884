import { z } from 'zod'
import { isOwnId } from '../core/charger/profile-overrides.ts'
import { profileKinds, profilePurposes, profileUnits, recurrencies } from '../core/charger/vocabulary.ts'
import type { ChargerSettings, Electrical, MeterSettings } from '../core/ports.ts'
import { duration } from '../lib/schema.ts'
import { meterValues } from './meter-values.ts'

/** As the websocket path may carry it; see OCPP-J 1.6 3.1.1. */
const identifier = /^[\p{L}\p{N}_\-.:*+=@|~!$&'() ]{1,48}$/u
/** Printable ASCII: every BMS shows it and sorts it alike. A dot separates the parts of an object's name. */
const partOfName = /^(?! )[\x20-\x7e]{1,64}(?<! )$/
const NAME_RULE = "write 1 to 64 ASCII characters without '.' and '/'"

/** What is assumed of a charger whose rating nobody wrote down. */
const ASSUMED = { maxCurrent: 32, phases: 3, voltage: 230 } as const

export function isName(text: string): boolean {
  return partOfName.test(text) && !/[./]/.test(text)
}

export function objectName() {
  return z.string().refine(isName, NAME_RULE)
}

/** Bytes that are no text can only be written down as their digits. */
function isPassword(text: string): boolean {
  return !text.startsWith('hex:') || /^hex:([0-9A-Fa-f]{2})+$/.test(text)
}

const PASSWORD_RULE = 'write an even number of hexadecimal digits after hex:'

const electrical = z
  .strictObject({
    maxCurrent: z.number().positive().max(1000).optional().meta({ default: ASSUMED.maxCurrent }),
    phases: z.literal([1, 2, 3]).optional().meta({ default: ASSUMED.phases }),
    voltage: z.number().min(50).max(1000).optional().meta({ default: ASSUMED.voltage }),
    maxPower: z.number().positive().max(10_000_000).optional(),
  })
  .superRefine((given, context) => {
    const others = (['maxCurrent', 'phases', 'voltage'] as const).filter((key) => given[key] !== undefined)
    if (given.maxPower === undefined || others.length === 0) return
    const message = `is for direct current and doesn't go with ${others.join(', ')}`
    context.addIssue({ code: 'custom', path: ['maxPower'], message })
  })

/** How limits are written to a charger, until the building chooses otherwise; `auto` leaves it to the bridge to find out. */
const smartCharging = z.strictObject({
  enable: z.boolean().optional().meta({ default: true }),
  unit: z.enum(profileUnits).optional().meta({ default: 'auto' }),
  kind: z.enum(profileKinds).optional().meta({ default: 'auto' }),
  recurrency: z.enum(recurrencies).optional().meta({ default: 'Daily' }),
  purpose: z.enum(profilePurposes).optional().meta({ default: 'auto' }),
  profileId: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .refine((id) => !isOwnId(id), "is one of the bridge's own (200000 to 200999): write another")
    .optional(),
  stackLevel: z.int().min(0).max(999).optional(),
  key: z.string().min(1).max(50).optional(),
})

/** One entry of `chargers`; `northbound` are the keys that the protocols have there. */
export function chargerSchema(northbound: Readonly<Record<string, z.ZodType>>) {
  return z.strictObject({
    id: z.string().regex(identifier, "write 1 to 48 letters, digits and - _ . : * + = @ | ~ ! $ & ' ( )"),
    name: objectName().optional(),
    mapping: z.string().regex(mappingName, 'write the name of a mapping, such as standard').default('standard'),
    connectors: z.int().min(1).max(64).optional(),
    electrical: electrical.optional(),
    smartCharging: smartCharging.optional(),
    meterValues: meterValues.optional(),
    registration: z.enum(['accepted', 'pending', 'rejected']).default('accepted'),
    securityProfile: z.literal([0, 1, 2, 3]).default(0),
    password: z.string().max(64).refine(isPassword, PASSWORD_RULE).optional(),
    pingInterval: duration().optional(),
    ...Object.fromEntries(Object.entries(northbound).map(([name, schema]) => [name, schema.optional()])),
  })
}

/** A mapping's file name without its ending. */
const mappingName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

export type WrittenCharger = z.output<ReturnType<typeof chargerSchema>>

/** `meterValues`: what counts for chargers that don't say. */
export function chargerSettings(written: WrittenCharger, meterValues?: MeterSettings): ChargerSettings {
  const { id, name, connectors, registration, securityProfile, password, pingInterval } = written
  const { key, ...chosen } = written.smartCharging ?? {}
  const measured = written.meterValues ?? meterValues
  return {
    id,
    name: name ?? id,
    connectors,
    electrical: rated(written.electrical),
    registration,
    securityProfile,
    password,
    ...(pingInterval !== undefined && { pingInterval }),
    ...(written.smartCharging !== undefined && { parameters: parameters(chosen) }),
    ...(key !== undefined && { limitKey: key }),
    ...(measured !== undefined && { meterValues: measured }),
  }
}

function parameters(chosen: Readonly<Record<string, unknown>>): ChargerSettings['parameters'] {
  return Object.fromEntries(Object.entries(chosen).map(([name, value]) => [`smartCharging.${name}`, String(value)]))
}

function rated(written: WrittenCharger['electrical']): Electrical {
  if (written?.maxPower !== undefined) return { kind: 'dc', maxPower: written.maxPower }
  return {
    kind: 'ac',
    maxCurrent: written?.maxCurrent ?? ASSUMED.maxCurrent,
    phases: written?.phases ?? ASSUMED.phases,
    voltage: written?.voltage ?? ASSUMED.voltage,
  }
}

/** Nobody said what the charger may draw. */
export function isAssumed({ electrical: written }: WrittenCharger): boolean {
  return written?.maxPower === undefined && written?.maxCurrent === undefined
}
