import type { Device } from '../../../core/ports.ts'
import { type LayoutSettings, placesOf } from '../layout.ts'
import { encodeValue, type Format } from '../wire/data-type.ts'
import { Image } from './image.ts'

/** Published: never to be moved. Charger n has the entry that begins at 20000 + 40 × (n − 1). */
export const DIRECTORY = 20_000
const ENTRY = 40
const LAST_NUMBER = Math.floor((65_536 - DIRECTORY) / ENTRY)

const none = 0xffff
const word: Format = { type: 'uint16', words: 1, wordOrder: 'ABCD', scale: 1 }
const text: Format = { type: 'string', words: 16, wordOrder: 'ABCD', scale: 1 }

/**
 * Who is who, in the bridge's unit: an entry a charger, by its number. Registers of an entry: 0 the number (0: nobody), 1 its unit, 2
 * and 3 unit and first address of its block (0xFFFF: it has none), 4 its connectors, 8 to 23 its identifier, 24 to 39 its name.
 */
export class Directory {
  readonly image = new Image(DIRECTORY, 2)
  readonly #settings: LayoutSettings

  constructor(settings: LayoutSettings) {
    this.#settings = settings
  }

  set(device: Device): void {
    const { charger, number } = device
    if (charger === undefined || number < 1 || number > LAST_NUMBER) return
    const from = DIRECTORY + (number - 1) * ENTRY
    this.image.reserve(DIRECTORY, from + ENTRY)
    const places = placesOf(this.#settings, device)
    const block = places.find(({ kind, from: first }) => kind === 'block' && first === 0)
    const words = [
      number,
      places.find(({ kind }) => kind === 'unit')?.unit ?? none,
      block?.unit ?? none,
      block?.at ?? none,
      charger.connectorCount,
    ]
    words.forEach((value, n) => {
      encodeValue(word, value, this.image.bytes, this.image.at(from + n))
    })
    encodeValue(text, charger.id, this.image.bytes, this.image.at(from + 8))
    encodeValue(text, charger.settings.name, this.image.bytes, this.image.at(from + 24))
  }

  delete({ charger, number }: Device): void {
    if (charger === undefined || number < 1 || number > LAST_NUMBER) return
    const from = DIRECTORY + (number - 1) * ENTRY
    if (this.image.contains(from, ENTRY)) this.image.span(from, ENTRY).fill(0)
  }
}
