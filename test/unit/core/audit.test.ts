import { describe, expect, it } from 'vitest'
import type { Value } from '../../../src/core/points/point.ts'
import { type Log, silentLog } from '../../../src/lib/log.ts'
import { core, writer } from '../../support/core.ts'

/** Core with a charger that is there, and the lines of its log that name the client. */
function audited(settings: Parameters<typeof core>[0] = {}) {
  const lines: string[] = []
  const fields: object[] = []
  const log: Log = {
    ...silentLog,
    info(own, message) {
      fields.push(own)
      if (message.includes(writer.client)) lines.push(message)
    },
  }
  const own = core({ ...settings, log })
  const link = own.bring()
  return { ...own, link, lines: () => lines.splice(0), everything: () => JSON.stringify([lines, fields]) }
}

describe('a write that changed something', () => {
  it.each<[string, number, Value, string]>([
    ['limit', 1, 16, 'limit of CP-1 connector 1: 16 A at priority 8'],
    ['limit', 0, 40, 'limit of CP-1: 40 A at priority 8'],
    ['availability', 1, false, 'availability of CP-1 connector 1: false at priority 8'],
    ['smartCharging.stackLevel', 1, 5, 'smartCharging.stackLevel of CP-1 connector 1: 5'],
  ])('to %s of connector %i is one line, the same once more is none', (name, connector, value, line) => {
    const { downlink, lines, point } = audited()
    expect(downlink.write(point(name, connector), value, writer, 8)).toBeUndefined()
    expect(lines()).toEqual([`${line}, by bacnet:192.0.2.7`])
    expect(downlink.write(point(name, connector), value, writer, 8)).toBeUndefined()
    expect(lines()).toEqual([])
  })

  it('names the slot that was released, once', () => {
    const { downlink, lines, point } = audited()
    const limit = point('limit', 1)
    downlink.write(limit, null, writer, 8)
    expect(lines()).toEqual([])
    downlink.write(limit, 16, writer, 8)
    downlink.write(limit, null, writer, 8)
    expect(lines()[1]).toBe('limit of CP-1 connector 1: released at priority 8, by bacnet:192.0.2.7')
    downlink.write(limit, null, writer, 8)
    expect(lines()).toEqual([])
  })

  it('says a state in words', () => {
    const { downlink, lines, point } = audited()
    downlink.write(point('registration', 0), 1, writer)
    downlink.write(point('registration', 0), 1, writer)
    expect(lines()).toEqual(['registration of CP-1: pending, by bacnet:192.0.2.7'])
  })

  it('of a configuration key is one line', () => {
    const { downlink, lines, point } = audited()
    const key = point('config.HeartbeatInterval', 0, { writable: true })
    const value = key.definition.type === 'text' ? '60' : 60
    expect(downlink.write(key, value, writer)).toBeUndefined()
    expect(downlink.write(key, value, writer)).toBeUndefined()
    expect(lines()).toEqual([
      expect.stringMatching(/^config\.HeartbeatInterval of CP-1: 60( s)?, by bacnet:192\.0\.2\.7$/),
    ])
  })

  it('that is an action is one line, one that is passed over or back to idle is none', () => {
    const { answerAll, downlink, lines, link, point } = audited()
    const reset = point('reset', 0)
    downlink.write(reset, 1, writer)
    expect(lines()).toEqual(['reset of CP-1: Soft, by bacnet:192.0.2.7'])
    answerAll(link)
    downlink.write(reset, 1, writer)
    downlink.write(reset, 0, writer)
    expect(lines()).toEqual([])
    downlink.write(reset, 2, writer)
    expect(lines()).toEqual(['reset of CP-1: Hard, by bacnet:192.0.2.7'])
  })

  it('into or out of service, or while out of service, is one line each', () => {
    const { downlink, lines, point } = audited()
    const power = point('power', 1)
    downlink.setOutOfService(power, true, writer)
    downlink.setOutOfService(power, true, writer)
    expect(lines()).toEqual(['power of CP-1 connector 1: out of service, by bacnet:192.0.2.7'])
    downlink.override(power, 5, writer)
    downlink.override(power, 5, writer)
    expect(lines()).toEqual(['power of CP-1 connector 1: 5 while out of service, by bacnet:192.0.2.7'])
    downlink.setOutOfService(power, false, writer)
    expect(lines()).toEqual(['power of CP-1 connector 1: in service, by bacnet:192.0.2.7'])
    expect(downlink.override(power, 6, writer)).toBe('read-only')
    expect(lines()).toEqual([])
  })
})

describe('a write that is refused', () => {
  it.each<[string, Value | null, number, string]>([
    ['limit', 16, 6, 'reserved-slot'],
    ['limit', 16, 17, 'out-of-range'],
    ['limit', 'A', 8, 'wrong-type'],
    ['limit', -1, 8, 'out-of-range'],
    ['power', 5, 8, 'read-only'],
    ['stop', 1, 8, 'no-transaction'],
    ['start.idTag', null, 8, 'wrong-type'],
  ])('%s of %j at priority %i leaves no line', (name, value, priority, refusal) => {
    const { downlink, lines, point } = audited()
    expect(downlink.write(point(name, 1), value, writer, priority)).toBe(refusal)
    expect(lines()).toEqual([])
  })

  it('because the charger is away leaves none either', () => {
    const { charger, downlink, fleet, lines, link, point } = audited()
    fleet.disconnected(charger, link)
    expect(downlink.write(point('reset', 0), 1, writer)).toBe('offline')
    expect(downlink.reset(charger, true, writer)).toBe('offline')
    expect(lines()).toEqual([])
  })
})

describe('who charges', () => {
  it('is in no line unless tags are shared', () => {
    const hidden = audited()
    const write = ({ downlink, point }: typeof hidden, tag: string) =>
      downlink.write(point('start.idTag', 1), tag, writer)
    write(hidden, '04A2B3C4')
    write(hidden, '04A2B3C4')
    expect(hidden.everything()).not.toContain('04A2B3C4')
    expect(hidden.lines()).toEqual(['start.idTag of CP-1 connector 1: another tag, by bacnet:192.0.2.7'])
    const shared = audited({ settings: { shareIdTags: true } })
    write(shared, '04A2B3C4')
    expect(shared.lines()).toEqual(['start.idTag of CP-1 connector 1: 04A2B3C4, by bacnet:192.0.2.7'])
  })
})

describe('a charger that is restarted as a device', () => {
  it('is one line, and leaves the edges of clients as they were', () => {
    const { answerAll, charger, downlink, lines, link, point } = audited()
    expect(downlink.reset(charger, false, writer)).toBeUndefined()
    expect(lines()).toEqual(['restarted by bacnet:192.0.2.7: soft'])
    // One at a time.
    expect(downlink.reset(charger, true, writer)).toBe('busy')
    expect(lines()).toEqual([])
    expect(answerAll(link)).toMatchObject([{ kind: 'reset', hard: false }])
    // The client's own register is idle: its write to it runs.
    expect(downlink.write(point('reset', 0), 1, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ kind: 'reset', hard: false }])
    expect(downlink.reset(charger, true, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ kind: 'reset', hard: true }])
    // And its old value written again does not.
    expect(downlink.write(point('reset', 0), 1, writer)).toBeUndefined()
    expect(answerAll(link)).toEqual([])
  })
})
