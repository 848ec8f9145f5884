import { describe, expect, it } from 'vitest'
import { energy, power, profile, quirkSite } from './quirk-site.ts'

type Reply = (action: string, payload: Record<string, unknown>) => object | undefined

const ACCEPTED = { status: 'Accepted' }
/** A charger that takes profiles of which `takes` is true, and knows these keys. */
function charger(
  takes: (sent: ReturnType<typeof profile>) => boolean = () => true,
  keys: Readonly<Record<string, string>> = {},
): Reply {
  return (action, payload) => {
    if (action === 'GetConfiguration')
      return { configurationKey: Object.entries(keys).map(([key, value]) => ({ key, value, readonly: true })) }
    if (action === 'GetCompositeSchedule') return { status: 'Rejected' }
    if (action === 'SetChargingProfile') return { status: takes(profile({ payload })) ? 'Accepted' : 'Rejected' }
    return ACCEPTED
  }
}

/** A site whose charger has told its keys, and a limit written to it; answers with the profiles that it was sent. */
async function limited(amps: number, reply: Reply, id = 'CP-1') {
  const site = await quirkSite({ boots: false, id })
  site.own.boot()
  site.own.serve(reply)
  const limit = (value: number | null, connector = 1) => {
    site.write('limit', value, connector)
    return profiles(site.own.serve(reply))
  }
  return { ...site, limit, first: limit(amps) }
}

function profiles(calls: readonly { readonly action: string; readonly payload: Record<string, unknown> }[]) {
  return calls.filter(({ action }) => action === 'SetChargingProfile').map(profile)
}

describe('configuration', () => {
  it.each([undefined, {}, { configurationKey: [] }])(
    'quirk 37: a charger that answers %j when asked for all keys is asked for named ones, four at a time at most',
    async (all) => {
      const { own, see, clock } = await quirkSite({ boots: false })
      own.boot()
      const asked: string[][] = []
      const reply: Reply = (action, payload) => {
        if (action !== 'GetConfiguration') return ACCEPTED
        const keys = payload.key as string[] | undefined
        if (keys === undefined) return all
        asked.push(keys)
        return {
          configurationKey: keys
            .filter((key) => key === 'HeartbeatInterval')
            .map((key) => ({ key: key.toUpperCase(), readonly: false, value: 60 })),
          unknownKey: keys.filter((key) => key !== 'HeartbeatInterval'),
        }
      }
      own.serve(reply)
      clock.advance(10_000)
      own.serve(reply)
      expect(asked.length).toBeGreaterThan(3)
      expect(Math.max(...asked.map((keys) => keys.length))).toBeLessThanOrEqual(4)
      expect(see('config.HeartbeatInterval', 0)).toBe(60)
    },
  )

  it('quirk 37: values in quotes and in another type are understood, and broken rows are passed over', async () => {
    const { own, see } = await quirkSite({ boots: false })
    own.boot()
    own.serve((action) =>
      action === 'GetConfiguration'
        ? {
            configurationKey: [
              null,
              {},
              { key: 7 },
              { key: 'METERVALUESSAMPLEDDATA', value: "'Power.Active.Import'", readonly: 'false' },
              { key: 'LocalAuthorizeOffline', value: true },
              { key: 'ConnectionTimeOut', value: ' 90 ', readonly: true },
            ],
          }
        : ACCEPTED,
    )
    expect(see('config.MeterValuesSampledData', 0)).toBe('Power.Active.Import')
    expect(see('config.LocalAuthorizeOffline', 0)).toBe(true)
    expect(see('config.ConnectionTimeOut', 0)).toBe(90)
  })

  it('quirk 38: what a charger says that a key holds is shown, not what it accepted', async () => {
    const { own, see, write } = await quirkSite()
    write('config.MeterValueSampleInterval', 30, 0)
    const calls = own.serve((action) =>
      action === 'GetConfiguration'
        ? { configurationKey: [{ key: 'MeterValueSampleInterval', readonly: false, value: '60' }] }
        : ACCEPTED,
    )
    expect(calls.map(({ action }) => action)).toEqual(['ChangeConfiguration', 'GetConfiguration'])
    expect(see('config.MeterValueSampleInterval', 0)).toBe(60)
  })

  it('quirk 38: RebootRequired is told to the building until the charger has booted', async () => {
    const { own, see, write } = await quirkSite()
    write('config.MeterValueSampleInterval', 30, 0)
    own.answer('ChangeConfiguration', 'RebootRequired')
    expect(see('rebootRequired', 0)).toBe(true)
    own.boot()
    expect(see('rebootRequired', 0)).toBe(false)
  })

  it.each([{}, { SupportedFeatureProfiles: ' Core , Reservation ' }])(
    'quirk 39: a charger that names no SmartCharging (%j) is sent its limit all the same',
    async (keys) => {
      const { first, see } = await limited(
        10,
        charger(() => true, keys as Record<string, string>),
      )
      expect(first).toMatchObject([{ purpose: 'TxDefaultProfile', limit: 10 }])
      expect(see('limit.applied')).toBe(10)
    },
  )

  it('quirk 39: a trigger that is not implemented is told as such, and one from the building names no connector', async () => {
    const { own, see, write } = await quirkSite()
    write('trigger', 1, 0)
    const [call] = own.answer('TriggerMessage', 'NotImplemented')
    expect(call).toEqual({ requestedMessage: expect.any(String) })
    expect(see('trigger.result', 0)).toBe('Not supported')
    expect(own.closed).toBeUndefined()
  })

  it('quirk 40: no charger is told that it is operative because it came', async () => {
    const { own, charger: another } = await quirkSite({ boots: false })
    own.boot()
    const first = own.serve((action) => (action === 'GetConfiguration' ? {} : ACCEPTED))
    own.lose()
    const again = another('CP-1')
    again.boot()
    const second = again.serve((action) => (action === 'GetConfiguration' ? {} : ACCEPTED))
    expect([...first, ...second].map(({ action }) => action)).not.toContain('ChangeAvailability')
  })

  it('quirk 40: Scheduled is a success that waits for the end of the session', async () => {
    const { own, see, write, status, start, stop } = await quirkSite()
    const id = start()
    status('Charging')
    write('availability', false)
    expect(own.answer('ChangeAvailability', 'Scheduled')).toEqual([{ connectorId: 1, type: 'Inoperative' }])
    expect(see('availability.result')).toBe('Pending')
    stop(id)
    status('Unavailable')
    expect(see('availability.result')).toBe('Accepted')
    expect(own.answer('ChangeAvailability')).toEqual([])
  })

  it('quirk 40: a refusal for the whole charge point is told, and nothing breaks', async () => {
    const { own, see, write } = await quirkSite()
    write('availability', false, 0)
    expect(own.answer('ChangeAvailability', 'Rejected')).toEqual([{ connectorId: 0, type: 'Inoperative' }])
    expect(see('availability.result', 0)).toBe('Rejected')
    expect(own.closed).toBeUndefined()
  })
})

