import { type ObjectId, objectTypes } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import {
  type NotificationParameters,
  readNotificationParameters,
  writeNotificationParameters,
} from '../type/notification-parameters.ts'
import { readDevice } from '../type/recipient.ts'
import { readTimeStampIn, type TimeStamp, writeTimeStampIn } from '../type/time-stamp.ts'
import { readText } from '../value.ts'
import type { Writer } from '../writer.ts'

/** The parameters of ConfirmedEventNotification and UnconfirmedEventNotification (clause 21). */
export interface EventNotification {
  readonly process: number
  /** Instance of the device that tells it. */
  readonly device: number
  readonly object: ObjectId
  readonly timeStamp: TimeStamp
  readonly notificationClass: number
  readonly priority: number
  readonly eventType: number
  readonly message: string | undefined
  readonly notifyType: number
  /** Absent, as `fromState` and `values`, when an acknowledgement is told. */
  readonly ackRequired: boolean | undefined
  readonly fromState: number | undefined
  readonly toState: number
  readonly values: NotificationParameters | undefined
}

export function readEventNotification(reader: Reader): EventNotification {
  const process = reader.unsigned(reader.context(0))
  const device = readDevice(reader, reader.context(1))
  const object = reader.objectId(reader.context(2))
  const timeStamp = readTimeStampIn(reader, 3)
  const notificationClass = reader.unsigned(reader.context(4))
  const priority = reader.unsigned(reader.context(5))
  const eventType = reader.unsigned(reader.context(6))
  const message = reader.nextIsContext(7) ? readText(reader, reader.context(7)) : undefined
  const notifyType = reader.unsigned(reader.context(8))
  const ackRequired = reader.nextIsContext(9) ? reader.boolean(reader.context(9)) : undefined
  const fromState = reader.nextIsContext(10) ? reader.unsigned(reader.context(10)) : undefined
  const toState = reader.unsigned(reader.context(11))
  const values = reader.done ? undefined : readValues(reader)
  reader.finish()
  return {
    process,
    device,
    object,
    timeStamp,
    notificationClass,
    priority,
    eventType,
    message,
    notifyType,
    ackRequired,
    fromState,
    toState,
    values,
  }
}

function readValues(reader: Reader): NotificationParameters {
  reader.opening(12)
  const values = readNotificationParameters(reader)
  reader.closing(12)
  return values
}

export function writeEventNotification(writer: Writer, notification: EventNotification): void {
  const { process, device, object, timeStamp, message, ackRequired, fromState, values } = notification
  writer
    .contextUnsigned(0, process)
    .contextObjectId(1, objectTypes.device, device)
    .contextObjectId(2, object.type, object.instance)
  writeTimeStampIn(writer, 3, timeStamp)
  writer
    .contextUnsigned(4, notification.notificationClass)
    .contextUnsigned(5, notification.priority)
    .contextUnsigned(6, notification.eventType)
  if (message !== undefined) writer.contextCharacterString(7, message)
  writer.contextUnsigned(8, notification.notifyType)
  if (ackRequired !== undefined) writer.contextBoolean(9, ackRequired)
  if (fromState !== undefined) writer.contextUnsigned(10, fromState)
  writer.contextUnsigned(11, notification.toState)
  if (values === undefined) return
  writer.opening(12)
  writeNotificationParameters(writer, values)
  writer.closing(12)
}
