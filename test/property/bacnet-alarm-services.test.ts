import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../src/lib/log.ts'
import { octets } from '../support/octets.ts'
import { runs } from '../support/runs.ts'
import { local, oid, type PointInit, read, stack } from '../unit/northbound/bacnet/support.ts'

const status: PointInit = {
  object: 'multi-state-input',
  instance: 1,
  type: 'state',
  states: ['Available', 'Faulted'],
  alarm: { class: 'charger', values: ['Faulted'] },
}

const stamp = '2ea47e010104b4000000002f'
const destination = '8201feb400000000b4173b3b630c0200004d2101118205e0'
/** By service: a request that is done. */
const requests: Readonly<Record<number, string>> = {
  0: `09001c${oid(13, 1)}29023e${stamp}3f4b006f705e${stamp}5f`,
  3: '',
  4: '09001e0e0c0200004d0f19001f290339014e090019ff4f5902',
  8: `0c${oid(15, 1)}19663e${destination}3f`,
  9: `0c${oid(15, 1)}19663e${destination}3f`,
  15: `0c${oid(15, 1)}19563e2101210221033f`,
  16: `0c${oid(13, 1)}1e09712e21052f1f0c${oid(15, 1)}1e09012e8205e02f09562e2101210221032f1f`,
  17: '090519022d0700736563726574',
  20: '09011d0700736563726574',
  29: `0c${oid(13, 1)}`,
}
const times = ['1006a47e010104b400000000', '1009a47e010104b400000000']

const edit = fc.record({
  at: fc.nat(60),
  value: fc.integer({ min: 0, max: 255 }),
  kind: fc.constantFrom('set', 'cut', 'add', 'double'),
})

/** The same octets, changed here and there. */
function edited(hex: string, edits: readonly { at: number; value: number; kind: string }[]): string {
  let bytes = [...octets(hex)]
  for (const { at, kind, value } of edits) {
    const place = bytes.length === 0 ? 0 : at % (bytes.length + 1)
    if (kind === 'set') bytes[place] = value
    else if (kind === 'cut') bytes = bytes.slice(0, place)
    else if (kind === 'add') bytes.splice(place, 0, value)
    else bytes.push(...bytes.slice(place))
  }
  return Buffer.from(bytes).toString('hex')
}

describe('the services of alarms, of management and of several writes', () => {
  it('take any octets: each request has one answer, and nothing goes wrong inside', async () => {
    const failures: object[] = []
    const own = await stack(
      { password: 'secret', recipients: [{ address: '127.0.0.20' }], timeSync: '365d' },
      { ...silentLog, error: (fields) => void failures.push(fields) },
    )
    const [point] = own.attach([status], 1)
    if (point === undefined) throw new Error('no point')
    const services = Object.keys(requests).map(Number)
    fc.assert(
      fc.property(
        fc.constantFrom(...services),
        fc.array(edit, { maxLength: 6 }),
        fc.constantFrom('0005', '0275', '0000', '0200'),
        fc.boolean(),
        (service, edits, head, turn) => {
          if (turn) own.set(point, point.value === 1 ? 0 : 1)
          own.receive(
            local(`${head}01${service.toString(16).padStart(2, '0')}${edited(requests[service] ?? '', edits)}`),
          )
          const answers = own.take()
          expect(answers).toHaveLength(1)
          expect(answers[0]?.hex.slice(12)).toMatch(/^(2001|3001|3c01|5001|6001|7101)/)
          for (const time of times) own.receive(local(edited(time, edits)))
          own.clock.advance(10)
          own.take()
          expect(failures).toEqual([])
        },
      ),
      { numRuns: runs(3_000) },
    )
    own.clock.advance(60_000)
    own.take()
    expect(read(own, 8, 4000, 77)).toContain(Buffer.from('Site').toString('hex'))
  })
})
