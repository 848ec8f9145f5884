interface Key {
  value: string
  readonly readonly: boolean
  readonly reboot?: true
}

const READ_ONLY = true

/** The configuration keys of a simulated charger (OCPP 1.6 chapter 9) and what may be done with them. */
export class Configuration {
  readonly #keys: Map<string, Key>

  constructor(connectors: number, meterInterval: number) {
    const writable = (value: string): Key => ({ value, readonly: false })
    const fixed = (value: string): Key => ({ value, readonly: READ_ONLY })
    this.#keys = new Map<string, Key>([
      ['AuthorizeRemoteTxRequests', writable('false')],
      ['ClockAlignedDataInterval', writable('0')],
      ['ConnectionTimeOut', writable('60')],
      ['GetConfigurationMaxKeys', fixed('50')],
      ['HeartbeatInterval', writable('300')],
      ['LocalAuthorizeOffline', writable('true')],
      ['LocalPreAuthorize', writable('false')],
      ['MeterValueSampleInterval', writable(String(meterInterval))],
      [
        'MeterValuesSampledData',
        writable(
          'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered,SoC,Temperature',
        ),
      ],
      ['NumberOfConnectors', fixed(String(connectors))],
      ['ResetRetries', writable('1')],
      ['StopTransactionOnEVSideDisconnect', writable('true')],
      ['StopTransactionOnInvalidId', writable('true')],
      ['SupportedFeatureProfiles', fixed('Core,SmartCharging,RemoteTrigger')],
      ['TransactionMessageAttempts', writable('3')],
      ['TransactionMessageRetryInterval', writable('10')],
      ['UnlockConnectorOnEVSideDisconnect', writable('true')],
      ['WebSocketPingInterval', { value: '0', readonly: false, reboot: true }],
      ['ChargeProfileMaxStackLevel', fixed('8')],
      ['ChargingScheduleAllowedChargingRateUnit', fixed('Current,Power')],
      ['ChargingScheduleMaxPeriods', fixed('24')],
      ['MaxChargingProfilesInstalled', fixed('20')],
    ])
  }

  number(key: string): number {
    return Number(this.#keys.get(key)?.value)
  }

  /** GetConfiguration's answer: all keys, or those that are named. */
  get(keys: readonly string[] | undefined) {
    const wanted = keys === undefined || keys.length === 0 ? [...this.#keys.keys()] : keys
    return {
      configurationKey: wanted.flatMap((key) => {
        const known = this.#keys.get(key)
        return known === undefined ? [] : [{ key, readonly: known.readonly, value: known.value }]
      }),
      unknownKey: wanted.filter((key) => !this.#keys.has(key)),
    }
  }

  /** ChangeConfiguration's status. */
  set(key: string, value: string): 'Accepted' | 'Rejected' | 'NotSupported' | 'RebootRequired' {
    const known = this.#keys.get(key)
    if (known === undefined) return 'NotSupported'
    const numeric = /^\d+$/.test(known.value)
    if (known.readonly || (numeric && !/^\d+$/.test(value))) return 'Rejected'
    known.value = value
    return known.reboot ? 'RebootRequired' : 'Accepted'
  }
}
