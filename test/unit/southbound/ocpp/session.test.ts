import { describe, expect, it } from 'vitest'
import type { Keeping } from '../../../../src/core/keep.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { type Answered, Session } from '../../../../src/southbound/ocpp/session/session.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { HandKeeping } from '../../../support/hand-keeping.ts'

function session(handle: (action: string) => Record<string, unknown> = () => ({}), keeping?: Keeping) {
  const clock = new FakeClock()
  const sent: unknown[][] = []
  const closed: string[] = []
  const own = new Session({
    id: 'CP',
    send: (text) => sent.push(JSON.parse(text)),
    close: (reason) => closed.push(reason),
    handle,
    heard: () => {},
    clock,
    log: silentLog,
    responseTimeout: 10_000,
    ...(keeping && { keeping }),
    relieves: (action) => action === 'StopTransaction',
  })
  const answers: string[] = []
  const call = (action: string, lane: 'limit' | 'normal' | 'setup' = 'normal', deadline?: number) =>
    own.call({
      action,
      payload: {},
      lane,
      ...(deadline !== undefined && { deadline }),
      done: (answered: Answered) => answers.push(`${action} ${answered.kind}`),
    })
  const reply = (n = -1) => own.receive(JSON.stringify([3, sent.at(n)?.[1], { status: 'Accepted' }]))
  return { own, clock, sent, closed, answers, call, reply, actions: () => sent.map((frame) => frame[2]) }
}

describe('an answer that is not on disk yet', () => {
  const begun = (handle?: (action: string) => Record<string, unknown>) => {
    const keeping = new HandKeeping()
    return { keeping, ...session(handle, keeping) }
  }

  it('waits for that, and no other does; nor do calls to the charger', () => {
    const { keeping, own, sent, call } = begun()
    own.open(true)
    own.receive('[2,"a","StopTransaction",{}]')
    own.receive('[2,"b","Heartbeat",{}]')
    call('L', 'limit')
    expect(sent.map(([type, id]) => [type, type === 3 ? id : 'L'])).toEqual([
      [3, 'b'],
      [2, 'L'],
    ])
    keeping.sync()
    expect(sent.at(-1)).toEqual([3, 'a', {}])
  })

  it('waits, whatever it answers, when something was kept for it', () => {
    const keeping = new HandKeeping()
    keeping.kept = 1
    const { own, sent } = session(() => {
      keeping.promised += 1
      return {}
    }, keeping)
    own.receive('[2,"a","MeterValues",{}]')
    expect(sent).toEqual([])
    keeping.sync()
    expect(sent).toEqual([[3, 'a', {}]])
  })

  it('leaves where the disk takes nothing: what was told is in memory', () => {
    const { keeping, own, sent } = begun()
    own.receive('[2,"a","StopTransaction",{}]')
    keeping.fail()
    expect(sent).toEqual([[3, 'a', {}]])
  })

  it('leaves before anything that a charger is asked as soon as it is let in', () => {
    const { keeping, own, sent, call } = begun()
    own.receive('[2,"a","StopTransaction",{}]')
    call('A')
    own.open(true)
    expect(sent).toEqual([])
    keeping.sync()
    expect(sent.map(([type]) => type)).toEqual([3, 2])
  })

  it('leaves before anything that a charger is asked once it is let in again, if it was shut out by that very call', () => {
    const { keeping, own, sent, call } = begun(() => {
      own.open(false)
      return {}
    })
    own.open(true)
    own.receive('[2,"a","StopTransaction",{}]')
    call('A')
    own.open(true)
    expect(sent).toEqual([])
    keeping.sync()
    expect(sent.map(([type]) => type)).toEqual([3, 2])
  })

  it('goes nowhere once its socket is closed', () => {
    const { keeping, own, sent } = begun()
    own.receive('[2,"a","StopTransaction",{}]')
    own.closed()
    keeping.sync()
    expect(sent).toEqual([])
  })
})

