import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { readBits, readExactBits, readReal } from '../value.ts'
import type { Writer } from '../writer.ts'
import { type DateTime, readDateTime, writeDateTime } from './date-time.ts'
import { readErrorType, writeErrorType } from './error-type.ts'
import { readStatusFlags, writeContextStatusFlags } from './status-flags.ts'

/** The log-datum of a BACnetLogRecord (clause 21). */
export type LogDatum =
  | { readonly kind: 'log-status'; readonly disabled: boolean; readonly purged: boolean; readonly interrupted: boolean }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'real' | 'enumerated' | 'unsigned' | 'signed'; readonly value: number }
  | { readonly kind: 'bit-string'; readonly value: readonly boolean[] }
  | { readonly kind: 'null' }
  | { readonly kind: 'failure'; readonly errorClass: number; readonly errorCode: number }
  /** By how much the clock was put on; negative: back. */
  | { readonly kind: 'time-change'; readonly seconds: number }
  /** `data` is the octets of a value of any other type. */
  | { readonly kind: 'any'; readonly data: Uint8Array }

/** BACnetLogRecord (clause 21). */
export interface LogRecord {
  readonly timestamp: DateTime
  readonly datum: LogDatum
  /** In-alarm 8, fault 4, overridden 2, out-of-service 1. */
  readonly statusFlags: number | undefined
}

const LOG_STATUS = 0
const BOOLEAN = 1
const REAL = 2
const ENUMERATED = 3
const UNSIGNED = 4
const SIGNED = 5
const BIT_STRING = 6
const NULL = 7
const FAILURE = 8
const TIME_CHANGE = 9
const ANY = 10

export function readLogRecord(reader: Reader): LogRecord {
  reader.opening(0)
  const timestamp = readDateTime(reader)
  reader.closing(0)
  reader.opening(1)
  const datum = readDatum(reader)
  reader.closing(1)
  return {
    timestamp,
    datum,
    statusFlags: reader.nextIsContext(2) ? readStatusFlags(reader, reader.context(2)) : undefined,
  }
}

export function writeLogRecord(writer: Writer, { timestamp, datum, statusFlags }: LogRecord): void {
  writeLogTimestamp(writer, timestamp)
  writeLogContent(writer, datum, statusFlags)
}

/** The first part of a record. */
export function writeLogTimestamp(writer: Writer, timestamp: DateTime): void {
  writer.opening(0)
  writeDateTime(writer, timestamp)
  writer.closing(0)
}

/** What follows a record's timestamp. */
export function writeLogContent(writer: Writer, datum: LogDatum, statusFlags: number | undefined): void {
  writer.opening(1)
  writeDatum(writer, datum)
  writer.closing(1)
  if (statusFlags !== undefined) writeContextStatusFlags(writer, 2, statusFlags)
}

function readDatum(reader: Reader): LogDatum {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  const { number, context, opening, closing, length } = reader.tag()
  if (!context || closing || opening !== (number === FAILURE || number === ANY)) throw new BacnetReject('invalid-tag')
  switch (number) {
    case LOG_STATUS: {
      const [disabled = false, purged = false, interrupted = false] = readExactBits(reader, length, 3)
      return { kind: 'log-status', disabled, purged, interrupted }
    }
    case BOOLEAN:
      return { kind: 'boolean', value: reader.boolean(length) }
    case REAL:
      return { kind: 'real', value: readReal(reader, length) }
    case ENUMERATED:
      return { kind: 'enumerated', value: reader.unsigned(length) }
    case UNSIGNED:
      return { kind: 'unsigned', value: reader.unsigned(length) }
    case SIGNED:
      return { kind: 'signed', value: reader.signed(length) }
    case BIT_STRING:
      return { kind: 'bit-string', value: readBits(reader, length) }
    case NULL:
      if (length !== 0) throw new BacnetReject('invalid-tag')
      return { kind: 'null' }
    case FAILURE: {
      const error = readErrorType(reader)
      reader.closing(FAILURE)
      return { kind: 'failure', ...error }
    }
    case TIME_CHANGE:
      return { kind: 'time-change', seconds: readReal(reader, length) }
    case ANY:
      return { kind: 'any', data: reader.span(ANY).slice() }
    default:
      throw new BacnetReject('invalid-tag')
  }
}

function writeDatum(writer: Writer, datum: LogDatum): void {
  switch (datum.kind) {
    case 'log-status':
      writer.contextBitString(LOG_STATUS, [datum.disabled, datum.purged, datum.interrupted])
      break
    case 'boolean':
      writer.contextBoolean(BOOLEAN, datum.value)
      break
    case 'real':
      writer.contextReal(REAL, datum.value)
      break
    case 'enumerated':
      writer.contextUnsigned(ENUMERATED, datum.value)
      break
    case 'unsigned':
      writer.contextUnsigned(UNSIGNED, datum.value)
      break
    case 'signed':
      writer.contextSigned(SIGNED, datum.value)
      break
    case 'bit-string':
      writer.contextBitString(BIT_STRING, datum.value)
      break
    case 'null':
      writer.tag(NULL, true, 0)
      break
    case 'failure':
      writer.opening(FAILURE)
      writeErrorType(writer, datum)
      writer.closing(FAILURE)
      break
    case 'time-change':
      writer.contextReal(TIME_CHANGE, datum.seconds)
      break
    case 'any':
      writer.opening(ANY).octets(datum.data).closing(ANY)
  }
}
