import type { Charger } from '../../../core/charger/charger.ts'
import type { Journal, OpenJournal } from '../../../core/keep.ts'
import type { Point } from '../../../core/points/point.ts'
import { type Trend, trendName } from '../trend.ts'
import { BacnetError } from '../wire/error-code.ts'
import { objectTypes } from '../wire/object-type.ts'
import type { LogDatum } from '../wire/type/log-record.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import { keptRecord, loggedValue } from './logged-value.ts'
import type { PointObject } from './point-object.ts'
import { statusFlags } from './point-properties.ts'
import type { PropertyTable } from './property.ts'
import { differs } from './significance.ts'
import { trendLogProperties } from './trend-log-properties.ts'
import { isWithin, keepSettings, type TrendSettings, trendSettings } from './trend-settings.ts'

/** Records show hundredths of a second: by what they show they are found again. */
const HUNDREDTH_MS = 10

/** The values of one point over time (12.25); its records stand in a journal. */
export class TrendLog implements BacnetObject {
  readonly type = objectTypes['trend-log']
  readonly instance: number
  readonly source: PointObject
  readonly bufferSize: number
  readonly journal: Journal
  /** Of the journal, and of what is written in the notebook. */
  readonly #key: string
  readonly #rescheduled: () => void
  #settings: TrendSettings
  /** Enabled, and between start and stop. */
  #collecting: boolean
  /** The last record on a change of value. */
  #told: { readonly value: unknown; readonly flags: number } | undefined

  /** `rescheduled` is told when it falls due at other times than before. */
  constructor(init: {
    readonly source: PointObject
    readonly instance: number
    readonly trend: Trend
    readonly journal: OpenJournal
    readonly rescheduled: (log: TrendLog) => void
  }) {
    const { source, instance, trend } = init
    this.source = source
    this.instance = instance
    this.bufferSize = trend.keep
    this.#key = keyOf(source, trend)
    this.journal = init.journal(this.#key, trend.keep)
    this.#rescheduled = () => init.rescheduled(this)
    this.#settings = trendSettings(this.device.common.pages, this.#key, trend)
    this.#collecting = this.#settings.enable && isWithin(this.#settings, this.#now())
  }

  get device(): DeviceModel {
    return this.source.device
  }

  get point(): Point {
    return this.source.point
  }

  get charger(): Charger | undefined {
    return this.source.charger
  }

  get name(): string {
    return trendName(this.source.name)
  }

  get properties(): PropertyTable<TrendLog> {
    return trendLogProperties
  }

  get settings(): TrendSettings {
    return this.#settings
  }

  /** Begins, or goes on after the bridge or the point was away: what came meanwhile is missing. */
  begin(): void {
    if (!this.#collecting) return
    if (this.journal.last > 0) this.#record(status({ interrupted: true }))
    this.changed()
  }

  /** It falls due. */
  poll(): void {
    this.#follow()
    if (this.#collecting && this.#settings.type === 'polled') this.#sample()
  }

  /** The point has changed, or may have. */
  changed(): void {
    if (this.#settings.type !== 'cov') return
    this.#follow()
    if (!this.#collecting) return
    const { source } = this
    const told = this.#told
    if (
      told === undefined ||
      told.flags !== statusFlags(source) ||
      differs(source, told.value, source.point.value, source.covIncrement)
    )
      this.#sample()
  }

  /** Throws BacnetError where it doesn't wait for it (12.25.28). */
  trigger(): void {
    if (this.#settings.type !== 'triggered') throw new BacnetError('property', 'not-configured-for-triggered-logging')
    this.#follow()
    if (this.#collecting) this.#sample()
  }

  /** The building's clock was put on by so many seconds, or back. */
  clockSet(seconds: number): void {
    if (this.#collecting) this.#record({ kind: 'time-change', seconds })
    this.#follow()
  }

  /** Takes what a client wrote; kept when it returns. Throws BacnetError where it can't be. */
  change(changed: Partial<TrendSettings>): void {
    const { count } = this.journal
    const isFull = count >= this.bufferSize
    // A log that stopped because it is full is purged before it goes on (12.25.5).
    if (changed.enable === true && isFull && this.#settings.stopWhenFull)
      throw new BacnetError('object', 'log-buffer-full')
    const before = this.#settings
    this.#keep(changed)
    // Of a full one the oldest record makes room for the one that says so (12.25.12).
    if (changed.stopWhenFull === true && !before.stopWhenFull && isFull) this.#keep({ enable: false })
    this.#follow()
    if (before.type === this.#settings.type && before.interval === this.#settings.interval) return
    this.#rescheduled()
    this.#told = undefined
    this.changed()
  }

  /** Forgets all records; that is its first one (12.25.15). */
  purge(): void {
    this.journal.purge()
    this.#append(status({ purged: true, disabled: !this.#collecting }))
  }

  /** Takes note of having begun or stopped. */
  #follow(): void {
    const collecting = this.#settings.enable && isWithin(this.#settings, this.#now())
    if (collecting === this.#collecting) return
    this.#collecting = collecting
    this.#told = undefined
    if (!collecting) {
      this.#append(status({ disabled: true }))
      return
    }
    this.#record(status({}))
    this.changed()
  }

  #sample(): void {
    const datum = loggedValue(this.source)
    const flags = statusFlags(this.source)
    this.#told = { value: this.source.point.value, flags }
    this.#record(datum, flags)
  }

  #record(datum: LogDatum, flags?: number): void {
    if (this.#settings.stopWhenFull && this.journal.count + 1 >= this.bufferSize) {
      // The last record is that it stopped (12.25.12).
      this.#settings = { ...this.#settings, enable: false }
      keepSettings(this.device.common.pages, this.#key, { enable: false }, true)
      this.#follow()
    } else this.#append(datum, flags)
  }

  #append(datum: LogDatum, flags?: number): void {
    const at = this.#now()
    this.journal.append(at - (at % HUNDREDTH_MS), keptRecord(datum, flags))
  }

  #keep(changed: Partial<TrendSettings>): void {
    keepSettings(this.device.common.pages, this.#key, changed)
    this.#settings = { ...this.#settings, ...changed }
  }

  #now(): number {
    return this.device.common.now()
  }
}

function status(set: { readonly disabled?: boolean; readonly purged?: boolean; readonly interrupted?: boolean }) {
  const { disabled = false, purged = false, interrupted = false } = set
  return { kind: 'log-status', disabled, purged, interrupted } as const
}

/** The same for as long as the records can stand in one row: of one point, in one unit, in one place. */
function keyOf({ point, row }: PointObject, { instance = row.instance }: Trend): string {
  const { charger, connector, definition, unit } = point
  return ['trend-log', charger?.id ?? '', connector, instance, definition.name, unit ?? ''].join('\n')
}
