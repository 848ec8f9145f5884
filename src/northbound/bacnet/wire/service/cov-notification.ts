import type { ObjectId } from '../object-type.ts'
import { objectTypes } from '../object-type.ts'
import { propertyIds } from '../property-id.ts'
import type { Writer } from '../writer.ts'

/** The parameters of both COV notifications (13.6, 13.7): the property that is watched, and Status_Flags. */
export function writeCovNotification(
  writer: Writer,
  notification: {
    readonly process: number
    readonly device: number
    readonly object: ObjectId
    readonly secondsLeft: number
    readonly property: number
    readonly writeValue: (writer: Writer) => void
    readonly writeFlags: (writer: Writer) => void
  },
): void {
  const { process, device, object, property, secondsLeft, writeValue, writeFlags } = notification
  writer
    .contextUnsigned(0, process)
    .contextObjectId(1, objectTypes.device, device)
    .contextObjectId(2, object.type, object.instance)
    .contextUnsigned(3, secondsLeft)
    .opening(4)
  writer.contextUnsigned(0, property).opening(2)
  writeValue(writer)
  writer.closing(2)
  if (property !== propertyIds['status-flags']) {
    writer.contextUnsigned(0, propertyIds['status-flags']).opening(2)
    writeFlags(writer)
    writer.closing(2)
  }
  writer.closing(4)
}
