import type { Downlink, Refusal, Writer } from '../../core/ports.ts'
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

/** From a client's write to core: all of a request or nothing. */
export class ModbusDownlink {
  readonly #parts: ModbusDownlinkParts

  constructor(parts: ModbusDownlinkParts) {
    this.#parts = parts
  }

  /** Throws ModbusException before anything is applied. */
  write(writes: readonly PointWrite[], peer: Peer): void {
    const { downlink, priority } = this.#parts
    const writer: Writer = { source: 'Modbus', client: `modbus:${peer.name}` }
    for (const { point, value } of writes) {
      const refusal = downlink.check(point, value, writer, priority)
      // Refused in earnest, so that the command's state tells it.
      if (refusal === 'offline') downlink.write(point, value, writer, priority)
      refuse(refusal)
    }
    for (const { point, value } of writes) refuse(downlink.write(point, value, writer, priority))
  }

  /** Throws where this peer may not write at all. */
  authorize(peer: Peer): void {
    const why = this.#objection(peer)
    if (why === undefined) return
    const { log, throttle } = this.#parts
    if (throttle.pass(`${peer.name}: ${why}`) !== undefined)
      log.warn({ from: peer.name }, `write from ${peer.name} refused: ${why}`)
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
