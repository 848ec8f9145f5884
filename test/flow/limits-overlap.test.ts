import { describe, expect, it } from 'vitest'
import { LimitedCharger, type Taste } from '../support/limited-charger.ts'

const everything: Taste = {
  lowestLevel: 0,
  units: ['A', 'W'],
  kinds: ['Absolute', 'Relative'],
  txProfiles: true,
  maxProfiles: true,
  lowestLimit: 0,
}
const ALL = 300

/** A charger that is ready and has nothing to answer. */
function connected(taste: Partial<Taste> = {}): LimitedCharger {
  const charger = new LimitedCharger({ ...everything, ...taste })
  charger.connect({ boots: true, forgets: false })
  charger.answer(ALL)
  return charger
}

/** What the building sees of a connector's limit. */
function applied(charger: LimitedCharger, connector: number) {
  const { quality, value } = charger.shown('limit.applied', connector)
  return [value, quality]
}

describe('limits that overlap', () => {
  it('end with the newer one, also when the older was told to a transaction that is over', () => {
    const charger = connected()
    charger.start(1)
    charger.write(1, 'limit', 16)
    charger.wait(5_000)
    charger.stop(1)
    charger.write(1, 'limit', 10)
    charger.answer(ALL)
    expect(charger.keeps(1)).toBe(10)
    expect(applied(charger, 1)).toEqual([10, 'good'])
  })

  it('end with none, when one is released while its way is looked for', () => {
    const charger = connected({ kinds: ['Relative'], units: ['W'] })
    charger.write(1, 'limit', 10)
    charger.write(1, 'limit', null)
    charger.answer(ALL)
    expect(charger.keeps(1)).toBe(32)
    expect(charger.leftovers()).toEqual([])
  })

  it('do not keep 0 waiting for what is left of another', () => {
    const charger = connected({ kinds: ['Relative'], units: ['W'], lowestLevel: 1 })
    charger.start(1)
    charger.write(1, 'limit', 16)
    charger.answer(2)
    charger.write(1, 'limit', 0)
    const told = charger.history.length
    charger.answer(ALL)
    const limits = charger.history.slice(told).map((line) => Number(/"limit":(\d+)/.exec(line)?.[1]))
    // The one whose answer is awaited was sent already.
    expect(limits.slice(1).filter((limit) => limit > 0)).toEqual([])
    expect(charger.keeps(1)).toBe(0)
  })

  it('are not taken for accepted because of an answer to a call of an earlier connection', () => {
    const charger = new LimitedCharger(everything)
    charger.write(1, 'limit', 16)
    charger.connect({ boots: true, forgets: false })
    charger.delay(true)
    charger.connect({ boots: true, forgets: true })
    charger.answerLate()
    expect(applied(charger, 1)).toEqual([32, 'unknown'])
    charger.answer(ALL)
    expect([charger.keeps(1), ...applied(charger, 1)]).toEqual([16, 16, 'good'])
  })
})

