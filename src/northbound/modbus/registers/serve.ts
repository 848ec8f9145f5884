import { NotKept } from '../../../core/not-kept.ts'
import type { ModbusDownlink } from '../downlink.ts'
import type { Peer } from '../peer.ts'
import { encodeIdentification, type Identification } from '../wire/device-identification.ts'
import { exceptionCodes, exceptionPdu, ModbusException } from '../wire/exception.ts'
import { decodeRequest, encodeWritten, type Request } from '../wire/pdu.ts'
import { encodeServerId, type ServerKind } from '../wire/server-id.ts'
import type { Unit } from './unit.ts'

/** A unit and what it says of itself. */
export interface Served {
  readonly unit: Unit
  readonly kind: ServerKind
  readonly identification: () => Identification
  /** A charger that is online; the bridge itself always is. */
  readonly running: () => boolean
}

/** Answers one request; every error becomes its exception here and nowhere else. */
export function serve(served: Served | undefined, pdu: Uint8Array, downlink: ModbusDownlink, peer: Peer): Uint8Array {
  try {
    const request = decodeRequest(pdu)
    if (served === undefined) throw new ModbusException(exceptionCodes.gatewayPathUnavailable, 'no such unit')
    return answer(served, request, pdu, downlink, peer)
  } catch (error) {
    if (error instanceof ModbusException) return exceptionPdu(pdu[0] ?? 0, error.code)
    if (error instanceof NotKept) return exceptionPdu(pdu[0] ?? 0, exceptionCodes.serverDeviceFailure)
    throw error
  }
}

function answer(
  { unit, kind, identification, running }: Served,
  request: Request,
  pdu: Uint8Array,
  downlink: ModbusDownlink,
  peer: Peer,
): Uint8Array {
  switch (request.kind) {
    case 'read-bits':
      return unit.readBits(request.function, request.address, request.quantity)
    case 'read-registers':
      return unit.readRegisters(request.function, request.address, request.quantity)
    case 'write-bits':
      downlink.authorize(peer)
      downlink.write(unit.understandBits(request.address, request.bits), peer)
      return encodeWritten(pdu)
    case 'write-registers':
      downlink.authorize(peer)
      downlink.write(unit.understandRegisters(request), peer)
      return encodeWritten(pdu)
    case 'mask-write':
      downlink.authorize(peer)
      downlink.write(unit.understandMask(request.address, request.and, request.or), peer)
      return encodeWritten(pdu)
    case 'report-server-id':
      return encodeServerId(kind, running(), identification())
    case 'read-write-registers': {
      downlink.authorize(peer)
      const writes = unit.understandRegisters(request.write)
      // The read must be possible before anything is written.
      unit.readRegisters(request.function, request.address, request.quantity)
      downlink.write(writes, peer)
      return unit.readRegisters(request.function, request.address, request.quantity)
    }
    case 'read-device-identification':
      return encodeIdentification(request.access, request.objectId, identification())
  }
}
