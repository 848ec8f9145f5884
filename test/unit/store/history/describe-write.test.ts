import { describe, expect, it } from 'vitest'
import type { Write } from '../../../../src/core/history.ts'
import { describeWrite } from '../../../../src/store/history/write/describe-write.ts'

const write: Write = {
  kind: 'write',
  at: 1,
  source: 'BACnet',
  client: 'bacnet:192.0.2.7',
  charger: 'CP-1',
  connector: 1,
  point: 'limit',
  value: '16 A',
  priority: 8,
  result: 'accepted',
  frame: '810a0012',
}

describe('a write in the log', () => {
  it('says what was written where, by whom, and the octets of the request', () => {
    expect(describeWrite(write)).toEqual({
      sender: 'bacnet:192.0.2.7',
      type: 'BACnetWrite',
      message: 'limit of connector 1: 16 A at priority 8: accepted',
      frame: '810a0012',
    })
  })

  it.each([
    [{ connector: 0, point: 'restart', value: '1', priority: undefined }, 'restart of the charger: 1: accepted'],
    [{ charger: undefined, connector: 0, point: 'totals' }, 'totals of the bridge: 16 A at priority 8: accepted'],
    [{ result: 'denied' }, 'limit of connector 1: 16 A at priority 8: denied'],
    [{ result: 'out-of-range' }, 'limit of connector 1: 16 A at priority 8: refused (out-of-range)'],
  ] as const)('reads as people say it: %j', (change, message) => {
    expect(describeWrite({ ...write, ...change }).message).toBe(message)
  })

  it('keeps what is known of it where no octets were told', () => {
    const web = { ...write, source: 'Web', client: 'web:anna', frame: undefined } as const
    expect(describeWrite(web).type).toBe('WebWrite')
    expect(JSON.parse(describeWrite(web).frame)).toMatchObject({ charger: 'CP-1', value: '16 A', client: 'web:anna' })
  })
})
