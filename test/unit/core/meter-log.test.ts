import { describe, expect, it } from 'vitest'
import type { Metered } from '../../../src/core/history.ts'
import { core } from '../../support/core.ts'
import { RecordingHistory } from '../../support/recording-history.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const watts = (value: number, phase?: string) => ({
  measurand: 'Power.Active.Import',
  value,
  ...(phase !== undefined && { phase }),
})
const register = (value: number) => ({ measurand: 'Energy.Active.Import.Register', value })

interface Told {
  readonly samples: readonly { readonly measurand: string; readonly value: number }[]
  readonly connector?: number
  readonly transactionId?: number
  readonly chargerTime?: number
  readonly stream?: 'periodic' | 'clock' | 'edge'
}

function measured(options: Parameters<typeof core>[0] = {}) {
  const history = new RecordingHistory()
  const own = core({ ...options, history })
  own.bring()
  const { charger, clock, fleet } = own
  return {
    ...own,
    metered: () => history.metered(),
    /** What the history was told, without what is the same in all. */
    told: () => history.metered().map(brief),
    read({ connector = 1, samples, stream = 'periodic', transactionId, chargerTime }: Told) {
      const reading = { stream, samples, ...(chargerTime !== undefined && { chargerTime }) }
      fleet.event(charger, {
        kind: 'metered',
        connector,
        reading,
        ...(transactionId !== undefined && { transactionId }),
      })
    },
    status(status: 'Available' | 'Charging' | 'SuspendedEV', connector = 1) {
      fleet.event(charger, { kind: 'status', connector, status, errorCode: 'NoError' })
    },
    begin(meterStartWh: number | undefined, idTag = 'A', chargerTime = clock.now()): number {
      const timestampText = new Date(chargerTime).toISOString()
      return fleet.startTransaction(charger, { connector: 1, idTag, meterStartWh, chargerTime, timestampText })
        .transactionId
    },
    end(transactionId: number, meterStopWh: number, chargerTime = clock.now()): void {
      fleet.stopTransaction(charger, { transactionId, meterStopWh, chargerTime })
    },
  }
}

function brief({ powerW, energyWh, session }: Metered) {
  return [powerW, energyWh, session?.transactionId, session?.energyWh]
}

describe('a reading', () => {
  it('is told once with the power and the total as they are published, and its own time', () => {
    const { clock, metered, read } = measured()
    const at = clock.now() - 5_000
    read({ samples: [watts(7000), register(123_456)], chargerTime: at })
    expect(metered()).toEqual([
      { kind: 'metered', at, charger: 'CP-1', connector: 1, powerW: 7000, energyWh: 123_456, session: undefined },
    ])
  })

  it('has the time of the bridge where it tells none, or one that is yet to come', () => {
    const { clock, metered, read } = measured()
    read({ samples: [register(1)] })
    clock.advance(1_000)
    read({ samples: [register(2)], chargerTime: clock.now() + HOUR })
    expect(metered().map(({ at }) => at)).toEqual([clock.now() - 1_000, clock.now()])
  })

  it('without power says nothing of it, and one without either is no entry', () => {
    const { read, status, told } = measured()
    status('Charging')
    read({ samples: [register(500)] })
    read({ samples: [{ measurand: 'Voltage', value: 230 }] })
    expect(told()).toEqual([[undefined, 500, undefined, undefined]])
  })

  it('of an idle connector is 0 W, as is published, whatever noise it shows', () => {
    const { read, status, told } = measured()
    status('Available')
    read({ samples: [watts(3), register(500)] })
    expect(told()).toEqual([[0, 500, undefined, undefined]])
  })

  it('of connector 0 is another meter, unless the charger has one connector that tells none of its own', () => {
    const two = measured()
    two.read({ connector: 0, samples: [watts(7000)] })
    expect(two.metered()).toEqual([])
    const one = measured({ charger: { connectors: 1 } })
    one.read({ connector: 0, samples: [watts(7000)] })
    expect(one.metered()).toMatchObject([{ connector: 1, powerW: 7000 }])
    one.read({ connector: 1, samples: [watts(6000)] })
    one.read({ connector: 0, samples: [watts(5000)] })
    expect(one.metered()).toMatchObject([{ connector: 1, powerW: 6000 }])
  })

  it('of a guest is not told', () => {
    const { fleet, metered, clock } = measured()
    const guest = fleet.arrive('STRANGER')
    if (guest === undefined) throw new Error('turned away')
    fleet.event(guest, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples: [watts(1)] } })
    const start = { connector: 1, idTag: 'A', meterStartWh: 0, timestampText: 'x' }
    fleet.startTransaction(guest, { ...start, chargerTime: clock.now() })
    expect(metered()).toEqual([])
  })
})

describe('a reading that was queued', () => {
  it('says its own power, of its own time, and the total as it is by then', () => {
    const { clock, metered, read, status } = measured()
    status('Charging')
    read({ samples: [watts(11_000), register(9_000)] })
    metered()
    const at = clock.now() - HOUR
    read({ samples: [watts(2_000), register(4_000)], chargerTime: at })
    expect(metered()).toMatchObject([{ at, powerW: 2_000, energyWh: 9_000 }])
  })

  it('that tells phases alone adds them up', () => {
    const { clock, read, status, told } = measured()
    status('Charging')
    const chargerTime = clock.now() - HOUR
    read({ samples: [watts(1_000, 'L1'), watts(1_200, 'L2'), watts(0, 'L3'), watts(5, 'N')], chargerTime })
    expect(told()).toEqual([[2_200, undefined, undefined, undefined]])
  })

  it('from before the transaction that is shown counts nowhere, and no total is claimed of it', () => {
    const { begin, clock, metered, read } = measured()
    begin(1_000)
    metered()
    read({ samples: [watts(2_000), register(400)], chargerTime: clock.now() - HOUR })
    expect(metered()).toMatchObject([{ powerW: 2_000, energyWh: undefined, session: undefined }])
  })
})

