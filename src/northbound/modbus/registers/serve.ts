import type { Keeping } from '../../../core/keep.ts'
import { NotKept } from '../../../core/not-kept.ts'
import type { Answer } from '../answer.ts'
import type { ModbusDownlink, Sender, WriteRequest } from '../downlink.ts'
import { encodeIdentification, type Identification } from '../wire/device-identification.ts'
import { exceptionCodes, exceptionPdu, ModbusException } from '../wire/exception.ts'
import { decodeRequest, encodeWritten, type Request } from '../wire/pdu.ts'
import { encodeServerId, type ServerKind } from '../wire/server-id.ts'
import type { Unit } from './unit.ts'

/** A unit and what it says of itself. */
export interface Served {
  readonly unit: Unit
  readonly kind: ServerKind
  /** Whose unit it is; absent where it is the bridge's, or that of several. */
  readonly charger?: string | undefined
  readonly identification: () => Identification
  /** A charger that is online; the bridge itself always is. */
  readonly running: () => boolean
}

/** Answers one request; every error becomes its exception here and nowhere else. */
export function serve(
  served: Served | undefined,
  pdu: Uint8Array,
  downlink: ModbusDownlink,
  from: Sender,
  keeping: Keeping,
): Answer {
  try {
    const request = decodeRequest(pdu)
    if (served === undefined) throw new ModbusException(exceptionCodes.gatewayPathUnavailable, 'no such unit')
    const answered = answer(served, request, pdu, downlink, from)
    // One that repeats a write promises what that one did.
    return isWriting(request) && keeping.kept < keeping.promised ? onceKept(answered, pdu, keeping) : answered
  } catch (error) {
    return exceptionOf(error, pdu)
  }
}

function onceKept(answered: Uint8Array, pdu: Uint8Array, keeping: Keeping): Answer {
  const code = pdu.slice(0, 1)
  return (send) => keeping.whenKept((failure) => send(failure === undefined ? answered : exceptionOf(failure, code)))
}

function exceptionOf(error: unknown, pdu: Uint8Array): Uint8Array {
  if (error instanceof ModbusException) return exceptionPdu(pdu[0] ?? 0, error.code)
  if (error instanceof NotKept) return exceptionPdu(pdu[0] ?? 0, exceptionCodes.serverDeviceFailure)
  throw error
}

function answer(served: Served, request: Request, pdu: Uint8Array, downlink: ModbusDownlink, from: Sender): Uint8Array {
  const { unit, kind, identification, running } = served
  switch (request.kind) {
    case 'read-bits':
      return unit.readBits(request.function, request.address, request.quantity)
    case 'read-registers':
      return unit.readRegisters(request.function, request.address, request.quantity)
    case 'write-bits':
    case 'write-registers':
    case 'mask-write':
      downlink.write(meant(served, request), from)
      return encodeWritten(pdu)
    case 'report-server-id':
      return encodeServerId(kind, running(), identification())
    case 'read-write-registers':
      downlink.write(meant(served, request), from)
      return unit.readRegisters(request.function, request.address, request.quantity)
    case 'read-device-identification':
      return encodeIdentification(request.access, request.objectId, identification())
  }
}

type Writing = Extract<
  Request,
  { readonly kind: 'write-bits' | 'write-registers' | 'mask-write' | 'read-write-registers' }
>

function isWriting(request: Request): request is Writing {
  return ['write-bits', 'write-registers', 'mask-write', 'read-write-registers'].includes(request.kind)
}

/** What a request writes, once somebody wants to understand it. */
function meant({ charger, unit }: Served, request: Writing): WriteRequest {
  const span = (table: 'registers' | 'bits', address: number, quantity: number) => ({
    charger,
    address,
    points: () => unit.pointsIn(table, address, quantity),
  })
  switch (request.kind) {
    case 'write-bits': {
      const { address, bits } = request
      return { ...span('bits', address, bits.length), understand: () => unit.understandBits(address, bits) }
    }
    case 'write-registers':
      return {
        ...span('registers', request.address, request.quantity),
        understand: () => unit.understandRegisters(request),
      }
    case 'mask-write': {
      const { address, and, or } = request
      return { ...span('registers', address, 1), understand: () => unit.understandMask(address, and, or) }
    }
    case 'read-write-registers':
      return {
        ...span('registers', request.write.address, request.write.quantity),
        understand() {
          const writes = unit.understandRegisters(request.write)
          // The read must be possible before anything is written.
          unit.readRegisters(request.function, request.address, request.quantity)
          return writes
        },
      }
  }
}
