import type { Point } from '../../../core/points/point.ts'
import type { Device, Listing } from '../../../core/ports.ts'
import { type Sheet, workbook } from '../../../lib/workbook.ts'
import type { Listeners } from './mbpoll.ts'
import type { Place } from './place.ts'
import { type RegisterFacts, registerFacts } from './register-facts.ts'

interface Entry {
  readonly device: Device
  readonly point: Point
  readonly place: Place
  readonly facts: RegisterFacts
  /** Name of the list of texts in the other sheet. */
  readonly texts: string
}

interface Column {
  readonly title: string
  readonly width: number
  readonly cell: (entry: Entry) => string | number
}

const columns: readonly Column[] = [
  { title: 'Unit', width: 6, cell: ({ place }) => place.unit },
  { title: 'Table', width: 9, cell: ({ place }) => place.table },
  { title: 'Address (on the wire, from 0)', width: 12, cell: ({ place }) => place.address },
  { title: 'Address (hex)', width: 10, cell: ({ facts }) => facts.addressHex },
  { title: 'Register (40001)', width: 11, cell: ({ facts }) => facts.reference5 },
  { title: 'Register (400001)', width: 11, cell: ({ facts }) => facts.reference6 },
  { title: 'Words', width: 7, cell: ({ place }) => place.words },
  { title: 'Type', width: 9, cell: ({ place }) => place.type },
  { title: 'Bits', width: 7, cell: ({ place }) => bitsOf(place) },
  { title: 'Word order', width: 8, cell: ({ place }) => (place.words > 1 ? place.wordOrder : '') },
  { title: 'Scale (value = raw × scale)', width: 9, cell: ({ place }) => place.scale },
  { title: 'Unit of measure', width: 9, cell: ({ point }) => point.unit ?? '' },
  { title: 'Values', width: 40, cell: ({ facts }) => facts.values },
  { title: 'Texts (see Enum texts)', width: 22, cell: ({ texts }) => texts },
  { title: 'Range', width: 16, cell: ({ facts }) => facts.range },
  { title: 'Not available', width: 14, cell: ({ facts }) => facts.notAvailable },
  { title: 'Access', width: 8, cell: ({ facts }) => facts.access },
  { title: 'Read by function', width: 9, cell: ({ facts }) => facts.readFunctions },
  { title: 'Written by function', width: 14, cell: ({ facts }) => facts.writeFunctions },
  { title: 'Charger', width: 18, cell: ({ point }) => point.charger?.settings.name ?? '' },
  { title: 'Identifier', width: 20, cell: ({ point }) => point.charger?.id ?? '' },
  { title: 'Connector', width: 10, cell: ({ point }) => point.connector },
  { title: 'Point', width: 26, cell: ({ point }) => point.definition.name },
  { title: 'Description', width: 60, cell: ({ point }) => point.definition.description },
  { title: 'mbpoll', width: 70, cell: ({ facts }) => facts.mbpoll },
]

/** The register list as a workbook: a sheet of registers, each place one row, and a sheet of what their numbers stand for. */
export async function registerList(
  settings: Listeners,
  listings: readonly Listing[],
  placeOf: (device: Device, point: Point) => Place | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const texts = new Texts()
  const entries = listings.flatMap(({ device, points }) =>
    points.flatMap((point) =>
      placesOf(placeOf(device, point)).map((place) => ({
        device,
        point,
        place,
        facts: registerFacts(settings, place, point),
        texts: texts.name(point),
      })),
    ),
  )
  const registers: Sheet = {
    name: 'Registers',
    columns,
    rows: entries.map((entry) => columns.map(({ cell }) => cell(entry))),
  }
  return new Map([['registers.xlsx', await workbook([registers, texts.sheet()])]])
}

function placesOf(place: Place | undefined): readonly Place[] {
  if (place === undefined) return []
  return place.blocks === undefined ? [place] : [place, { ...place, ...place.blocks }]
}

function bitsOf({ bit, bits = 1 }: Place): string {
  if (bit === undefined) return ''
  return bits === 1 ? String(bit) : `${bit}..${bit + bits - 1}`
}

/** Lists of texts, each once: named as the point, and numbered where mappings label its states otherwise. */
class Texts {
  readonly #lists = new Map<string, { readonly name: string; readonly states: readonly string[] }>()
  readonly #named = new Map<string, number>()

  name({ definition, states }: Point): string {
    if (states === undefined) return ''
    const key = JSON.stringify([definition.name, states])
    const known = this.#lists.get(key)
    if (known !== undefined) return known.name
    const times = (this.#named.get(definition.name) ?? 0) + 1
    this.#named.set(definition.name, times)
    const name = times === 1 ? definition.name : `${definition.name} (${times})`
    this.#lists.set(key, { name, states })
    return name
  }

  sheet(): Sheet {
    return {
      name: 'Enum texts',
      columns: [
        { title: 'Texts', width: 30 },
        { title: 'Number', width: 9 },
        { title: 'Text', width: 40 },
      ],
      rows: [...this.#lists.values()].flatMap(({ name, states }) => states.map((text, number) => [name, number, text])),
    }
  }
}
