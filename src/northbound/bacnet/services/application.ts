import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import type { Network } from '../../../lib/cidr.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { authorize } from '../downlink.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { PropertyTable } from '../objects/property.ts'
import { MAX_APDU } from '../transport/limits.ts'
import type { Peer } from '../transport/peer.ts'
import {
  type Apdu,
  parseApdu,
  writeAbort,
  writeComplexAck,
  writeError,
  writeReject,
  writeSimpleAck,
} from '../wire/apdu.ts'
import { BacnetAbort, BacnetError, BacnetReject } from '../wire/error-code.ts'
import { Reader } from '../wire/reader.ts'
import { type IAm, readIAm } from '../wire/service/i-am.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { Writer } from '../wire/writer.ts'
import type { ConfirmedSender } from './confirmed-sender.ts'
import type { CovService } from './cov.ts'
import type { Discovery } from './discovery.ts'
import type { ReadServices } from './read.ts'
import { writeProperty } from './write.ts'

export interface ApplicationParts {
  readonly reads: ReadServices
  readonly cov: CovService
  readonly discovery: Discovery
  readonly confirmed: ConfirmedSender
  /** A device says where it is. */
  readonly iAm: (iAm: IAm, from: Peer) => void
  readonly deviceTable: PropertyTable<DeviceModel>
  readonly downlink: Downlink
  /** Who may write, as the config says now. */
  readonly rights: { readonly allowWrites: readonly Network[] }
  readonly log: Log
  readonly throttle: Throttle
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer) => void
}

type ConfirmedRequest = Extract<Apdu, { kind: 'confirmed-request' }>

/** The application layer (clause 5): every request is answered, refused in its own words, or none. */
export class Application {
  readonly #parts: ApplicationParts
  readonly #answer = new Writer(4096)

  constructor(parts: ApplicationParts) {
    this.#parts = parts
  }

  receive(bytes: Uint8Array, from: Peer, to: readonly DeviceModel[], broadcast: boolean): void {
    let apdu: Apdu
    try {
      apdu = parseApdu(bytes)
    } catch (error) {
      this.#quietly(error, from)
      return
    }
    switch (apdu.kind) {
      case 'confirmed-request': {
        // A confirmed request is for one device (5.3.1): broadcast, nobody answers it.
        const [device] = to
        if (!broadcast && device !== undefined) this.#confirmed(device, apdu, from)
        return
      }
      case 'unconfirmed-request':
        this.#unconfirmed(apdu.service, apdu.data, from, to)
        return
      case 'simple-ack':
      case 'error':
      case 'reject':
      case 'abort':
        this.#parts.confirmed.answered(from, apdu.invokeId)
        return
      // Nothing that the bridge asks for has a complex answer, and it sends no segments.
      case 'complex-ack':
      case 'segment-ack':
        return
    }
  }

  #confirmed(device: DeviceModel, request: ConfirmedRequest, from: Peer): void {
    const { invokeId, service } = request
    const answer = this.#answer.reset()
    try {
      if (request.segmented) throw new BacnetAbort('segmentation-not-supported')
      this.#execute(device, request, from, answer)
      if (answer.length > Math.min(request.maxApdu ?? MAX_APDU, MAX_APDU))
        throw new BacnetAbort('segmentation-not-supported')
    } catch (error) {
      answer.reset()
      if (error instanceof BacnetError) writeError(answer, service, invokeId, error.errorClass, error.errorCode)
      else if (error instanceof BacnetReject) writeReject(answer, invokeId, error.reason)
      else if (error instanceof BacnetAbort) writeAbort(answer, invokeId, error.reason)
      else throw error
    }
    this.#parts.reply(device, from, answer)
  }

  #execute(device: DeviceModel, { service, invokeId, data }: ConfirmedRequest, from: Peer, answer: Writer): void {
    const { cov, deviceTable, downlink, log, reads, rights, throttle } = this.#parts
    const reader = new Reader(data)
    switch (service) {
      case confirmedServices['read-property']:
        writeComplexAck(answer, service, invokeId)
        reads.readProperty(device, reader, answer)
        return
      case confirmedServices['read-property-multiple']:
        writeComplexAck(answer, service, invokeId)
        reads.readPropertyMultiple(device, reader, answer)
        return
      case confirmedServices['write-property']: {
        authorize(from, rights.allowWrites, log, throttle)
        const client: Client = { source: 'BACnet', client: `bacnet:${from.address}` }
        writeProperty(device, reader, deviceTable, downlink, client)
        writeSimpleAck(answer, service, invokeId)
        return
      }
      case confirmedServices['subscribe-cov']:
        cov.subscribe(device, reader, from)
        writeSimpleAck(answer, service, invokeId)
        return
      default:
        throw new BacnetReject('unrecognized-service')
    }
  }

  #unconfirmed(service: number, data: Uint8Array, from: Peer, to: readonly DeviceModel[]): void {
    const { discovery, iAm } = this.#parts
    try {
      if (service === unconfirmedServices['who-is']) discovery.whoIs(to, from, new Reader(data))
      else if (service === unconfirmedServices['who-has']) discovery.whoHas(to, from, new Reader(data))
      else if (service === unconfirmedServices['i-am']) iAm(readIAm(new Reader(data)), from)
    } catch (error) {
      this.#quietly(error, from)
    }
  }

  /** What can't be understood and asks for no answer gets none. */
  #quietly(error: unknown, from: Peer): void {
    if (!(error instanceof BacnetReject) && !(error instanceof BacnetError)) throw error
    this.#parts.log.debug({ from: from.address, reason: error.message }, 'bacnet: not understood')
  }
}
