import type { Journal } from '../../../core/keep.ts'
import type { Downlink } from '../../../core/ports.ts'
import type { BacnetObject } from '../objects/bacnet-object.ts'
import { writeKeptRecord } from '../objects/logged-value.ts'
import { type Property, propertyOf } from '../objects/property.ts'
import { numberOf, sequenceOf } from '../objects/sequence-number.ts'
import { BacnetError } from '../wire/error-code.ts'
import { type Range, type ReadRangeAck, readReadRange, writeReadRangeAck } from '../wire/service/read-range.ts'
import { millisecondsOf } from '../wire/type/date-time.ts'
import { Writer } from '../wire/writer.ts'
import { found } from './read.ts'
import type { ConfirmedService } from './service.ts'

/** Items by number; a list that has none of its own is numbered from 1. */
interface Items {
  readonly first: number
  /** Less than `first`: there are none. */
  readonly last: number
  /** Where items have sequence numbers and moments. */
  readonly journal: Journal | undefined
  /** Writers of the items from one number to another. */
  readonly from: (first: number, last: number) => Iterable<(writer: Writer) => void>
}

/** Items that a request means, and from which end on as many are told as fit. */
interface Span {
  readonly first: number
  readonly last: number
  readonly way: 'forward' | 'backward'
}

/** No item of a log is shorter: its timestamp, and a datum of one octet. */
const SHORTEST_RECORD = 15
const MAX_UNSIGNED32 = 0xffff_ffff
const nothing = new Uint8Array()

/** ReadRange (15.8): of what was asked for as many items as fit the client's answer. */
export function readRangeService(downlink: Downlink): ConfirmedService {
  const scratch = new Writer(1500)
  return {
    complex: true,
    execute({ device, reader }, answer) {
      const asked = readReadRange(reader)
      const object = found(device, asked.object)
      const property = propertyOf(object, asked.property)
      if (asked.index !== undefined && property.length === undefined)
        throw new BacnetError('property', 'property-is-not-an-array')
      const items = itemsOf(object, property, downlink)
      const span = spanOf(items, asked.range)
      const numbered = span !== undefined && asked.range !== undefined && asked.range.kind !== 'position'
      const ack: Omit<ReadRangeAck, 'itemData'> = {
        object,
        property: asked.property,
        index: asked.index,
        resultFlags: { first: false, last: false, more: false },
        itemCount: span === undefined ? 0 : span.last - span.first + 1,
        firstSequenceNumber: numbered ? MAX_UNSIGNED32 : undefined,
      }
      if (span === undefined) {
        writeReadRangeAck(answer, { ...ack, itemData: nothing })
        return
      }
      writeReadRangeAck(scratch.reset(), { ...ack, itemData: nothing })
      const fitting = encode(items, span, answer.left - scratch.length, scratch)
      const itemCount = fitting.length
      const first = span.way === 'forward' ? span.first : span.last - itemCount + 1
      const last = first + itemCount - 1
      writeReadRangeAck(answer, {
        ...ack,
        resultFlags: { first: first === items.first, last: last === items.last, more: itemCount < ack.itemCount },
        itemCount,
        itemData: Buffer.concat(fitting),
        firstSequenceNumber: numbered ? sequenceOf(first) : undefined,
      })
    },
  }
}

function itemsOf(object: BacnetObject, property: Property<BacnetObject>, downlink: Downlink): Items {
  const journal = property.journal?.(object)
  if (journal !== undefined) {
    const { last, count } = journal
    const from: Items['from'] = (low, high) =>
      journal.read(low, high - low + 1).map((entry) => (writer: Writer) => writeKeptRecord(writer, entry))
    return { first: last - count + 1, last, journal, from }
  }
  // Of a list of lists nobody has any.
  if (property.items === undefined) throw new BacnetError('services', 'property-is-not-a-list')
  function* from(low: number, high: number) {
    for (let item = low; item <= high; item += 1)
      yield (writer: Writer) => property.read(writer, object, downlink, item)
  }
  return { first: 1, last: property.items(object, downlink), journal: undefined, from }
}

/** Undefined: nothing is there. Throws BacnetError where the list can't be asked in this way. */
function spanOf(items: Items, range: Range | undefined): Span | undefined {
  const { first, last } = items
  if (range?.count === 0) throw new BacnetError('services', 'parameter-out-of-range')
  const reference = range === undefined ? first : referenceOf(items, range)
  if (reference === undefined || last < first) return undefined
  if (range === undefined) return { first, last, way: 'forward' }
  const { count } = range
  const low = Math.max(first, count > 0 ? reference : reference + count + 1)
  const high = Math.min(last, count > 0 ? reference + count - 1 : reference)
  return low > high ? undefined : { first: low, last: high, way: count > 0 ? 'forward' : 'backward' }
}

/** Number of the item where a range begins, or ends; it need not be there any more. */
function referenceOf({ first, last, journal }: Items, range: Range): number | undefined {
  switch (range.kind) {
    case 'position':
      return range.index > last - first + 1 ? undefined : first + range.index - 1
    case 'sequence':
      if (journal === undefined) throw new BacnetError('services', 'list-item-not-numbered')
      return range.sequence > MAX_UNSIGNED32 ? undefined : numberOf(range.sequence, first, last)
    case 'time': {
      if (journal === undefined) throw new BacnetError('services', 'list-item-not-timestamped')
      const at = millisecondsOf(range.time, 'local')
      if (at === undefined) throw new BacnetError('services', 'parameter-out-of-range')
      return range.count > 0 ? journal.firstAfter(at) : journal.lastBefore(at)
    }
  }
}

/** Octets of as many items as there is room for, in the order of the list; of one in any case. */
function encode(items: Items, { first, last, way }: Span, room: number, scratch: Writer): readonly Uint8Array[] {
  const most = items.journal === undefined ? last - first + 1 : Math.max(1, Math.floor(room / SHORTEST_RECORD))
  const forward = way === 'forward'
  const part = items.from(
    forward ? first : Math.max(first, last - most + 1),
    forward ? Math.min(last, first + most - 1) : last,
  )
  const encoded: Uint8Array[] = []
  let left = room
  for (const write of forward ? part : [...part].reverse()) {
    write(scratch.reset())
    left -= scratch.length
    if (left < 0 && encoded.length > 0) break
    encoded.push(scratch.finish())
  }
  return forward ? encoded : encoded.reverse()
}
