import { describe, expect, it } from 'vitest'
import { core, writer } from '../../support/core.ts'

describe('availability', () => {
  it('becomes operative again on release only if the bridge made it inoperative', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    const availability = point('availability', 1)
    downlink.write(availability, null, writer)
    expect(link.sent).toEqual([])
    downlink.write(availability, false, writer)
    expect(answerAll(link)).toEqual([{ kind: 'set-availability', connector: 1, operative: false }])
    expect(availability.value).toBe(false)
    downlink.write(availability, null, writer)
    expect(answerAll(link)).toEqual([{ kind: 'set-availability', connector: 1, operative: true }])
    expect(availability.value).toBe(true)
    expect(link.sent).toEqual([])
  })

  it('that is scheduled is pending until the charger reports it', () => {
    const { bring, downlink, point, fleet, charger } = core()
    const link = bring()
    downlink.write(point('availability', 1), false, writer)
    const [command] = link.take()
    if (command === undefined) throw new Error('nothing was sent')
    fleet.event(charger, { kind: 'answered', command, answer: 'scheduled' })
    const result = point('availability.result', 1)
    expect(result.states?.[Number(result.value)]).toBe('Pending')
    fleet.event(charger, { kind: 'status', connector: 1, status: 'Unavailable', errorCode: 'NoError' })
    expect(result.states?.[Number(result.value)]).toBe('Accepted')
  })
})

describe('an action', () => {
  it("runs on a client's own change from idle, and an old value written again does nothing", () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    const reset = point('reset', 0)
    expect(downlink.write(reset, 1, writer)).toBeUndefined()
    expect(reset.value).toBe(1)
    expect(answerAll(link)).toMatchObject([{ kind: 'reset', hard: false }])
    expect(reset.value).toBe(0)
    expect(downlink.write(reset, 1, writer)).toBeUndefined()
    expect(downlink.write(reset, 2, writer)).toBeUndefined()
    expect(link.sent).toEqual([])
    expect(point('reset.result', 0).states?.[Number(point('reset.result', 0).value)]).toBe('Ignored')
    downlink.write(reset, 0, writer)
    downlink.write(reset, 2, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'reset', hard: true }])
  })

  it('of another client has an edge of its own', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('clearCache', 0), 1, writer)
    answerAll(link)
    downlink.write(point('clearCache', 0), 1, { source: 'Modbus', client: 'modbus:192.0.2.9' })
    expect(answerAll(link)).toHaveLength(1)
  })

  it('runs on every write where the config says so', () => {
    const { bring, downlink, point, answerAll } = core({ settings: { actions: { trigger: 'write', deadline: 1000 } } })
    const link = bring()
    downlink.write(point('clearCache', 0), 1, writer)
    answerAll(link)
    downlink.write(point('clearCache', 0), 1, writer)
    expect(answerAll(link)).toHaveLength(1)
  })

  it('is refused while the charger is away, while it still runs, and when nothing can be stopped', () => {
    const { bring, downlink, point } = core()
    expect(downlink.write(point('unlock', 1), 1, writer)).toBe('offline')
    bring()
    expect(downlink.write(point('stop', 1), 1, writer)).toBe('no-transaction')
    expect(downlink.write(point('unlock', 1), 1, writer)).toBeUndefined()
    expect(downlink.write(point('unlock', 1), 1, { ...writer, client: 'other' })).toBe('busy')
    expect(downlink.write(point('unlock', 1), 2, writer)).toBe('out-of-range')
  })

  it('start uses the tag of start.idTag, and stop the running transaction', () => {
    const { bring, downlink, point, answerAll, fleet, charger } = core()
    const link = bring()
    downlink.write(point('start.idTag', 1), 'TAG-7', writer)
    downlink.write(point('start', 1), 1, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'start', connector: 1, idTag: 'TAG-7' }])
    const start = { connector: 1, idTag: 'TAG-7', meterStartWh: 5, timestampText: 't' }
    const { transactionId } = fleet.startTransaction(charger, start)
    downlink.write(point('stop', 1), 1, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'stop', connector: 1, transactionId }])
  })
})

describe('a configuration key', () => {
  it('is written once, and not again after a reboot', () => {
    const { bring, downlink, point, answerAll, fleet, charger } = core()
    const interval = point('config.MeterValueSampleInterval', 0, { writable: true })
    expect(downlink.write(interval, 30, writer)).toBeUndefined()
    const link = bring()
    expect(answerAll(link)).toEqual([{ kind: 'write-configuration', key: 'MeterValueSampleInterval', value: '30' }])
    fleet.event(charger, {
      kind: 'configuration',
      keys: [{ key: 'MeterValueSampleInterval', value: '30', readonly: false }],
      unknown: [],
    })
    expect(interval).toMatchObject({ value: 30, quality: 'good' })
    fleet.event(charger, { kind: 'booted', identity: {} })
    fleet.event(charger, { kind: 'ready' })
    expect(link.sent).toEqual([])
  })

  it('that is enforced is written after each reboot', () => {
    const { bring, downlink, point, answerAll, fleet, charger } = core()
    const link = bring()
    downlink.write(point('config.HeartbeatInterval', 0, { writable: true, enforce: true }), 60, writer)
    answerAll(link)
    fleet.event(charger, { kind: 'booted', identity: {} })
    fleet.event(charger, { kind: 'ready' })
    expect(answerAll(link)).toMatchObject([{ kind: 'write-configuration', key: 'HeartbeatInterval', value: '60' }])
  })

  it('is read-only unless the mapping says writable, and the password is no point at all', () => {
    const { downlink, point } = core()
    expect(downlink.write(point('config.HeartbeatInterval', 0), 60, writer)).toBe('read-only')
    expect(() => point('config.AuthorizationKey', 0)).toThrow('no point')
  })
})

describe('out of service', () => {
  it('decouples a value, lets it be written, and ends by itself after eight hours', () => {
    const { bring, downlink, point, fleet, charger, clock } = core()
    bring()
    const power = point('power', 1)
    expect(downlink.override(power, 5, writer)).toBe('read-only')
    downlink.setOutOfService(power, true, writer)
    expect(downlink.override(power, 5000, writer)).toBeUndefined()
    const reading = { stream: 'periodic', samples: [{ measurand: 'Power.Active.Import', value: 7000 }] } as const
    fleet.event(charger, { kind: 'metered', connector: 1, reading })
    expect(power.value).toBe(5000)
    clock.advance(8 * 3_600_000)
    expect(power).toMatchObject({ value: 7000, outOfService: false })
  })
})
