import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { runs } from '../support/runs.ts'
import { compact, type Row, Scene } from '../unit/northbound/modbus/support.ts'

const scene = new Scene()
afterEach(() => scene.close())

const u16 = (value: number) => (value & 0xffff).toString(16).padStart(4, '0')
/** Charger number 7 in blocks of 300. */
const BLOCK = 2100
const BLOCKS = 240

describe('Two layouts of one charger', () => {
  const address = fc.integer({ min: 90, max: 240 })
  const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 2, 160, 320, 0xffff))
  const request = fc.oneof(
    fc.tuple(address, word).map(([at, value]) => ({ at, pdu: (base: number) => `06 ${u16(base + at)} ${u16(value)}` })),
    fc.tuple(address, fc.array(word, { minLength: 1, maxLength: 4 })).map(([at, words]) => ({
      at,
      pdu: (base: number) =>
        `10 ${u16(base + at)} ${u16(words.length)} ${(2 * words.length).toString(16).padStart(2, '0')} ${words.map(u16).join(' ')}`,
    })),
    fc.tuple(address, word, word).map(([at, and, or]) => ({
      at,
      pdu: (base: number) => `16 ${u16(base + at)} ${u16(and)} ${u16(or)}`,
    })),
    fc.tuple(address, fc.boolean()).map(([at, on]) => ({
      at,
      pdu: (base: number) => `05 ${u16(base + at)} ${on ? 'FF00' : '0000'}`,
    })),
  )

  it('answer alike, and show the same, whatever is written at either', async () => {
    const { building, client } = await scene.open({ settings: { layout: 'both' } })
    building.bring()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), request), { maxLength: 12 }), async (steps) => {
        for (const [inBlock, { pdu }] of steps) {
          const answer = await client.ask(inBlock ? BLOCKS : 7, pdu(inBlock ? BLOCK : 0))
          expect(answer.length).toBeGreaterThanOrEqual(4)
          for (const [from, quantity] of [
            [0, 125],
            [125, 125],
            [250, 50],
          ] as const) {
            const own = await client.ask(7, `03 ${u16(from)} ${u16(quantity)}`)
            expect(await client.ask(BLOCKS, `03 ${u16(BLOCK + from)} ${u16(quantity)}`)).toBe(own)
          }
          const bits = await client.ask(7, '01 0000 012C')
          expect(await client.ask(BLOCKS, `01 ${u16(BLOCK)} 012C`)).toBe(bits)
        }
      }),
      { numRuns: runs(40) },
    )
    expect(building.log.count('error', '')).toBe(0)
  })
})

describe('Mask Write Register', () => {
  const level: Row = { point: 'smartCharging.stackLevel', modbus: { table: 'holding', address: 0, type: 'int16' } }

  it('makes of any register what the standard says, or changes nothing', async () => {
    const { building, ask } = await scene.open({ chargerRows: [level] })
    building.bring()
    const current = async () => Number.parseInt((await ask('03 0000 0001')).slice(4), 16)
    let taken = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffff), fc.nat(0xffff), async (and, or) => {
        const before = await current()
        const answer = await ask(`16 0000 ${u16(and)} ${u16(or)}`)
        const wanted = (before & and) | (or & ~and & 0xffff)
        const done = answer === compact(`16 0000 ${u16(and)} ${u16(or)}`)
        if (done) taken += 1
        else expect(answer).toBe('9603')
        expect(await current()).toBe(done ? wanted : before)
      }),
      { numRuns: runs(300) },
    )
    expect(taken).toBeGreaterThan(20)
  })
})

describe('Bits that share a register', () => {
  const rows: readonly Row[] = [
    { point: 'smartCharging.enable', modbus: { table: 'holding', address: 0, bit: 0 } },
    { point: 'smartCharging.kind', modbus: { table: 'holding', address: 0, bit: 3, bits: 3 } },
    { point: 'smartCharging.purpose', modbus: { table: 'holding', address: 0, bit: 9, bits: 3 } },
    { point: 'charging', modbus: { table: 'input', address: 0, bit: 15 } },
  ]
  const WRITABLE = 0b0000_1110_0011_1001

  it('never move by a mask that does not name them', async () => {
    const { building, ask } = await scene.open({ chargerRows: [], connectorRows: rows })
    const current = async () => Number.parseInt((await ask('03 0064 0001')).slice(4), 16)
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffff), fc.nat(0xffff), async (and, or) => {
        const before = await current()
        const answer = await ask(`16 0064 ${u16(and)} ${u16(or)}`)
        const after = await current()
        if (answer === '9603') expect(after).toBe(before)
        else {
          expect(answer).toBe(compact(`16 0064 ${u16(and)} ${u16(or)}`))
          expect(~and & 0xffff & ~WRITABLE).toBe(0)
          expect(after).toBe((before & and) | (or & ~and & 0xffff))
        }
      }),
      { numRuns: runs(400) },
    )
    expect(building.log.count('error', '')).toBe(0)
  })
})
