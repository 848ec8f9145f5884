import type { Identity } from './core/charger/event.ts'
import type { Visitor } from './core/ports.ts'
import { aligned } from './lib/table.ts'
import type { Plan } from './plan.ts'
import { northbound } from './plugins.ts'
import type { StoreView } from './store/read.ts'

export const chargerFormats = ['table', 'json'] as const
export type ChargerFormat = (typeof chargerFormats)[number]

/** One charger, of the config or a guest; what is unknown is null. Each protocol's address stands under its name. */
export interface ListedCharger {
  readonly id: string
  readonly configured: boolean
  readonly name: string | null
  readonly mapping: string | null
  /** Why it isn't in, when it came last. */
  readonly reason: string | null
  readonly lastHeard: string | null
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly address: string | null
  readonly path: string | null
  readonly subprotocols: string | null
  readonly [more: string]: string | number | boolean | null
}

const identityKeys = [
  'vendor',
  'model',
  'serialNumber',
  'chargeBoxSerialNumber',
  'firmwareVersion',
  'iccid',
  'imsi',
  'meterType',
  'meterSerialNumber',
] as const satisfies readonly (keyof Identity)[]

/** The chargers of the config in its order, then the guests, whoever was seen last first. */
export function listChargers({ settings, assignments }: Plan, view: StoreView): readonly ListedCharger[] {
  const visitors = new Map(view.visitors.map((visitor) => [visitor.identifier.toLowerCase(), visitor]))
  const configured = settings.chargers.map(({ settings: { id, name }, mapping }) => {
    const heard = view.heard.get(id)
    const visitor = visitors.get(id.toLowerCase())
    visitors.delete(id.toLowerCase())
    // That it was a stranger once is over.
    const turnedAway = visitor?.reason === 'unknown' || visitor?.reason === 'too-many' ? undefined : visitor
    const addresses = assignments.chargers.get(id)?.addresses ?? {}
    return {
      ...row(id, addresses, turnedAway, heard?.identity ?? {}),
      configured: true,
      name,
      mapping,
      lastHeard: time(heard?.at),
    }
  })
  const guests = [...visitors.values()].map((visitor) => row(visitor.identifier, {}, visitor, visitor.identity))
  return [...configured, ...guests]
}

/** A list as text, ending in a line feed. */
export function formatChargers(chargers: readonly ListedCharger[], format: ChargerFormat): string {
  if (format === 'json') return `${JSON.stringify(chargers, undefined, 2)}\n`
  if (chargers.length === 0) return 'no charger is in the config, and none has knocked yet\n'
  const [first] = chargers
  const columns = Object.keys(first ?? {}).filter((key) => chargers.some((charger) => charger[key] !== null))
  const rows = chargers.map((charger) => columns.map((key) => cell(charger[key])))
  return `${aligned([columns, ...rows]).join('\n')}\n`
}

function row(
  id: string,
  addresses: Readonly<Record<string, number>>,
  visitor: Visitor | undefined,
  identity: Identity,
): ListedCharger {
  return {
    id,
    configured: false,
    name: null,
    mapping: null,
    ...Object.fromEntries(northbound.map(({ name }) => [name, addresses[name] ?? null])),
    reason: visitor?.reason ?? null,
    lastHeard: null,
    firstSeen: time(visitor?.firstSeen),
    lastSeen: time(visitor?.lastSeen),
    address: visitor?.address ?? null,
    path: visitor?.path ?? null,
    subprotocols: visitor?.subprotocols.join(', ') ?? null,
    ...Object.fromEntries(identityKeys.map((key) => [key, identity[key] ?? null])),
  }
}

function time(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === true) return 'yes'
  if (value === false) return 'guest'
  return String(value ?? '')
}