describe('a session', () => {
  it('has one call in flight, and limits go before what waited longer', () => {
    const { own, call, reply, actions } = session()
    own.open(true)
    call('A')
    call('B')
    call('L1', 'limit')
    call('L2', 'limit')
    expect(actions()).toEqual(['A'])
    reply()
    reply()
    reply()
    expect(actions()).toEqual(['A', 'L1', 'L2', 'B'])
  })

  it('holds calls until it is opened', () => {
    const { own, call, actions } = session()
    call('A')
    expect(actions()).toEqual([])
    own.open(true)
    expect(actions()).toEqual(['A'])
  })

  it("answers a charger's call before anything that the call made it want to send", () => {
    let later = () => {}
    const { own, sent, call } = session(() => {
      later()
      return { transactionId: 5 }
    })
    own.open(true)
    later = () => call('SetChargingProfile', 'limit')
    own.receive('[2,"x","StartTransaction",{}]')
    expect(sent.map((frame) => frame[0])).toEqual([3, 2])
  })

  it('gives up after the time-out, and closes the socket of a charger that is deaf', () => {
    const { own, clock, call, answers, closed } = session()
    own.open(true)
    for (const name of ['A', 'B', 'C', 'D']) call(name)
    clock.advance(10_000)
    expect(answers).toEqual(['A none'])
    clock.advance(20_000)
    expect(answers).toEqual(['A none', 'B none', 'C none'])
    expect(closed).toEqual(['no answer to 3 calls in a row'])
  })

  it('is not deaf when it answers now and then', () => {
    const { own, clock, call, reply, closed } = session()
    own.open(true)
    for (let n = 0; n < 10; n += 1) {
      call(`A${n}`)
      if (n % 3 === 2) reply()
      else clock.advance(10_000)
    }
    expect(closed).toEqual([])
  })

  it('ignores answers to nothing, and a late answer while the next call is pending', () => {
    const { own, clock, sent, call, answers } = session()
    own.open(true)
    call('A')
    clock.advance(10_000)
    call('B')
    own.receive(JSON.stringify([3, sent[0]?.[1], {}]))
    own.receive('[3,"never",{}]')
    own.receive('[4,"never"]')
    expect(answers).toEqual(['A none'])
  })

  it('does not send what is past its deadline', () => {
    const { own, clock, call, actions, answers, reply } = session()
    own.open(true)
    call('A')
    call('Reset', 'normal', clock.now() + 1000)
    clock.advance(5_000)
    reply()
    expect(actions()).toEqual(['A'])
    expect(answers).toEqual(['A result', 'Reset none'])
  })

  it('answers everything that waits when the socket goes, each once', () => {
    const { own, call, answers } = session()
    own.open(true)
    for (const name of ['A', 'B']) call(name)
    call('L', 'limit')
    own.closed()
    own.closed()
    call('late')
    expect([...answers].sort()).toEqual(['A none', 'B none', 'L none', 'late none'])
  })

  it('throws away queued limits and set-up when the charger begins anew, but not actions', () => {
    const { own, call, answers, actions, reply } = session()
    own.open(true)
    call('in flight', 'setup')
    call('read', 'setup')
    call('limit', 'limit')
    call('Reset')
    own.cancelSetup()
    expect(answers).toEqual(['limit none', 'read none'])
    reply()
    expect(actions()).toEqual(['in flight', 'Reset'])
  })

  it('does not queue without end', () => {
    const { own, call, answers } = session()
    own.open(true)
    for (let n = 0; n < 300; n += 1) call(`A${n}`)
    expect(answers.length).toBe(99)
  })

  it('answers numeric ids with numbers, damaged calls with an error, and empty texts with nothing', () => {
    const { own, sent } = session()
    own.receive('[2,7,"Heartbeat",null]')
    own.receive('[2,"d","Heartbeat",{')
    own.receive('')
    own.receive('garbage')
    own.receive('[9,"x"]')
    own.receive('[{"toString":1,"valueOf":2},"x","Heartbeat",{}]')
    own.receive('[[],"x"]')
    own.receive('[2,"n"]')
    expect(sent).toEqual([
      [3, 7, {}],
      [4, 'd', 'FormationViolation', 'no JSON', {}],
      [4, 'n', 'FormationViolation', 'no action', {}],
    ])
  })

  it('treats a damaged answer as none', () => {
    const { own, sent, call, answers } = session()
    own.open(true)
    call('GetConfiguration')
    own.receive(`[3,"${sent[0]?.[1]}",{"configurationKey":[]`)
    expect(answers).toEqual(['GetConfiguration none'])
  })
})
