import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { writeAcknowledgeAlarm } from '../../../../src/northbound/bacnet/wire/service/acknowledge-alarm.ts'
import { readGetEventInformationAck } from '../../../../src/northbound/bacnet/wire/service/get-event-information.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { octets } from '../../../support/octets.ts'
import { ask, context, local, oid, type PointInit, read, stack, write } from './support.ts'
import { ACK, AI, ids, MSI, more, power, real, recipients, status } from './watched.ts'

const CLASS = [15, 2] as const
const LOG = [20, 1] as const
const COV_INCREMENT = 22
const RECIPIENT_LIST = 102
const DATABASE_REVISION = 155
const LOG_INTERVAL = 134
const ENABLE = 133
const destination = '8201feb400000000b4173b3b630c0200004d2101118205e0'

const measured: PointInit = { ...power(), trend: '15m' }

/** Every property that is kept, with another value than the mapping's. */
const kept: readonly (readonly [at: readonly [number, number], property: number, value: string])[] = [
  [AI, COV_INCREMENT, real(7)],
  [AI, more.high, real(19)],
  [AI, more.delay, '2109'],
  [CLASS, 1, '8205e0'],
  [CLASS, 86, '210121022103'],
  [CLASS, RECIPIENT_LIST, destination],
  [LOG, LOG_INTERVAL, '2307a120'],
  [LOG, ENABLE, '10'],
]

/** Pages that may be on a disk that takes nothing. */
class Disk extends Map<string, string> {
  full = false

  override set(name: string, text: string): this {
    if (this.full) throw new Error('database or disk is full')
    return super.set(name, text)
  }
}

async function bridge(pages: Map<string, string>, log: Log = silentLog) {
  const own = await stack({ recipients }, log, { pages })
  const [value, state] = own.attach([measured, status()])
  if (value === undefined || state === undefined) throw new Error('no point')
  own.set(value, 10)
  own.set(state, 0)
  own.clock.advance(600_000)
  own.take()
  return { own, state }
}

/** What is read of everything that is kept. */
function shown({ own }: Awaited<ReturnType<typeof bridge>>): readonly string[] {
  return [
    ...kept.map(([at, property]) => read(own, ...at, property)),
    read(own, ...MSI, ids.acked),
    read(own, 8, 4000, DATABASE_REVISION),
  ]
}

describe('what objects keep', () => {
  it('stands as it was written in the next bridge', async () => {
    const pages = new Map<string, string>()
    const first = await bridge(pages)
    for (const [at, property, value] of kept) expect(write(first.own, at, property, value)).toBe(ACK)
    const before = shown(first)
    expect(before.slice(0, kept.length)).toEqual(kept.map(([, , value]) => value))
    expect(shown(await bridge(pages))).toEqual(before)
  })

  it('is begun anew where it can’t be read, with one line of warning, and can be written again', async () => {
    const fresh = shown(await bridge(new Map()))
    const pages = new Map<string, string>()
    const first = await bridge(pages)
    for (const [at, property, value] of kept) write(first.own, at, property, value)
    first.own.set(first.state, 2)
    shown(first)
    const names = [...pages.keys()]
    expect(names.map((name) => name.split(/[ \n]/)[0])).toEqual(
      expect.arrayContaining([
        'cov-increment',
        'alarm',
        'event',
        'notification-class',
        'trend-log',
        'database-revision',
      ]),
    )
    const broken = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '-1',
      '{"enable":1,"revision":"x","state":"x","destinations":["ff"]}',
      '{"high":null,"priority":[1,2],"last":[1,2,3],"start":{"date":[1],"time":[]},"revision":-1}',
      '{"delayMs":1e999,"ackRequired":{},"interval":0,"acked":[true],"revision":null}',
    ]
    for (const text of broken) {
      const warnings: string[] = []
      const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) }
      const again = await bridge(new Map(names.map((name) => [name, text])), log)
      expect(shown(again)).toEqual(fresh)
      expect(warnings.filter((line) => line.includes("can't be read")).length).toBeGreaterThanOrEqual(names.length - 1)
      for (const [at, property, value] of kept) expect(write(again.own, at, property, value)).toBe(ACK)
    }
  })
})

describe('a write that can’t be kept', () => {
  it.each(kept)(
    'of %s, property %s, gets no answer however often it is repeated, and changes nothing',
    async (at, property, value) => {
      const pages = new Disk()
      const { own } = await bridge(pages)
      const before = read(own, ...at, property)
      const request = local(`00 05 01 0f 0c${oid(...at)}${context(1, property)}3e${value}3f`)
      pages.full = true
      for (const _try of [1, 2, 3]) {
        expect(() => own.receive(request)).not.toThrow()
        expect(own.take()).toEqual([])
        expect(read(own, ...at, property)).toBe(before)
      }
      pages.full = false
      expect(write(own, at, property, value)).toBe(ACK)
      expect(read(own, ...at, property)).toBe(value)
    },
  )

  it('is an acknowledgement as well: what was acknowledged is on disk when that is answered', async () => {
    const pages = new Disk()
    const { own, state } = await bridge(pages)
    write(own, CLASS, 1, '8205e0')
    own.set(state, 2)
    own.clock.advance(600_000)
    own.take()
    const { summaries } = readGetEventInformationAck(new Reader(octets(ask(own, 29, '').slice(6))))
    const [event] = summaries
    const writer = new Writer()
    writeAcknowledgeAlarm(writer, {
      process: 0,
      object: { type: 13, instance: 1 },
      eventState: 2,
      timeStamp: event?.eventTimeStamps[0] ?? { kind: 'time', time: [1, 2, 3, 4] },
      source: 'operator',
      timeOfAcknowledgment: { kind: 'time', time: [1, 2, 3, 4] },
    })
    const request = local(`00 05 01 00 ${Buffer.from(writer.finish()).toString('hex')}`)
    pages.full = true
    for (const _try of [1, 2]) {
      own.receive(request)
      expect(own.take()).toEqual([])
      expect(read(own, ...MSI, ids.acked)).toBe('820560')
    }
    pages.full = false
    own.receive(request)
    own.take()
    expect(read(own, ...MSI, ids.acked)).toBe('8205e0')
    expect(JSON.parse(pages.get('event 4000 13 1') ?? '')).toMatchObject({ acked: [true, true, true] })
  })
})
