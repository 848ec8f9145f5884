import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ChargerEvent, Sample } from '../../src/core/charger/event.ts'
import { silentLog } from '../../src/lib/log.ts'
import { type Answered, Session } from '../../src/southbound/ocpp/session/session.ts'
import { Downlink } from '../../src/southbound/ocpp/v16/downlink.ts'
import { uplink } from '../../src/southbound/ocpp/v16/uplink.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingDoor } from '../support/recording-door.ts'

interface Line {
  readonly vendor: string
  readonly direction: 'from-charger' | 'from-csms'
  readonly action: string
  readonly frame?: readonly unknown[]
  readonly raw?: string
  readonly oddity: string
  readonly sequence?: string
  readonly expect?: {
    readonly answer: 'CALLRESULT' | 'CALLERROR' | 'none'
    readonly or?: readonly string[]
    readonly keepOpen: boolean
    readonly facts: Readonly<Record<string, unknown>>
  }
}

const lines = readFileSync(join(import.meta.dirname, 'frames.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)

/** Frames of one connection in order; a single stands alone. */
const sequences = new Map<string, Line[]>()
lines.forEach((line, index) => {
  const name = line.sequence ?? `${line.vendor} ${line.action}, line ${index + 1}`
  sequences.set(name, [...(sequences.get(name) ?? []), line])
})

/** One charger's session over a socket in memory, with everything that came of it. */
class Replay {
  readonly door = new RecordingDoor()
  readonly sent: string[] = []
  closed: string | undefined
  /** Answers to calls of ours, by the id that the sequence's own server used. */
  readonly answers = new Map<string, Answered>()
  readonly #charger = this.door.arrive('CP')
  readonly #clock = new FakeClock()
  /** The sequence's ids, to ours. */
  readonly #ids = new Map<string, string>()
  readonly #session = new Session({
    id: 'CP',
    send: (text) => this.sent.push(text),
    close: (reason) => {
      this.closed = reason
    },
    handle: uplink({
      door: this.door,
      charger: this.#charger,
      now: () => this.#clock.now(),
      bootInterval: () => 300,
      booted: () => {},
      signCertificate: () => false,
    }),
    heard: () => {},
    clock: this.#clock,
    log: silentLog,
    responseTimeout: 10_000,
  })
  readonly #downlink = new Downlink({
    door: this.door,
    charger: this.#charger,
    session: this.#session,
    now: () => this.#clock.now(),
    log: silentLog,
  })

  constructor() {
    this.#session.open(true)
  }

  /** Makes the call that the sequence's server made, so that the charger's answer finds it waiting. */
  call(id: unknown, action: string, payload: Readonly<Record<string, unknown>>): void {
    const before = this.sent.length
    if (action === 'GetConfiguration') {
      const { key } = payload
      this.#downlink.send({ kind: 'read-configuration', keys: Array.isArray(key) ? key : ['X'] })
    } else {
      this.#session.call({
        action,
        payload,
        lane: 'normal',
        done: (answered) => this.answers.set(String(id), answered),
      })
    }
    const text = this.sent[before]
    if (text !== undefined) this.#ids.set(String(id), String(JSON.parse(text)[1]))
  }

  /** Feeds a frame; what the bridge sent because of it. */
  feed(line: Line): readonly string[] {
    const text = line.raw ?? JSON.stringify(line.frame)
    const type = line.frame?.[0] ?? (text.trimStart().startsWith('[3') ? 3 : 2)
    const before = this.sent.length
    if (type === 2) {
      this.#session.receive(text)
      return this.sent.slice(before)
    }
    const id = String(line.frame?.[1] ?? /"([^"]+)"/.exec(text)?.[1])
    if (!this.#ids.has(id) && line.expect?.facts.ignored !== true) this.call(id, line.action, {})
    const after = this.sent.length
    const own = this.#ids.get(id)
    this.#session.receive(own === undefined ? text : text.replace(/(^\s*\[\s*\d\s*,\s*)("[^"]*"|\d+)/, `$1"${own}"`))
    return this.sent.slice(after)
  }
}

/** What the events since the last frame say, in the words of the frames' facts. */
function facts(replay: Replay, line: Line, answer: readonly unknown[] | undefined): Record<string, unknown> {
  const { door } = replay
  const told: Record<string, unknown> = {}
  for (const event of door.events.splice(0)) Object.assign(told, eventFacts(event))
  for (const start of door.starts.splice(0)) {
    Object.assign(told, {
      connector: start.connector,
      idTag: start.idTag,
      meterStartWh: start.meterStartWh,
      chargerTime: iso(start.chargerTime),
      transactionId: (answer?.[2] as { transactionId?: number } | undefined)?.transactionId,
    })
  }
  for (const stop of door.stops.splice(0)) {
    Object.assign(told, {
      transactionId: stop.transactionId,
      meterStopWh: stop.meterStopWh,
      idTag: stop.idTag,
      reason: stop.reason,
      chargerTime: iso(stop.chargerTime),
    })
  }
  for (const idTag of door.authorized.splice(0)) told.idTag = idTag
  const id = line.frame?.[1]
  const answered = id === undefined ? undefined : replay.answers.get(String(id))
  if (answered?.kind === 'result') {
    const { status, connectorId, chargingSchedule } = answered.payload as {
      status?: string
      connectorId?: number
      chargingSchedule?: { chargingSchedulePeriod?: { limit?: number }[] }
    }
    Object.assign(told, {
      status,
      connector: connectorId,
      limitA: chargingSchedule?.chargingSchedulePeriod?.[0]?.limit,
    })
  }
  if (answered?.kind === 'error') told.callError = answered.code
  return told
}

