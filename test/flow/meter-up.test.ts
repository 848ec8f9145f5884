import { describe, expect, it } from 'vitest'
import { local, routed, site } from '../support/site.ts'

const meterValues = (watts: number) => ({
  connectorId: 1,
  meterValue: [
    {
      timestamp: '2026-01-01T00:00:10Z',
      sampledValue: [
        { value: String(watts), measurand: 'Power.Active.Import', unit: 'W' },
        { value: '123456', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
        { value: '16.0', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
      ],
    },
  ],
})

/** Analog-input 101 of device 4001: the power of connector 1. */
const POWER = '0c 00000065'
const float = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex')
}

describe('a meter reading', () => {
  it('reaches registers and objects before the frame is answered, and a subscriber right after', async () => {
    const { charger, bacnet, modbus, clock, datagrams } = await site()
    const own = charger('CP-1')
    own.boot()
    bacnet(routed(4001, `00 05 01 05 09 07 1c 00000065 29 00 39 00`))
    clock.advance(0)
    datagrams.splice(0)

    own.call('MeterValues', meterValues(7000))
    // No clock was turned and no promise waited for: this is the same run.
    expect(modbus(1, '04 006e 0002')).toBe(`0404${float(7)}`)
    expect(bacnet(routed(4001, `00 05 02 0c ${POWER} 19 55`))[0]).toContain(`3e44${float(7)}3f`)
    clock.advance(0)
    const [notification] = datagrams.splice(0)
    // Unconfirmed COV notification of process 7, device 4001, analog-input 101: Present_Value 7.0 and no flags.
    expect(Buffer.from(notification?.bytes ?? []).toString('hex')).toContain(
      `10020907 1c02000fa1 2c00000065 3900 4e 0955 2e44${float(7)}2f 096f 2e820400 2f4f`.replaceAll(' ', ''),
    )
    expect(notification?.to).toBe('127.0.0.9:47808')
  })

  it('is shown with a fault when the charger goes, and is never 0 because of it', async () => {
    const { charger, bacnet, modbus } = await site()
    const own = charger('CP-1')
    own.boot()
    own.call('MeterValues', meterValues(11_000))
    own.lose()
    expect(modbus(1, '04 006e 0002')).toBe(`0404${float(11)}`)
    // Present_Value stays, Reliability is communication-failure (12); an object with alarms that has a fault is in alarm as well.
    const answer = bacnet(routed(4001, `00 05 03 0e ${POWER} 1e 09 55 09 67 09 6f 1f`))[0]
    expect(answer).toContain(`2955 4e44${float(11)}4f 2967 4e910c4f 296f 4e8204c04f`.replaceAll(' ', ''))
  })

  it('adds up in the bridge itself', async () => {
    const { charger, modbus, bacnet } = await site()
    for (const id of ['CP-1', 'CP-2']) {
      const own = charger(id)
      own.boot()
      own.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' })
      own.call('MeterValues', meterValues(3000))
    }
    expect(modbus(0, '04 000a 0002')).toBe(`0404${float(6)}`)
    expect(modbus(255, '04 000c 0004')).toBe('04080002000200020000')
    expect(bacnet(local('00 05 04 0c 0c 00000002 19 55'))[0]).toContain(`3e44${float(2)}3f`)
  })
})
