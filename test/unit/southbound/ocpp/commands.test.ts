import { describe, expect, it } from 'vitest'
import type { Command } from '../../../../src/core/charger/command.ts'
import type { ChargerEvent } from '../../../../src/core/charger/event.ts'
import { standardKeys } from '../../../../src/core/points/standard-keys.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { Session } from '../../../../src/southbound/ocpp/session/session.ts'
import { Downlink } from '../../../../src/southbound/ocpp/v16/downlink.ts'
import { time } from '../../../../src/southbound/ocpp/v16/normalise.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingDoor } from '../../../support/recording-door.ts'

const deadline = Number.POSITIVE_INFINITY

/** Sends a command, answers each call with the next status, and tells the calls and what came of it. */
function send(command: Command, statuses: readonly (string | object)[] = []) {
  const door = new RecordingDoor()
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 12))
  const charger = door.arrive('CP')
  const sent: [number, string, string, Record<string, unknown>][] = []
  const session = new Session({
    id: 'CP',
    send: (text) => sent.push(JSON.parse(text)),
    close: () => {},
    handle: () => ({}),
    heard: () => {},
    clock,
    log: silentLog,
    responseTimeout: 1000,
  })
  session.open(true)
  new Downlink({ door, charger, session, now: () => clock.now(), log: silentLog }).send(command)
  statuses.forEach((status, index) => {
    const id = sent[index]?.[1]
    if (status === 'CALLERROR') session.receive(JSON.stringify([4, id, 'NotImplemented', '', {}]))
    else if (status === 'TIMEOUT') clock.advance(1000)
    else session.receive(JSON.stringify([3, id, typeof status === 'string' ? { status } : status]))
  })
  const answers = door.events.flatMap((event: ChargerEvent) => (event.kind === 'answered' ? [event.answer] : []))
  return { calls: sent.map(([, , action, payload]) => [action, payload] as const), answers, events: door.events }
}

describe('commands', () => {
  it.each<[Command, string, object, string, string]>([
    [
      { kind: 'set-availability', connector: 2, operative: false },
      'ChangeAvailability',
      { connectorId: 2, type: 'Inoperative' },
      'Scheduled',
      'scheduled',
    ],
    [
      { kind: 'start', connector: 1, idTag: 'T', deadline },
      'RemoteStartTransaction',
      { connectorId: 1, idTag: 'T' },
      'Rejected',
      'rejected',
    ],
    [
      { kind: 'stop', connector: 1, transactionId: 9, deadline },
      'RemoteStopTransaction',
      { transactionId: 9 },
      'Accepted',
      'accepted',
    ],
    [{ kind: 'unlock', connector: 1, deadline }, 'UnlockConnector', { connectorId: 1 }, 'UnlockFailed', 'rejected'],
    [
      { kind: 'unlock', connector: 1, deadline },
      'UnlockConnector',
      { connectorId: 1 },
      'NotSupported',
      'not-supported',
    ],
    [{ kind: 'reset', hard: true, deadline }, 'Reset', { type: 'Hard' }, 'Accepted', 'accepted'],
    [{ kind: 'clearCache', deadline }, 'ClearCache', {}, 'CALLERROR', 'not-supported'],
    [
      { kind: 'trigger', message: 'MeterValues', deadline },
      'TriggerMessage',
      { requestedMessage: 'MeterValues' },
      'TIMEOUT',
      'no-answer',
    ],
    [
      { kind: 'write-configuration', key: 'K', value: 'v' },
      'ChangeConfiguration',
      { key: 'K', value: 'v' },
      'RebootRequired',
      'reboot-required',
    ],
  ])('%o is %s', (command, action, payload, status, outcome) => {
    const { calls, answers } = send(command, [status])
    expect(calls[0]).toEqual([action, payload])
    expect(answers).toEqual([outcome])
  })

  it('a written key is read back, and a password is never told', () => {
    const rows = [
      { key: 'K', readonly: false, value: 'v' },
      { key: 'AuthorizationKey', readonly: false, value: 'secret' },
    ]
    const { calls, events } = send({ kind: 'write-configuration', key: 'K', value: 'v' }, [
      'Accepted',
      { configurationKey: rows },
    ])
    expect(calls[1]).toEqual(['GetConfiguration', { key: ['K'] }])
    expect(events.at(-1)).toEqual({
      kind: 'configuration',
      keys: [{ key: 'K', value: 'v', readonly: false }],
      unknown: [],
    })
  })

  it('a configuration that is not told as a whole is asked for in portions', () => {
    const portion = { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: 30 }], unknownKey: ['X'] }
    const portions = Math.ceil(Object.keys(standardKeys).length / 4)
    const { calls, events } = send({ kind: 'read-configuration' }, [
      'TIMEOUT',
      ...Array.from({ length: portions }, () => portion),
    ])
    expect(calls[0]).toEqual(['GetConfiguration', {}])
    expect(calls[1]?.[1]).toMatchObject({ key: expect.objectContaining({ length: 4 }) })
    expect(calls).toHaveLength(1 + portions)
    expect(events.at(-2)).toMatchObject({
      kind: 'configuration',
      keys: expect.arrayContaining([{ key: 'HeartbeatInterval', value: '30', readonly: false }]),
    })
  })

  it('what breaks the schema is not sent', () => {
    const { calls, answers } = send({ kind: 'start', connector: 1, idTag: 'x'.repeat(21), deadline })
    expect(calls).toEqual([])
    expect(answers).toEqual(['not-supported'])
  })
})

describe('a time', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T01:00:00+0100', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T02:00:00+02', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123Z'],
  ])('%s is understood', (text, iso) => {
    expect(new Date(time(text) ?? 0).toISOString()).toBe(iso)
  })

  it.each(['2023-10-19T15:28:07', '1970-01-01T00:00:00Z', '', 'yesterday', null, 5])('%s is none', (text) => {
    expect(time(text)).toBeUndefined()
  })
})
