import { afterEach, describe, expect, it } from 'vitest'
import { modbus } from '../../../../src/northbound/modbus/index.ts'
import { RecordingHistory } from '../../../support/recording-history.ts'
import { Scene } from './support.ts'

const scene = new Scene()
afterEach(() => scene.close())

async function told(options: Parameters<Scene['open']>[0] = {}) {
  const history = new RecordingHistory()
  const own = await scene.open({ ...options, history })
  return { ...own, writes: () => history.writes() }
}

/** A tag of eight characters in the ten registers from 10500 on. */
const TAG = `10 2904 000a 14 3034413242334334 ${'00'.repeat(12)}`

describe('what a client writes', () => {
  it('is in the history with the bytes that it sent, and the same once more is not', async () => {
    const { ask, building, writes } = await told()
    await ask('06 0064 00A0')
    const [write, ...more] = writes()
    expect(more).toEqual([])
    expect(write).toMatchObject({
      kind: 'write',
      at: building.clock.now(),
      source: 'Modbus',
      client: 'modbus:127.0.0.1',
      charger: 'CP-1',
      connector: 1,
      point: 'limit',
      value: '16 A',
      priority: 10,
      result: 'accepted',
    })
    // MBAP: a transaction of the client's own, protocol 0, 6 bytes, unit 7.
    expect(write?.frame).toMatch(/^[0-9a-f]{4}0000000607060064\s*00a0$/)
    await ask('06 0064 00A0')
    await ask('03 0064 0001')
    expect(writes()).toEqual([])
  })

  it('and is refused is told once, and nothing of a request that was refused as a whole is told as accepted', async () => {
    const { ask, building, writes } = await told()
    // Limit and availability in one request, and each alone: availability knows 0, 1 and its release.
    expect(await ask('10 0064 0002 04 00A0 0007')).toBe('9003')
    expect(await ask('06 0065 0007')).toBe('8603')
    expect(writes()).toMatchObject([
      { connector: 0, point: 'address 100', value: '', result: 'out-of-range' },
      { connector: 1, point: 'availability', value: '', result: 'out-of-range' },
    ])
    expect(await ask('06 000A 0001')).toBe('860b')
    expect(await ask('06 000A 0001')).toBe('860b')
    expect(writes()).toMatchObject([{ point: 'reset', value: 'Soft', priority: undefined, result: 'offline' }])
    building.clock.advance(60_000)
    const later = await scene.connect(building)
    expect(await later.ask(7, '06 000A 0001')).toBe('860b')
    expect(writes()).toHaveLength(1)
  })

  it('in one request with what is refused is not told as accepted', async () => {
    const { ask, building, writes } = await told()
    expect(await ask('10 000A 0002 04 0001 0001')).toBe('900b')
    expect(writes()).toMatchObject([{ point: 'reset', result: 'offline' }])
    building.bring()
    expect(await ask('10 000A 0002 04 0001 0001')).toBe('10000a0002')
    expect(writes()).toMatchObject([
      { point: 'reset', result: 'accepted' },
      { point: 'clearCache', result: 'accepted' },
    ])
  })

  it('without the right to is told as denied, with what it would have been', async () => {
    const { ask, writes } = await told({ settings: { readOnly: true } })
    expect(await ask('06 0064 00A0')).toBe('8601')
    expect(await ask('06 0064 00A0')).toBe('8601')
    expect(await ask('06 03E7 0001')).toBe('8601')
    expect(writes()).toMatchObject([
      { connector: 1, point: 'limit', value: '16 A', priority: 10, result: 'denied' },
      { charger: 'CP-1', point: 'address 999', value: '', result: 'denied' },
    ])
  })

  it('to registers that take none is told by their address', async () => {
    const { ask, building, writes } = await told()
    expect(await ask('06 03E7 0001')).toBe('8602')
    expect(writes()).toMatchObject([{ charger: 'CP-1', connector: 0, point: 'address 999', result: 'read-only' }])
    building.server.configure(modbus.config.parse({ allowWrites: ['10.0.0.0/8'] }))
    expect(await ask('06 0064 00A0')).toBe('8601')
    expect(writes()).toMatchObject([{ point: 'limit', result: 'denied' }])
  })

  it('to a point that the mapping lets nobody write is denied', async () => {
    const rows = [
      { point: 'limit', writable: false, modbus: { table: 'holding', address: 0, type: 'uint16' } },
    ] as const
    const { ask, writes } = await told({ connectorRows: rows })
    expect(await ask('06 0064 00A0')).toBe('8602')
    expect(writes()).toMatchObject([{ connector: 1, point: 'limit', result: 'denied' }])
  })

  it('of the bridge itself is told without a charger', async () => {
    const { client, writes } = await told()
    expect(await client.ask(0, '06 000A 0001')).toBe('06000a0001')
    await client.ask(0, '06 000A 0001')
    expect(writes()).toMatchObject([{ charger: undefined, point: 'authorizeMode', result: 'accepted' }])
  })

  it('of a tag that is not shared stays hidden, in the frame as well, also where it is refused', async () => {
    const { ask, building, writes } = await told()
    expect(await ask(TAG)).toMatch(/^10/)
    // Half of it.
    await ask('10 2904 0002 04 30344132')
    building.server.configure(modbus.config.parse({ readOnly: true }))
    await ask(TAG)
    const entries = writes()
    expect(entries).toMatchObject([
      { point: 'start.idTag', value: 'another tag', result: 'accepted', frame: undefined },
      { point: 'start.idTag', value: 'another tag', result: 'out-of-range', frame: undefined },
      { point: 'start.idTag', value: 'another tag', result: 'denied', frame: undefined },
    ])
    expect(JSON.stringify(entries)).not.toMatch(/04A2|30344132/)
  })
})
