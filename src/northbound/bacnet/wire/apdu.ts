import {
  type AbortReason,
  abortReasons,
  type BacnetError,
  BacnetReject,
  errorClasses,
  errorCodes,
  type RejectReason,
  rejectReasons,
} from './error-code.ts'
import { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** PDU types of 20.1.2. */
const CONFIRMED_REQUEST = 0
const UNCONFIRMED_REQUEST = 1
const SIMPLE_ACK = 2
const COMPLEX_ACK = 3
const SEGMENT_ACK = 4
const ERROR = 5
const REJECT = 6
const ABORT = 7

/** Max-APDU-length-accepted, by its four bits (20.1.2.5). */
const MAX_APDU = [50, 128, 206, 480, 1024, 1476] as const

export type Apdu =
  | {
      readonly kind: 'confirmed-request'
      readonly segmented: boolean
      readonly moreFollows: boolean
      readonly segmentedResponseAccepted: boolean
      /** Octets; undefined where the bits are reserved. */
      readonly maxApdu: number | undefined
      /** As the three bits say: 0 unspecified, 7 more than 64. */
      readonly maxSegments: number
      readonly invokeId: number
      readonly sequenceNumber: number | undefined
      readonly windowSize: number | undefined
      readonly service: number
      readonly data: Uint8Array
    }
  | { readonly kind: 'unconfirmed-request'; readonly service: number; readonly data: Uint8Array }
  | { readonly kind: 'simple-ack'; readonly invokeId: number; readonly service: number }
  | {
      readonly kind: 'complex-ack'
      readonly segmented: boolean
      readonly moreFollows: boolean
      readonly invokeId: number
      readonly sequenceNumber: number | undefined
      readonly windowSize: number | undefined
      readonly service: number
      readonly data: Uint8Array
    }
  | {
      readonly kind: 'segment-ack'
      readonly negative: boolean
      readonly server: boolean
      readonly invokeId: number
      readonly sequenceNumber: number
      readonly windowSize: number
    }
  | { readonly kind: 'error'; readonly invokeId: number; readonly service: number; readonly data: Uint8Array }
  | { readonly kind: 'reject'; readonly invokeId: number; readonly reason: number }
  | { readonly kind: 'abort'; readonly server: boolean; readonly invokeId: number; readonly reason: number }

export type ConfirmedRequest = Extract<Apdu, { kind: 'confirmed-request' }>

/** Segments that a client takes of one answer, by its three bits (20.1.2.4): infinite where it doesn't say, or more than 64. */
export function segmentsTaken(maxSegments: number): number {
  return maxSegments === 0 || maxSegments === 7 ? Number.POSITIVE_INFINITY : 2 ** maxSegments
}

/** The fixed part of an APDU (20.1). What is cut short or of an unknown type is a BacnetReject, which nobody answers. */
export function parseApdu(bytes: Uint8Array): Apdu {
  const reader = new Reader(bytes)
  const first = reader.uint8()
  const rest = () => bytes.subarray(reader.at)
  switch (first >> 4) {
    case CONFIRMED_REQUEST: {
      const sizes = reader.uint8()
      const invokeId = reader.uint8()
      const segmented = (first & 0x08) !== 0
      const sequenceNumber = segmented ? reader.uint8() : undefined
      const windowSize = segmented ? reader.uint8() : undefined
      return {
        kind: 'confirmed-request',
        segmented,
        moreFollows: (first & 0x04) !== 0,
        segmentedResponseAccepted: (first & 0x02) !== 0,
        maxApdu: MAX_APDU[sizes & 0x0f],
        maxSegments: (sizes >> 4) & 0x07,
        invokeId,
        sequenceNumber,
        windowSize,
        service: reader.uint8(),
        data: rest(),
      }
    }
    case UNCONFIRMED_REQUEST:
      return { kind: 'unconfirmed-request', service: reader.uint8(), data: rest() }
    case SIMPLE_ACK:
      return { kind: 'simple-ack', invokeId: reader.uint8(), service: reader.uint8() }
    case COMPLEX_ACK: {
      const invokeId = reader.uint8()
      const segmented = (first & 0x08) !== 0
      const sequenceNumber = segmented ? reader.uint8() : undefined
      const windowSize = segmented ? reader.uint8() : undefined
      return {
        kind: 'complex-ack',
        segmented,
        moreFollows: (first & 0x04) !== 0,
        invokeId,
        sequenceNumber,
        windowSize,
        service: reader.uint8(),
        data: rest(),
      }
    }
    case SEGMENT_ACK:
      return {
        kind: 'segment-ack',
        negative: (first & 0x02) !== 0,
        server: (first & 0x01) !== 0,
        invokeId: reader.uint8(),
        sequenceNumber: reader.uint8(),
        windowSize: reader.uint8(),
      }
    case ERROR:
      return { kind: 'error', invokeId: reader.uint8(), service: reader.uint8(), data: rest() }
    case REJECT:
      return { kind: 'reject', invokeId: reader.uint8(), reason: reader.uint8() }
    case ABORT:
      return { kind: 'abort', server: (first & 0x01) !== 0, invokeId: reader.uint8(), reason: reader.uint8() }
    default:
      throw new BacnetReject('other')
  }
}

export function writeUnconfirmed(writer: Writer, service: number): void {
  writer.uint8(UNCONFIRMED_REQUEST << 4).uint8(service)
}

/** An unsegmented request that takes no segmented answer and any APDU size that fits (1476). */
export function writeConfirmed(writer: Writer, service: number, invokeId: number): void {
  writer
    .uint8(CONFIRMED_REQUEST << 4)
    .uint8(0x05)
    .uint8(invokeId)
    .uint8(service)
}

/** The head of one segment of a ComplexACK (20.1.5): segment n of the answer, counted modulo 256. */
export function writeAckSegment(
  writer: Writer,
  segment: {
    readonly service: number
    readonly invokeId: number
    readonly sequenceNumber: number
    readonly windowSize: number
    readonly moreFollows: boolean
  },
): void {
  writer
    .uint8((COMPLEX_ACK << 4) | 0x08 | (segment.moreFollows ? 0x04 : 0))
    .uint8(segment.invokeId)
    .uint8(segment.sequenceNumber)
    .uint8(segment.windowSize)
    .uint8(segment.service)
}

/** Always as the server: the bridge acknowledges the segments of what it is asked (20.1.6). */
export function writeSegmentAck(
  writer: Writer,
  ack: {
    readonly negative: boolean
    readonly invokeId: number
    readonly sequenceNumber: number
    readonly windowSize: number
  },
): void {
  writer
    .uint8((SEGMENT_ACK << 4) | (ack.negative ? 0x02 : 0) | 0x01)
    .uint8(ack.invokeId)
    .uint8(ack.sequenceNumber)
    .uint8(ack.windowSize)
}

export function writeSimpleAck(writer: Writer, service: number, invokeId: number): void {
  writer
    .uint8(SIMPLE_ACK << 4)
    .uint8(invokeId)
    .uint8(service)
}

export function writeComplexAck(writer: Writer, service: number, invokeId: number): void {
  writer
    .uint8(COMPLEX_ACK << 4)
    .uint8(invokeId)
    .uint8(service)
}

/** `write` writes parameters of a service whose errors are more than a class and a code. */
export function writeError(
  writer: Writer,
  service: number,
  invokeId: number,
  error: BacnetError,
  write: (writer: Writer, error: BacnetError) => void = writeErrorParameters,
): void {
  beginError(writer, service, invokeId)
  write(writer, error)
}

/** The header of an error; the service's own parameters follow (clause 21, BACnet-Error). */
export function beginError(writer: Writer, service: number, invokeId: number): void {
  writer
    .uint8(ERROR << 4)
    .uint8(invokeId)
    .uint8(service)
}

/** Error (clause 21): class and code. */
function writeErrorParameters(writer: Writer, { errorClass, errorCode }: BacnetError): void {
  writer.enumerated(errorClasses[errorClass]).enumerated(errorCodes[errorCode])
}

export function writeReject(writer: Writer, invokeId: number, reason: RejectReason): void {
  writer
    .uint8(REJECT << 4)
    .uint8(invokeId)
    .uint8(rejectReasons[reason])
}

/** Always as the server: the bridge aborts what it is asked. */
export function writeAbort(writer: Writer, invokeId: number, reason: AbortReason): void {
  writer
    .uint8((ABORT << 4) | 0x01)
    .uint8(invokeId)
    .uint8(abortReasons[reason])
}
