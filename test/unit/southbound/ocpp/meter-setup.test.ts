import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../support/fake-clock.ts'
import { site } from '../../../support/site.ts'

const FOUR = ['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'Voltage']
const CONFIG = `
ocpp: { listen: "127.0.0.1:0" }
store: "sqlite::memory:"
meterValues: { interval: 30s, measurands: [${FOUR.join(', ')}] }
chargers:
  - { id: CP-1, name: A, connectors: 1, electrical: { maxCurrent: 32 } }
  - { id: CP-2, name: B, connectors: 1, electrical: { maxCurrent: 32 }, meterValues: { interval: 60s } }
`

/** A charger with two keys, which takes some lists of measurands; those that it was sent. */
async function measured(
  takes: (list: readonly string[]) => string,
  keys: Record<string, string> = { MeterValueSampleInterval: '0', MeterValuesSampledData: '' },
  id = 'CP-1',
  clock = new FakeClock(),
) {
  const parts = await site({ config: CONFIG, clock })
  const tried: string[] = []
  function connect() {
    const charger = parts.charger(id)
    charger.boot()
    return charger
  }
  /** Answers until nothing waits, or the charger restarts. */
  function answer(charger: ReturnType<typeof connect>): void {
    for (let frame = charger.sent.shift(); frame !== undefined; frame = charger.sent.shift()) {
      const [type, call, action, payload] = frame as [number, string, string, { key: string; value: string }]
      if (type !== 2) continue
      if (action === 'GetConfiguration') {
        const rows = Object.entries(keys).map(([key, value]) => ({ key, readonly: false, value }))
        charger.reply(call, { configurationKey: rows })
      } else {
        tried.push(`${payload.key}=${payload.value}`)
        const status = payload.key === 'MeterValuesSampledData' ? takes(payload.value.split(',')) : 'Accepted'
        if (status === 'restart') return
        if (status === 'Accepted') keys[payload.key] = payload.value
        charger.reply(call, { status })
      }
    }
  }
  return { ...parts, keys, tried, connect, answer }
}

describe('what a charger measures', () => {
  it('is set one key at a time, once', async () => {
    const { connect, answer, tried } = await measured(() => 'Accepted')
    const charger = connect()
    answer(charger)
    expect(tried).toEqual(['MeterValueSampleInterval=30', `MeterValuesSampledData=${FOUR.join(',')}`])
    charger.boot()
    answer(charger)
    expect(tried).toHaveLength(2)
  })

  it('is left alone where it is as wanted, in whatever order and quotes', async () => {
    const same = [...FOUR].reverse().map((each) => `'${each}'`)
    const { connect, answer, tried } = await measured(() => 'Accepted', {
      MeterValueSampleInterval: '30',
      MeterValuesSampledData: same.join(';'),
    })
    answer(connect())
    expect(tried).toEqual([])
  })

  it('is built up from what is taken where the whole is refused, and what was refused is never sent again', async () => {
    const { connect, answer, tried, keys } = await measured((list) =>
      list.includes('Voltage') || list.length > 2 ? 'Rejected' : 'Accepted',
    )
    const charger = connect()
    answer(charger)
    expect(keys.MeterValuesSampledData).toBe(FOUR.slice(0, 2).join(','))
    const refused = tried.length
    charger.boot()
    answer(charger)
    const again = tried.slice(refused)
    expect(again.every((each) => !tried.slice(0, refused).includes(each))).toBe(true)
    expect(keys.MeterValuesSampledData).toBe(FOUR.slice(0, 2).join(','))
  })

  it('a list over which the charger restarts is tried twice at the most', async () => {
    const { connect, answer, tried, keys, clock } = await measured((list) => (list.length > 3 ? 'restart' : 'Accepted'))
    for (let restart = 0; restart < 6; restart += 1) {
      const charger = connect()
      answer(charger)
      clock.advance(5_000)
      charger.lose()
    }
    expect(tried.filter((each) => each.endsWith(FOUR.join(',')))).toHaveLength(2)
    expect(keys.MeterValuesSampledData).toBe(FOUR.slice(0, 3).join(','))
  })

  it('may be said for one charger alone', async () => {
    const { connect, answer, tried } = await measured(() => 'Accepted', { MeterValueSampleInterval: '0' }, 'CP-2')
    answer(connect())
    expect(tried).toEqual(['MeterValueSampleInterval=60'])
  })
})
