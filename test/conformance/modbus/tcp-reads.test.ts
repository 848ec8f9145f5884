import { afterEach, describe, expect, it } from 'vitest'
import { type BuildingOptions, compact, hex, Scene } from '../../unit/northbound/modbus/support.ts'

const scene = new Scene()

afterEach(() => scene.close())

/** A charger of two connectors that charges at connector 1. */
async function open(options: BuildingOptions = {}) {
  const opened = await scene.open(options)
  const { building } = opened
  const link = building.bring()
  building.fleet.event(building.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
  building.fleet.event(building.charger, {
    kind: 'metered',
    connector: 1,
    reading: { stream: 'periodic', samples: [{ measurand: 'Energy.Active.Import.Register', value: 12_345 }] },
  })
  return { ...opened, link }
}

/** Enough bits and registers to ask for the most of each at once: 21 blocks of 100. */
const large = () => scene.open({ charger: { connectors: 20 } })

const word = (value: number) => value.toString(16).padStart(4, '0')

describe('Functions 1 to 4', () => {
  it.each([1, 2])(
    'T17 Functions 1 and 2, coils and discrete inputs: the same bits, the first in the lowest (function %i)',
    async (code) => {
      const { ask } = await open()
      expect(await ask(`0${code} 0064 0002`)).toBe(`0${code}0103`)
      expect(await ask(`0${code} 0063 000A`)).toBe(`0${code}026600`)
    },
  )

  it.each([3, 4])(
    'T18 Functions 3 and 4, holding and input registers: the same registers, high byte first (function %i)',
    async (code) => {
      const { ask } = await open()
      expect(await ask(`0${code} 0070 0002`)).toBe(`0${code}0400003039`)
    },
  )

  it.each([1, 2, 3, 4])('T19 Functions 1 to 4, quantity 0: exception 3 (function %i)', async (code) => {
    const { ask } = await open()
    expect(await ask(`0${code} 0064 0000`)).toBe(`8${code}03`)
    // Whether the address exists is not even looked at.
    expect(await ask(`0${code} 7000 0000`)).toBe(`8${code}03`)
  })

  it.each([1, 2])('T20 Functions 1 and 2, quantity 2000: 250 bytes (function %i)', async (code) => {
    const { ask } = await large()
    expect(await ask(`0${code} 0000 07D0`)).toMatch(new RegExp(`^0${code}fa[0-9a-f]{500}$`))
  })

  it.each([3, 4])('T21 Functions 3 and 4, quantity 125: 250 bytes (function %i)', async (code) => {
    const { ask } = await large()
    expect(await ask(`0${code} 0000 007D`)).toMatch(new RegExp(`^0${code}fa[0-9a-f]{500}$`))
  })

  it.each([1, 2, 3, 4])(
    'T22 Functions 1 to 4, one more than the most and far more: exception 3, never 4 (function %i)',
    async (code) => {
      const { ask } = await large()
      const sent = [126, 127, 128, 255, 256, 2001, 2040, 0x7fff, 0x8000, 0xffff].filter((n) => code > 2 || n > 2000)
      for (const quantity of sent) expect(await ask(`0${code} 0000 ${word(quantity)}`)).toBe(`8${code}03`)
      expect(await ask(`0${code} 0000 0001`)).toMatch(/^0/)
    },
  )

  it.each([1, 2, 3, 4])(
    'T23 Functions 1 to 4, an address that is not there: exception 2 (function %i)',
    async (code) => {
      const { ask } = await open()
      for (const address of ['012c', '7000', 'ffff']) expect(await ask(`0${code} ${address} 0001`)).toBe(`8${code}02`)
    },
  )

  it.each([1, 2, 3, 4])(
    'T24 Functions 1 to 4, past the end of the map or of all addresses: exception 2, nothing short or round (function %i)',
    async (code) => {
      const { ask } = await open()
      expect(await ask(`0${code} 012b 0001`)).toMatch(/^0/)
      expect(await ask(`0${code} 012b 0002`)).toBe(`8${code}02`)
      expect(await ask(`0${code} 0100 0064`)).toBe(`8${code}02`)
      expect(await ask(`0${code} FFFF 0002`)).toBe(`8${code}02`)
      expect(await ask(`0${code} FFF0 007D`)).toBe(`8${code}02`)
    },
  )

  it('T25 A gap inside a block: reads as 0, so that a block is one read; where gaps are strict, exception 2', async () => {
    const { ask } = await open()
    expect(await ask('03 0050 0003')).toBe(compact('03 06 0000 0000 0000'))
    expect(await ask('03 0000 0064')).toMatch(/^03c8[0-9a-f]{400}$/)
    const strict = await open({ options: { gaps: 'strict' } })
    expect(await strict.ask('03 0050 0003')).toBe('8302')
    expect(await strict.ask('03 0064 0002')).toBe('0304ffffffff')
  })

  it.each([1, 2, 3, 4])(
    'T26 Functions 1 to 4, cut short or a byte too long: exception 3 (function %i)',
    async (code) => {
      const { ask } = await open()
      const whole = `0${code}00640001`
      for (let length = 1; length < 5; length += 1) expect(await ask(whole.slice(0, 2 * length))).toBe(`8${code}03`)
      expect(await ask(`${whole}00`)).toBe(`8${code}03`)
      expect(await ask(whole + '00'.repeat(248))).toBe(`8${code}03`)
    },
  )
})

describe('Function 43 / 14', () => {
  it('T27 Function 43, basic and regular identification: streamed, with the charger’s own texts', async () => {
    const { ask } = await open()
    const basic = '00 04 41434d45 01 02 4d31 02 03 342e32'
    expect(await ask('2B 0E 01 00')).toBe(compact(`2B 0E 01 82 00 00 03 ${basic}`))
    const regular = hex(await ask('2B 0E 02 00'))
    expect([...regular.subarray(0, 7)]).toEqual([43, 14, 2, 0x82, 0, 0, 7])
    expect(Buffer.from(regular).toString('latin1')).toContain('Tower.Bay 01')
  })

  it('T28 Function 43, one object: given alone; one that is not there: exception 2', async () => {
    const { ask } = await open()
    expect(await ask('2B 0E 04 01')).toBe(compact('2B 0E 04 82 00 00 01 01 02 4d31'))
    expect(await ask('2B 0E 04 80')).toBe('ab02')
  })

  it('T29 Function 43, cut short, too long, access code 0 or 5: exception 3; another interface than 14: exception 1', async () => {
    const { ask } = await open()
    for (const pdu of ['2B', '2B 0E', '2B 0E 01', '2B 0E 01 00 00', '2B 0E 00 00', '2B 0E 05 00']) {
      expect(await ask(pdu)).toBe('ab03')
    }
    expect(await ask('2B 0D 01 00')).toBe('ab01')
  })
})

describe('Function 17', () => {
  it('T30 Function 17: kind, run indicator and who it is; with a byte too many exception 3', async () => {
    const { building, link, client, ask } = await open()
    const text = Buffer.from('ACME;M1;4.2').toString('hex')
    expect(await ask('11')).toBe(`110d02ff${text}`)
    expect(await client.ask(255, '11')).toMatch(/^11[0-9a-f]{2}01ff/)
    expect(await ask('11 00')).toBe('9103')
    building.fleet.disconnected(building.charger, link)
    expect(await ask('11')).toBe(`110d0200${text}`)
  })
})

describe('Functions and units that are not there', () => {
  it('T31 A function that is not served or from 128 on, of any length: exception 1, and the connection goes on', async () => {
    const { ask } = await open()
    for (const code of ['00', '07', '08', '0b', '0c', '14', '15', '18', '41', '64', '7f']) {
      const answer = `${(Number.parseInt(code, 16) | 0x80).toString(16)}01`
      expect(await ask(code)).toBe(answer)
      expect(await ask(`${code} 0000 0000`)).toBe(answer)
    }
    expect(await ask('83 0064 0001')).toBe('8301')
    expect(await ask('FF')).toBe('ff01')
    expect(await ask('03 0064 0001')).toBe('0302ffff')
  })

  it('T32 A unit that nobody has: exception 0x0A, not silence', async () => {
    const { client } = await open()
    for (const unit of [1, 6, 8, 247, 248, 254]) expect(await client.ask(unit, '03 0064 0001')).toBe('830a')
    expect(await client.ask(9, '10 0064 0001 02 00A0')).toBe('900a')
  })

  it('T33 Units 0 and 255: the bridge itself', async () => {
    const { client } = await open()
    for (const unit of [0, 255]) expect(await client.ask(unit, '03 0000 0001')).toBe('03020001')
  })
})

describe('A charger that is offline', () => {
  it('T34 Offline, the mapping says exception: 0x0B; hold and sentinel answer', async () => {
    for (const [onOffline, answer] of [
      ['exception', '830b'],
      ['hold', '030400003039'],
      ['sentinel', '0304ffffffff'],
    ] as const) {
      const { building, link, ask } = await open({ options: { onOffline } })
      expect(await ask('03 0070 0002')).toBe('030400003039')
      building.fleet.disconnected(building.charger, link)
      expect(await ask('03 0070 0002')).toBe(answer)
    }
  })
})
