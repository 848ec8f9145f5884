import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/runs.ts'
import {
  at,
  bvlc,
  distribute,
  forwarded,
  register,
  six,
  toAll,
  uint16,
  WHO_IS,
} from '../unit/northbound/bacnet/bvlc.ts'
import { type Station, stack } from '../unit/northbound/bacnet/support.ts'

const PEERS = [at('10.1.0.5'), at('10.2.0.5')]
const GRACE_S = 30

const station = fc.record({
  address: fc.constantFrom('10.9.0.1', '10.9.0.2', '10.9.0.3', '10.1.0.5', '127.0.0.100', '192.0.2.1'),
  port: fc.constantFrom(47808, 47809),
})
const key = ({ address, port }: Station) => `${address}:${port}`

type Step =
  | { readonly kind: 'register'; readonly from: Station; readonly seconds: number }
  | { readonly kind: 'delete'; readonly from: Station; readonly entry: Station }
  | { readonly kind: 'distribute'; readonly from: Station }
  | { readonly kind: 'forwarded'; readonly from: Station; readonly origin: Station; readonly heardByAll: boolean }
  | { readonly kind: 'broadcast'; readonly from: Station; readonly heardByAll: boolean }
  | { readonly kind: 'pass'; readonly seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), from: station, seconds: fc.nat(300) }),
  fc.record({ kind: fc.constant('delete' as const), from: station, entry: station }),
  fc.record({ kind: fc.constant('distribute' as const), from: station }),
  fc.record({ kind: fc.constant('forwarded' as const), from: station, origin: station, heardByAll: fc.boolean() }),
  fc.record({ kind: fc.constant('broadcast' as const), from: station, heardByAll: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(120) }),
)

async function bbmd() {
  const own = await stack({
    listen: '127.0.0.100:47808',
    bbmd: { peers: PEERS.map(({ address }) => address), foreignDevices: true },
  })
  own.attach([])
  return own
}

/** What a BBMD has to do, said the slow way. */
class Model {
  #entries = new Map<string, { readonly station: Station; readonly until: number }>()
  now = 0

