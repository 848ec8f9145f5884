import { MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../trend.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import { type DateTime, millisecondsOf, readDateTime, writeDateTime } from '../wire/type/date-time.ts'
import { writeDeviceObjectPropertyReference } from '../wire/type/device-object-reference.ts'
import { eventStates, reliabilities } from '../wire/type/enumerations.ts'
import type { ApplicationValue } from '../wire/value.ts'
import type { Writer } from '../wire/writer.ts'
import { writeStatusFlags } from './point-properties.ts'
import { identification, type Property, type PropertyTable, propertyTable, type WriteContext } from './property.ts'
import { sequenceOf } from './sequence-number.ts'
import type { TrendLog } from './trend-log.ts'
import { loggingTypes } from './trend-settings.ts'

type Row = Property<TrendLog>

const HUNDREDTH_MS = 10
const WILDCARD = 255

function booleanOf(sent: ApplicationValue): boolean {
  if (sent.type !== 'boolean') throw new BacnetError('property', 'invalid-data-type')
  return sent.value
}

function countOf(sent: ApplicationValue, type: 'unsigned' | 'enumerated'): number {
  if (sent.type !== type) throw new BacnetError('property', 'invalid-data-type')
  return sent.value
}

/** One line in the log for what a client changed. */
function tell(log: TrendLog, property: string, value: unknown, { client }: WriteContext): void {
  log.device.common.written(log, property, String(value), client)
}

function booleanRow(id: 'enable' | 'stop-when-full', key: 'enable' | 'stopWhenFull'): Row {
  return {
    id: propertyIds[id],
    required: true,
    read: (writer, { settings }) => writer.boolean(settings[key]),
    write(log, sent, context) {
      const value = booleanOf(sent)
      log.change({ [key]: value })
      tell(log, id, value, context)
    },
  }
}

function momentRow(id: 'start-time' | 'stop-time', key: 'start' | 'stop'): Row {
  return {
    id: propertyIds[id],
    required: false,
    read: (writer, { settings }) => writeDateTime(writer, settings[key]),
    writeOctets(log, reader, context) {
      let moment: DateTime
      try {
        moment = readDateTime(reader)
        reader.finish()
      } catch (error) {
        if (error instanceof BacnetReject) throw new BacnetError('property', 'invalid-data-type')
        throw error
      }
      // The day of the week says nothing that the date doesn't.
      const isPattern = [...moment.date.slice(0, 3), ...moment.time].includes(WILDCARD)
      if (!isPattern && millisecondsOf(moment, 'local') === undefined)
        throw new BacnetError('property', 'value-out-of-range')
      log.change({ [key]: moment })
      tell(log, id, [...moment.date, ...moment.time].join(' '), context)
    },
  }
}

function unsignedRow(id: keyof typeof propertyIds, of: (log: TrendLog) => number): Row {
  return { id: propertyIds[id], required: true, read: (writer, log) => writer.unsigned(of(log)) }
}

const logInterval: Row = {
  id: propertyIds['log-interval'],
  required: false,
  read: (writer, { settings }) =>
    writer.unsigned(settings.type === 'polled' ? Math.round(settings.interval / HUNDREDTH_MS) : 0),
  write(log, sent, context) {
    const value = countOf(sent, 'unsigned')
    if (log.settings.type === 'triggered') throw new BacnetError('property', 'write-access-denied')
    // 0 is on change of value, anything else is not (12.25.9).
    const interval = value * HUNDREDTH_MS
    if (value !== 0 && (interval < MIN_INTERVAL_MS || interval > MAX_INTERVAL_MS))
      throw new BacnetError('property', 'value-out-of-range')
    log.change(value === 0 ? { type: 'cov' } : { type: 'polled', interval })
    tell(log, 'log-interval', value, context)
  },
}

const loggingType: Row = {
  id: propertyIds['logging-type'],
  required: true,
  read: (writer, { settings }) => writer.enumerated(loggingTypes.indexOf(settings.type)),
  write(log, sent, context) {
    const type = loggingTypes[countOf(sent, 'enumerated')]
    if (type === undefined) throw new BacnetError('property', 'value-out-of-range')
    log.change({ type })
    tell(log, 'logging-type', type, context)
  },
}

const recordCount: Row = {
  ...unsignedRow('record-count', ({ journal }) => journal.count),
  write(log, sent, context) {
    const value = countOf(sent, 'unsigned')
    if (value !== 0) throw new BacnetError('property', 'value-out-of-range')
    log.purge()
    tell(log, 'record-count', value, context)
  },
}

const trigger: Row = {
  id: propertyIds.trigger,
  required: false,
  read: (writer) => writer.boolean(false),
  write(log, sent, context) {
    if (!booleanOf(sent)) return
    log.trigger()
    tell(log, 'trigger', true, context)
  },
}

/** The properties of a trend log (12.25). */
export const trendLogProperties: PropertyTable<TrendLog> = propertyTable<TrendLog>([
  ...identification(),
  {
    id: propertyIds.description,
    required: false,
    read: (writer, { source: { row, point } }) =>
      writer.characterString(row.description ?? point.definition.description),
  },
  { id: propertyIds['status-flags'], required: true, read: (writer: Writer) => writeStatusFlags(writer, 0) },
  { id: propertyIds['event-state'], required: true, read: (writer) => writer.enumerated(eventStates.normal) },
  {
    id: propertyIds.reliability,
    required: false,
    read: (writer) => writer.enumerated(reliabilities['no-fault-detected']),
  },
  booleanRow('enable', 'enable'),
  momentRow('start-time', 'start'),
  momentRow('stop-time', 'stop'),
  {
    id: propertyIds['log-device-object-property'],
    required: false,
    read: (writer, { source: { type, instance } }) =>
      writeDeviceObjectPropertyReference(writer, {
        object: { type, instance },
        property: propertyIds['present-value'],
        index: undefined,
        device: undefined,
      }),
  },
  logInterval,
  { id: propertyIds['client-cov-increment'], required: false, read: (writer) => writer.null() },
  booleanRow('stop-when-full', 'stopWhenFull'),
  unsignedRow('buffer-size', ({ bufferSize }) => bufferSize),
  {
    id: propertyIds['log-buffer'],
    required: true,
    journal: ({ journal }) => journal,
    read() {
      throw new BacnetError('property', 'read-access-denied')
    },
  },
  recordCount,
  unsignedRow('total-record-count', ({ journal }) => sequenceOf(journal.last)),
  loggingType,
  { id: propertyIds['align-intervals'], required: false, read: (writer) => writer.boolean(true) },
  { id: propertyIds['interval-offset'], required: false, read: (writer) => writer.unsigned(0) },
  trigger,
])
