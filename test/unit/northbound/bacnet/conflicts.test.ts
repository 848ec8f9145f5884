import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { AGAIN_MS, ANSWER_MS } from '../../../../src/northbound/bacnet/services/conflicts.ts'
import { at, bvlc, toAll } from './bvlc.ts'
import { oid, type Stack, type Station, stack } from './support.ts'

const OTHER = at('127.0.0.50')

function recorded() {
  const lines: string[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  const log: Log = { ...silentLog, error: write, info: write }
  return { lines, log }
}

/** An I-Am of another's device. */
const iAm = (instance: number) => `01001000c4${oid(8, instance)}2205c4910322022b`

/** A bridge with two chargers that has just started: its questions are out. */
async function starting(settings: object = {}, log: Log = silentLog): Promise<Stack> {
  const own = await stack(settings, log)
  await own.north.stop()
  own.attach([])
  for (const instance of [4001, 4002]) own.charger(instance)
  await own.north.start()
  own.clock.advance(0)
  return own
}

/** Instances that were announced since the last time, and `router` for the virtual network. */
function announced(own: Stack): readonly (number | 'router')[] {
  return own.take().flatMap(({ hex, to }): readonly (number | 'router')[] => {
    if (to !== 'broadcast') return []
    if (hex.slice(8) === '01800107d0') return ['router']
    const found = /1000c4(........)2205c4910022022b$/.exec(hex)?.[1]
    return found === undefined ? [] : [Number.parseInt(found, 16) & 0x3f_ffff]
  })
}

/** Who answers a Who-Is. */
function answers(own: Stack): readonly number[] {
  own.receive('810b000c0120ffff00ff1008')
  own.clock.advance(50)
  return own.take().map(({ hex }) => Number.parseInt(/1000c4(........)/.exec(hex)?.[1] ?? '', 16) & 0x3f_ffff)
}

describe('at the start', () => {
  it('asks for its own instances and network everywhere, answers meanwhile, and announces what nobody else has', async () => {
    const own = await starting({}, silentLog)
    expect(own.take().map(({ hex }) => hex.slice(8))).toEqual(['018012', '01800007d0', '0120ffff00ff10080a0fa01a0fa2'])
    expect(answers(own)).toEqual([4000, 4001, 4002])
    own.clock.advance(ANSWER_MS - 51)
    expect(announced(own)).toEqual([])
    own.clock.advance(1_000)
    expect(announced(own)).toEqual(['router', 4000, 4001, 4002])
  })

  it('says nothing of a device whose instance another has, until that is gone; it can be read all the while', async () => {
    const { lines, log } = recorded()
    const own = await starting({}, log)
    own.receive(bvlc(0x0a, iAm(4001)), OTHER)
    own.receive(toAll(iAm(4001)), at('127.0.0.51'), true)
    own.clock.advance(ANSWER_MS)
    own.clock.advance(1_000)
    expect(announced(own)).toEqual(['router', 4000, 4002])
    expect(answers(own)).toEqual([4000, 4002])
    // Who-Has would tell of it, too.
    own.receive(toAll('0120ffff00ff10072c00000001'), own.client, true)
    own.clock.advance(50)
    expect(own.take()).toHaveLength(1)
    own.receive(bvlc(0x0a, '012407d003000fa1ff0005010c0c02000fa1194d'))
    expect(own.take()).toHaveLength(1)
    expect(lines).toEqual([
      'bacnet: 127.0.0.50:47808 has a device with instance 4001, too: the bridge does not announce its own; give one of them another number',
    ])
    // Every five minutes: it is asked for alone. First it is still there.
    own.clock.advance(AGAIN_MS - ANSWER_MS - 1_000)
    own.receive(bvlc(0x0a, iAm(4001)), OTHER)
    const asked = own.take().map(({ hex }) => hex.slice(8))
    expect(asked).toEqual(['0120ffff00ff10080a0fa11a0fa1'])
    own.clock.advance(AGAIN_MS - 1)
    expect(announced(own)).toEqual([])
    own.clock.advance(1 + ANSWER_MS)
    expect(announced(own)).toEqual([4001])
    expect(answers(own)).toEqual([4000, 4001, 4002])
    expect(lines.slice(1)).toEqual(['bacnet: no other device has instance 4001 any more'])
    own.clock.advance(24 * 3_600_000)
    expect(own.take()).toEqual([])
  })

  it("says nothing of the bridge's own device when that is taken", async () => {
    const own = await starting()
    own.receive(bvlc(0x0a, iAm(4000)), OTHER)
    own.clock.advance(ANSWER_MS + 1_000)
    expect(announced(own)).toEqual(['router', 4001, 4002])
    expect(answers(own)).toEqual([4001, 4002])
  })

  it('says nothing of the virtual network, nor of what stands on it, when another router leads to one of that number', async () => {
    const { lines, log } = recorded()
    const own = await starting({}, log)
    own.receive(toAll('018001000707d0'), OTHER, true)
    own.clock.advance(ANSWER_MS + 1_000)
    expect(announced(own)).toEqual([4000])
    expect(answers(own)).toEqual([4000])
    own.receive(toAll('01800007d0'), own.client, true)
    own.receive(toAll('018000'), own.client, true)
    expect(own.take()).toEqual([])
    expect(lines).toEqual([
      'bacnet: 127.0.0.50:47808 is a router to network 2000, too, which is bacnet.network: the bridge does not announce it, nor the devices behind it; give one of them another number',
    ])
    own.clock.advance(AGAIN_MS + ANSWER_MS)
    expect(announced(own)).toEqual(['router', 4001, 4002])
    expect(answers(own)).toEqual([4000, 4001, 4002])
    expect(lines.slice(1)).toEqual(['bacnet: no other router leads to network 2000 any more'])
  })

  it('tells of many devices that another has in one line', async () => {
    const { lines, log } = recorded()
    const own = await stack({ instances: '10001-19999' }, log)
    await own.north.stop()
    own.attach([])
    for (let n = 0; n < 300; n += 1) own.charger(10_001 + n)
    await own.north.start()
    own.clock.advance(0)
    for (let n = 0; n < 300; n += 1) own.receive(bvlc(0x0a, iAm(10_001 + n)), OTHER)
    own.clock.advance(5_000)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('with instance 10001-10300, too')
  })
})

describe('later on', () => {
  it('a device with one of our instances is told in the log once, and ours goes on answering: anybody can say so', async () => {
    const { lines, log } = recorded()
    const own = await starting({}, log)
    own.clock.advance(ANSWER_MS + 1_000)
    own.take()
    for (let n = 0; n < 50; n += 1) own.receive(toAll(iAm(4002)), at(`127.0.0.${60 + n}`), true)
    own.clock.advance(1_000)
    expect(lines).toEqual([
      'bacnet: 127.0.0.60:47808 has a device with instance 4002, too: clients take one for the other; give one of them another number',
    ])
    expect(answers(own)).toEqual([4000, 4001, 4002])
    own.clock.advance(AGAIN_MS + ANSWER_MS)
    expect(announced(own)).toEqual([])
    expect(lines.slice(1)).toEqual(['bacnet: no other device has instance 4002 any more'])
  })

  it('a router to a network of our number is told in the log, and ours is announced when it is asked for', async () => {
    const { lines, log } = recorded()
    const own = await starting({}, log)
    own.clock.advance(ANSWER_MS + 1_000)
    own.take()
    own.receive(toAll('01800107d0'), OTHER, true)
    own.clock.advance(1_000)
    expect(lines[0]).toContain('is a router to network 2000, too, which is bacnet.network: both claim it')
    own.receive(toAll('01800007d0'), own.client, true)
    expect(own.take()).toHaveLength(2)
  })

  it('a charger that comes is asked for before it is announced', async () => {
    const own = await starting()
    own.clock.advance(ANSWER_MS + 1_000)
    own.take()
    own.charger(4003)
    expect(announced(own)).toEqual([])
    expect(answers(own)).toEqual([4000, 4001, 4002, 4003])
  })

  it("others' devices are none of our business", async () => {
    const { lines, log } = recorded()
    const own = await starting({}, log)
    for (let n = 0; n < 1_000; n += 1) own.receive(toAll(iAm(100_000 + n)), OTHER, true)
    own.receive(toAll('0180010009000a'), OTHER, true)
    own.clock.advance(AGAIN_MS)
    expect(lines).toEqual([])
  })

  it.each([
    ['an object that is no device', '01001000c4000000012205c4910322022b'],
    ['no number where one belongs', `01001000c4${oid(8, 4001)}9105910322022b`],
    ['an end that comes too early', `01001000c4${oid(8, 4001)}2205c491`],
  ])('an I-Am with %s is none', async (_what, apdu) => {
    const own = await starting()
    own.receive(toAll(apdu), OTHER, true)
    own.clock.advance(ANSWER_MS + 1_000)
    expect(announced(own)).toEqual(['router', 4000, 4001, 4002])
  })
})

describe('in the flat topology', () => {
  it("asks for the bridge's instance alone, and keeps quiet of it when it is taken", async () => {
    const own = await stack({ topology: 'flat', network: undefined })
    await own.north.stop()
    own.attach([])
    await own.north.start()
    own.clock.advance(0)
    expect(own.take().map(({ hex }) => hex.slice(8))).toEqual(['018012', '0120ffff00ff10080a0fa01a0fa0'])
    const from: Station = OTHER
    own.receive(bvlc(0x0a, iAm(4000)), from)
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
    expect(answers(own)).toEqual([])
  })
})
