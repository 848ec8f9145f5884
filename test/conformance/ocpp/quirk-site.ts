import type { Value } from '../../../src/core/points/point.ts'
import type { Store } from '../../../src/core/ports.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { site } from '../../support/site.ts'

const CONFIG = `
site: Site
ocpp: { listen: "127.0.0.1:0", OCPP }
bacnet: { listen: "127.0.0.1:47808", device: { instance: 4000 }, network: 2000, TOPOLOGY }
modbus: { tcp: { listen: "127.0.0.1:502" } }
store: "sqlite::memory:"
chargers:
  - { id: CP-1, mapping: full, connectors: 2, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }
  - { id: CP-2, mapping: full, connectors: 1, electrical: { maxCurrent: 16, phases: 1, voltage: 230 } }
`

/** The whole gateway with one charger on its socket, as the field's chargers are tried on it. */
export async function quirkSite(
  options: {
    readonly id?: string
    readonly boots?: boolean
    readonly store?: Store
    readonly clock?: FakeClock
    /** More of config.yaml's section `ocpp`. */
    readonly ocpp?: string
  } = {},
) {
  const { id = 'CP-1', boots = true, ocpp = '', ...parts } = options
  const whole = await site({ config: CONFIG.replace(', OCPP', ocpp === '' ? '' : `, ${ocpp}`), ...parts })
  const own = whole.charger(id)
  if (boots) {
    own.boot()
    own.answer('')
  }
  const { clock } = whole
  return {
    ...whole,
    own,
    /** What the building sees of connector 1, or of another. */
    see: (name: string, connector = 1) => whole.seen(id, connector, name),
    /** The building writes; a refusal is an error. */
    write(name: string, value: Value | null, connector = 1): void {
      const point = whole.gateway.points.find(
        (each) => each.charger?.id === id && each.connector === connector && each.definition.name === name,
      )
      const refusal =
        point === undefined
          ? 'no such point'
          : whole.gateway.downlink.write(point, value, { source: 'BACnet', client: 'bacnet:192.0.2.7' }, 8)
      if (refusal !== undefined) throw new Error(`${name}: ${refusal}`)
    },
    /** Now, or so many seconds from now, as a charger writes it. */
    at: (seconds = 0) => `${new Date(clock.now() + seconds * 1000).toISOString().slice(0, 19)}Z`,
    status: (status: string, connectorId = 1, more: object = {}) =>
      own.call('StatusNotification', { connectorId, status, errorCode: 'NoError', ...more }),
    meter: (sampledValue: readonly object[], more: object = {}) =>
      own.call('MeterValues', {
        connectorId: 1,
        meterValue: [{ timestamp: new Date(clock.now()).toISOString(), sampledValue }],
        ...more,
      }),
    start(more: object = {}) {
      const { transactionId } = own.call('StartTransaction', {
        connectorId: 1,
        idTag: 'TAG',
        meterStart: 1000,
        timestamp: new Date(clock.now()).toISOString(),
        ...more,
      })
      return transactionId as number
    },
    stop: (transactionId: unknown, more: object = {}) =>
      own.call('StopTransaction', {
        transactionId,
        meterStop: 2000,
        timestamp: new Date(clock.now()).toISOString(),
        ...more,
      }),
  }
}

/** An energy register (Wh unless the unit is named). */
export function energy(value: unknown, more: object = {}): object {
  return { value, measurand: 'Energy.Active.Import.Register', ...more }
}

/** Active power in W. */
export function power(value: unknown, more: object = {}): object {
  return { value, measurand: 'Power.Active.Import', ...more }
}

/** A SetChargingProfile in short. */
export function profile({ payload }: { readonly payload: Record<string, unknown> }) {
  const sent = (payload.csChargingProfiles ?? {}) as {
    readonly chargingProfilePurpose: string
    readonly chargingProfileKind: string
    readonly stackLevel: number
    readonly chargingSchedule: {
      readonly chargingRateUnit: string
      readonly startSchedule?: string
      readonly chargingSchedulePeriod: readonly { readonly limit: number; readonly numberPhases?: number }[]
    }
  }
  const { chargingRateUnit: unit, startSchedule, chargingSchedulePeriod } = sent.chargingSchedule
  const [period] = chargingSchedulePeriod
  return {
    connector: payload.connectorId,
    purpose: sent.chargingProfilePurpose,
    kind: sent.chargingProfileKind,
    level: sent.stackLevel,
    unit,
    startSchedule,
    limit: period?.limit,
    numberPhases: period?.numberPhases,
  }
}
