import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/store/sqlite.ts'
import { eventsIn } from '../support/event-notifications.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { CONFIG, routed, site } from '../support/site.ts'

const config = CONFIG.replace('network: 2000,', 'network: 2000, recipients: [{ address: 127.0.0.20 }],')
const QUIET_MS = 300_000
const HIGH_LIMIT = '3e91033f'
const OFFNORMAL = '3e91023f'

type Own = Awaited<ReturnType<typeof site>>

/** A bridge that has been quiet since its start, with both chargers there. */
async function watched(options: Parameters<typeof site>[0] = {}) {
  const own = await site({ config, ...options })
  const [charger, other] = ['CP-1', 'CP-2'].map((id) => own.charger(id))
  if (charger === undefined || other === undefined) throw new Error('no charger')
  for (const each of [charger, other]) {
    each.boot()
    each.answer('')
  }
  status(charger, 'Available')
  other.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' })
  own.clock.advance(QUIET_MS)
  told(own)
  return { own, charger, other }
}

function status(charger: ReturnType<Own['charger']>, now: string, connectorId = 1): void {
  charger.call('StatusNotification', {
    connectorId,
    status: now,
    errorCode: now === 'Faulted' ? 'GroundFailure' : 'NoError',
  })
}

/** What the recipient is told by now, repetitions left out; it acknowledges each. */
function told(own: Own) {
  own.clock.advance(0)
  const sent = own.datagrams.splice(0).map(({ bytes, to }) => ({ to, hex: Buffer.from(bytes).toString('hex') }))
  const events = new Map(eventsIn(sent).map((each) => [`${each.event.device} ${each.invokeId}`, each]))
  for (const { event, invokeId, to } of events.values()) {
    expect(to).toBe('127.0.0.20:47808')
    own.bacnet(routed(event.device, `20 ${(invokeId ?? 0).toString(16).padStart(2, '0')} 02`), {
      address: '127.0.0.20',
      port: 47808,
    })
  }
  return [...events.values()].map(({ event }) => event)
}

const meterValues = (amps: number, watts: number) => ({
  connectorId: 1,
  meterValue: [
    {
      timestamp: '2026-01-01T00:00:10Z',
      sampledValue: [
        { value: String(amps), measurand: 'Current.Import', phase: 'L1', unit: 'A' },
        { value: String(watts), measurand: 'Power.Active.Import', unit: 'W' },
      ],
    },
  ],
})

/** Event_State of an object of CP-1, as the answer has it. */
const eventState = (own: Own, object: string) => own.bacnet(routed(4001, `00 05 09 0c 0c ${object} 19 24`))[0]

describe('a connector that is faulted', () => {
  it('is an alarm in the run in which the charger says so; the recipient is told right after', async () => {
    const { own, charger } = await watched()
    status(charger, 'Faulted')
    // Nothing was sent yet, but who reads sees it: multi-state-input 101 is the status of connector 1.
    expect(own.datagrams.splice(0)).toEqual([])
    expect(eventState(own, '03400065')).toContain(OFFNORMAL)
    const [event, ...more] = told(own)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      device: 4001,
      object: { type: 13, instance: 101 },
      notificationClass: 2,
      message: 'Site.Bay 01.1.Status: Faulted',
      fromState: 0,
      toState: 2,
      values: { kind: 'change-of-state', newState: { kind: 'unsigned' } },
    })
    status(charger, 'Available')
    expect(told(own)).toMatchObject([{ device: 4001, fromState: 2, toState: 0 }])
  })

  it('stays told over a restart of the bridge until the charger is back', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const { own, charger } = await watched({ clock, store })
    status(charger, 'Faulted')
    expect(told(own)).toHaveLength(1)
    const next = await site({ config, clock, store })
    // The value is of a charger that is away now: a fault, which by itself is no news.
    expect(told(next)).toEqual([])
    const again = next.charger('CP-1')
    again.boot()
    again.answer('')
    status(again, 'Available')
    expect(told(next)).toEqual([])
    expect(eventState(next, '03400065')).toContain('3e91003f')
  })
})

describe('a charger whose socket is lost', () => {
  it('is one alarm after two minutes, and none if it is back before', async () => {
    const { own, charger } = await watched()
    charger.lose()
    own.clock.advance(119_999)
    expect(told(own)).toEqual([])
    const back = own.charger('CP-1')
    back.boot()
    back.answer('')
    own.clock.advance(600_000)
    expect(told(own).filter(({ device }) => device === 4001)).toEqual([])
    back.lose()
    own.clock.advance(120_000)
    expect(told(own).filter(({ device }) => device === 4001)).toMatchObject([
      {
        object: { type: 3, instance: 1 },
        notificationClass: 3,
        message: 'Site.Bay 01.Online: offline',
        toState: 2,
        values: { kind: 'change-of-state', newState: { kind: 'binary', value: 0 } },
      },
    ])
    const last = own.charger('CP-1')
    last.boot()
    own.clock.advance(120_000)
    expect(told(own).filter(({ device }) => device === 4001)).toMatchObject([
      { object: { type: 3 }, fromState: 2, toState: 0 },
    ])
  })

  it('that never came is told of only when the bridge has run for a while', async () => {
    const own = await site({ config })
    own.clock.advance(QUIET_MS - 4_001)
    expect(told(own)).toEqual([])
    own.clock.advance(10_000)
    expect(told(own).map(({ device, object }) => [device, object.type, object.instance])).toEqual([
      [4001, 3, 1],
      [4002, 3, 1],
    ])
  })
})

describe('a limit', () => {
  it('that the charger accepts and does not honour is an alarm of the class of limits', async () => {
    const { own, charger } = await watched()
    status(charger, 'Charging')
    charger.call('StartTransaction', { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: '2026-01-01T00:00:00Z' })
    charger.answer('')
    const bytes = Buffer.alloc(4)
    bytes.writeFloatBE(10)
    own.bacnet(routed(4001, `00 05 01 0f 0c 00400065 19 55 3e 44${bytes.toString('hex')} 3f 49 08`))
    charger.answer('SetChargingProfile')
    for (let minute = 0; minute < 4; minute += 1) {
      own.clock.advance(40_000)
      charger.answer('')
      charger.call('MeterValues', meterValues(32, 22_000))
    }
    expect(own.seen('CP-1', 1, 'limit.evidence')).toBe('Not honoured')
    const events = told(own).filter(({ device }) => device === 4001)
    expect(events).toMatchObject([
      {
        object: { type: 13, instance: 106 },
        notificationClass: 1,
        priority: 64,
        message: 'Site.Bay 01.1.Limit Evidence: Not honoured',
        fromState: 0,
        toState: 2,
      },
    ])
  })

  it('of what a connector is built for is an alarm when it draws more for a minute', async () => {
    const { own, charger } = await watched()
    status(charger, 'Charging')
    // 32 A × 3 × 230 V = 22.08 kW.
    for (let second = 0; second < 60; second += 20) {
      charger.call('MeterValues', meterValues(33, 22_500))
      expect(told(own)).toEqual([])
      own.clock.advance(20_000)
    }
    // The whole charger may draw twice as much.
    expect(told(own)).toMatchObject([
      {
        object: { type: 0, instance: 101 },
        notificationClass: 1,
        message: 'Site.Bay 01.1.Power: 22.5 kW, above its limit',
        values: { kind: 'out-of-range', exceedingValue: 22.5, deadband: 0.5 },
      },
    ])
    expect(eventState(own, '00000065')).toContain(HIGH_LIMIT)
  })
})
