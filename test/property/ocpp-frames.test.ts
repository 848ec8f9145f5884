import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../src/lib/log.ts'
import { Conversation } from '../../src/southbound/ocpp/v16/conversation.ts'
import { core, fleetSettings } from '../support/core.ts'
import { runs } from '../support/runs.ts'

const real = readFileSync(join(import.meta.dirname, '../replay/frames.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { direction: string; frame?: unknown[]; raw?: string })
  .filter(({ direction }) => direction === 'from-charger')
  .map(({ frame, raw }) => raw ?? JSON.stringify(frame))

let sent: string[]
let conversation: Conversation
let own: ReturnType<typeof core>

beforeEach(() => {
  own = core()
  sent = []
  conversation = new Conversation({
    door: own.fleet,
    charger: own.charger,
    send: (text) => sent.push(text),
    close: () => {},
    clock: own.clock,
    log: silentLog,
    settings: { ...fleetSettings, responseTimeout: 10_000 },
  })
})

/** Feeds a text and sees that the bridge still answers, and that what it sends is a frame each. */
function survives(text: string): void {
  conversation.receive(text)
  for (const frame of sent.splice(0)) expect([2, 3, 4]).toContain(JSON.parse(frame)[0])
  conversation.receive('[2,"alive","Heartbeat",{}]')
  expect(sent.some((frame) => frame.startsWith('[3,"alive",{"currentTime"'))).toBe(true)
  sent.splice(0)
  expect(own.charger.connectorCount).toBeLessThanOrEqual(64)
}

const actions = [
  'BootNotification',
  'Heartbeat',
  'StatusNotification',
  'Authorize',
  'StartTransaction',
  'StopTransaction',
  'MeterValues',
  'DataTransfer',
  '__proto__',
  'constructor',
  'toString',
]

describe('a websocket', () => {
  it('takes any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.json()), (text) => survives(text)),
      { numRuns: runs(1500) },
    )
  })

  it('takes any payload for every action', () => {
    fc.assert(
      fc.property(fc.constantFrom(...actions), fc.anything(), (action, payload) => {
        // What has no JSON (a bigint, a cycle) can't come over the wire.
        let text: string
        try {
          text = JSON.stringify([2, 'x', action, payload])
        } catch {
          return
        }
        survives(text)
      }),
      { numRuns: runs(2000) },
    )
  })

  it('takes what real chargers send, with members exchanged for anything', () => {
    const replaced = fc.record({ frame: fc.constantFrom(...real), at: fc.nat(30), by: fc.jsonValue() })
    fc.assert(
      fc.property(replaced, ({ frame, at, by }) => {
        let place = at
        const text = (() => {
          try {
            return JSON.stringify(JSON.parse(frame), (_key, value) => {
              place -= 1
              return place === -1 ? by : value
            })
          } catch {
            return frame.slice(0, at * 10)
          }
        })()
        survives(text ?? '')
      }),
      { numRuns: runs(2000) },
    )
  })
})
