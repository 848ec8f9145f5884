import { readXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { exportPoints } from '../../../../src/mapping/export.ts'
import { formatPoints, listPoints } from '../../../../src/mapping/list.ts'
import { mbpollLine } from '../../../../src/northbound/modbus/export/mbpoll.ts'
import type { Place } from '../../../../src/northbound/modbus/export/place.ts'
import { header, site } from '../../mapping/site.ts'

const tcp = { listen: { host: '127.0.0.1', port: 5020 } }
const register: Place = {
  unit: 7,
  table: 'holding',
  address: 110,
  type: 'uint16',
  words: 1,
  wordOrder: 'ABCD',
  scale: 1,
}

describe('a line of mbpoll', () => {
  it.each([
    ['uint16', 1, 'ABCD', '-t 4 -0 -r 110 -c 1'],
    ['int16', 1, 'DCBA', '-t 4 -0 -r 110 -c 1'],
    ['uint32', 2, 'ABCD', '-t 4:int -B -0 -r 110 -c 1'],
    ['int32', 2, 'CDAB', '-t 4:int -0 -r 110 -c 1'],
    ['float32', 2, 'ABCD', '-t 4:float -B -0 -r 110 -c 1'],
    ['float32', 2, 'CDAB', '-t 4:float -0 -r 110 -c 1'],
    ['float32', 2, 'BADC', '-t 4:hex -0 -r 110 -c 2'],
    ['uint32', 2, 'DCBA', '-t 4:hex -0 -r 110 -c 2'],
    ['uint64', 4, 'ABCD', '-t 4:hex -0 -r 110 -c 4'],
    ['float64', 4, 'CDAB', '-t 4:hex -0 -r 110 -c 4'],
    ['string', 50, 'ABCD', '-t 4:hex -0 -r 110 -c 50'],
    ['bits', 1, 'ABCD', '-t 4 -0 -r 110 -c 1'],
  ] as const)('of a %s of %i registers in order %s has the flags %s', (type, words, wordOrder, flags) => {
    expect(mbpollLine({ tcp }, { ...register, type, words, wordOrder })).toBe(
      `mbpoll -m tcp -p 5020 -a 7 ${flags} -1 127.0.0.1`,
    )
  })

  it.each([
    ['coil', 0],
    ['discrete', 1],
    ['input', 3],
  ] as const)('reads a %s as type %i', (table, number) => {
    const type = table === 'input' ? 'uint16' : 'bit'
    expect(mbpollLine({ tcp }, { ...register, table, type })).toContain(` -t ${number} -0 `)
  })

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['192.0.2.7', '192.0.2.7'],
  ])('of a bridge that listens on %s goes to %s', (host, reached) => {
    expect(
      mbpollLine({ tcp: { listen: { host, port: 502 } } }, register)
        ?.split(' ')
        .at(-1),
    ).toBe(reached)
  })

  it('is that of the serial line where there is no other, on which the bridge has a unit of its own', () => {
    const rtu = { port: '/dev/ttyUSB0', baudRate: 19_200, parity: 'even', stopBits: 1, unit: 247 }
    expect(mbpollLine({ rtu }, register)).toBe(
      'mbpoll -m rtu -b 19200 -P even -s 1 -a 7 -t 4 -0 -r 110 -c 1 -1 /dev/ttyUSB0',
    )
    expect(mbpollLine({ rtu }, { ...register, unit: 0 })).toContain(' -a 247 ')
    expect(mbpollLine({ rtu: { ...rtu, port: "/dev/it's $HOME" } }, register)).toMatch(/ '\/dev\/it'\\''s \$HOME'$/)
    expect(mbpollLine({}, register)).toBeUndefined()
  })
})

