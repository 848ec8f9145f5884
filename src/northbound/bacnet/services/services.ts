import type { Downlink } from '../../../core/ports.ts'
import type { Peer } from '../transport/peer.ts'
import { readIAm } from '../wire/service/i-am.ts'
import type { ConfirmedServiceName, UnconfirmedServiceName } from '../wire/service.ts'
import {
  acknowledgeAlarmService,
  getAlarmSummaryService,
  getEnrollmentSummaryService,
  getEventInformationService,
} from './alarm-services.ts'
import type { Alarms } from './alarms.ts'
import type { BuildingTime } from './building-time.ts'
import type { CovService } from './cov.ts'
import type { Discovery } from './discovery.ts'
import {
  deviceCommunicationControlService,
  type ManagementParts,
  reinitializeDeviceService,
  timeSynchronizationService,
} from './management.ts'
import { readPropertyMultipleService, readPropertyService } from './read.ts'
import { readRangeService } from './read-range.ts'
import type { ConfirmedService, Services, UnconfirmedService } from './service.ts'
import { listElementService, writePropertyMultipleService, writePropertyService } from './write.ts'

export interface ServicesParts {
  readonly downlink: Downlink
  readonly cov: CovService
  readonly alarms: Alarms
  readonly discovery: Discovery
  readonly time: BuildingTime
  readonly management: ManagementParts
  /** Another device says where it is. */
  readonly heard: (instance: number, from: Peer) => void
}

/** Every service that the bridge executes. */
export function servicesOf(parts: ServicesParts): Services {
  const { alarms, cov, discovery, downlink, heard, management, time } = parts
  const confirmed: [ConfirmedServiceName, ConfirmedService][] = [
    ['read-property', readPropertyService(downlink)],
    ['read-property-multiple', readPropertyMultipleService(downlink)],
    ['read-range', readRangeService(downlink)],
    ['write-property', writePropertyService(downlink)],
    ['write-property-multiple', writePropertyMultipleService(downlink)],
    ['add-list-element', listElementService('add', downlink)],
    ['remove-list-element', listElementService('remove', downlink)],
    ['subscribe-cov', { execute: ({ device, reader, peer }) => cov.subscribe(device, reader, peer) }],
    ['subscribe-cov-property', { execute: ({ device, reader, peer }) => cov.subscribeProperty(device, reader, peer) }],
    ['acknowledge-alarm', acknowledgeAlarmService(alarms)],
    ['get-alarm-summary', getAlarmSummaryService()],
    ['get-event-information', getEventInformationService()],
    ['get-enrollment-summary', getEnrollmentSummaryService()],
  ]
  // Without a password anybody on the network could ask for these.
  if (management.password() !== undefined)
    confirmed.push(
      ['device-communication-control', deviceCommunicationControlService(management)],
      ['reinitialize-device', reinitializeDeviceService(management)],
    )
  const unconfirmed: [UnconfirmedServiceName, UnconfirmedService][] = [
    ['who-is', { execute: (devices, reader, peer) => discovery.whoIs(devices, reader, peer) }],
    ['who-has', { execute: (devices, reader, peer) => discovery.whoHas(devices, reader, peer) }],
    ['i-am', { execute: (_devices, reader, peer) => heard(readIAm(reader).instance, peer) }],
    ['time-synchronization', timeSynchronizationService(time, 'local')],
    ['utc-time-synchronization', timeSynchronizationService(time, 'utc')],
  ]
  return { confirmed: new Map(confirmed), unconfirmed: new Map(unconfirmed) }
}
