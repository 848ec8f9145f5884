import { describe, expect, it } from 'vitest'
import { energy, power, quirkSite } from './quirk-site.ts'

describe('payloads', () => {
  it.each([
    ['no zone', '2026-01-01T00:00:04', '2026-01-01T00:00:04Z'],
    ['local time labelled Z', '2026-01-01T02:00:04Z', '2026-01-01T00:00:04Z'],
    ['an offset of hours alone', '2026-01-01T02:00:00+02', '2026-01-01T00:00:00Z'],
    ['1970', '1970-01-01T00:00:05Z', '2026-01-01T00:00:04Z'],
    ['the future', '2037-05-05T00:00:00Z', '2026-01-01T00:00:04Z'],
    ['nothing', '', '2026-01-01T00:00:04Z'],
    ['nine minutes ago', '2025-12-31T23:51:01Z', '2025-12-31T23:51:01Z'],
  ])(
    'quirk 20: a time with %s is believed when it is within 10 minutes, else the time of receipt is shown',
    async (_name, timestamp, shown) => {
      const { own, see, start } = await quirkSite()
      const id = start({ timestamp, connectorId: 1 })
      expect(id).toBeGreaterThan(0)
      expect(see('transaction.start')).toBe(shown)
      own.call('StatusNotification', { connectorId: 0, status: 'Available', errorCode: 'NoError', timestamp })
      expect(see('lastUpdate', 0)).toBe(shown)
    },
  )

  it('quirk 20: readings of a clock that was set back by an hour still count', async () => {
    const { own, see, start, clock } = await quirkSite()
    const transactionId = start({ meterStart: 0 })
    const reading = (timestamp: number, wh: number) =>
      own.call('MeterValues', {
        connectorId: 1,
        transactionId,
        meterValue: [{ timestamp: new Date(timestamp).toISOString(), sampledValue: [energy(wh), power(wh)] }],
      })
    reading(clock.now(), 100)
    clock.advance(60_000)
    reading(clock.now() - 3_600_000, 200)
    expect(see('energy')).toBe(0.2)
    clock.advance(360_000)
    reading(clock.now() - 3_600_000, 300)
    expect(see('energy')).toBe(0.3)
    expect(see('power')).toBe(0.3)
  })

  it('quirk 21: numbers where texts are due, padded numerals, empty values and unit names are understood', async () => {
    const { own, see, meter, start } = await quirkSite()
    start()
    expect(
      meter([
        { value: 10, measurand: 'Power.Active.Import', unit: 'kW' },
        { value: ' 16.0 ', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
        { value: '7,5', measurand: 'Current.Import', phase: 'L2', unit: 'A' },
        { value: '', measurand: 'Current.Import', phase: 'L3', unit: 'A' },
        { value: '50', measurand: 'Frequency', unit: 'Hertz' },
        { value: '38.5', measurand: 'Temperature', unit: 'Celcius' },
        { value: 'NaN', measurand: 'SoC', unit: 'Percent' },
      ]),
    ).toEqual({})
    expect(['power', 'current.L1', 'current.L2', 'current.L3', 'soc'].map((name) => see(name))).toEqual([
      10,
      16,
      7.5,
      undefined,
      undefined,
    ])
    expect(see('meter.Temperature')).toBe(38.5)
    for (const [unit, value, celsius] of [
      ['Celsius', '21', 21],
      ['C', ' 22.0', 22],
      ['Fahrenheit', '50', 10],
      ['K', '300.15', 27],
    ]) {
      meter([{ value, measurand: 'Temperature', unit }])
      expect(see('meter.Temperature')).toBe(celsius)
    }
    expect(own.call('StartTransaction', { connectorId: '2', idTag: 12345, meterStart: '77.0' })).toMatchObject({
      transactionId: expect.any(Number),
      idTagInfo: { status: 'Accepted' },
    })
    expect(see('transaction.active', 2)).toBe(true)
  })

  it('quirk 22: empty sampledValue and meterValue are answered, change nothing and close nothing', async () => {
    const { own, see, meter, start, at } = await quirkSite()
    const transactionId = start()
    meter([power(7000)])
    expect(meter([])).toEqual({})
    for (const meterValue of [[], [{ timestamp: at(), sampledValue: null }], [{}], null, 'x', undefined])
      expect(own.call('MeterValues', { connectorId: 1, transactionId, meterValue })).toEqual({})
    expect(see('power')).toBe(7)
    expect(see('transaction.id')).toBe(transactionId)
    expect(own.closed).toBeUndefined()
  })

  it('quirk 23: a tag of 20 characters that comes back with two more bytes is the same tag, and its stop is taken', async () => {
    const { own, see, start, stop, store } = await quirkSite()
    const tag = 'ABCDEFGHIJKLMNOPQRST'
    const id = start({ idTag: `${tag}\u0000\u0001` })
    expect(store.transaction(id)?.idTag).toBe(tag)
    const [answer] = own.say(
      `[2,"stop","StopTransaction",{"transactionId":${id},"idTag":"${tag}\u0002\u0003","meterStop":1500,"timestamp":"2026-01-01T00:00:02Z"}]`,
    )
    expect(answer).toEqual([3, 'stop', { idTagInfo: { status: 'Accepted' } }])
    expect(see('transaction.active')).toBe(false)
    expect(stop(id)).toEqual({})
  })

  it('quirk 23: the tag of our own remote start has at most 16 characters, none of them more than a letter or digit', async () => {
    const { own, write } = await quirkSite()
    write('start', 1)
    const [call] = own.answer('RemoteStartTransaction')
    expect(call).toMatchObject({ connectorId: 1, idTag: expect.stringMatching(/^[A-Za-z0-9]{1,16}$/) })
  })
})
