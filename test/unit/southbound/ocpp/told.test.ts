import { beforeEach, describe, expect, it } from 'vitest'
import type { Entry, Message } from '../../../../src/core/history.ts'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { Session } from '../../../../src/southbound/ocpp/session/session.ts'
import { Conversation } from '../../../../src/southbound/ocpp/v16/conversation.ts'
import { core, fleetSettings } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

let told: Message[]
let sent: string[]
let clock: FakeClock

const history = {
  tell: (entry: Entry) => void told.push(entry as Message),
}

function session(handle: (action: string) => Record<string, unknown> = () => ({})): Session {
  const own = new Session({
    id: 'CP-1',
    send: (text) => sent.push(text),
    close: () => {},
    handle: (action) => handle(action) as never,
    heard: () => {},
    history,
    clock,
    log: silentLog,
    responseTimeout: 10_000,
  })
  own.open(true)
  return own
}

const brief = () => told.map(({ action, form, from, text }) => `${from} ${form} ${action}: ${text}`)
const idOf = (n: number) => String((JSON.parse(sent[n] ?? '[]') as unknown[])[1])

beforeEach(() => {
  told = []
  sent = []
  clock = new FakeClock(1_000)
})

describe('of a session the history is told', () => {
  it("a charger's call, then the answer, as they went over the wire", () => {
    const own = session(() => ({ status: 'Accepted' }))
    own.receive('[2, "1", "Authorize", {"idTag":"A"}]')
    expect(told).toEqual([
      {
        kind: 'message',
        at: 1_000,
        charger: 'CP-1',
        from: 'charger',
        form: 'call',
        action: 'Authorize',
        text: '[2, "1", "Authorize", {"idTag":"A"}]',
      },
      {
        kind: 'message',
        at: 1_000,
        charger: 'CP-1',
        from: 'bridge',
        form: 'result',
        action: 'Authorize',
        text: '[3,"1",{"status":"Accepted"}]',
      },
    ])
    expect(told.filter(({ from }) => from === 'bridge').map(({ text }) => text)).toEqual(sent)
  })

  it("the bridge's call, and the charger's answer or error under the call's name", () => {
    const own = session()
    const call = (action: string) => own.call({ action, payload: {}, lane: 'normal', done: () => {} })
    call('Reset')
    clock.advance(5)
    own.receive(`[3,"${idOf(0)}",{"status":"Accepted"}]`)
    call('ClearCache')
    own.receive(`[4,"${idOf(1)}","NotSupported","",{}]`)
    expect(brief()).toEqual([
      `bridge call Reset: ${sent[0]}`,
      `charger result Reset: [3,"${idOf(0)}",{"status":"Accepted"}]`,
      `bridge call ClearCache: ${sent[1]}`,
      `charger error ClearCache: [4,"${idOf(1)}","NotSupported","",{}]`,
    ])
    expect(told.map(({ at }) => at)).toEqual([1_000, 1_005, 1_005, 1_005])
  })

  it('the error that the bridge answers, and the call that its own handling brought about after it', () => {
    let later = () => {}
    const own = session(() => {
      later()
      return { callError: 'NotImplemented', description: 'no' }
    })
    later = () => own.call({ action: 'Reset', payload: {}, lane: 'normal', done: () => {} })
    own.receive('[2,"1","Strange",{}]')
    expect(brief()).toEqual([
      'charger call Strange: [2,"1","Strange",{}]',
      'bridge error Strange: [4,"1","NotImplemented","no",{}]',
      `bridge call Reset: ${sent[1]}`,
    ])
  })

  it('late answers and answers to nothing, without a name', () => {
    const own = session()
    own.call({ action: 'Reset', payload: {}, lane: 'normal', done: () => {} })
    clock.advance(10_000)
    own.receive(`[3,"${idOf(0)}",{}]`)
    own.receive('[4,"never"]')
    expect(brief().slice(1)).toEqual([`charger result : [3,"${idOf(0)}",{}]`, 'charger error : [4,"never"]'])
  })

  it('nonsense, of which a damaged answer has the name of its call, and what the bridge says of it', () => {
    const own = session()
    own.call({ action: 'GetConfiguration', payload: {}, lane: 'normal', done: () => {} })
    own.receive(`[3,"${idOf(0)}",{"configurationKey":[]`)
    own.receive('[2,"d","Heartbeat",{')
    own.receive('garbage')
    own.receive('')
    expect(brief().slice(1)).toEqual([
      `charger nonsense GetConfiguration: [3,"${idOf(0)}",{"configurationKey":[]`,
      'charger nonsense : [2,"d","Heartbeat",{',
      'bridge error : [4,"d","FormationViolation","no JSON",{}]',
      'charger nonsense : garbage',
      'charger nonsense : ',
    ])
  })

  it('of long nonsense only the beginning', () => {
    session().receive('x'.repeat(100_000))
    expect(told[0]?.text).toBe('x'.repeat(2_000))
  })

  it("nothing of what comes after the conversation's end", () => {
    const own = session()
    own.closed()
    own.receive('[2,"1","Heartbeat",{}]')
    own.call({ action: 'Reset', payload: {}, lane: 'normal', done: () => {} })
    expect(told).toEqual([])
  })

  it('a call that the bridge could not answer', () => {
    const own = session(() => {
      throw new Error('the disk is full')
    })
    expect(() => own.receive('[2,"1","Heartbeat",{}]')).toThrow('the disk is full')
    expect(brief()).toEqual(['charger call Heartbeat: [2,"1","Heartbeat",{}]'])
  })
})

