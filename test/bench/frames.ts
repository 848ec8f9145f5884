import { NETWORK } from './bridge.ts'

/** An NPDU to a virtual device (6.2: DNET, three octets of DADR, hop count) with a confirmed request. */
export function routed(instance: number, apdu: readonly number[]): Uint8Array {
  const npdu = [
    0x01,
    0x24,
    NETWORK >> 8,
    NETWORK & 0xff,
    3,
    instance >> 16,
    (instance >> 8) & 0xff,
    instance & 0xff,
    0xff,
  ]
  const length = 4 + npdu.length + apdu.length
  return Uint8Array.from([0x81, 0x0a, length >> 8, length & 0xff, ...npdu, ...apdu])
}

export const ANALOG_INPUT = 0
export const ANALOG_OUTPUT = 1
export const PRESENT_VALUE = 85
export const STATUS_FLAGS = 111

export function objectId(type: number, instance: number): readonly number[] {
  const value = type * 2 ** 22 + instance
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
