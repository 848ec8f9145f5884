import { afterEach, describe, expect, it } from 'vitest'
import { join, rtu } from '../../../support/rtu.ts'
import { StreamClient } from '../../../support/stream-client.ts'
import { type Building, hex, startBuilding, toHex } from './support.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function open(rtuTcp: object = {}) {
  const settings = { tcp: undefined, rtuTcp: { listen: '127.0.0.1:0', ...rtuTcp } }
  const building = await startBuilding({ settings })
  cleanups.push(() => building.server.stop())
  building.bring()
  const client = await StreamClient.open(building.port)
  cleanups.push(() => client.close())
  return { building, client }
}

/** Lets each silence pass that the server waits for, until it answers. */
async function passSilences({ clock }: Building, client: StreamClient): Promise<void> {
  const before = clock.waiting
  while (client.waiting === 0) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (clock.waiting > before) clock.advance(200)
  }
}

const STATUS = rtu('07 04 0002 0001')

describe('RTU over TCP', () => {
  it('answers the units of chargers and, at 247, the bridge', async () => {
    const { client } = await open()
    client.send(STATUS)
    expect(await client.gather(7)).toMatch(/^070402/)
    client.send(rtu('f7 04 0000 0001'))
    expect(await client.gather(7)).toBe(toHex(rtu('f7 04 02 0001')))
  })

  it('gives the bridge another unit where it is wanted', async () => {
    const { client } = await open({ unit: 100 })
    client.send(join(rtu('f7 04 0000 0001'), rtu('64 04 0000 0001')))
    expect(await client.gather(7)).toBe(toHex(rtu('64 04 02 0001')))
  })

  it('keeps quiet for units that are nobody here, for broadcasts, and for 255', async () => {
    const { building, client } = await open()
    client.send(join(rtu('09 03 0000 0001'), rtu('00 06 0064 0000'), rtu('ff 03 0000 0001'), STATUS))
    expect(await client.gather(7)).toMatch(/^070402/)
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBeNull()
    expect(building.log.count('warn', 'not carried out')).toBe(1)
  })

  it('writes for whoever allowWrites names', async () => {
    const { building, client } = await open()
    client.send(rtu('07 06 0064 0064'))
    expect(await client.gather(8)).toBe(toHex(rtu('07 06 0064 0064')))
    expect(building.downlink.slots(building.find('limit', 1))?.[9]).toBe(10)
  })

  it('answers many requests of one segment in their order', async () => {
    const { client } = await open()
    client.send(
      join(...Array.from({ length: 100 }, (_, n) => rtu(n % 2 === 0 ? '07 03 0064 0001' : 'f7 04 0000 0001'))),
    )
    const answers = (await client.gather(700)).match(/.{14}/g) ?? []
    expect(new Set(answers.filter((_, n) => n % 2 === 0)).size).toBe(1)
    expect(answers).toHaveLength(100)
    expect(answers[0]).not.toBe(answers[1])
  })

  it('stays open through garbage and answers what follows a silence', async () => {
    const { building, client } = await open()
    client.send(hex('ff'.repeat(2000)))
    client.send(STATUS)
    await passSilences(building, client)
    expect(await client.gather(7)).toMatch(/^070402/)
  })

  it('tells of a function that nobody knows once there is silence', async () => {
    const { building, client } = await open()
    client.send(rtu('07 41 00'))
    await passSilences(building, client)
    expect(await client.gather(5)).toBe(toHex(rtu('07 c1 01')))
  })
})
