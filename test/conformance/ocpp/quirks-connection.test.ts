import { describe, expect, it } from 'vitest'
import { quirkSite } from './quirk-site.ts'

const actions = (sent: readonly unknown[][]) => sent.filter(([type]) => type === 2).map(([, , action]) => action)

describe('connections', () => {
  it('quirk 1: a charger that never boots is usable 10 seconds after it came, and is asked who it is', async () => {
    const { own, see, status, clock } = await quirkSite({ boots: false })
    status('Available')
    clock.advance(9_999)
    expect(own.sent).toEqual([])
    clock.advance(1)
    const calls = own.serve((action) => (action === 'GetConfiguration' ? {} : { status: 'Accepted' }))
    expect(calls).toContainEqual({ action: 'TriggerMessage', payload: { requestedMessage: 'BootNotification' } })
    own.boot()
    expect([see('vendor', 0), see('online', 0)]).toEqual(['ACME', true])
  })

  it('quirk 1: a charger that is known and comes back without a boot is not asked to boot', async () => {
    const { own, charger, clock } = await quirkSite()
    own.lose()
    const again = charger('CP-1')
    clock.advance(10_000)
    const calls = again.serve()
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.map(({ action }) => action)).not.toContain('TriggerMessage')
  })

  it('quirk 2: nothing is asked of a charger before it has the answer to its boot', async () => {
    const { own, write, status } = await quirkSite({ boots: false })
    write('limit', 10)
    own.call('Heartbeat', {})
    status('Available')
    expect(own.sent).toEqual([])
    const frames = own.say('[2,"boot","BootNotification",{"chargePointVendor":"a","chargePointModel":"b"}]')
    expect(frames[0]).toMatchObject([3, 'boot', { status: 'Accepted' }])
    expect(actions(frames)).toEqual(['SetChargingProfile'])
  })

  it('quirk 2: a charger that is held back is sent no call at all', async () => {
    const { charger, clock } = await quirkSite({ boots: false })
    const guest = charger('STRANGER')
    expect(guest.call('BootNotification', { chargePointVendor: 'a', chargePointModel: 'b' })).toMatchObject({
      status: 'Pending',
    })
    clock.advance(120_000)
    expect(guest.sent).toEqual([])
  })

  it('quirk 3: a charger that boots in the midst of its set-up is set up once, and nothing of the first is left', async () => {
    const { own, write } = await quirkSite({ boots: false })
    write('limit', 10)
    for (let n = 0; n < 5; n += 1) own.boot()
    // The call in flight may still be answered; of all others there is one each.
    const calls = own.serve((action) => (action === 'GetConfiguration' ? {} : { status: 'Accepted' }))
    const profiles = calls.filter(({ action }) => action === 'SetChargingProfile')
    expect(profiles.length).toBeLessThanOrEqual(2)
    expect(calls.filter(({ action, payload }) => action === 'GetConfiguration' && !('key' in payload))).toHaveLength(1)
  })

  it('quirk 3: measurands are not configured unless the building asks for it', async () => {
    const { own } = await quirkSite({ boots: false })
    own.boot()
    const calls = own.serve((action) =>
      action === 'GetConfiguration'
        ? { configurationKey: [{ key: 'MeterValuesSampledData', readonly: false, value: 'Voltage' }] }
        : { status: 'Accepted' },
    )
    expect(calls.map(({ action }) => action)).not.toContain('ChangeConfiguration')
  })

  it('quirk 4: the newest socket of an id wins, the older is closed, and its end takes nothing away', async () => {
    const { own, charger, see, gateway } = await quirkSite()
    const newer = charger('cp-1')
    expect(own.closed).toContain('newer')
    own.lose()
    expect(see('online', 0)).toBe(true)
    newer.boot()
    expect(gateway.fleet.arrive('CP-1')?.ready).toBe(true)
    // What still comes from the older socket is not heard.
    expect(own.say('[2,"late","Heartbeat",{}]')).toEqual([])
  })

  it('quirk 7: a charger with a heartbeat that answers three calls in a row with nothing is disconnected', async () => {
    const { own, clock, write } = await quirkSite({ boots: false })
    own.boot()
    write('unlock', 1)
    write('reset', 1, 0)
    write('clearCache', 1, 0)
    for (let n = 0; n < 12 && own.closed === undefined; n += 1) {
      clock.advance(5_000)
      if (own.closed === undefined) own.call('Heartbeat', {})
    }
    expect(own.closed).toContain('no answer to 3 calls')
  })

  it('quirk 7: an error is an answer, and a late one keeps the charger connected', async () => {
    const { own, clock } = await quirkSite({ boots: false })
    own.boot()
    for (let n = 0; n < 40; n += 1) {
      const call = own.sent.shift()
      if (call?.[0] === 2 && n % 2 === 0) own.say(JSON.stringify([4, call[1], 'NotSupported', '', {}]))
      clock.advance(6_000)
    }
    expect(own.closed).toBeUndefined()
  })

  it('quirk 8: a charger that is gone for 20 minutes is waited for: its values stay, and its return is taken as it is', async () => {
    const { own, charger, see, status, clock } = await quirkSite()
    status('Charging')
    own.lose()
    clock.advance(20 * 60_000)
    expect([see('online', 0), see('status')]).toEqual([false, 'Charging'])
    const again = charger('CP-1')
    again.call('Heartbeat', {})
    expect([see('online', 0), see('status')]).toEqual([true, 'Charging'])
  })

  it('quirk 8: a socket on which only heartbeats come is left open', async () => {
    const { own, see, clock } = await quirkSite()
    for (let n = 0; n < 50; n += 1) {
      clock.advance(5 * 60_000)
      own.serve((action) => (action === 'GetConfiguration' ? {} : { status: 'Accepted' }))
      own.call('Heartbeat', {})
    }
    expect([own.closed, see('online', 0)]).toEqual([undefined, true])
  })

  it('quirk 10: each connection begins a conversation of its own, with numbers of its own and nothing left of the last', async () => {
    const { own, charger } = await quirkSite({ boots: false })
    own.boot()
    const [call] = own.sent
    own.lose()
    const again = charger('CP-1')
    expect(again.say(JSON.stringify([3, call?.[1], { status: 'Accepted' }]))).toEqual([])
    again.boot()
    expect(actions(again.sent)).toEqual(['GetConfiguration'])
  })

  it('quirk 18: texts that are no messages are passed over, and what can be answered is', async () => {
    const { own, see } = await quirkSite()
    for (const text of ['', ' ', '{}', 'null', '[]', '[2]', '{"a":', 'PING', '[5,"x","y",{}]'])
      expect(own.say(text)).toEqual([])
    expect(own.say('[2,"e1","StatusNotification",{"connectorId":1,')).toEqual([
      [4, 'e1', 'FormationViolation', expect.any(String), {}],
    ])
    expect(own.say('[2,7,"Heartbeat",null]')).toEqual([[3, 7, { currentTime: expect.any(String) }]])
    expect(own.say('[2,"h","Heartbeat"]')).toEqual([[3, 'h', { currentTime: expect.any(String) }]])
    expect([own.closed, see('online', 0)]).toEqual([undefined, true])
  })

  it('quirk 18: a message id that is used again is answered again, and two calls at once are answered both', async () => {
    const { own } = await quirkSite()
    const start = '{"connectorId":1,"idTag":"A","meterStart":1,"timestamp":"2026-01-01T00:00:01Z"}'
    const [first] = own.say(`[2,"1","StartTransaction",${start}]`)
    const [again] = own.say(`[2,"1","StartTransaction",${start}]`)
    expect(again).toEqual(first)
    expect(own.say('[2,"1","Heartbeat",{}]')[0]).toMatchObject([3, '1', { currentTime: expect.any(String) }])
  })

  it('quirk 19: every call is answered, whatever connector, transaction or profile it is about', async () => {
    const { own } = await quirkSite()
    for (const [action, payload] of [
      ['StatusNotification', { connectorId: 77, status: 'Charging', errorCode: 'NoError' }],
      ['StatusNotification', { connectorId: 1, status: 'Nonsense', errorCode: 'NoError' }],
      ['StatusNotification', {}],
      ['MeterValues', { connectorId: 99, transactionId: 5, meterValue: [] }],
      ['MeterValues', { transactionId: 5 }],
      ['StopTransaction', { transactionId: 123_456, meterStop: 1, timestamp: 'x' }],
      ['SecurityEventNotification', { type: 'SettingSystemTime', timestamp: '2026-01-01T00:00:00Z' }],
      ['FirmwareStatusNotification', { status: 'Installed' }],
      ['SignedFirmwareStatusNotification', { status: 'Installed' }],
      ['DiagnosticsStatusNotification', { status: 'Idle' }],
      ['LogStatusNotification', { status: 'Uploaded' }],
      ['DataTransfer', { vendorId: 'x', messageId: 'y', data: 'z' }],
      ['SignCertificate', { csr: 'x' }],
      ['Authorize', {}],
      ['StartTransaction', { connectorId: 64_000, idTag: 'A', meterStart: 0, timestamp: '' }],
    ] as const) {
      const frames = own.say(JSON.stringify([2, 'q', action, payload]))
      expect(
        frames.filter(([type, id]) => type === 3 && id === 'q'),
        action,
      ).toHaveLength(1)
      own.serve((name) => (name === 'GetConfiguration' ? {} : { status: 'Accepted' }))
    }
    expect(own.say('[2,"u","NoSuchThing",{}]')).toEqual([[4, 'u', 'NotImplemented', expect.any(String), {}]])
    expect(own.closed).toBeUndefined()
  })
})
