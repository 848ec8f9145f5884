import { describe, expect, it } from 'vitest'
import type { Writer } from '../../../src/core/ports.ts'
import { core } from '../../support/core.ts'
import { RecordingHistory } from '../../support/recording-history.ts'
import { RecordingLog } from '../../support/recording-log.ts'

function written(options: Parameters<typeof core>[0] = {}) {
  const history = new RecordingHistory()
  const own = core({ ...options, history })
  let asked = 0
  const writer: Writer = {
    source: 'BACnet',
    client: 'bacnet:192.0.2.7',
    frame: () => {
      asked += 1
      return `f${asked}`
    },
  }
  return { ...own, writer, writes: () => history.writes(), asked: () => asked }
}

describe('the frame of a write', () => {
  it('is made only for what is told', () => {
    const { asked, clock, downlink, point, writer, writes } = written()
    const limit = point('limit', 1)
    for (let n = 0; n < 10; n += 1) downlink.write(limit, 16, writer, 8)
    for (let n = 0; n < 10; n += 1) downlink.write(limit, -1, writer, 8)
    for (let n = 0; n < 10; n += 1) downlink.check(limit, -1, writer, 8)
    expect(writes().map(({ frame, result }) => [result, frame])).toEqual([
      ['accepted', 'f1'],
      ['out-of-range', 'f2'],
    ])
    expect(asked()).toBe(2)
    clock.advance(60_000)
    downlink.write(limit, -1, writer, 8)
    expect(writes()).toMatchObject([{ at: clock.now(), frame: 'f3' }])
  })
})

describe('a refusal', () => {
  it('is told of each client, point and reason by itself', () => {
    const { downlink, point, writer, writes } = written()
    for (const client of ['bacnet:192.0.2.7', 'bacnet:192.0.2.8'])
      for (const name of ['limit', 'availability'])
        for (const value of ['a', 'b']) downlink.write(point(name, 1), value, { ...writer, client }, 8)
    downlink.write(point('limit', 1), 16, writer, 6)
    expect(writes().map(({ client, point: name, result }) => [client.at(-1), name, result])).toEqual([
      ['7', 'limit', 'wrong-type'],
      ['7', 'availability', 'wrong-type'],
      ['8', 'limit', 'wrong-type'],
      ['8', 'availability', 'wrong-type'],
      ['7', 'limit', 'reserved-slot'],
    ])
  })

  it('of what the mapping lets nobody write is denied, and of what nobody could write read-only', () => {
    const { downlink, point, writer, writes } = written()
    expect(downlink.write(point('unlock', 1, { writable: false }), 1, writer)).toBe('read-only')
    expect(downlink.write(point('power', 1), 1, writer)).toBe('read-only')
    expect(writes()).toMatchObject([
      { point: 'unlock', value: 'Unlock', result: 'denied' },
      { point: 'power', value: '1 W', result: 'read-only', priority: undefined },
    ])
  })

  it('of a restart, and of a value shown out of service, is told', () => {
    const { charger, downlink, point, writer, writes } = written()
    expect(downlink.reset(charger, true, writer)).toBe('offline')
    const power = point('power', 1)
    expect(downlink.override(power, 5, writer)).toBe('read-only')
    downlink.setOutOfService(power, true, writer)
    expect(downlink.override(power, 'x', writer)).toBe('wrong-type')
    expect(writes()).toMatchObject([
      { connector: 0, point: 'reset', value: 'hard', result: 'offline' },
      { connector: 1, point: 'power', value: '5 W', result: 'read-only' },
      { point: 'power', value: 'out of service', result: 'accepted' },
      { point: 'power', value: 'x', result: 'wrong-type' },
    ])
  })

  it('of a long text is cut', () => {
    const { downlink, point, writer, writes } = written({ settings: { shareIdTags: true } })
    expect(downlink.write(point('start.idTag', 1), 'x'.repeat(5_000), writer)).toBe('out-of-range')
    expect(writes()[0]?.value).toBe(`${'x'.repeat(200)}…`)
  })
})

describe('a tag', () => {
  it('that is not shared is neither in the value nor in the frame, refused or not', () => {
    const { asked, downlink, point, writer, writes } = written()
    const tag = point('start.idTag', 1)
    downlink.write(tag, '04A2B3C4', writer)
    downlink.write(tag, '04A2B3C4'.repeat(9), writer)
    expect(writes()).toMatchObject([
      { value: 'another tag', result: 'accepted', frame: undefined },
      { value: 'another tag', result: 'out-of-range', frame: undefined },
    ])
    expect(asked()).toBe(0)
    expect(downlink.hides(tag)).toBe(true)
    expect(downlink.hides(point('limit', 1))).toBe(false)
  })

  it('that is not shared is not told while out of service either', () => {
    const { downlink, point, writer, writes } = written()
    const tag = point('start.idTag', 1)
    downlink.setOutOfService(tag, true, writer)
    expect(downlink.override(tag, '04A2B3C4', writer)).toBeUndefined()
    expect(writes().map(({ value }) => value)).toEqual(['out of service', 'another tag'])
  })
})

describe('a password', () => {
  it('that a vendor keeps under a key is neither in the log nor in the history', () => {
    const log = new RecordingLog()
    const { asked, downlink, point, writer, writes } = written({ log })
    downlink.write(point('config.WifiPassword', 0, { writable: true }), 'hunter2', writer)
    downlink.write(point('config.WifiPassword', 0, { writable: true }), 'x'.repeat(501), writer)
    expect(writes()).toMatchObject([
      { value: 'another password', result: 'accepted', frame: undefined },
      { value: 'another password', result: 'out-of-range', frame: undefined },
    ])
    expect(asked()).toBe(0)
    expect(JSON.stringify(log.lines)).not.toContain('hunter2')
  })
})
