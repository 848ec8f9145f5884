import { createHash, timingSafeEqual } from 'node:crypto'
import type { Writer as Client, Downlink, WriteTarget } from '../../../core/ports.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { refuse } from '../downlink.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { type Peer, peerKey } from '../transport/peer.ts'
import { BacnetError } from '../wire/error-code.ts'
import type { Reader } from '../wire/reader.ts'
import { readDeviceCommunicationControl } from '../wire/service/device-communication-control.ts'
import { readReinitializeDevice } from '../wire/service/reinitialize-device.ts'
import { readTimeSynchronization } from '../wire/service/time-synchronization.ts'
import { millisecondsOf } from '../wire/type/date-time.ts'
import type { BuildingTime } from './building-time.ts'
import type { Initiative } from './initiative.ts'
import { deviceTarget } from './noted-write.ts'
import type { ConfirmedService, UnconfirmedService } from './service.ts'

export interface ManagementParts {
  /** What a client has to send; undefined: the services are not executed. */
  readonly password: () => string | undefined
  readonly initiative: Initiative
  readonly downlink: Downlink
  /** Restarts the bridge after the answer; undefined where that is not allowed. */
  readonly restart: () => (() => void) | undefined
  readonly log: Log
  readonly throttle: Throttle
}

/** DeviceCommunicationControl (16.1). At this revision DISABLE is no more: a device always answers. */
export function deviceCommunicationControlService({ initiative, log, ...parts }: ManagementParts): ConfirmedService {
  return {
    guarded: true,
    execute({ client, device, reader }) {
      const { minutes, password, state } = readDeviceCommunicationControl(reader)
      const target = deviceTarget(device, 'device-communication-control')
      checkPassword(password, `DeviceCommunicationControl of ${device.name}`, target, client, { log, ...parts })
      if (state === 'disable') throw new BacnetError('services', 'service-request-denied')
      const silenced = !initiative.has(device)
      if (state === 'enable') initiative.give(device)
      else initiative.take(device, minutes)
      const value = state === 'enable' ? 'enabled' : 'initiation disabled'
      if (silenced === (state === 'enable') || minutes !== undefined)
        parts.downlink.noted(target, client, { value, result: 'accepted' })
      const until = minutes === undefined ? 'until it is enabled again' : `for ${minutes} min`
      const words = state === 'enable' ? 'tells of its own accord again' : `tells nothing of its own accord ${until}`
      log.info(
        { client: client.client, device: device.instance, state },
        `${device.name} ${words}, by ${client.client}`,
      )
    },
  }
}

/** ReinitializeDevice (16.4): of a charger's device a restart of the charger, soft or hard; of the bridge's, of the bridge. */
export function reinitializeDeviceService({
  initiative,
  downlink,
  restart,
  ...parts
}: ManagementParts): ConfirmedService {
  return {
    guarded: true,
    execute({ client, device, reader }) {
      const { password, state } = readReinitializeDevice(reader)
      const what = `ReinitializeDevice of ${device.name}`
      const target = deviceTarget(device, 'reinitialize-device')
      checkPassword(password, what, target, client, { downlink, ...parts })
      if (state !== 'coldstart' && state !== 'warmstart')
        throw new BacnetError('services', 'optional-functionality-not-supported')
      const { charger } = device.owner
      if (charger !== undefined) refuse(downlink.reset(charger, state === 'coldstart', client))
      else {
        const allowed = restart()
        if (allowed === undefined) {
          if (parts.throttle.pass(`restart ${client.client}`) !== undefined)
            parts.log.warn(
              { client: client.client },
              `${what} refused to ${client.client}: bacnet.allowRestart is false`,
            )
          downlink.noted(target, client, { value: state, result: 'denied' })
          throw new BacnetError('services', 'service-request-denied')
        }
        downlink.noted(target, client, { value: state, result: 'accepted' })
        parts.log.warn({ client: client.client }, `the bridge is restarted by ${client.client}`)
        allowed()
      }
      // Whoever starts again has forgotten that it was silenced.
      initiative.give(device)
    },
  }
}

/** TimeSynchronization (16.7), in local time, and UTCTimeSynchronization (16.8). */
export function timeSynchronizationService(time: BuildingTime, zone: 'local' | 'utc'): UnconfirmedService {
  return {
    guarded: true,
    execute(_devices: readonly DeviceModel[], reader: Reader, peer: Peer) {
      const at = millisecondsOf(readTimeSynchronization(reader), zone)
      // Wildcards are no time that a clock could be set to.
      if (at !== undefined) time.set(at, `bacnet:${peerKey(peer)}`)
    },
  }
}

function checkPassword(
  sent: string | undefined,
  what: string,
  target: WriteTarget,
  writer: Client,
  { downlink, log, password, throttle }: Pick<ManagementParts, 'downlink' | 'password' | 'log' | 'throttle'>,
): void {
  const { client } = writer
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const right = password()
  if (right !== undefined && sent !== undefined && timingSafeEqual(digest(right), digest(sent))) return
  downlink.noted(target, writer, { result: 'denied' })
  if (throttle.pass(`password ${client}`) !== undefined)
    log.warn(
      { client },
      `${what} refused: ${client} sent ${sent === undefined ? 'no password' : 'another password than bacnet.password'}`,
    )
  throw new BacnetError('security', 'password-failure')
}