  table(): readonly string[] {
    return [...this.#live().keys()].sort()
  }

  /** Where copies go, and the result code, if there is one. */
  take(each: Exclude<Step, { kind: 'pass' }>): { readonly copies: readonly string[]; readonly result?: number } {
    const from = key(each.from)
    const isPeer = PEERS.some((peer) => key(peer) === from)
    const foreign = (origin: Station) => [...this.#live().keys()].filter((entry) => entry !== key(origin))
    switch (each.kind) {
      case 'register':
        if (isPeer) return { copies: [], result: 0x30 }
        this.#entries.set(from, { station: each.from, until: this.now + each.seconds + GRACE_S })
        return { copies: [], result: 0 }
      case 'delete':
        if (isPeer || !this.#live().delete(key(each.entry))) return { copies: [], result: 0x50 }
        return { copies: [], result: 0 }
      case 'distribute':
        if (!this.#live().has(from)) return { copies: [], result: 0x60 }
        return { copies: ['broadcast', ...PEERS.map(key), ...foreign(each.from)] }
      case 'forwarded':
        if (key(each.origin) === '127.0.0.100:47808' || !isPeer) return { copies: [] }
        return { copies: [...(each.heardByAll ? [] : ['broadcast']), ...foreign(each.origin)] }
      case 'broadcast':
        return { copies: each.heardByAll ? [...PEERS.map(key), ...foreign(each.from)] : [] }
    }
  }

  #live() {
    for (const [entry, { until }] of this.#entries) if (until <= this.now) this.#entries.delete(entry)
    return this.#entries
  }
}

/** Nothing that the bridge itself answers. */
const SILENT = '0100100a'

/** Each with words of its own: what is said again and again goes round. */
function datagram(each: Exclude<Step, { kind: 'pass' }>, count: number): string {
  const npdu = SILENT + uint16(count)
  if (each.kind === 'register') return register(each.seconds)
  if (each.kind === 'delete') return bvlc(0x08, six(each.entry))
  if (each.kind === 'distribute') return distribute(npdu)
  return each.kind === 'forwarded' ? forwarded(each.origin, npdu) : toAll(npdu)
}

describe('a BBMD', () => {
  it('passes on as annex J says, whoever registers, leaves and talks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const own = await bbmd()
        const model = new Model()
        for (const [count, each] of steps.entries()) {
          if (each.kind === 'pass') {
            own.clock.advance(each.seconds * 1000)
            model.now += each.seconds
            continue
          }
          const { copies, result } = model.take(each)
          own.receive(datagram(each, count), each.from, 'heardByAll' in each && each.heardByAll)
          const sent = own.take()
          expect(
            sent
              .filter(({ hex }) => hex.startsWith('8104'))
              .map(({ to }) => to)
              .sort(),
          ).toEqual([...copies].sort())
          expect(sent.filter(({ hex }) => hex.startsWith('8100')).map(({ hex }) => hex)).toEqual(
            result === undefined ? [] : [`81000006${uint16(result)}`],
          )
        }
        own.receive(bvlc(0x06), at('192.0.2.77'))
        const entries = own.take()[0]?.hex.slice(8).match(/.{20}/g) ?? []
        expect(entries.map((entry) => entry.slice(0, 12)).sort()).toEqual(
          model
            .table()
            .map((entry) => six(at(entry.split(':')[0] ?? '', Number(entry.split(':')[1]))))
            .sort(),
        )
      }),
      { numRuns: runs(200) },
    )
  })

  it('takes any bytes behind any function, in bounds, and goes on answering', async () => {
    const own = await bbmd()
    for (const from of [at('10.9.0.1'), at('10.9.0.2')]) own.receive(register(60_000), from)
    own.take()
    const from = fc.constantFrom(at('10.9.0.1'), at('10.1.0.5'), at('192.0.2.1'), at('192.0.2.1', 0))
    fc.assert(
      fc.property(
        fc.nat(15),
        fc.uint8Array({ maxLength: 80 }),
        from,
        fc.boolean(),
        (name, bytes, sender, heardByAll) => {
          own.receive(bvlc(name, Buffer.from(bytes).toString('hex')), sender, heardByAll)
          own.clock.advance(10)
          const sent = own.take()
          // The subnet, two peers, two foreign devices and those who registered meanwhile; the answer, and one to everybody.
          expect(sent.length).toBeLessThanOrEqual(20)
          for (const { hex } of sent) expect(hex.length / 2).toBeLessThanOrEqual(1_497)
          own.receive(`810a0008${WHO_IS}`, at('127.0.0.9'))
          expect(own.take()).toHaveLength(1)
        },
      ),
      { numRuns: runs(3_000) },
    )
  })
})

describe('BBMDs that are foreign devices of each other, on one subnet', () => {
  it('send nothing round, however their tables name each other', async () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3']
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(addresses), { minLength: 3, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 6 }),
        fc.nat(2),
        async (tables, registrations, speaker) => {
          const all = await Promise.all(
            addresses.map(async (address, n) => {
              const settings = { listen: `${address}:47808`, bbmd: { peers: tables[n], foreignDevices: true } }
              const own = await stack(settings, undefined, { address })
              own.attach([])
              return { address, own }
            }),
          )
          for (const [at0, of] of registrations) all[at0]?.own.receive(register(60), at(addresses[of] ?? ''))
          for (const { own } of all) own.take()
          all[speaker]?.own.receive(toAll(SILENT), at('10.0.7.7'), true)
          let copies = 0
          for (let busy = true; busy; ) {
            busy = false
            for (const { address, own } of all) {
              for (const { hex, to } of own.take()) {
                copies += 1
                expect(copies).toBeLessThan(500)
                busy = true
                const target = all.find((each) => `${each.address}:47808` === to)
                // All are on one subnet: the worst that can be.
                const hearers = to === 'broadcast' ? all.filter((each) => each.address !== address) : [target]
                for (const hearer of hearers) hearer?.own.receive(hex, at(address), to === 'broadcast')
              }
            }
          }
        },
      ),
      {
        numRuns: runs(200),
        // Each names the next, and is a foreign device of the one before.
        examples: [
          [
            [['10.0.0.2'], ['10.0.0.3'], ['10.0.0.1']],
            [
              [1, 0],
              [2, 1],
            ],
            1,
          ],
        ],
      },
    )
  })
})
