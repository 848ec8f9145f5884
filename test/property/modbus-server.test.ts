import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runs } from '../support/runs.ts'
import { adu, RawClient, startBuilding } from '../unit/northbound/modbus/support.ts'

let building: Awaited<ReturnType<typeof startBuilding>>
let witness: RawClient

beforeAll(async () => {
  building = await startBuilding({ settings: { tcp: { listen: '127.0.0.1:0', maxConnections: 64 } } })
  building.bring()
  witness = await RawClient.open(building.port)
})

afterAll(async () => {
  await witness.close()
  await building.server.stop()
})

/** Another client is answered as if nothing had happened. */
async function alive(): Promise<void> {
  expect(await witness.ask(7, '04 0064 0001')).toMatch(/^0402/)
  expect(building.log.count('error', '')).toBe(0)
}

describe('Whatever comes on a connection', () => {
  it('it is answered or closed, and the others never notice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }), async (chunks) => {
        const client = await RawClient.open(building.port)
        for (const chunk of chunks) client.send(chunk)
        await alive()
        await client.close()
      }),
      { numRuns: runs(200) },
    )
  })

  it('every framed request has exactly one answer, in order, with its transaction and unit', async () => {
    const served = fc.constantFrom(1, 2, 3, 4, 5, 6, 15, 16, 17, 22, 23, 43)
    const pdu = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 253 }),
      fc.tuple(served, fc.uint8Array({ maxLength: 252 })).map(([code, rest]) => Uint8Array.of(code, ...rest)),
      // Well formed reads and writes around the blocks.
      fc
        .tuple(fc.constantFrom(1, 2, 3, 4, 6), fc.nat(400), fc.nat(130))
        .map(([code, address, last]) => Uint8Array.of(code, address >> 8, address & 255, last >> 8, last & 255)),
    )
    const request = fc.tuple(fc.nat(0xffff), fc.constantFrom(0, 7, 255, 9), pdu)
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (requests) => {
        const client = await RawClient.open(building.port)
        client.send(Buffer.concat(requests.map(([transaction, unit, body]) => adu(transaction, unit, body))))
        await client.gather(requests.length)
        expect(client.answers).toHaveLength(requests.length)
        requests.forEach(([transaction, unit, body], n) => {
          const answer = client.answers[n]
          expect(answer).toMatchObject({ transaction, unit })
          const code = Number.parseInt(answer?.pdu.slice(0, 2) ?? '', 16)
          expect(code & 0x7f).toBe((body[0] ?? 0) & 0x7f)
          if (code > 0x7f) expect(['01', '02', '03', '06', '0a', '0b']).toContain(answer?.pdu.slice(2))
        })
        await client.close()
      }),
      { numRuns: runs(200) },
    )
    await alive()
  })
})
