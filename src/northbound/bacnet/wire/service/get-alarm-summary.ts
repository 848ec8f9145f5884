import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { readExactBits } from '../value.ts'
import type { Writer } from '../writer.ts'

/** One object of the acknowledgement of GetAlarmSummary, whose request has no parameters. */
export interface AlarmSummary {
  readonly object: ObjectId
  readonly alarmState: number
  /** To off-normal, to fault, to normal. */
  readonly acknowledgedTransitions: readonly boolean[]
}

export function writeAlarmSummary(writer: Writer, summary: AlarmSummary): void {
  const { object, alarmState, acknowledgedTransitions } = summary
  writer.objectId(object.type, object.instance).enumerated(alarmState)
  writer.bitString(3, (bit) => acknowledgedTransitions[bit] === true)
}

export function readGetAlarmSummaryAck(reader: Reader): readonly AlarmSummary[] {
  const summaries: AlarmSummary[] = []
  while (!reader.done) {
    const object = reader.objectId(reader.application('object-identifier'))
    const alarmState = reader.unsigned(reader.application('enumerated'))
    const acknowledgedTransitions = readExactBits(reader, reader.application('bit-string'), 3)
    summaries.push({ object, alarmState, acknowledgedTransitions })
  }
  return summaries
}