const m = `mapping: m
charger:
  - { point: online, modbus: { table: discrete, address: 0 } }
  - { point: energy, unit: kWh, modbus: { table: input, address: 10100, type: uint32, scale: 0.001 } }
connector:
  - point: limit
    unit: A
    bacnet: { object: analog-output, instance: 1, name: Limit }
    modbus: { table: holding, address: 0, type: uint16, scale: 0.1 }
  - { point: transaction.active, bacnet: { object: binary-input, instance: 2, name: Active } }
  - { point: status, modbus: { table: input, address: 5 } }
  - { point: status, modbus: { table: input, address: 20, bit: 8, bits: 4 } }
  - { point: plugged, modbus: { table: input, address: 20, bit: 0 } }
  - { point: smartCharging.stackLevel, modbus: { table: holding, address: 8, type: int32 } }`

function drawn(name = 'Bay 01', others = '') {
  const { problems, listings, parts } = site(
    `site: Tower East\n${header}chargers:\n  - { id: CP-1, name: "${name}", mapping: m, electrical: { maxCurrent: 32 } }\n${others}`,
    {
      m,
      n: 'mapping: n\nconnector:\n  - { point: status, states: [a, b, c, d, e, f, g, h, i, j], modbus: { table: input, address: 5 } }',
    },
  )
  expect(problems.filter(({ warning }) => !warning)).toEqual([])
  return { listings, parts }
}

type Cell = string | number | boolean | Date | null | undefined

async function sheets(own: ReturnType<typeof drawn>) {
  const context = { site: 'Tower East', version: '1.2.3', at: 0 }
  const made = await exportPoints('xlsx', own.listings, own.parts, context)
  expect([...made.keys()]).toEqual(['registers.xlsx'])
  const book = await readXlsx(made.get('registers.xlsx') as Uint8Array)
  const table = (name: string) => {
    const found = book.sheets.find((sheet) => sheet.name === name)
    const [titles = [], ...rows] = (found?.rows ?? []) as readonly (readonly Cell[])[]
    return rows.map((cells) => Object.fromEntries(titles.map((title, n) => [String(title), cells[n] ?? ''])))
  }
  return { book, registers: table('Registers'), texts: table('Enum texts') }
}

