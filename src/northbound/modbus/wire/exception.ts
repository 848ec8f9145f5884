/** Exception codes (Modbus Application Protocol V1.1b3, 7). 4 is for what the disk doesn't take, and for our own bugs. */
export const exceptionCodes = {
  illegalFunction: 0x01,
  illegalDataAddress: 0x02,
  illegalDataValue: 0x03,
  serverDeviceFailure: 0x04,
  serverDeviceBusy: 0x06,
  gatewayPathUnavailable: 0x0a,
  gatewayTargetFailed: 0x0b,
} as const

export type ExceptionCode = (typeof exceptionCodes)[keyof typeof exceptionCodes]

/** A request that gets an exception response. */
export class ModbusException extends Error {
  override readonly name = 'ModbusException'
  readonly code: ExceptionCode

  constructor(code: ExceptionCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The exception response to a function. */
export function exceptionPdu(functionCode: number, code: ExceptionCode): Uint8Array {
  return Uint8Array.of(functionCode | 0x80, code)
}
