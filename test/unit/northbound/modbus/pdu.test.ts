import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeIdentification } from '../../../../src/northbound/modbus/wire/device-identification.ts'
import { exceptionCodes, exceptionPdu, ModbusException } from '../../../../src/northbound/modbus/wire/exception.ts'
import { decodeRequest, encodeBits, encodeWritten, registersPdu } from '../../../../src/northbound/modbus/wire/pdu.ts'
import { encodeRtu } from '../../../../src/northbound/modbus/wire/rtu.ts'
import { encodeServerId } from '../../../../src/northbound/modbus/wire/server-id.ts'
import { hex, toHex } from './support.ts'

interface Copied {
  /** Who else copied it from the standard (README.md beside the vectors). */
  readonly agrees: readonly string[]
}

interface Vectors {
  readonly exchanges: readonly (Copied & {
    readonly name: string
    readonly request: string
    readonly response?: string
  })[]
  readonly exception: Copied & { readonly request: string; readonly response: string }
  readonly serial: readonly (Copied & { readonly name: string; readonly frame: string })[]
  readonly identification: Copied & {
    readonly objects: readonly string[]
    readonly first: string
    readonly third: string
  }
}

const file = new URL('../../../vectors/modbus/application-protocol.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

function exchange(name: string): { request: Uint8Array; response: string } {
  const found = vectors.exchanges.find((each) => each.name.startsWith(name))
  if (found === undefined) throw new Error(`no vector ${name}`)
  return { request: hex(found.request), response: toHex(hex(found.response ?? '')) }
}

/** The exception code of a request, or what it means. */
function outcome(pdu: string | Uint8Array): number | object {
  try {
    return decodeRequest(typeof pdu === 'string' ? hex(pdu) : pdu)
  } catch (error) {
    if (!(error instanceof ModbusException)) throw error
    return error.code
  }
}

describe("The standard's examples", () => {
  it('are understood, one and all', () => {
    expect(vectors.exchanges.map(({ request }) => typeof outcome(request))).toEqual(
      vectors.exchanges.map(() => 'object'),
    )
  })

  it('are named with others who copied them from the standard', () => {
    const named = [...vectors.exchanges, vectors.exception, vectors.identification, ...vectors.serial]
    const readme = readFileSync(new URL('README.md', file), 'utf8')
    for (const { agrees } of named) {
      expect(agrees.length).toBeGreaterThan(0)
      for (const name of agrees) expect(readme).toContain(`| \`${name}\` `)
    }
  })

  it('have on a serial line the CRC that others computed', () => {
    for (const { frame } of vectors.serial) {
      const bytes = hex(frame)
      expect(toHex(encodeRtu(bytes[0] ?? 0, bytes.subarray(1, -2)))).toBe(toHex(bytes))
    }
  })

  it('Read Coils', () => {
    const { request, response } = exchange('Read Coils')
    expect(decodeRequest(request)).toEqual({ kind: 'read-bits', function: 1, address: 0x13, quantity: 0x13 })
    const on = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    expect(toHex(encodeBits(1, Uint8Array.from(on)))).toBe(response)
  })

  it('Read Discrete Inputs', () => {
    const { request, response } = exchange('Read Discrete Inputs')
    expect(decodeRequest(request)).toEqual({ kind: 'read-bits', function: 2, address: 0xc4, quantity: 0x16 })
    const on = [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    expect(toHex(encodeBits(2, Uint8Array.from(on)))).toBe(response)
  })

  it('Read Holding Registers', () => {
    const { request, response } = exchange('Read Holding Registers')
    expect(decodeRequest(request)).toEqual({ kind: 'read-registers', function: 3, address: 0x6b, quantity: 3 })
    const pdu = registersPdu(3, 3)
    pdu.set(hex('022B 0000 0064'), 2)
    expect(toHex(pdu)).toBe(response)
  })

  it('Write Coil and Write Register are echoed', () => {
    const coil = exchange('Write Coil')
    expect(decodeRequest(coil.request)).toEqual({ kind: 'write-bits', function: 5, address: 0xac, bits: [true] })
    expect(toHex(encodeWritten(coil.request))).toBe(coil.response)
    const register = exchange('Write Register 2')
    expect(decodeRequest(register.request)).toMatchObject({ function: 6, address: 1, quantity: 1, data: hex('0003') })
    expect(toHex(encodeWritten(register.request))).toBe(register.response)
  })

  it('Write Coils', () => {
    const { request, response } = exchange('Write Coils')
    const bits = [true, false, true, true, false, false, true, true, true, false]
    expect(decodeRequest(request)).toEqual({ kind: 'write-bits', function: 15, address: 0x13, bits })
    expect(toHex(encodeWritten(request))).toBe(response)
  })

  it('Write Registers', () => {
    const { request, response } = exchange('Write Registers')
    expect(decodeRequest(request)).toMatchObject({ function: 16, address: 1, quantity: 2, data: hex('000A 0102') })
    expect(toHex(encodeWritten(request))).toBe(response)
  })

  it('Read/Write Multiple Registers', () => {
    const { request, response } = exchange('Read/Write')
    expect(decodeRequest(request)).toMatchObject({
      kind: 'read-write-registers',
      address: 3,
      quantity: 6,
      write: { address: 14, quantity: 3, data: hex('00FF 00FF 00FF') },
    })
    const pdu = registersPdu(23, 6)
    pdu.set(hex('00FE 0ACD 0001 0003 000D 00FF'), 2)
    expect(toHex(pdu)).toBe(response)
  })

  it('Mask Write Register is echoed whole', () => {
    const { request, response } = exchange('Mask Write')
    expect(decodeRequest(request)).toEqual({ kind: 'mask-write', function: 22, address: 4, and: 0xf2, or: 0x25 })
    expect(toHex(encodeWritten(request))).toBe(response)
  })

  it('the exception response', () => {
    expect(toHex(exceptionPdu(hex(vectors.exception.request)[0] ?? 0, 2))).toBe(toHex(hex(vectors.exception.response)))
  })

  it('Read Device Identification', () => {
    const { request } = exchange('Read Device Identification')
    expect(decodeRequest(request)).toMatchObject({ access: 1, objectId: 0 })
    const [vendorName = '', productCode = '', majorMinorRevision = ''] = vectors.identification.objects
    const rest = { vendorUrl: '', productName: '', modelName: '', userApplicationName: '' }
    const pdu = toHex(encodeIdentification(1, 0, { vendorName, productCode, majorMinorRevision, ...rest }))
    // Ours gives single objects as well, so its conformity level is 82.
    expect(pdu.startsWith('2b0e0182000003')).toBe(true)
    expect(pdu.slice(14).startsWith(toHex(hex(vectors.identification.first)))).toBe(true)
    expect(pdu.endsWith(toHex(hex(vectors.identification.third)))).toBe(true)
  })
})

describe('Report Server ID', () => {
  const identification = {
    vendorName: 'ACME',
    productCode: 'M1',
    majorMinorRevision: '4.2',
    vendorUrl: '',
    productName: '',
    modelName: '',
    userApplicationName: '',
  }

  it('is one byte of function, and any more are exception 3', () => {
    expect(outcome('11')).toEqual({ kind: 'report-server-id', function: 17 })
    expect(outcome('11 00')).toBe(3)
  })

  it('answers Server ID, run indicator, and who it is', () => {
    expect(toHex(encodeServerId('charger', true, identification))).toBe(
      `110d02ff${Buffer.from('ACME;M1;4.2').toString('hex')}`,
    )
    expect(toHex(encodeServerId('bridge', false, identification)).slice(0, 8)).toBe('110d0100')
  })

  it('stays within 253 bytes, and cuts no character in two', () => {
    const long = encodeServerId('charger', true, { ...identification, vendorName: 'é'.repeat(200) })
    expect(long.length).toBe(252)
    expect(long[1]).toBe(long.length - 2)
    expect(Buffer.from(long.subarray(4)).toString('utf8')).toBe('é'.repeat(124))
  })
})

describe('Mask Write Register', () => {
  it('of any other length is exception 3', () => {
    for (const pdu of ['16', '16 0004', '16 0004 00F2 00', '16 0004 00F2 0025 00']) expect(outcome(pdu)).toBe(3)
  })
})

describe('Quantities', () => {
  const u16 = (value: number) => value.toString(16).padStart(4, '0')
  const zeros = (count: number) => '00'.repeat(count)

  it.each([
    ['01', 2000],
    ['02', 2000],
    ['03', 125],
    ['04', 125],
  ])('function %s reads 1 to %i', (code, most) => {
    expect(outcome(`${code} 0000 ${u16(1)}`)).toMatchObject({ quantity: 1 })
    expect(outcome(`${code} 0000 ${u16(most)}`)).toMatchObject({ quantity: most })
    for (const quantity of [0, most + 1, 0xffff]) expect(outcome(`${code} 0000 ${u16(quantity)}`)).toBe(3)
  })

  it('function 15 writes 1 to 1968 coils', () => {
    expect(outcome(`0f 0000 ${u16(1968)} f6 ${zeros(246)}`)).toMatchObject({ kind: 'write-bits' })
    expect(outcome(`0f 0000 ${u16(1969)} f7 ${zeros(247)}`)).toBe(3)
    expect(outcome('0f 0000 0000 00')).toBe(3)
  })

  it('function 16 writes 1 to 123 registers', () => {
    expect(outcome(`10 0000 ${u16(123)} f6 ${zeros(246)}`)).toMatchObject({ quantity: 123 })
    expect(outcome(`10 0000 ${u16(124)} f8 ${zeros(248)}`)).toBe(3)
    expect(outcome('10 0000 0000 00')).toBe(3)
  })

  it('function 23 reads 1 to 125 and writes 1 to 121 registers', () => {
    const request = (read: number, write: number) =>
      `17 0000 ${u16(read)} 0000 ${u16(write)} ${((2 * write) & 0xff).toString(16).padStart(2, '0')} ${zeros(2 * write)}`
    expect(outcome(request(125, 121))).toMatchObject({ quantity: 125, write: { quantity: 121 } })
    for (const [read, write] of [
      [0, 1],
      [126, 1],
      [1, 0],
      [1, 122],
    ] as const)
      expect(outcome(request(read, write))).toBe(3)
  })
})

describe('Broken requests', () => {
  it.each([
    ['read with a byte too many', '03 0000 0001 00'],
    ['read with a byte too few', '03 0000 00'],
    ['function code alone', '03'],
    ['coil value 1234', '05 0000 1234'],
    ['coil value 0001', '05 0000 0001'],
    ['coil value FFFF', '05 0000 ffff'],
    ['single write that is too long', '06 0000 0001 00'],
    ['FC15 whose byte count is too small', '0f 0000 000a 01 cd'],
    ['FC15 whose data is cut short', '0f 0000 000a 02 cd'],
    ['FC16 with quantity 2 and byte count 2', '10 0000 0002 02 0000 0000'],
    ['FC16 with an odd byte count', '10 0000 0002 03 000000'],
    ['FC16 that is cut short', '10 0000 0002 04 0000 00'],
    ['FC16 with a byte too many', '10 0000 0001 02 0000 00'],
    ['FC23 that is cut short', '17 0000 0001 0000 0001 02 00'],
    ['FC23 whose byte count lies', '17 0000 0001 0000 0001 04 0000'],
    ['FC43 that is cut short', '2b 0e 01'],
    ['FC43 without a MEI type', '2b'],
    ['FC43 with Read Device ID code 0', '2b 0e 00 00'],
    ['FC43 with Read Device ID code 5', '2b 0e 05 00'],
  ])('%s: exception 3', (_what, pdu) => {
    expect(outcome(pdu)).toBe(exceptionCodes.illegalDataValue)
  })

  it('functions that are not served: exception 1, whatever follows', () => {
    const served = new Set([1, 2, 3, 4, 5, 6, 15, 16, 17, 22, 23, 43])
    for (let code = 0; code < 256; code += 1) {
      if (!served.has(code)) expect(outcome(Uint8Array.of(code, 0, 0, 0, 1))).toBe(exceptionCodes.illegalFunction)
    }
  })

  it('another encapsulated interface than 14: exception 1', () => {
    expect(outcome('2b 0d 00 00')).toBe(exceptionCodes.illegalFunction)
    expect(outcome('2b 0f')).toBe(exceptionCodes.illegalFunction)
  })

  it('the exception to function 0x83 keeps its high bit', () => {
    expect(toHex(exceptionPdu(0x83, 1))).toBe('8301')
  })
})

describe('Read Device Identification', () => {
  const identification = {
    vendorName: 'ACME',
    productCode: 'M1',
    majorMinorRevision: '4.2',
    vendorUrl: '',
    productName: 'bridge',
    modelName: 'M1',
    userApplicationName: 'Tower.P1',
  }

  /** Object ids of a page, and where the next begins. */
  function page(pdu: Uint8Array): { ids: number[]; more: boolean; next: number } {
    const ids: number[] = []
    let at = 7
    for (let n = 0; n < (pdu[6] ?? 0); n += 1) {
      ids.push(pdu[at] ?? -1)
      at += 2 + (pdu[at + 1] ?? 0)
    }
    expect(at).toBe(pdu.length)
    return { ids, more: pdu[4] === 0xff, next: pdu[5] ?? 0 }
  }

  it('streams the basic objects with code 1 and all with 2 and 3', () => {
    expect(page(encodeIdentification(1, 0, identification)).ids).toEqual([0, 1, 2])
    expect(page(encodeIdentification(2, 0, identification)).ids).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(page(encodeIdentification(3, 0, identification)).ids).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('begins a stream where it is told, and at the first where that is unknown', () => {
    expect(page(encodeIdentification(2, 4, identification)).ids).toEqual([4, 5, 6])
    expect(page(encodeIdentification(2, 0x80, identification)).ids[0]).toBe(0)
    expect(page(encodeIdentification(1, 3, identification)).ids).toEqual([0, 1, 2])
  })

  it('gives a single object with code 4, and exception 2 for one that is not there', () => {
    expect(toHex(encodeIdentification(4, 2, identification))).toBe('2b0e048200000102 03342e32'.replaceAll(' ', ''))
    expect(() => encodeIdentification(4, 7, identification)).toThrow(
      expect.objectContaining({ code: exceptionCodes.illegalDataAddress }) as Error,
    )
  })

  it('continues what does not fit 253 bytes', () => {
    const long = {
      ...identification,
      vendorName: 'v'.repeat(200),
      productName: 'p'.repeat(200),
      modelName: 'm'.repeat(500),
    }
    const ids: number[] = []
    let from = 0
    for (let pages = 0; pages < 10; pages += 1) {
      const pdu = encodeIdentification(2, from, long)
      expect(pdu.length).toBeLessThanOrEqual(253)
      const { ids: own, more, next } = page(pdu)
      ids.push(...own)
      if (!more) break
      from = next
    }
    expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})