describe('limits', () => {
  it('quirk 41: a refused limit for the whole charge point is divided among its connectors', async () => {
    const reply = charger(({ purpose }) => purpose !== 'ChargePointMaxProfile')
    const { own, see, write } = await limited(32, reply)
    write('limit', 20, 0)
    const sent = profiles(own.serve(reply))
    expect(sent.filter(({ connector }) => connector !== 0)).toMatchObject([
      { connector: 1, purpose: 'TxDefaultProfile', limit: 10 },
      { connector: 2, purpose: 'TxDefaultProfile', limit: 10 },
    ])
    expect(see('limit.applied', 0)).toBe(20)
  })

  it('quirk 41: where no TxProfile is taken the default decides, and where nothing is taken nothing is claimed', async () => {
    const noTx = await limited(
      10,
      charger(({ purpose }) => purpose !== 'TxProfile'),
    )
    noTx.start()
    noTx.own.serve(charger(({ purpose }) => purpose !== 'TxProfile'))
    expect(noTx.see('limit.applied')).toBe(10)
    const none = await limited(
      10,
      charger(() => false),
    )
    expect([none.see('limit.applied'), none.see('smartCharging.sendStatus')]).toEqual([32, 'Rejected'])
    expect(none.own.closed).toBeUndefined()
  })

  it('quirk 41: a limit that was accepted and is not kept is seen by the current that flows', async () => {
    const { own, see, start, meter, clock } = await limited(10, charger())
    start()
    own.serve(charger())
    for (let n = 0; n < 4; n += 1) {
      clock.advance(30_000)
      meter(['L1', 'L2', 'L3'].map((phase) => ({ value: '32', measurand: 'Current.Import', phase })))
      own.serve(charger())
    }
    expect(see('limit.evidence')).toBe('Not honoured')
  })

  it('quirk 42: a charger that takes only stack level 0, or only above it, is found out, and remembered', async () => {
    for (const takes of [(level: number) => level === 0, (level: number) => level > 0]) {
      const { first, limit, see, clock } = await limited(
        10,
        charger(({ level }) => takes(level), { ChargeProfileMaxStackLevel: '3' }),
      )
      expect(takes(first.at(-1)?.level ?? -1)).toBe(true)
      expect(see('limit.applied')).toBe(10)
      clock.advance(60_000)
      expect(limit(8)).toMatchObject([{ level: first.at(-1)?.level, limit: 8 }])
    }
  })

  it('quirk 42: a highest stack level of 999 is no reason to send a thousand', async () => {
    const { first } = await limited(
      10,
      charger(() => true, { ChargeProfileMaxStackLevel: '999' }),
    )
    expect(first).toMatchObject([{ level: 0 }])
  })

  it('quirk 43: an absolute schedule starts a minute ago; where it is refused or unanswered, a relative one is tried', async () => {
    const refused = await limited(
      10,
      charger(({ kind }) => kind === 'Relative'),
    )
    expect(refused.first[0]).toMatchObject({ kind: 'Absolute', startSchedule: refused.at(-60) })
    expect(refused.first.at(-1)).toMatchObject({ kind: 'Relative', startSchedule: undefined })
    expect(refused.see('limit.applied')).toBe(10)

    const silent: Reply = (action, payload) =>
      action === 'SetChargingProfile' && profile({ payload }).kind === 'Absolute'
        ? undefined
        : charger()(action, payload)
    const { own, see, clock } = await limited(10, silent)
    clock.advance(10_000)
    expect(profiles(own.serve(silent))).toMatchObject([{ kind: 'Relative' }])
    expect(see('limit.applied')).toBe(10)
  })

  it.each([
    ['Current', 'A', 10],
    ['Current,Power', 'A', 10],
    ['Current;Power', 'A', 10],
    ['A', 'A', 10],
    ['Power', 'W', 2300],
    ['W', 'W', 2300],
  ])('quirk 44: the unit %s is understood: the limit is sent in %s', async (told, unit, value) => {
    const { first } = await limited(
      10,
      charger(() => true, { ChargingScheduleAllowedChargingRateUnit: told }),
    )
    expect(first).toMatchObject([{ unit, limit: value }])
  })

  it('quirk 44: a charger that takes watts alone without saying so is found out; watts follow the phases that carry current', async () => {
    const reply = charger(({ unit }) => unit === 'W')
    const { own, first, see, start, meter, clock } = await limited(10, reply)
    expect(first.at(-1)).toMatchObject({ unit: 'W', limit: 2300 })
    start()
    own.serve(reply)
    clock.advance(60_000)
    meter(['L1', 'L2', 'L3'].map((phase) => ({ value: '3', measurand: 'Current.Import', phase })))
    const sent = profiles(own.serve(reply))
    clock.advance(30_000)
    expect([...sent, ...profiles(own.serve(reply))].at(-1)).toMatchObject({ unit: 'W', limit: 6900 })
    expect(see('limit.applied')).toBe(10)
  })

  it('quirk 45: 0 pauses, the next limit after it is sent in full, in whole steps and with no phases named', async () => {
    const { limit, see, clock } = await limited(16.7, charger())
    expect(see('limit.applied')).toBe(16)
    expect(limit(0)).toMatchObject([{ limit: 0 }])
    clock.advance(60_000)
    expect(limit(13.9)).toMatchObject([{ limit: 13, numberPhases: undefined }])
    expect(see('limit.applied')).toBe(13)
    clock.advance(60_000)
    expect(limit(5)).toMatchObject([{ limit: 0 }])
  })

  it('quirk 46: a limit is sent again after a boot, a reconnect and a start, before anything else', async () => {
    const { own, start, charger: another } = await limited(10, charger())
    own.boot()
    const booted = own.serve(charger())
    expect(booted[0]).toMatchObject({ action: 'SetChargingProfile' })
    start()
    expect(profiles(own.serve(charger()))).toMatchObject([
      { purpose: 'TxProfile', limit: 10 },
      { purpose: 'TxDefaultProfile', limit: 10 },
    ])
    own.lose()
    const again = another('CP-1')
    again.boot()
    const back = again.serve(charger())
    expect(back[0]).toMatchObject({ action: 'SetChargingProfile' })
    expect(profiles(back).at(-1)).toMatchObject({ limit: 10 })
  })

  it('quirk 47: what is in force is not written again, and nothing is written where nobody asks', async () => {
    const { own, limit, meter, status, clock } = await limited(10, charger())
    expect(limit(10)).toEqual([])
    for (let n = 0; n < 60; n += 1) {
      clock.advance(60_000)
      status('Available')
      meter([power(0), energy(100)])
      own.call('Heartbeat', {})
      expect(profiles(own.serve(charger()))).toEqual([])
    }
    const nobody = await quirkSite({ boots: false })
    nobody.own.boot()
    nobody.start()
    expect(profiles(nobody.own.serve(charger()))).toEqual([])
  })

  it('quirk 47: a limit that goes up and down is written once in its interval, with the newest value', async () => {
    const { own, limit, clock } = await limited(10, charger())
    let written = 0
    for (let n = 0; n < 60; n += 1) {
      written += limit(n % 2 === 0 ? 16 : 12).length
      clock.advance(1000)
      written += profiles(own.serve(charger())).length
    }
    expect(written).toBeLessThanOrEqual(6)
  })
})
