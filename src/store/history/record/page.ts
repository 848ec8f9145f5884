import type { Entry, Message, Metered } from '../../../core/history.ts'

/** Which kind of entry follows; 0 is none, as in a file that a power cut left empty. What seldom comes is JSON. */
const MESSAGE = 1
const METERED = 2
const OTHER = 3
/** The number of a name that is new on its page. */
const NEW_NAME = 0
/** So many have a number of their own. */
const MAX_NAMES = 0xffff
/** Kind, numbers and the lengths of texts: no entry has more beside its texts. */
const BARE_BYTES = 64
/** What a UTF-16 code unit becomes at the most. */
const UTF8_BYTES = 3

const froms = ['charger', 'bridge'] as const satisfies readonly Message['from'][]
const forms = ['call', 'result', 'error', 'nonsense'] as const satisfies readonly Message['form'][]

/**
 * Entries as bytes, in memory that threads share. Nothing of them stays in the heap of the thread that tells them: what
 * waits there costs it more, each time that garbage is collected, than telling it did.
 */
export class Page {
  readonly #memory: Buffer
  #bytes = 0
  #entries = 0
  /** Chargers and actions come again and again. */
  readonly #names = new Map<string, number>()

  constructor(bytes: number) {
    this.#memory = Buffer.from(new SharedArrayBuffer(bytes))
  }

  get size(): number {
    return this.#memory.length
  }

  get entries(): number {
    return this.#entries
  }

  /** What `readPage` reads, not copied: as long as nobody clears or fills this page. */
  get written(): Uint8Array {
    return this.#memory.subarray(0, this.#bytes)
  }

  /** False: there is no room left for it. */
  add(entry: Entry): boolean {
    switch (entry.kind) {
      case 'message':
        if (!this.#fits(entry.charger, entry.action, entry.text)) return false
        this.#message(entry)
        break
      case 'metered':
        if (!this.#fits(entry.charger)) return false
        this.#metered(entry)
        break
      default: {
        const text = JSON.stringify(entry)
        if (!this.#fits(text)) return false
        this.#byte(OTHER)
        this.#text(text)
      }
    }
    this.#entries += 1
    return true
  }

  /** Nothing more is added before it is cleared: names are for that alone. */
  close(): void {
    this.#names.clear()
  }

  clear(): void {
    this.#bytes = 0
    this.#entries = 0
    this.close()
  }

  /** What a page needs to take this entry alone. */
  static sizeFor(entry: Entry): number {
    switch (entry.kind) {
      case 'message':
        return BARE_BYTES + bytesOf(entry.charger, entry.action, entry.text)
      case 'metered':
        return BARE_BYTES + bytesOf(entry.charger)
      default:
        return BARE_BYTES + bytesOf(JSON.stringify(entry))
    }
  }

  #fits(...texts: readonly string[]): boolean {
    const room = this.size - this.#bytes - BARE_BYTES
    let characters = 0
    for (const text of texts) characters += text.length
    return characters * UTF8_BYTES <= room || bytesOf(...texts) <= room
  }

  #message({ at, charger, from, form, action, text }: Message): void {
    this.#byte(MESSAGE)
    this.#number(at)
    this.#byte(froms.indexOf(from))
    this.#byte(forms.indexOf(form))
    this.#name(charger)
    this.#name(action)
    this.#text(text)
  }

  #metered({ at, charger, connector, powerW, energyWh, session }: Metered): void {
    this.#byte(METERED)
    this.#number(at)
    this.#name(charger)
    this.#number(connector)
    this.#perhaps(powerW)
    this.#perhaps(energyWh)
    this.#perhaps(session?.transactionId)
    this.#perhaps(session?.energyWh)
  }

  #byte(value: number): void {
    this.#memory[this.#bytes] = value
    this.#bytes += 1
  }

  #number(value: number): void {
    this.#bytes = this.#memory.writeDoubleLE(value, this.#bytes)
  }

  /** 0: there is none. 1: it follows. */
  #perhaps(value: number | undefined): void {
    this.#byte(value === undefined ? 0 : 1)
    if (value !== undefined) this.#number(value)
  }

  #name(name: string): void {
    const known = this.#names.get(name) ?? NEW_NAME
    this.#bytes = this.#memory.writeUInt16LE(known, this.#bytes)
    if (known !== NEW_NAME) return
    if (this.#names.size < MAX_NAMES) this.#names.set(name, this.#names.size + 1)
    this.#text(name)
  }

  #text(text: string): void {
    const length = this.#memory.write(text, this.#bytes + 4)
    this.#bytes = this.#memory.writeUInt32LE(length, this.#bytes) + length
  }
}

/**
 * The entries of a page, in the order in which they were added; halves of characters are U+FFFD. Throws a RangeError at
 * the first that is not whole: `entries` has those before it by then.
 */
export function readPage(written: Uint8Array, entries: Entry[] = []): readonly Entry[] {
  const memory = Buffer.from(written.buffer, written.byteOffset, written.byteLength)
  const names: string[] = []
  let place = 0
  while (place < memory.length) entries.push(next())
  return entries

  function next(): Entry {
    switch (byte()) {
      case MESSAGE:
        return message()
      case METERED:
        return metered()
      case OTHER:
        return JSON.parse(text()) as Entry
      default:
        throw new RangeError('no entry begins here')
    }
  }

  function message(): Message {
    const at = number()
    const from = froms[byte()] ?? 'bridge'
    const form = forms[byte()] ?? 'nonsense'
    return { kind: 'message', at, from, form, charger: name(), action: name(), text: text() }
  }

  function metered(): Metered {
    const [at, charger, connector, powerW, energyWh] = [number(), name(), number(), perhaps(), perhaps()]
    const [transactionId, sessionWh] = [perhaps(), perhaps()]
    const session = transactionId === undefined ? undefined : { transactionId, energyWh: sessionWh }
    return { kind: 'metered', at, charger, connector, powerW, energyWh, session }
  }

  function byte(): number {
    place += 1
    return memory.readUInt8(place - 1)
  }

  function number(): number {
    place += 8
    return memory.readDoubleLE(place - 8)
  }

  function perhaps(): number | undefined {
    return byte() === 0 ? undefined : number()
  }

  function name(): string {
    const known = memory.readUInt16LE(place)
    place += 2
    if (known !== NEW_NAME) return names[known - 1] ?? ''
    const fresh = text()
    if (names.length < MAX_NAMES) names.push(fresh)
    return fresh
  }

  function text(): string {
    const start = place + 4
    place = start + memory.readUInt32LE(place)
    if (place > memory.length) throw new RangeError('a text has no end')
    return memory.toString('utf8', start, place)
  }
}

function bytesOf(...texts: readonly string[]): number {
  let bytes = 0
  for (const text of texts) bytes += Buffer.byteLength(text)
  return bytes
}
