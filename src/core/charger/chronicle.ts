import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import type { Charger } from './charger.ts'
import type { ChargerEvent, TransactionStart, TransactionStop } from './event.ts'
import { limitReason } from './limit.ts'

type Answered = Extract<ChargerEvent, { kind: 'answered' }>

interface ChronicleParts {
  readonly clock: Clock
  readonly log: Log
  /** What the log may show of a tag. */
  readonly shownTag: (idTag: string) => string
}

/** What whoever reads the log learns of a charger: who it is, what it was told and took, who charges, what is broken. */
export class Chronicle {
  readonly #parts: ChronicleParts
  readonly #throttle: Throttle

  constructor(parts: ChronicleParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
  }

  /** A BootNotification came; strangers repeat theirs as long as they wait. */
  booted({ guest, id, registration }: Charger, { identity }: Extract<ChargerEvent, { kind: 'booted' }>): void {
    const missed = this.#throttle.pass(`booted ${id}`)
    if (missed === undefined) return
    const { vendor, model, firmwareVersion } = identity
    const fields = { charger: id, vendor, model, firmwareVersion, registration }
    this.#parts.log.info(
      fields,
      guest
        ? `a charger that is not in the config: to adopt it, ocpp-bms-bridge chargers adopt ${id}`
        : 'charger booted',
    )
  }

  /** A status was applied; `before` is what the connector's was. */
  status({ id, state }: Charger, connector: number, before: string | undefined): void {
    const now = state.connectors[connector]
    if (now === undefined || (now.status === 'Faulted') === (before === 'Faulted')) return
    const missed = this.#throttle.pass(`status ${id} ${connector} ${now.status === 'Faulted'}`)
    if (missed === undefined) return
    const { errorCode, vendorErrorCode, info } = now
    if (now.status === 'Faulted')
      this.#parts.log.warn({ charger: id, connector, errorCode, vendorErrorCode, info }, 'connector faulted')
    else this.#parts.log.info({ charger: id, connector, status: now.status }, 'the fault is over')
  }

  began({ id }: Charger, { connector, idTag }: TransactionStart, transactionId: number, authorization: string): void {
    const fields = { charger: id, connector, transactionId, idTag: this.#parts.shownTag(idTag), authorization }
    this.#parts.log.info(fields, 'transaction began')
  }

  /** `connector` undefined: no transaction of ours is meant. */
  ended({ id }: Charger, stop: TransactionStop, connector: number | undefined): void {
    const { transactionId, meterStopWh, reason, idTag } = stop
    const shown = idTag === undefined ? undefined : this.#parts.shownTag(idTag)
    const fields = { charger: id, connector, transactionId, idTag: shown, meterStopWh, reason }
    this.#parts.log.info(fields, connector === undefined ? 'stop of an unknown transaction kept' : 'transaction ended')
  }

  /** What came of a limit: one that doesn't hold is no detail; of those that do, one a minute. */
  answered(charger: Charger, { command, answer, detail }: Answered): void {
    if (command.kind !== 'set-limit' && command.kind !== 'clear-limit') return
    const { connector } = command
    // What a newer one took the place of is no matter any more.
    if (charger.control.connectors[connector]?.limitProgress.sent?.command !== command) return
    const fields = { charger: charger.id, connector }
    if (answer !== 'accepted') {
      const words = command.kind === 'set-limit' ? 'limit not taken' : 'limit not released'
      this.#parts.log.warn({ ...fields, answer, detail }, words)
      return
    }
    const missed = this.#throttle.pass(`limit ${charger.id} ${connector}`)
    if (missed === undefined) return
    const { amps, watts } = command.kind === 'set-limit' ? command.limit : {}
    const inForce = command.kind === 'set-limit' && { amps, watts, by: limitReason(charger, connector) }
    this.#parts.log.info(
      { ...fields, ...inForce, ...(missed > 0 && { missed }) },
      command.kind === 'set-limit' ? 'limit taken' : 'limit released',
    )
  }
}
