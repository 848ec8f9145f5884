import { describe, expect, it } from 'vitest'
import { local, oid, type PointInit, type Stack, stack } from './support.ts'

const HOUR = 3_600_000
const DECADE = 10 * 365 * 24 * HOUR
const power: PointInit = { object: 'analog-input', instance: 1, type: 'number', unit: 'kW', covInterval: '10s' }
const subscribe = (seconds: number) =>
  local(`00 05 01 05 09 07 1c${oid(0, 1)} 2900 3a${seconds.toString(16).padStart(4, '0')}`)
const register = '8105000600 3c'

async function watched() {
  const own = await stack({ bbmd: { foreignDevices: true }, listen: '127.0.0.100:47808' })
  const [point] = own.attach([power])
  if (point === undefined) throw new Error('no point')
  own.set(point, 1)
  own.receive(subscribe(600))
  own.receive(register)
  own.clock.advance(20_000)
  own.take()
  return { own, set: (value: number) => own.set(point, value) }
}

function notified(own: Stack): number {
  own.clock.advance(0)
  return own.take().filter(({ hex }) => hex.startsWith('1002', 12)).length
}

describe.each([
  ['on by ten years', DECADE],
  ['back by ten years', -DECADE],
])("this machine's clock, set %s,", (_how, by) => {
  it('ends no subscription before its time, and lengthens none', async () => {
    const { own, set } = await watched()
    own.clock.put(by)
    own.clock.advance(5_000)
    set(5)
    expect(notified(own)).toBe(1)
    own.clock.advance(600_000)
    set(9)
    expect(notified(own)).toBe(0)
  })

  it('holds back no notification for longer than the interval', async () => {
    const { own, set } = await watched()
    set(5)
    expect(notified(own)).toBe(1)
    own.clock.put(by)
    set(9)
    expect(notified(own)).toBe(0)
    own.clock.advance(10_000)
    expect(notified(own)).toBe(1)
  })

  it('ends no registration of a foreign device before its time, and lengthens none', async () => {
    const { own } = await watched()
    const table = () => {
      own.receive('81060004')
      return own.take()[0]?.hex.length
    }
    own.clock.put(by)
    expect(table()).toBe(28)
    own.clock.advance(90_000)
    expect(table()).toBe(8)
  })
})