describe('of a conversation', () => {
  const lines: string[] = []
  const loud: Log = {
    ...silentLog,
    debugs: true,
    debug: (fields, line) => void lines.push(`${fields.charger} ${fields.from} ${fields.type}: ${line}`),
  }

  function conversation(log: Log, shownTag?: (idTag: string) => string): Conversation {
    lines.splice(0)
    const own = core()
    return new Conversation({
      door: own.fleet,
      charger: own.charger,
      send: (text) => sent.push(text),
      close: () => {},
      clock: own.clock,
      log,
      history,
      ...(shownTag && { shownTag }),
      settings: { ...fleetSettings, responseTimeout: 10_000 },
    })
  }

  it('every message is told, and at the level debug said in one line without a tag', () => {
    conversation(loud).receive('[2,"1","Authorize",{"idTag":"HUSH77"}]')
    expect(told.map(({ text }) => text)).toEqual(['[2,"1","Authorize",{"idTag":"HUSH77"}]', ...sent])
    expect(lines).toEqual(['CP-1 charger AuthorizeRequest: Tag ***', 'CP-1 bridge AuthorizeConfirmation: Tag accepted'])
    conversation(loud, (tag) => tag.toLowerCase()).receive('[2,"1","Authorize",{"idTag":"ABC"}]')
    expect(lines[0]).toBe('CP-1 charger AuthorizeRequest: Tag abc')
  })

  it('what is not understood is said without a tag, too', () => {
    const warned: string[] = []
    const log: Log = { ...silentLog, warn: ({ text }) => void warned.push(String(text)) }
    conversation(log).receive('[2,"1","Authorize",{"idTag":"HUSH77"')
    conversation(log, (tag) => tag.toLowerCase()).receive('[2,"1","Authorize",{"idTag":"ABC"')
    expect(warned).toEqual(['[2,"1","Authorize",{"idTag":"***"', '[2,"1","Authorize",{"idTag":"abc"'])
  })

  it('nothing is said at other levels, and all is told', () => {
    conversation({ ...loud, debugs: false }).receive('[2,"1","Heartbeat",{}]')
    expect(told).toHaveLength(2)
    expect(lines).toEqual([])
  })
})
