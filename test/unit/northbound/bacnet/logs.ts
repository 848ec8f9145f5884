import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { type ReadRangeAck, readReadRangeAck } from '../../../../src/northbound/bacnet/wire/service/read-range.ts'
import { localDateTime } from '../../../../src/northbound/bacnet/wire/type/date-time.ts'
import { type LogRecord, readLogRecord } from '../../../../src/northbound/bacnet/wire/type/log-record.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { ask, context, oid, type Stack } from './support.ts'

const TREND_LOG = 20
export const LOG_BUFFER = 131

/** The ranges of ReadRange, in hexadecimal. */
export const byPosition = (index: number, count: number) => range(3, (writer) => writer.unsigned(index), count)
export const bySequence = (sequence: number, count: number) => range(6, (writer) => writer.unsigned(sequence), count)
export const byTime = (ms: number, count: number) =>
  range(
    7,
    (writer) => {
      const { date, time } = localDateTime(ms)
      writer.fourOctets('date', date).fourOctets('time', time)
    },
    count,
  )

function range(tag: number, reference: (writer: Writer) => void, count: number): string {
  const writer = new Writer().opening(tag)
  reference(writer)
  return hex(writer.signed(count).closing(tag))
}

function hex(writer: Writer): string {
  return Buffer.from(writer.view).toString('hex')
}

/** The acknowledgement of a ReadRange of a Log_Buffer, or the error PDU as it came. */
export function readLog(own: Stack, asked = '', instance = 7): ReadRangeAck | string {
  return readItems(own, `0c${oid(TREND_LOG, instance)}${context(1, LOG_BUFFER)}${asked}`)
}

export function readItems(own: Stack, data: string): ReadRangeAck | string {
  const answer = ask(own, 26, data)
  if (!answer.startsWith('30011a')) return answer
  return readReadRangeAck(new Reader(Buffer.from(answer.slice(6), 'hex')))
}

/** The records of an acknowledgement. */
export function records(ack: ReadRangeAck | string): readonly LogRecord[] {
  if (typeof ack === 'string') throw new Error(`an error: ${ack}`)
  const reader = new Reader(ack.itemData)
  const found: LogRecord[] = []
  while (!reader.done) found.push(readLogRecord(reader))
  if (found.length !== ack.itemCount) throw new Error(`${found.length} records, not ${ack.itemCount}`)
  return found
}

/** What the whole log says, in few words: `12:15 42` of a value, with `!` where a flag is set. */
export function told(own: Stack, instance = 7): readonly string[] {
  return records(readLog(own, '', instance)).map((record) => {
    const [hour, minute] = record.timestamp.time
    const at = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
    return `${at} ${wordOf(record)}${record.statusFlags ? '!' : ''}`
  })
}

function wordOf({ datum }: LogRecord): string {
  switch (datum.kind) {
    case 'log-status':
      return ['disabled', 'purged', 'interrupted'].filter((flag) => datum[flag as 'disabled']).join('+') || 'enabled'
    case 'failure':
      return `failure ${datum.errorClass}/${datum.errorCode}`
    case 'time-change':
      return `clock ${datum.seconds}`
    case 'any':
      return `any ${Buffer.from(datum.data).toString('hex')}`
    case 'null':
      return 'null'
    default:
      return String(datum.value)
  }
}

/** Writes a property of a trend log; `value` is what stands between the tags. Answers with the PDU. */
export function writeLog(own: Stack, property: number, value: string, instance = 7): string {
  return ask(own, 15, `0c${oid(TREND_LOG, instance)}${context(1, property)}3e${value}3f`)
}
