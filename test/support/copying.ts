import { vi } from 'vitest'
import type { Log } from '../../src/lib/log.ts'
import { Copier } from '../../src/store/history/copy/copier.ts'
import { FakeClock } from './fake-clock.ts'
import { HistoryRows } from './history-rows.ts'

/** A bridge's file of histories and its copier, under a clock that moves only when told. */
export class Copying {
  readonly clock: FakeClock
  readonly rows: HistoryRows
  readonly copier: Copier
  /** What the log was told, fields and all. */
  readonly said: string[] = []

  constructor(rows: HistoryRows, url: string, clock: FakeClock) {
    this.rows = rows
    this.clock = clock
    const write = (fields: object, message: string) => void this.said.push(`${JSON.stringify(fields)} ${message}`)
    const log: Log = { debug: write, info: write, warn: write, error: write, debugs: true }
    this.copier = new Copier({ histories: rows.histories, url, clock, log, damaged: () => {} })
  }

  static async start(file: string, url: string, clock = new FakeClock()): Promise<Copying> {
    const copying = new Copying(await HistoryRows.open(file, clock.now()), url, clock)
    copying.copier.start()
    return copying
  }

  /** Lets time pass, a second at a time, until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    await vi.waitFor(
      () => {
        if (isSo()) return
        this.clock.advance(1_000)
        throw new Error(`not yet: ${JSON.stringify(this.copier.state)}`)
      },
      { timeout: 30_000, interval: 5 },
    )
  }

  /** Until PostgreSQL has everything, and said so. */
  async copied(): Promise<void> {
    await this.until(() => this.copier.behind() === 0 && this.copier.state.failingSince === undefined)
  }

  /** As a bridge that ends. */
  async end(): Promise<void> {
    await this.copier.stop()
    this.rows.close()
  }
}
