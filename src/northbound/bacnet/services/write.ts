import type { Downlink } from '../../../core/ports.ts'
import { writePropertyValue } from '../objects/property.ts'
import { readWriteProperty } from '../wire/service/write-property.ts'
import { found } from './read.ts'
import type { ConfirmedService } from './service.ts'

/** WriteProperty (15.9): acknowledged when the value is accepted. */
export function writePropertyService(downlink: Downlink): ConfirmedService {
  return {
    guarded: true,
    execute({ device, reader, client }) {
      const { object, property, index, value, priority } = readWriteProperty(reader)
      writePropertyValue(found(device, object), property, index, value, { downlink, client, priority })
    },
  }
}
