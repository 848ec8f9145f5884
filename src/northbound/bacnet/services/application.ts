import type { Keeping } from '../../../core/keep.ts'
import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import type { Network } from '../../../lib/cidr.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import { authorize, unlessKept } from '../downlink.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { MAX_APDU, MAX_SEGMENTED_OCTETS } from '../transport/limits.ts'
import type { Peer } from '../transport/peer.ts'
import { SEGMENT_HEADER, type SegmentedAnswers } from '../transport/segmented-answers.ts'
import type { SegmentedRequests } from '../transport/segmented-requests.ts'
import {
  type Apdu,
  type ConfirmedRequest,
  parseApdu,
  segmentsTaken,
  writeAbort,
  writeComplexAck,
  writeError,
  writeReject,
  writeSimpleAck,
} from '../wire/apdu.ts'
import { BacnetAbort, BacnetError, BacnetReject } from '../wire/error-code.ts'
import { Reader } from '../wire/reader.ts'
import { confirmedServices, unconfirmedServices } from '../wire/service.ts'
import { Writer, type WriterLimit } from '../wire/writer.ts'
import type { ConfirmedSender } from './confirmed-sender.ts'
import { deviceTarget } from './noted-write.ts'
import type { ConfirmedService, Services, UnconfirmedService } from './service.ts'

export interface ApplicationParts {
  readonly services: Services
  readonly confirmed: ConfirmedSender
  readonly answers: SegmentedAnswers
  readonly requests: SegmentedRequests
  readonly downlink: Downlink
  readonly keeping: Keeping
  /** Who may write, as the config says now. */
  readonly rights: { readonly allowWrites: readonly Network[] }
  readonly log: Log
  readonly throttle: Throttle
  readonly reply: (device: DeviceModel, to: Peer, apdu: Writer) => void
}

/** Octets of a ComplexACK before its parameters (20.1.5). */
const ACK_HEADER = 3
/** An error of these services names the part at fault, and it is none. */
const allOfIt = new BacnetAbort('out-of-resources')
/** No error of a write is longer. */
const ERROR_OCTETS = 64
/** A request in many segments is told as far as one without would reach. */
const MAX_FRAME = MAX_APDU

const serviceNames = new Map<number, string>(Object.entries(confirmedServices).map(([name, number]) => [number, name]))

/** The application layer (clause 5): every request is answered, refused in its own words, or none. */
export class Application {
  readonly #parts: ApplicationParts
  readonly #confirmedServices: ReadonlyMap<number, ConfirmedService>
  readonly #unconfirmedServices: ReadonlyMap<number, UnconfirmedService>
  readonly #answer = new Writer(4096)

  constructor(parts: ApplicationParts) {
    this.#parts = parts
    const { confirmed, unconfirmed } = parts.services
    this.#confirmedServices = new Map([...confirmed].map(([name, service]) => [confirmedServices[name], service]))
    this.#unconfirmedServices = new Map([...unconfirmed].map(([name, service]) => [unconfirmedServices[name], service]))
  }

  receive(bytes: Uint8Array, from: Peer, to: readonly DeviceModel[], broadcast: boolean): void {
    let apdu: Apdu
    try {
      apdu = parseApdu(bytes)
    } catch (error) {
      this.#quietly(error, from)
      return
    }
    if (apdu.kind === 'unconfirmed-request') {
      this.#unconfirmed(apdu.service, apdu.data, from, to)
      return
    }
    // Everything else is between one client and one device (5.3.1): broadcast, nobody answers it.
    const [device] = to
    if (device === undefined || broadcast) return
    const { answers, confirmed, requests } = this.#parts
    switch (apdu.kind) {
      case 'confirmed-request':
        this.#confirmed(device, apdu, bytes, from)
        return
      case 'simple-ack':
        confirmed.answered(from, apdu.invokeId, 'taken')
        return
      case 'error':
      case 'reject':
        confirmed.answered(from, apdu.invokeId, 'refused')
        return
      case 'abort':
        // Of what the bridge asked, or of what it is asked; BACpypes3 aborts as the client either way.
        confirmed.answered(from, apdu.invokeId, 'refused')
        if (!apdu.server) {
          answers.aborted(from, device, apdu.invokeId)
          requests.aborted(from, device, apdu.invokeId)
        }
        return
      case 'segment-ack':
        if (!apdu.server) answers.acknowledged(from, device, apdu)
        return
      // Nothing that the bridge asks for has a complex answer.
      case 'complex-ack':
        return
    }
  }

