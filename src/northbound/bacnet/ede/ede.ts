import type { ExportContext, Listing } from '../../../core/ports.ts'
import type { BacnetConfig } from '../config.ts'
import { objectTypes } from '../wire/object-type.ts'
import { type ObjectFacts, objectFacts } from './object-facts.ts'
import { stillDevices, stillDownlink } from './still-stack.ts'
import { unitTexts } from './unit-text.ts'

const LAYOUT = '2.3'
const LONGEST_CELL = 255

/** Columns in the order of the layout; the first five are mandatory. Readers go by the place, not by the title. */
const columns: readonly (readonly [title: string, cell: (facts: ObjectFacts, states: StateTexts) => string])[] = [
  ['# keyname', ({ device, type, instance }) => `${device}.${typeNames.get(type)}.${instance}`],
  ['device obj.-instance', ({ device }) => String(device)],
  ['object-name', ({ name }) => name],
  ['object-type', ({ type }) => String(type)],
  ['object-instance', ({ instance }) => String(instance)],
  ['description', ({ description }) => description],
  // What counts while nobody writes is the charger's own, and may change.
  ['present-value-default', () => ''],
  ['min-present-value', ({ minimum }) => minimum],
  ['max-present-value', ({ maximum }) => maximum],
  ['settable', ({ settable }) => yes(settable)],
  ['supports COV', ({ tellsChanges }) => yes(tellsChanges)],
  ['hi-limit', ({ highLimit }) => highLimit],
  ['low-limit', ({ lowLimit }) => lowLimit],
  ['state-text-reference', ({ states }, texts) => (states === undefined ? '' : String(texts.reference(states)))],
  ['unit-code', ({ unit }) => (unit === undefined ? '' : String(unit))],
  ['vendor-specific-address', ({ source }) => source],
  ['notification-class', ({ notificationClass }) => notificationClass],
]
const MANDATORY = 5

const typeNames: ReadonlyMap<number, string> = new Map(Object.entries(objectTypes).map(([name, type]) => [type, name]))

/**
 * The file set of an Engineering Data Exchange (BIG-EU, layout 2.3), by file name: every object of every device, and
 * the texts of states, units and object types that it refers to.
 */
export function ede(
  settings: BacnetConfig,
  listings: readonly Listing[],
  context: ExportContext,
): ReadonlyMap<string, string> {
  const devices = stillDevices(settings, listings, context)
  const states = new StateTexts()
  const rows = devices
    .flatMap((device) => [device, ...device.order].map((object) => objectFacts(object, stillDownlink)))
    .map((facts) => columns.map(([, cell]) => cell(facts, states)))
  const header = [
    ['#Engineering-Data-Exchange - B.I.G.-EU'],
    ['PROJECT_NAME', context.site],
    ['VERSION_OF_REFERENCEFILE', '1'],
    ['TIMESTAMP_OF_LAST_CHANGE', new Date(context.at).toISOString().slice(0, 10)],
    ['AUTHOR_OF_LAST_CHANGE', `ocpp-bms-bridge ${context.version}`],
    ['VERSION_OF_LAYOUT', LAYOUT],
    columns.map((_, index) => `${index === 0 ? '#' : ''}${index < MANDATORY ? 'mandatory' : 'optional'}`),
    columns.map(([title]) => title),
  ]
  const prefix = context.site.replace(/[^\w .-]/g, '_')
  return new Map([
    [`${prefix}_EDE.csv`, sheet([...header, ...rows])],
    [`${prefix}_StateTexts.csv`, sheet(states.rows)],
    [
      `${prefix}_Units.csv`,
      sheet([['#Encoding of BACnet Engineering Units'], ['#Code', 'Unit Text'], ...codes(unitTexts)]),
    ],
    [
      `${prefix}_ObjTypes.csv`,
      sheet([['#Encoding of BACnet Object Types'], ['#Code', 'Object Type'], ...codes(objectTypeTexts())]),
    ],
  ])
}

/** Lists of texts, each once, numbered from 1 in the order in which they are first referred to. */
class StateTexts {
  readonly #references = new Map<string, readonly string[]>()

  reference(states: readonly string[]): number {
    const key = states.join('\n')
    if (!this.#references.has(key)) this.#references.set(key, states)
    return [...this.#references.keys()].indexOf(key) + 1
  }

  get rows(): readonly (readonly string[])[] {
    const all = [...this.#references.values()]
    const most = Math.max(2, ...all.map(({ length }) => length))
    const notes = ['', ' or Inactive-Text', ' or Active-Text']
    const titles = Array.from({ length: most }, (_, index) => `Text ${index + 1}${notes[index + 1] ?? ''}`)
    return [
      ['#State Text Reference'],
      ['#Reference Number', ...titles],
      ...all.map((states, index) => [String(index + 1), ...states]),
    ]
  }
}

function objectTypeTexts(): ReadonlyMap<number, string> {
  return new Map([...typeNames].sort(([a], [b]) => a - b).map(([type, name]) => [type, titled(name)]))
}

/** `analog-input` as `Analog Input`. */
function titled(name: string): string {
  return name.replaceAll('-', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

function codes(texts: ReadonlyMap<number, string>): readonly (readonly string[])[] {
  return [...texts].map(([code, text]) => [String(code), text])
}

function yes(is: boolean): string {
  return is ? 'Y' : 'N'
}

/** Semicolons between cells, and nothing in them that a reader could trip over: no quotes, controls or umlauts. */
function sheet(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(cellOf).join(';')}\r\n`).join('')
}

function cellOf(text: string): string {
  return text
    .replaceAll('°', 'deg ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll(';', ',')
    .replaceAll('"', "'")
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .slice(0, LONGEST_CELL)
}
