import type { ModbusDownlink, Sender } from '../downlink.ts'
import { encodeIdentification, type Identification } from '../wire/device-identification.ts'
import { exceptionCodes, exceptionPdu, ModbusException } from '../wire/exception.ts'
import { decodeRequest, encodeWritten, type Request } from '../wire/pdu.ts'
import { encodeServerId, type ServerKind } from '../wire/server-id.ts'
import type { PointWrite } from './cell.ts'
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
export function serve(served: Served | undefined, pdu: Uint8Array, downlink: ModbusDownlink, from: Sender): Uint8Array {
  try {
    const request = decodeRequest(pdu)
    if (served === undefined) throw new ModbusException(exceptionCodes.gatewayPathUnavailable, 'no such unit')
    return answer(served, request, pdu, downlink, from)
  } catch (error) {
    if (error instanceof ModbusException) return exceptionPdu(pdu[0] ?? 0, error.code)
    throw error
  }
}

function answer(
  { unit, kind, charger, identification, running }: Served,
  request: Request,
  pdu: Uint8Array,
  downlink: ModbusDownlink,
  from: Sender,
): Uint8Array {
  const write = (
    table: 'registers' | 'bits',
    { address, quantity }: { readonly address: number; readonly quantity: number },
    understand: () => readonly PointWrite[],
  ) => downlink.write({ charger, address, points: () => unit.pointsIn(table, address, quantity), understand }, from)
  switch (request.kind) {
    case 'read-bits':
      return unit.readBits(request.function, request.address, request.quantity)
    case 'read-registers':
      return unit.readRegisters(request.function, request.address, request.quantity)
    case 'write-bits':
      write('bits', { address: request.address, quantity: request.bits.length }, () =>
        unit.understandBits(request.address, request.bits),
      )
      return encodeWritten(pdu)
    case 'write-registers':
      write('registers', request, () => unit.understandRegisters(request))
      return encodeWritten(pdu)
    case 'mask-write':
      write('registers', { address: request.address, quantity: 1 }, () =>
        unit.understandMask(request.address, request.and, request.or),
      )
      return encodeWritten(pdu)
    case 'report-server-id':
      return encodeServerId(kind, running(), identification())
    case 'read-write-registers': {
      const read = () => unit.readRegisters(request.function, request.address, request.quantity)
      write('registers', request.write, () => {
        const writes = unit.understandRegisters(request.write)
        // The read must be possible before anything is written.
        read()
        return writes
      })
      return read()
    }
    case 'read-device-identification':
      return encodeIdentification(request.access, request.objectId, identification())
  }
}
