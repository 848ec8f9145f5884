import type { Clock } from '../../../lib/clock.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { Writer } from '../wire/writer.ts'
import type { Peer } from './peer.ts'

/** What both directions of segmentation are given. */
export interface SegmentParts {
  readonly clock: Clock
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean) => void
}