describe('a limit that is written in another way', () => {
  it('takes the old profile away before the new one, not after it', () => {
    const charger = connected()
    charger.write(1, 'limit', 10)
    charger.answer(ALL)
    charger.write(1, 'smartCharging.unit', 2)
    charger.answer(ALL)
    expect([charger.keeps(1), ...applied(charger, 1)]).toEqual([10, 10, 'good'])
  })

  it('is not vouched for while the old profile may stand', () => {
    const charger = connected()
    charger.write(1, 'smartCharging.stackLevel', 2)
    charger.write(1, 'limit', 16)
    charger.answer(ALL)
    charger.configure({ 'smartCharging.profileId': '5' })
    charger.answer(ALL)
    charger.configure({})
    charger.delay(false)
    charger.wait(10_000)
    charger.answer(ALL)
    expect(applied(charger, 1)).toEqual([32, 'unknown'])
    charger.wait(30_000)
    charger.answer(ALL)
    expect([charger.keeps(1), ...applied(charger, 1)]).toEqual([16, 16, 'good'])
  })

  it('takes the old profile away after a restart of the bridge that came before', () => {
    const charger = connected()
    charger.write(1, 'smartCharging.profileId', 5)
    charger.write(1, 'limit', 10)
    charger.answer(ALL)
    charger.disconnect()
    charger.write(1, 'smartCharging.profileId', -1)
    charger.write(1, 'limit', null)
    charger.restartBridge()
    charger.settle()
    expect([charger.keeps(1), charger.leftovers()]).toEqual([32, []])
  })

  it('has an id that no other connector has, whatever was chosen', () => {
    const charger = connected()
    charger.configure({ 'smartCharging.profileId': '77' })
    for (const connector of [0, 1, 2]) charger.write(connector, 'limit', 10)
    charger.answer(ALL)
    charger.start(1)
    charger.answer(ALL)
    expect([1, 2].map((connector) => charger.keeps(connector))).toEqual([10, 10])
    expect(charger.lies()).toEqual([])
    expect([0, 1, 2].map((connector) => charger.shown('smartCharging.profileId', connector).value)).toEqual([
      -1, 77, -1,
    ])
  })

  it('is not given to each connector in place of all of them', () => {
    const charger = connected({ maxProfiles: false })
    charger.configure({ 'smartCharging.purpose': 'TxDefaultProfile' })
    charger.write(0, 'limit', 20)
    charger.answer(ALL)
    expect(charger.keeps(0)).toBe(20)
    expect(applied(charger, 0)).toEqual([20, 'good'])
  })

  it('binds a transaction alone where that was chosen, and is not shown beyond its end', () => {
    const charger = connected()
    charger.write(1, 'smartCharging.purpose', 3)
    charger.start(1)
    charger.write(1, 'limit', 10)
    charger.answer(ALL)
    expect(applied(charger, 1)).toEqual([10, 'good'])
    charger.stop(1)
    expect(applied(charger, 1)).toEqual([32, 'unknown'])
    expect(charger.shown('limit.evidence', 1).value).toBe('None')
    charger.wait(1000)
    charger.start(1)
    expect(applied(charger, 1)).toEqual([32, 'unknown'])
    charger.answer(ALL)
    expect(applied(charger, 1)).toEqual([10, 'good'])
  })
})

describe('profiles of others', () => {
  const foreign = { connector: 1, purpose: 'TxDefaultProfile', level: 2, amps: 32, transactionId: undefined }

  it('are cleared with the next limit where the link broke before', () => {
    const charger = connected()
    charger.install(1, foreign)
    charger.write(1, 'limit', 10)
    charger.answer(1)
    charger.connect({ boots: true, forgets: false })
    charger.answer(ALL)
    expect(charger.keeps(1)).toBe(10)
  })

  it('are cleared without taking ours away, which has come to their level', () => {
    const charger = connected()
    charger.install(1, foreign)
    charger.write(1, 'limit', 10)
    charger.answer(1)
    charger.write(1, 'smartCharging.stackLevel', 2)
    charger.answer(ALL)
    expect([charger.keeps(1), ...applied(charger, 1)]).toEqual([10, 10, 'good'])
  })
})

describe('a decrease', () => {
  it('does not wait like an increase because a lower one was refused', () => {
    const charger = connected({ lowestLimit: 8 })
    charger.write(1, 'limit', 10)
    charger.answer(ALL)
    charger.write(1, 'limit', 20)
    charger.answer(ALL)
    expect(charger.keeps(1)).toBe(20)
    charger.wait(5_000)
    charger.write(1, 'limit', 6)
    charger.answer(ALL)
    charger.write(1, 'limit', 10)
    charger.wait(5_000)
    charger.answer(ALL)
    expect(charger.keeps(1)).toBe(10)
  })
})

describe('a limit that a charge point has divided', () => {
  it('loses the older one of its own, once its parts stand', () => {
    const charger = connected({ lowestLimit: 12 })
    charger.write(0, 'limit', 20)
    charger.answer(ALL)
    charger.write(0, 'limit', 10)
    charger.answer(ALL)
    charger.wait(60_000)
    charger.write(0, 'limit', 60)
    charger.settle()
    charger.boot()
    charger.answer(ALL)
    expect([charger.keeps(0), ...applied(charger, 0)]).toEqual([60, 60, 'good'])
    expect(charger.shown('smartCharging.sendStatus', 0).value).toBe('Accepted')
  })
})
