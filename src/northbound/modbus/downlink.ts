import type { Point } from '../../core/points/point.ts'
import type { Downlink, Refusal, Writer, WriteTarget } from '../../core/ports.ts'
import type { Network } from '../../lib/cidr.ts'
import type { Log } from '../../lib/log.ts'
import type { Throttle } from '../../lib/throttle.ts'
import type { Peer } from './peer.ts'
import type { PointWrite } from './registers/cell.ts'
import { type ExceptionCode, exceptionCodes, ModbusException } from './wire/exception.ts'

/** What each refusal of core is on Modbus. */
const exceptions: Record<Refusal, ExceptionCode> = {
  'read-only': exceptionCodes.illegalDataAddress,
  'wrong-type': exceptionCodes.illegalDataValue,
  'out-of-range': exceptionCodes.illegalDataValue,
  'reserved-slot': exceptionCodes.illegalDataValue,
  offline: exceptionCodes.gatewayTargetFailed,
  'no-transaction': exceptionCodes.illegalDataValue,
  busy: exceptionCodes.serverDeviceBusy,
}

export interface ModbusDownlinkParts {
  readonly downlink: Downlink
  /** Who may write, as the config says now. */
  readonly rights: { readonly allowWrites: readonly Network[]; readonly readOnly: boolean }
  readonly priority: number
  readonly log: Log
  readonly throttle: Throttle
}

/** Who asks, and what came of them. */
export interface Sender {
  readonly peer: Peer
  /** The request as it came, in hexadecimal digits. */
  readonly frame: () => string
}

/** What is to be written, before anybody knows whether it means anything. */
export interface WriteRequest {
  /** Whose unit it is, where it is one charger's. */
  readonly charger: string | undefined
  readonly address: number
  /** Whose registers are concerned. */
  readonly points: () => readonly Point[]
  /** Throws ModbusException. */
  readonly understand: () => readonly PointWrite[]
}

/** From a client's write to core: all of a request or nothing. */
export class ModbusDownlink {
  readonly #parts: ModbusDownlinkParts

  constructor(parts: ModbusDownlinkParts) {
    this.#parts = parts
  }

  /** Throws ModbusException before anything is applied. */
  write(request: WriteRequest, { frame, peer }: Sender): void {
    const { downlink, priority } = this.#parts
    const writer: Writer = {
      source: 'Modbus',
      client: `modbus:${peer.name}`,
      frame: () => (request.points().some((point) => downlink.hides(point)) ? undefined : frame()),
    }
    this.#authorize(peer, request, writer)
    const writes = this.#understood(request, writer)
    for (const { point, value } of writes) {
      // Refused in earnest, so that the command's state and the history tell it.
      if (downlink.check(point, value, writer, priority) !== undefined)
        refuse(downlink.write(point, value, writer, priority))
    }
    for (const { point, value } of writes) refuse(downlink.write(point, value, writer, priority))
  }

  #understood(request: WriteRequest, writer: Writer): readonly PointWrite[] {
    try {
      return request.understand()
    } catch (error) {
      if (error instanceof ModbusException) {
        const what = placeOf(request)
        const kept = 'definition' in what && what.definition.write !== undefined && !what.writable
        const no = error.code === exceptionCodes.illegalDataValue ? 'out-of-range' : 'read-only'
        // What the mapping keeps from everybody is a matter of rights.
        this.#parts.downlink.noted(what, writer, { result: kept ? 'denied' : no })
      }
      throw error
    }
  }

  /** Throws where this peer may not write at all. */
  #authorize(peer: Peer, request: WriteRequest, writer: Writer): void {
    const why = this.#objection(peer)
    if (why === undefined) return
    const { downlink, log, priority, throttle } = this.#parts
    if (throttle.pass(`${peer.name}: ${why}`) !== undefined)
      log.warn({ from: peer.name }, `write from ${peer.name} refused: ${why}`)
    const result = 'denied'
    const meant = meaningOf(request)
    for (const { point, value } of meant) {
      const slot = point.definition.write?.kind === 'setpoint' ? priority : undefined
      downlink.noted(point, writer, { value, priority: slot, result })
    }
    if (meant.length === 0) downlink.noted(placeOf(request), writer, { result })
    throw new ModbusException(exceptionCodes.illegalFunction, `write from ${peer.name}`)
  }

  #objection(peer: Peer): string | undefined {
    if (this.#parts.rights.readOnly) return 'modbus.readOnly is true'
    switch (peer.kind) {
      case 'address':
        return this.#parts.rights.allowWrites.some((network) => network.contains(peer.name))
          ? undefined
          : 'it is in none of the networks of modbus.allowWrites'
      case 'role': {
        if (peer.mayWrite) return undefined
        const role =
          peer.role === undefined ? 'its certificate has no role' : `its role ${JSON.stringify(peer.role)} is none`
        return `${role} of modbus.tls.writeRoles`
      }
      case 'line':
        return peer.mayWrite ? undefined : 'modbus.rtu.writable is false'
    }
  }
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new ModbusException(exceptions[refusal], refusal)
}

function meaningOf({ understand }: WriteRequest): readonly PointWrite[] {
  try {
    return understand()
  } catch (error) {
    if (error instanceof ModbusException) return []
    throw error
  }
}

/** What nobody understood is known by where it was written to. */
function placeOf({ address, charger, points }: WriteRequest): Point | WriteTarget {
  const [point, ...more] = points()
  if (point !== undefined && more.length === 0) return point
  return { charger, connector: 0, point: `address ${address}` }
}