describe('points --format xlsx', () => {
  it('says what stands in bits while nothing is known: all ones, and of a flag nothing', async () => {
    const { registers } = await sheets(drawn())
    const bits = registers.filter((row) => row.Type === 'bits' && row['Address (hex)'] === '0x0078')
    expect(bits.map((row) => [row.Point, row['Not available']])).toEqual([
      ['status', '0xF'],
      ['plugged', ''],
    ])
  })

  it('has a row for each register with all that a client has to know', async () => {
    const { registers } = await sheets(drawn())
    expect(registers.find((row) => row.Point === 'limit')).toEqual({
      Unit: 1,
      Table: 'holding',
      'Address (on the wire, from 0)': 100,
      'Address (hex)': '0x0064',
      'Register (40001)': '40101',
      'Register (400001)': '400101',
      Words: 1,
      Type: 'uint16',
      Bits: '',
      'Word order': '',
      'Scale (value = raw × scale)': 0.1,
      'Unit of measure': 'A',
      Values: '',
      'Texts (see Enum texts)': '',
      Range: '0..32',
      'Not available': '0xFFFF',
      Access: 'RW',
      'Read by function': '3, 4',
      'Written by function': '6, 16, 22, 23',
      Charger: 'Bay 01',
      Identifier: 'CP-1',
      Connector: 1,
      Point: 'limit',
      Description: expect.stringContaining('Charging limit'),
      mbpoll: 'mbpoll -m tcp -p 502 -a 1 -t 4 -0 -r 100 -c 1 -1 127.0.0.1',
    })
    expect(registers.find((row) => row.Point === 'online')).toMatchObject({
      'Register (40001)': '10001',
      'Register (400001)': '100001',
      'Read by function': '1, 2',
      'Written by function': '',
      Values: '0=false; 1=true',
      Access: 'R',
    })
    // Beyond what five digits reach; a value of two registers is no matter of function 6.
    expect(registers.find((row) => row.Point === 'energy')).toMatchObject({
      'Address (hex)': '0x2774',
      'Register (40001)': '',
      'Register (400001)': '310101',
      Range: '0..4294967.294',
      'Not available': '0xFFFFFFFF',
    })
    expect(registers.find((row) => row.Point === 'smartCharging.stackLevel')).toMatchObject({
      'Written by function': '16, 23',
      'Word order': 'ABCD',
    })
    expect(registers.some((row) => row.Point === 'transaction.active')).toBe(false)
    expect(registers.find((row) => row.Point === 'totalPower')).toMatchObject({ Charger: '', Unit: 0 })
  })

  it('has the texts of states in a sheet of their own, each list once, apart where mappings differ', async () => {
    const others = `  - { id: CP-2, mapping: n, connectors: 2, electrical: { maxCurrent: 32 } }\n`
    const { registers, texts } = await sheets(drawn('Bay 01', others))
    const lists = registers
      .filter((row) => row.Point === 'status' && row.Type !== 'bits')
      .map((row) => row['Texts (see Enum texts)'])
    expect(lists).toEqual(['status', 'status (2)', 'status (2)'])
    expect(texts.filter((row) => row.Texts === 'status').slice(0, 2)).toEqual([
      { Texts: 'status', Number: 0, Text: 'Available' },
      { Texts: 'status', Number: 1, Text: 'Preparing' },
    ])
    expect(texts.filter((row) => row.Texts === 'status (2)')).toHaveLength(10)
  })

  it('has a row for each of two places', async () => {
    const { problems, listings, parts } = site(
      'modbus: { layout: both, readOnly: true }\nchargers: [{ id: CP-1, mapping: m, electrical: { maxCurrent: 32 } }]',
      { m },
    )
    expect(problems.filter(({ warning }) => !warning)).toEqual([])
    const { registers } = await sheets({ listings, parts })
    const found = registers.filter((row) => row.Point === 'limit')
    expect(found.map((row) => [row.Unit, row['Address (on the wire, from 0)'], row.Access])).toEqual([
      [1, 100, 'R'],
      [240, 400, 'R'],
    ])
    expect(String(found[1]?.mbpoll)).toContain(' -a 240 -t 4 -0 -r 400 ')
  })

  it('keeps its header in view, filters, and has wide columns', async () => {
    const { book } = await sheets(drawn())
    for (const sheet of book.sheets) {
      expect(sheet.freezePane?.rows).toBe(1)
      expect(sheet.autoFilter?.range).toMatch(/^A1:[A-Z]+\d+$/)
      expect(sheet.columns?.every(({ width = 0 }) => width >= 6)).toBe(true)
    }
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', "=cmd|' C calc'!A0"])('has a name like %j as a text', async (name) => {
    const written = JSON.stringify(name).slice(1, -1)
    const { book, registers } = await sheets(drawn(written))
    expect(registers.find((row) => row.Point === 'limit')?.Charger).toBe(name)
    for (const sheet of book.sheets)
      for (const cell of sheet.cells?.values() ?? []) expect(cell.formula).toBeUndefined()
  })
})

describe('points --format csv', () => {
  it('has the same of the registers, beside its own columns, which stay where they were', () => {
    const { listings, parts } = drawn()
    const plain = formatPoints(listPoints(listings, parts), 'csv').split('\n')[0]?.split(',') ?? []
    const [head = '', ...rows] = formatPoints(listPoints(listings, { ...parts, details: true }), 'csv').split('\n')
    const columns = head.split(',')
    expect(columns.slice(0, plain.length)).toEqual(plain)
    expect(columns.slice(plain.length)).toEqual([
      'modbus.addressHex',
      'modbus.reference5',
      'modbus.reference6',
      'modbus.access',
      'modbus.readFunctions',
      'modbus.writeFunctions',
      'modbus.values',
      'modbus.range',
      'modbus.notAvailable',
      'modbus.mbpoll',
      'chargerName',
      'description',
    ])
    const limit = rows.find((row) => row.includes(',limit,'))
    expect(limit).toContain('0x0064,40101,400101,RW,"3, 4","6, 16, 22, 23",,0..32,0xFFFF,mbpoll -m tcp -p 502 -a 1')
    expect(rows.find((row) => row.includes(',transaction.active,'))).toMatch(/,{18},Bay 01,A charging session runs$/)
  })
})