function eventFacts(event: ChargerEvent): Record<string, unknown> {
  switch (event.kind) {
    case 'booted':
      return { ...event.identity }
    case 'status':
      return { ...event, chargerTime: iso(event.chargerTime) }
    case 'metered': {
      const { samples, chargerTime } = event.reading
      return {
        connector: event.connector,
        transactionId: event.transactionId,
        chargerTime: iso(chargerTime),
        energyAtStartWh: event.energyAtStartWh,
        energyWh: value(samples, 'Energy.Active.Import.Register'),
        energyInletWh: value(samples, 'Energy.Active.Import.Register', 'Inlet'),
        powerW: value(samples, 'Power.Active.Import'),
        powerPhaseW: phases(samples, 'Power.Active.Import'),
        powerOfferedW: value(samples, 'Power.Offered'),
        currentA: phases(samples, 'Current.Import') ?? value(samples, 'Current.Import'),
        currentOfferedA: phases(samples, 'Current.Offered') ?? value(samples, 'Current.Offered'),
        voltageV: phases(samples, 'Voltage') ?? value(samples, 'Voltage'),
        frequencyHz: value(samples, 'Frequency'),
        powerFactor: phases(samples, 'Power.Factor') ?? value(samples, 'Power.Factor'),
        temperatureC: value(samples, 'Temperature'),
        soc: value(samples, 'SoC'),
      }
    }
    case 'configuration':
      return {
        config: Object.fromEntries(event.keys.map(({ key, value: text }) => [key, text])),
        readonly: event.keys.filter(({ readonly }) => readonly).map(({ key }) => key),
      }
    default:
      return {}
  }
}

function value(samples: readonly Sample[], measurand: string, location?: string): number | undefined {
  return samples.find((each) => each.measurand === measurand && each.phase === undefined && each.location === location)
    ?.value
}

function phases(samples: readonly Sample[], measurand: string): Record<string, number> | undefined {
  const own = samples.filter(
    (each) => each.measurand === measurand && each.phase !== undefined && each.location === undefined,
  )
  return own.length === 0 ? undefined : Object.fromEntries(own.map((each) => [each.phase, each.value]))
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

/** Facts that say what the frame was, not what is known from it; the answer itself is their proof. */
const aboutTheFrame = new Set([
  'call',
  'ignored',
  'repeat',
  'securityEvent',
  'firmwareStatus',
  'vendorId',
  'messageId',
  'reservationId',
])

describe('frames of real chargers', () => {
  it('are all here', () => {
    expect(lines.filter((line) => line.direction === 'from-charger')).toHaveLength(209)
  })

  it.each([...sequences])('%s', (_name, sequence) => {
    const replay = new Replay()
    /** Transaction ids that the sequence's server gave, to ours. */
    const given = new Map<unknown, number>()
    let lastStart: number | undefined
    for (const line of sequence) {
      if (line.direction === 'from-csms') {
        const [type, id, third, fourth] = line.frame ?? []
        if (type === 2) replay.call(id, String(third), (fourth ?? {}) as Record<string, unknown>)
        const theirs = type === 3 ? (third as { transactionId?: unknown } | null)?.transactionId : undefined
        if (theirs !== undefined && lastStart !== undefined) given.set(theirs, lastStart)
        continue
      }
      const wanted = line.expect
      if (wanted === undefined) throw new Error('a frame without expectation')
      const sent = replay.feed(line).map((text) => JSON.parse(text) as readonly unknown[])
      const answers = sent.filter((frame) => frame[0] !== 2)
      const kind = answers.length === 0 ? 'none' : answers[0]?.[0] === 3 ? 'CALLRESULT' : 'CALLERROR'
      const where = `${line.action}: ${line.oddity}`
      expect([wanted.answer, ...(wanted.or ?? [])], where).toContain(kind)
      expect(answers.length, where).toBeLessThanOrEqual(1)
      if (line.frame?.[0] === 2) expect(answers[0]?.[1], where).toBe(line.frame[1])
      expect(replay.closed, where).toBeUndefined()
      const told = facts(replay, line, answers[0])
      if (line.action === 'StartTransaction') lastStart = told.transactionId as number
      for (const [name, fact] of Object.entries(wanted.facts)) {
        if (aboutTheFrame.has(name)) continue
        if (wanted.facts.ignored === true) continue
        if (fact === null) expect(told[name], `${where}: ${name}`).toBeUndefined()
        else expect(told[name], `${where}: ${name}`).toEqual(fact)
      }
    }
  })
})
