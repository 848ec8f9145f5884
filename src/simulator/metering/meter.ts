import type { ChargePoint } from '../charge-point.ts'
import type { SimulatedConnector, SimulatedTransaction } from '../connector.ts'
import { distorted } from './distort.ts'
import { type Context, type SampledValue, sampledValues } from './samples.ts'

/** What the meters of a charge point say, when (OCPP 1.6 3.16). */
export class Meter {
  readonly #chargePoint: ChargePoint
  #alignedAt: number

  constructor(chargePoint: ChargePoint) {
    this.#chargePoint = chargePoint
    this.#alignedAt = chargePoint.options.clock.now()
  }

  /** Sends what is due: of sessions every MeterValueSampleInterval, of all by the clock's ClockAlignedDataInterval. */
  step(now: number): void {
    const { configuration, connectors } = this.#chargePoint
    const sampled = configuration.number('MeterValueSampleInterval') * 1000
    const aligned = configuration.number('ClockAlignedDataInterval') * 1000
    for (const connector of connectors) {
      const { transaction } = connector
      if (transaction !== undefined && sampled > 0 && now - transaction.meteredAt >= sampled) {
        transaction.meteredAt = now
        this.tell(connector, 'Sample.Periodic')
      }
      if (aligned > 0 && Math.floor(now / aligned) > Math.floor(this.#alignedAt / aligned)) {
        this.tell(connector, 'Sample.Clock')
        if (transaction !== undefined) this.keep(connector, transaction, 'Sample.Clock')
      }
    }
    this.#alignedAt = now
  }

  /** MeterValues of a connector; those of a transaction are kept while offline (3.7.1). */
  tell(connector: SimulatedConnector, context: Context, transaction = connector.transaction): void {
    const { calls, configuration, quirks, options } = this.#chargePoint
    const key = context === 'Sample.Clock' ? 'MeterValuesAlignedData' : 'MeterValuesSampledData'
    const values = this.#read(connector, configuration.list(key), context, transaction)
    if (values.length === 0) return
    const payload = {
      connectorId: quirks.meterConnectorZero ? 0 : connector.id,
      meterValue: [
        { timestamp: this.#chargePoint.timestamp(), sampledValue: distorted(values, quirks, options.phases) },
      ],
    }
    calls.make(
      'MeterValues',
      () => {
        const said = quirks.meterTransactionId ?? transaction?.id
        return said === undefined || said === 'none' ? payload : { ...payload, transactionId: said }
      },
      { durable: transaction !== undefined, urgent: context === 'Trigger' },
    )
  }

  /** Keeps a reading for StopTransaction, if StopTxnSampledData or StopTxnAlignedData want one. */
  keep(connector: SimulatedConnector, transaction: SimulatedTransaction, context: Context): void {
    const key = context === 'Sample.Clock' ? 'StopTxnAlignedData' : 'StopTxnSampledData'
    const wanted = this.#chargePoint.configuration.list(key)
    const sampledValue = this.#read(connector, wanted, context, transaction)
    if (sampledValue.length > 0) transaction.data.push({ timestamp: this.#chargePoint.timestamp(), sampledValue })
  }

  /** What Start- and StopTransaction say of the register, in Wh. */
  registerWh(connector: SimulatedConnector, transaction: SimulatedTransaction): number {
    const { register } = this.#chargePoint.quirks
    return Math.round(connector.energyWh - (register === 'session' ? transaction.startWh : 0))
  }

  #read(
    connector: SimulatedConnector,
    wanted: readonly string[],
    context: Context,
    transaction: SimulatedTransaction | undefined,
  ): readonly SampledValue[] {
    const { options, quirks } = this.#chargePoint
    const base = quirks.register === undefined ? 0 : (transaction?.startWh ?? connector.energyWh)
    const registerWh = connector.energyWh - base
    return sampledValues(wanted, {
      connector,
      phases: options.phases,
      registerWh,
      unrest: options.random() - 0.5,
      context,
    })
  }
}
