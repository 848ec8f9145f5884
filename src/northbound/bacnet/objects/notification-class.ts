import { z } from 'zod'
import { type AlarmClass, alarmClasses } from '../alarm.ts'
import { recipientsText } from '../recipient-text.ts'
import { IP_MAC_BYTES } from '../wire/bvlc.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { GLOBAL_BROADCAST } from '../wire/npdu.ts'
import { MAX_INSTANCE, objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { Reader } from '../wire/reader.ts'
import { type Destination, readDestination, writeDestination } from '../wire/type/destination.ts'
import { type Four, readApplication } from '../wire/value.ts'
import { Writer } from '../wire/writer.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import type { Three, Transition } from './event-source.ts'
import {
  ElementError,
  identification,
  type Property,
  type PropertyTable,
  propertyTable,
  type WriteContext,
} from './property.ts'

/** Each destination is a packet an alarm. */
const MAX_DESTINATIONS = 32
const HIGHEST_PRIORITY_NUMBER = 255
const MAX_UNSIGNED32 = 0xffff_ffff
/** Hour, minute, second, hundredths; 255 is any. */
const mostOfTime: Four = [23, 59, 59, 99]
const ANY = 255

interface ClassDefaults {
  readonly title: string
  readonly description: string
  /** By transition, 0 the most urgent. */
  readonly priority: Three<number>
}

/** Annex M: 64 to 95 is supervisory, 96 to 127 trouble, from 128 on less than that. */
const defaults: Record<AlarmClass, ClassDefaults> = {
  limits: { title: 'Alarms Limits', description: 'Limits that are not kept', priority: [64, 96, 160] },
  charger: { title: 'Alarms Charger', description: 'Chargers and connectors out of order', priority: [96, 96, 192] },
  communication: { title: 'Alarms Communication', description: 'Chargers that are away', priority: [112, 112, 192] },
}

const priorityNumber = z.number().int().min(0).max(HIGHEST_PRIORITY_NUMBER)
/** Each destination as its octets in hexadecimal. */
const destinationText = z.string().refine((hex) => destinationOf(hex) !== undefined)
const kept = z.object({
  priority: z.tuple([priorityNumber, priorityNumber, priorityNumber]).readonly().exactOptional(),
  ackRequired: z.tuple([z.boolean(), z.boolean(), z.boolean()]).readonly().exactOptional(),
  destinations: z.array(destinationText).max(MAX_DESTINATIONS).readonly().exactOptional(),
})
type Kept = z.output<typeof kept>

/** Who is told of one kind of alarm of a device (12.21). What clients write is kept; until then the config's recipients count. */
export class NotificationClass implements BacnetObject {
  readonly type = objectTypes['notification-class']
  readonly device: DeviceModel
  readonly class: AlarmClass
  readonly properties: PropertyTable<NotificationClass> = table
  readonly #configured: (own: AlarmClass) => readonly Destination[]
  #kept: Kept
  /** As they are kept; undefined: the config's count. */
  #destinations: readonly Destination[] | undefined

  constructor(device: DeviceModel, own: AlarmClass, configured: (own: AlarmClass) => readonly Destination[]) {
    this.device = device
    this.class = own
    this.#configured = configured
    this.#kept = device.common.pages.read(this.#page, kept) ?? {}
    this.#destinations = this.#kept.destinations?.flatMap((hex) => destinationOf(hex) ?? [])
  }

  get instance(): number {
    return alarmClasses[this.class]
  }

  get name(): string {
    return `${this.device.name}.${defaults[this.class].title}`
  }

  get description(): string {
    return defaults[this.class].description
  }

  get priority(): Three<number> {
    return this.#kept.priority ?? defaults[this.class].priority
  }

  get ackRequired(): Three<boolean> {
    return this.#kept.ackRequired ?? [false, false, false]
  }

  get destinations(): readonly Destination[] {
    return this.#destinations ?? this.#configured(this.class)
  }

  /** A client's change; one that changes nothing is not kept. */
  set(changed: Kept, property: string, told: string, { client }: WriteContext): void {
    const before: Kept = {
      priority: this.priority,
      ackRequired: this.ackRequired,
      destinations: this.destinations.map(textOf),
    }
    if (JSON.stringify({ ...before, ...changed }) === JSON.stringify(before)) return
    const all = { ...this.#kept, ...changed }
    this.device.common.pages.keep(this.#page, all)
    this.#kept = all
    this.device.common.written(this, property, told, client)
  }

  setDestinations(destinations: readonly Destination[], context: WriteContext): void {
    const texts = destinations.map(textOf)
    this.set({ destinations: texts }, 'recipient-list', recipientsText(destinations), context)
    if (this.#kept.destinations !== undefined) this.#destinations = destinations
  }

  get #page(): string {
    return `notification-class ${this.device.instance} ${alarmClasses[this.class]}`
  }
}

/** The titles that no row of a mapping may have. */
export const notificationClassTitles: readonly string[] = Object.values(defaults).map(({ title }) => title)

type Row = Property<NotificationClass>

const table: PropertyTable<NotificationClass> = propertyTable<NotificationClass>([
  ...identification(),
  {
    id: propertyIds.description,
    required: false,
    read: (writer, { description }) => writer.characterString(description),
  },
  {
    id: propertyIds['notification-class'],
    required: true,
    read: (writer, { instance }) => writer.unsigned(instance),
  },
  priority(),
  {
    id: propertyIds['ack-required'],
    required: true,
    read: (writer, { ackRequired }) => writer.bitString(3, (bit) => ackRequired[bit as Transition]),
    write(object, value, context) {
      if (value.type !== 'bit-string') throw new BacnetError('property', 'invalid-data-type')
      const [offnormal = false, fault = false, normal = false] = value.value
      if (value.value.length !== 3) throw new BacnetError('property', 'value-out-of-range')
      const ackRequired = [offnormal, fault, normal] as const
      object.set({ ackRequired }, 'ack-required', ackRequired.join(), context)
    },
  },
  recipientList(),
])

function priority(): Row {
  return {
    id: propertyIds.priority,
    required: true,
    length: ({ priority: own }) => own.length,
    read: (writer, { priority: own }, _downlink, index) => writer.unsigned(own[(index - 1) as Transition]),
    writeOctets(object, reader, context) {
      const numbers: number[] = []
      while (!reader.done) {
        const value = reader.peek()?.context ? undefined : readApplication(reader)
        if (value?.type !== 'unsigned') throw new BacnetError('property', 'invalid-data-type')
        if (value.value > HIGHEST_PRIORITY_NUMBER) throw new BacnetError('property', 'value-out-of-range')
        numbers.push(value.value)
      }
      object.set({ priority: placed(object.priority, numbers, context.index) }, 'priority', numbers.join(), context)
    },
  }
}

/** Three numbers in place of those that there are, or one in the place of an index. */
function placed(before: Three<number>, numbers: readonly number[], index: number | undefined): Three<number> {
  if (index === 0) throw new BacnetError('property', 'write-access-denied')
  if (index !== undefined && index > before.length) throw new BacnetError('property', 'invalid-array-index')
  const [first = 0, second = 0, third = 0] = index === undefined ? numbers : before.with(index - 1, numbers[0] ?? 0)
  if (numbers.length !== (index === undefined ? before.length : 1))
    throw new BacnetError('property', 'invalid-data-type')
  return [first, second, third]
}

function recipientList(): Row {
  return {
    id: propertyIds['recipient-list'],
    required: true,
    items: ({ destinations }) => destinations.length,
    read(writer, { destinations }, _downlink, index) {
      const own = destinations[index - 1]
      if (own !== undefined) writeDestination(writer, own)
    },
    writeOctets(object, reader, context) {
      const destinations = distinct(readAll(reader).map(({ destination }) => destination))
      if (destinations.length > MAX_DESTINATIONS) throw new BacnetError('resources', 'no-space-to-write-property')
      object.setDestinations(destinations, context)
    },
    change(object, how, reader, context) {
      const changed = readAll(reader)
      const before = object.destinations
      const left = new Map(before.map((destination) => [textOf(destination), destination]))
      if (how === 'add') {
        for (const { destination, number } of changed) {
          left.set(textOf(destination), destination)
          if (left.size > MAX_DESTINATIONS)
            throw new ElementError(new BacnetError('resources', 'no-space-to-add-list-element'), number)
        }
        object.setDestinations([...left.values()], context)
        return
      }
      for (const { destination, number } of changed) {
        if (left.delete(textOf(destination))) continue
        throw new ElementError(new BacnetError('services', 'list-element-not-found'), number)
      }
      object.setDestinations([...left.values()], context)
    },
  }
}

/** Destinations to the end of the octets, each with its number from 1; what is none is an ElementError. */
function readAll(reader: Reader): readonly { readonly destination: Destination; readonly number: number }[] {
  const all: { destination: Destination; number: number }[] = []
  while (!reader.done) {
    const number = all.length + 1
    try {
      const destination = readDestination(reader)
      if (!isPossible(destination)) throw new BacnetError('property', 'value-out-of-range')
      all.push({ destination, number })
    } catch (error) {
      if (error instanceof BacnetError) throw new ElementError(error, number)
      if (!(error instanceof BacnetReject)) throw error
      throw new ElementError(new BacnetError('property', 'invalid-data-type'), number)
    }
  }
  return all
}

/** Whether its times are times of day, its process is one of 32 bits, and it names somebody (clause 21, 20.2.13). */
function isPossible({ fromTime, process, recipient, toTime }: Destination): boolean {
  const isTime = (time: Four) => time.every((octet, n) => octet === ANY || octet <= (mostOfTime[n] ?? 0))
  if (process > MAX_UNSIGNED32 || !isTime(fromTime) || !isTime(toTime)) return false
  if (recipient.kind === 'device') return recipient.instance <= MAX_INSTANCE
  const { mac, network } = recipient
  if (network === GLOBAL_BROADCAST) return mac.length === 0
  return network > 0 || mac.length === 0 || mac.length === IP_MAC_BYTES
}

function distinct(destinations: readonly Destination[]): readonly Destination[] {
  return [...new Map(destinations.map((destination) => [textOf(destination), destination])).values()]
}

/** Undefined: these octets are no destination. */
function destinationOf(hex: string): Destination | undefined {
  const reader = new Reader(Uint8Array.from(Buffer.from(hex, 'hex')))
  try {
    return readDestination(reader)
  } catch (error) {
    if (error instanceof BacnetReject) return undefined
    throw error
  }
}

function textOf(destination: Destination): string {
  const writer = new Writer(64)
  writeDestination(writer, destination)
  return Buffer.from(writer.view).toString('hex')
}
