import { type Handlers, result, silence, status } from '../answer.ts'

type SmartCharging = 'ClearChargingProfile' | 'GetCompositeSchedule' | 'SetChargingProfile'

/** The SmartCharging profile (OCPP 1.6 5.3, 5.7, 5.16). */
export const smartCharging: Handlers<SmartCharging> = {
  ClearChargingProfile: ({ charging }, criteria) => status(charging.store.clear(criteria) ? 'Accepted' : 'Unknown'),

  GetCompositeSchedule({ charging, connectors, options }, { connectorId, duration, chargingRateUnit }) {
    if (connectorId < 0 || connectorId > connectors.length || duration < 0) return status('Rejected')
    // Schedules count in whole seconds.
    const from = Math.floor(options.clock.now() / 1000) * 1000
    return result({
      status: 'Accepted',
      connectorId,
      scheduleStart: new Date(from).toISOString(),
      chargingSchedule: charging.composite(connectorId, from, duration, chargingRateUnit ?? charging.preferredUnit),
    })
  },

  SetChargingProfile({ charging }, { connectorId, csChargingProfiles }) {
    const answer = charging.set(connectorId, csChargingProfiles)
    return answer === 'silence' ? silence : status(answer)
  },
}