  #confirmed(device: DeviceModel, sent: ConfirmedRequest, bytes: Uint8Array, from: Peer): void {
    const { answers, keeping, reply, requests } = this.#parts
    const { invokeId, service } = sent
    const own = this.#confirmedServices.get(service)
    const answer = this.#answer.reset()
    let refused: unknown
    try {
      // A client that asks something new under an invoke id has given up what it began under it.
      if (!sent.segmented) requests.aborted(from, device, invokeId)
      // The end of a request whose acknowledgement was lost: the answer, which is on its way, acknowledges it as well.
      else if (
        answers.has(from, device, invokeId) &&
        sent.sequenceNumber !== 0 &&
        !requests.has(from, device, invokeId)
      )
        return
      const request = sent.segmented ? requests.receive(device, sent, from) : sent
      if (request === undefined || answers.repeated(from, device, invokeId, sent.segmented ? request.data : bytes))
        return
      this.#execute(device, request, sent.segmented ? undefined : bytes, from, answer)
      if (answer.length > largestApdu(request)) {
        answers.send({
          device,
          peer: from,
          invokeId,
          service,
          request: sent.segmented ? request.data : bytes.slice(),
          data: answer.finish().subarray(ACK_HEADER),
          segmentOctets: largestApdu(request) - SEGMENT_HEADER,
        })
        return
      }
    } catch (error) {
      this.#refuse(answer, service, invokeId, error)
      refused = error
    }
    // A SimpleACK may promise something, if only what a request before it did; an error that names a part, the parts before.
    const promises = refused === undefined ? own?.complex !== true : own?.writeError !== undefined
    if (keeping.kept === keeping.promised || !promises) reply(device, from, answer)
    else
      keeping.whenKept((failure) => {
        const late = new Writer(ERROR_OCTETS)
        const error = failure === undefined ? refused : own?.writeError === undefined ? failure : allOfIt
        if (error === undefined) writeSimpleAck(late, service, invokeId)
        else this.#refuse(late, service, invokeId, error)
        reply(device, from, late)
      })
  }

  /** Says why not, in place of whatever the answer has. */
  #refuse(answer: Writer, service: number, invokeId: number, thrown: unknown): void {
    const error = unlessKept(thrown)
    answer.reset()
    answer.limit = undefined
    if (error instanceof BacnetError) {
      const write = this.#confirmedServices.get(service)?.writeError
      writeError(answer, service, invokeId, error, write)
    } else if (error instanceof BacnetReject) writeReject(answer, invokeId, error.reason)
    else if (error instanceof BacnetAbort) writeAbort(answer, invokeId, error.reason)
    else throw error
  }

  /** `bytes`: the request as it came; undefined: in segments. */
  #execute(
    device: DeviceModel,
    request: ConfirmedRequest,
    bytes: Uint8Array | undefined,
    from: Peer,
    answer: Writer,
  ): void {
    const { data, invokeId, service } = request
    const own = this.#confirmedServices.get(service)
    if (own === undefined) throw new BacnetReject('unrecognized-service')
    const authorize = () => this.#authorize(from)
    const client = { source: 'BACnet', client: `bacnet:${from.address}` } as const
    if (own.guarded) this.#guard(device, service, client, authorize)
    answer.limit = limitOf(request)
    if (own.complex) writeComplexAck(answer, service, invokeId)
    const frame = () => frameOf(request, bytes)
    own.execute({ device, reader: new Reader(data), peer: from, client, frame, authorize }, answer)
    if (!own.complex) writeSimpleAck(answer, service, invokeId)
  }

  #unconfirmed(number: number, data: Uint8Array, from: Peer, to: readonly DeviceModel[]): void {
    const service = this.#unconfirmedServices.get(number)
    if (service === undefined) return
    try {
      if (service.guarded) this.#authorize(from)
      service.execute(to, new Reader(data), from)
    } catch (error) {
      this.#quietly(error, from)
    }
  }

  /** Without the request as it came: there are passwords in these. */
  #guard(device: DeviceModel, service: number, client: Client, authorize: () => void): void {
    try {
      authorize()
    } catch (error) {
      this.#parts.downlink.noted(deviceTarget(device, serviceNames.get(service) ?? ''), client, { result: 'denied' })
      throw error
    }
  }

  #authorize(from: Peer): void {
    const { log, rights, throttle } = this.#parts
    authorize(from, rights.allowWrites, log, throttle)
  }

  /** What can't be understood and asks for no answer gets none. */
  #quietly(error: unknown, from: Peer): void {
    if (!(error instanceof BacnetReject) && !(error instanceof BacnetError)) throw error
    this.#parts.log.debug({ from: from.address, reason: error.message }, 'bacnet: not understood')
  }
}

/** A request in hexadecimal digits; one of several segments as its parameters, which they are the parts of. */
function frameOf({ data }: ConfirmedRequest, bytes = data): string {
  const digits = Buffer.from(bytes.subarray(0, MAX_FRAME)).toString('hex')
  return bytes.length > MAX_FRAME ? `${digits}…` : digits
}

/** Octets of an APDU that this client and the bridge can both carry. */
function largestApdu({ maxApdu }: ConfirmedRequest): number {
  return Math.min(maxApdu ?? MAX_APDU, MAX_APDU)
}

/** How long an answer may be: one that doesn't fit makes the client ask in smaller portions (5.4.5.3). */
function limitOf(request: ConfirmedRequest): WriterLimit {
  const apdu = largestApdu(request)
  if (!request.segmentedResponseAccepted) return { octets: apdu, reason: 'segmentation-not-supported' }
  const octets = segmentsTaken(request.maxSegments) * (apdu - SEGMENT_HEADER) + ACK_HEADER
  return { octets: Math.max(apdu, Math.min(octets, MAX_SEGMENTED_OCTETS)), reason: 'buffer-overflow' }
}
