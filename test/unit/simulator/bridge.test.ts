import { describe, expect, it } from 'vitest'
import { ChargePoint } from '../../../src/simulator/charge-point.ts'
import type { Quirks } from '../../../src/simulator/quirks.ts'
import { seededRandom } from '../../../src/simulator/random.ts'
import { violation } from '../../../src/southbound/ocpp/v16/validate.ts'
import { site } from '../../support/site.ts'
import { memoryLink } from './memory-link.ts'
import { car } from './station.ts'

/** The whole gateway, and one simulated charge point that calls it in. */
async function bridged(quirks: Quirks = {}) {
  const { gateway, clock, modbus } = await site()
  const complaints: string[] = []
  const chargePoint = new ChargePoint({
    id: 'CP-1',
    connectors: 2,
    maxAmps: 32,
    phases: 3,
    clock,
    random: seededRandom(1),
    meterInterval: 10,
    security: {},
    quirks,
    connect: memoryLink(gateway, 'CP-1', clock),
    violation(schema, payload) {
      const wrong = violation(schema, payload)
      if (wrong !== undefined) complaints.push(`${schema}: ${wrong}`)
      return wrong
    },
  })
  chargePoint.start()
  clock.advance(15_000)
  chargePoint.plugIn(1, car())
  clock.advance(30_000)
  return {
    chargePoint,
    clock,
    complaints,
    amps: () => Math.round(chargePoint.connector(1)?.amps ?? 0),
    /** Writes the limit of connector 1, in tenths of an ampere, and lets a minute go by. */
    limit(tenths: number): void {
      modbus(1, `06 0064 ${tenths.toString(16).padStart(4, '0')}`)
      clock.advance(60_000)
    },
    /** The status of connector 1 as the building reads it. */
    status: () => Number.parseInt(modbus(1, '04 0080 0001').slice(4), 16),
  }
}

describe('a simulated charge point on the bridge', () => {
  it('charges, obeys limits, is paused, reset, and obeys again', async () => {
    const { chargePoint, clock, complaints, amps, limit, status } = await bridged()
    expect(amps()).toBe(32)
    expect(status()).toBe(2)
    limit(100)
    expect(amps()).toBe(10)
    limit(0)
    expect(amps()).toBe(0)
    expect(status()).toBe(3)
    limit(160)
    chargePoint.loseLink(5_000)
    clock.advance(60_000)
    expect(amps()).toBe(16)
    chargePoint.reboot('HardReset')
    clock.advance(30_000)
    chargePoint.unplug(1)
    chargePoint.plugIn(1, car())
    clock.advance(60_000)
    expect(amps()).toBe(16)
    expect(complaints).toEqual([])
  })

  it.each([
    { charging: { forgets: 'reconnect' } },
    { noBootOnReconnect: true, charging: { forgets: 'reconnect' } },
    { noFullConfiguration: true, maxKeys: 4 },
    { bootLoop: true },
    { numericIds: true, callsInFlight: 2, timestamps: 'zoneless' },
  ] satisfies Quirks[])('obeys with %j as well', async (quirks) => {
    const { chargePoint, clock, complaints, amps, limit } = await bridged(quirks)
    limit(100)
    chargePoint.loseLink(5_000)
    clock.advance(60_000)
    expect(amps()).toBe(10)
    expect(complaints).toEqual([])
  })
})
