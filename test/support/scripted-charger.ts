import type { Command } from '../../src/core/charger/command.ts'
import type { ChargerEvent } from '../../src/core/charger/event.ts'
import { learn } from '../../src/core/charger/method.ts'
import { silentLog } from '../../src/lib/log.ts'
import { Session } from '../../src/southbound/ocpp/session/session.ts'
import { Downlink } from '../../src/southbound/ocpp/v16/downlink.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingDoor } from './recording-door.ts'

type Payload = Record<string, unknown>
type Answered = Extract<ChargerEvent, { kind: 'answered' }>

/** A status, a whole payload, no answer in time, or an error. */
export type Reply = string | object | 'TIMEOUT' | 'CALLERROR'

/** The downlink and a charger that answers each call as it is told to. */
export function scriptedCharger(reply: (action: string, payload: Payload) => Reply) {
  const door = new RecordingDoor()
  const clock = new FakeClock(Date.UTC(2026, 5, 4, 12))
  const charger = door.arrive('CP')
  const calls: (readonly [action: string, payload: Payload])[] = []
  const waiting: (readonly [string, Reply])[] = []
  const session = new Session({
    id: 'CP',
    send: (text) => {
      const [, id, action, payload] = JSON.parse(text) as [number, string, string, Payload]
      calls.push([action, payload])
      waiting.push([id, reply(action, payload)])
    },
    close: () => {},
    handle: () => ({}),
    heard: () => {},
    clock,
    log: silentLog,
    responseTimeout: 1000,
  })
  session.open(true)
  const downlink = new Downlink({ door, charger, session, now: () => clock.now(), log: silentLog })

  /** Sends a command until all is answered; tells the last outcome. */
  function send(command: Command): Answered | undefined {
    const from = door.events.length
    downlink.send(command)
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [id, said] = next
      if (said === 'TIMEOUT') clock.advance(1000)
      else if (said === 'CALLERROR') session.receive(JSON.stringify([4, id, 'NotImplemented', '', {}]))
      else session.receive(JSON.stringify([3, id, typeof said === 'string' ? { status: said } : said]))
    }
    // Core takes in what was learnt.
    for (const event of door.events.slice(from)) {
      if (event.kind === 'answered' || event.kind === 'learnt') learn(charger.state.methods, event.learnt ?? [])
    }
    const answered = door.events.slice(from).flatMap((event) => (event.kind === 'answered' ? [event] : []))
    return answered.at(-1)
  }
  return { charger, calls, send, events: door.events }
}