describe('a session', () => {
  it('is told from its start to its end, with its number and its energy', () => {
    const { begin, clock, end, metered, read } = measured()
    const started = clock.now()
    const id = begin(1_000)
    clock.advance(MINUTE)
    read({ samples: [watts(7_000), register(1_100)], transactionId: id })
    clock.advance(MINUTE)
    end(id, 1_250)
    const entries = metered()
    expect(entries.map(brief)).toEqual([
      [undefined, 1_000, id, 0],
      [7_000, 1_100, id, 100],
      [0, 1_250, id, 250],
    ])
    expect(entries.map(({ at }) => at - started)).toEqual([0, MINUTE, 2 * MINUTE])
  })

  it('whose stop comes twice is over once', () => {
    const { begin, end, metered } = measured()
    const id = begin(1_000)
    end(id, 1_250)
    metered()
    end(id, 1_250)
    expect(metered()).toEqual([])
  })

  it('that is announced twice begins once', () => {
    const { begin, metered } = measured()
    begin(1_000)
    begin(1_000)
    expect(metered()).toHaveLength(1)
  })

  it('of a register that begins at 0 each time goes on in the total', () => {
    const { begin, clock, end, read, told } = measured()
    for (const idTag of ['A', 'B']) {
      const id = begin(0, idTag)
      clock.advance(10 * MINUTE)
      read({ samples: [watts(6_000), register(600)], transactionId: id })
      clock.advance(10 * MINUTE)
      end(id, 900)
      clock.advance(HOUR)
    }
    const totals = told().map(([, total, , energy]) => [total, energy])
    expect(totals).toEqual([
      [0, 0],
      [600, 600],
      [900, 900],
      [900, 0],
      [1_500, 600],
      [1_800, 900],
    ])
  })

  it('whose number is the charger’s own is shown, and no session of ours', () => {
    const { read, status, told } = measured()
    status('Charging')
    read({ samples: [watts(5_000), register(100)], transactionId: 77 })
    expect(told()).toEqual([[5_000, 100, undefined, undefined]])
  })

  it('named by the charger in its own way is the one that runs', () => {
    const { begin, read, told } = measured()
    const id = begin(1_000)
    read({ samples: [watts(5_000), register(1_010)], transactionId: 99_999 })
    expect(told()[1]).toEqual([5_000, 1_010, id, 10])
  })

  it('that was told when it was long over is told with what it came to', () => {
    const { begin, clock, metered, read, end } = measured()
    const id = begin(5_000)
    clock.advance(MINUTE)
    metered()
    const past = begin(0, 'B', clock.now() - 3 * HOUR)
    expect(metered()).toEqual([])
    read({ samples: [watts(3_000)], transactionId: past, chargerTime: clock.now() - 2 * HOUR })
    end(past, 2_000, clock.now() - HOUR)
    const entries = metered()
    expect(entries.map(({ powerW, session }) => [powerW, session?.transactionId])).toEqual([
      [3_000, past],
      [undefined, past],
    ])
    expect(entries.map(({ at }) => clock.now() - at)).toEqual([2 * HOUR, HOUR])
    read({ samples: [watts(4_000), register(5_100)], transactionId: id })
    expect(metered()).toMatchObject([{ powerW: 4_000, session: { transactionId: id } }])
  })
})

describe('power that falls to 0', () => {
  it('because the connector is free is told once, and not where it was 0', () => {
    const { begin, clock, metered, read, status } = measured()
    const id = begin(1_000)
    read({ samples: [watts(7_000), register(1_100)], transactionId: id })
    metered()
    clock.advance(MINUTE)
    status('Available')
    status('Available')
    expect(metered()).toMatchObject([{ at: clock.now(), connector: 1, powerW: 0, energyWh: 1_100 }])
    read({ samples: [watts(2), register(1_100)] })
    status('Charging')
    status('Available')
    expect(metered()).toHaveLength(1)
  })

  it('while the car pauses is told as well', () => {
    const { begin, metered, read, status } = measured()
    const id = begin(1_000)
    read({ samples: [watts(7_000)], transactionId: id })
    metered()
    status('SuspendedEV')
    status('SuspendedEV')
    expect(metered()).toMatchObject([{ powerW: 0, session: { transactionId: id } }])
  })

  it('after the bridge was started anew is told as well, where a session ran', () => {
    const before = measured()
    const id = before.begin(1_000)
    before.read({ samples: [watts(7_000), register(1_100)], transactionId: id })
    before.fleet.stop()
    before.store.flush()
    const { clock, store } = before
    const { metered, status } = measured({ clock, store })
    status('Available', 2)
    expect(metered()).toEqual([])
    status('Available')
    expect(metered()).toMatchObject([{ connector: 1, powerW: 0, energyWh: 1_100 }])
  })

  it('because a session that was in doubt is over is told', () => {
    const { begin, bring, clock, metered, read } = measured()
    const id = begin(1_000)
    read({ samples: [watts(7_000)], transactionId: id })
    metered()
    bring()
    clock.advance(3 * MINUTE)
    expect(metered()).toMatchObject([{ powerW: 0 }])
  })
})
