import type { Downlink, Refusal, Writer } from '../../core/ports.ts'
import type { Network } from '../../lib/cidr.ts'
import type { Log } from '../../lib/log.ts'
import type { Throttle } from '../../lib/throttle.ts'
import type { PointWrite } from './registers/unit.ts'
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
  readonly rights: { readonly allowWrites: readonly Network[] }
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
  write(writes: readonly PointWrite[], address: string): void {
    const { downlink, priority } = this.#parts
    const writer: Writer = { source: 'Modbus', client: `modbus:${address}` }
    for (const { point, value } of writes) {
      const refusal = downlink.check(point, value, writer, priority)
      // Refused in earnest, so that the command's state tells it.
      if (refusal === 'offline') downlink.write(point, value, writer, priority)
      refuse(refusal)
    }
    for (const { point, value } of writes) refuse(downlink.write(point, value, writer, priority))
  }

  /** Throws where this address may not write at all. */
  authorize(address: string): void {
    const { log, rights, throttle } = this.#parts
    if (rights.allowWrites.some((network) => network.contains(address))) return
    if (throttle.pass(address) !== undefined)
      log.warn({ from: address }, `write from ${address} refused: it is in none of the networks of modbus.allowWrites`)
    throw new ModbusException(exceptionCodes.illegalFunction, `write from ${address}`)
  }
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new ModbusException(exceptions[refusal], refusal)
}
