import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import { isCorrupt } from '../corrupt.ts'
import { migrate } from '../database.ts'
import type { LocalHistories } from '../open-local.ts'
import { openPostgresHistories, type PostgresHistories, placeOf } from '../postgres.ts'
import type { RowsOf } from '../retain/kept-table.ts'
import { type CopiedName, copiedNames } from './copied-table.ts'
import { insertRows, type Refused } from './insert-rows.ts'
import { Spool } from './spool.ts'

/** How long rows gather before they are looked for. */
const ROUND_MS = 1_000
const FIRST_AGAIN_MS = 1_000
const LAST_AGAIN_MS = 30_000
/** How long an end waits for what is on its way. */
const STOP_MS = 1_000
/** Indexes of a large table take their time. */
const MIGRATE_MS = 600_000
/** So many rows and no other are not all at fault. */
const MAX_REFUSED = 10
/** PostgreSQL's number of a table that isn't there. */
const UNDEFINED_TABLE = '42P01'

export interface CopierParts {
  readonly histories: LocalHistories
  /** Of the PostgreSQL, with its password. */
  readonly url: string
  readonly clock: Clock
  readonly log: Log
  /** Told where the bridge's own file makes no sense: it is not PostgreSQL that is to blame. */
  readonly damaged: (error: unknown) => void
}

export interface CopierState {
  /** How many it will never have: it refused them, or they grew too old before. */
  readonly lost: number
  /** Since when, milliseconds UTC; undefined: it takes what it is given. */
  readonly failingSince: number | undefined
  readonly reason: string | undefined
}

/** A connection whose database is of this version, and this bridge's number there. */
interface Connection {
  readonly histories: PostgresHistories
  readonly source: number
}

/**
 * Copies the bridge's own file of histories to PostgreSQL, and trims it. Each row arrives there once, whoever is killed at
 * whatever moment: it may be sent twice, but is written by its key, and the bookmark moves after PostgreSQL has committed.
 */
export class Copier {
  readonly #parts: CopierParts
  readonly #spool: Spool
  readonly #throttle: Throttle
  #cancel: Cancel | undefined
  #running: Promise<void> | undefined
  #stopped = true
  #isMigrated = false
  #connection: Connection | undefined
  /** The one in use, which an end has to close. */
  #open: PostgresHistories | undefined
  #againMs = FIRST_AGAIN_MS
  /** Whether the log says so. */
  #isSaid = false
  #failing: { readonly since: number; readonly reason: string } | undefined

  /** To be made before anybody writes into the file. */
  constructor(parts: CopierParts) {
    this.#parts = parts
    this.#spool = new Spool(parts.histories)
    this.#throttle = new Throttle(parts.clock)
  }

  get state(): CopierState {
    const { since: failingSince, reason } = this.#failing ?? {}
    return { lost: this.#spool.lost(), failingSince, reason }
  }

  /** How many rows PostgreSQL doesn't have yet; of each table no more than 100 000 are counted. */
  behind(): number {
    return this.#spool.behind()
  }

  /** Whether PostgreSQL has all rows up to a revision. */
  hasCopied(revision: number): boolean {
    return this.#spool.behind(revision) === 0
  }

  /** Its rows in PostgreSQL; undefined while it isn't connected. */
  get rows(): RowsOf | undefined {
    if (this.#connection === undefined) return undefined
    const { histories, source } = this.#connection
    return { db: histories.db, dialect: 'postgres', source }
  }

  start(): void {
    this.#stopped = false
    this.#schedule(0)
  }

  /** What isn't copied by then is copied after the next start. Waits for no PostgreSQL that doesn't answer. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    const { clock } = this.#parts
    let cancel: Cancel | undefined
    await Promise.race([this.#running, new Promise<void>((resolve) => (cancel = clock.after(STOP_MS, resolve)))])
    cancel?.()
    await this.#disconnect()
    await this.#running
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    this.#cancel = this.#parts.clock.after(ms, () => {
      this.#running = this.#round().then((nextMs) => {
        this.#running = undefined
        this.#schedule(nextMs)
      })
    })
  }

  /** Copies whatever waits; answers after how long to look again. */
  async #round(): Promise<number> {
    try {
      const connection = await this.#connect()
      let moved = true
      // A portion of each in turn: a long log keeps nothing else waiting.
      while (moved && !this.#stopped) {
        moved = false
        for (const name of copiedNames) if (!this.#stopped && (await this.#copy(name, connection))) moved = true
      }
      this.#spool.trim(this.#parts.clock.now())
      this.#recovered()
      return ROUND_MS
    } catch (error) {
      await this.#disconnect()
      if (isUndefinedTable(error)) this.#isMigrated = false
      if (isCorrupt(error)) this.#parts.damaged(error)
      else if (!this.#stopped) this.#failed(error)
      const againMs = this.#againMs
      this.#againMs = Math.min(LAST_AGAIN_MS, againMs * 2)
      return againMs
    }
  }

  async #copy(name: CopiedName, { histories, source }: Connection): Promise<boolean> {
    const portion = this.#spool.next(name)
    if (portion === undefined) return false
    const refused = await insertRows(histories, portion, source)
    // Then it is the table that is to blame.
    if (refused.length >= MAX_REFUSED && refused.length === portion.rows.length) throw refused[0]?.error
    this.#spool.copied(portion, refused.length)
    for (const one of refused) this.#sayRefused(name, one)
    return true
  }

  async #connect(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection
    if (!this.#isMigrated) {
      const migrating = openPostgresHistories(this.#parts.url, { statementMs: MIGRATE_MS })
      this.#open = migrating
      await refuseOtherEncodings(migrating)
      await migrate(migrating.db, 'postgres')
      await migrating.close()
      this.#isMigrated = true
    }
    const histories = openPostgresHistories(this.#parts.url)
    this.#open = histories
    const source = await ownSource(histories, this.#spool.source())
    const known = new Map<CopiedName, number>()
    for (const name of copiedNames) known.set(name, await lastOf(histories, name, source))
    this.#spool.meet(known)
    this.#connection = { histories, source }
    return this.#connection
  }

  /** Nobody knows what an answer that comes now would belong to. */
  async #disconnect(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    this.#connection = undefined
    await open?.close()
  }

  #failed(error: unknown): void {
    const { clock, log, url } = this.#parts
    const reason = reasonOf(error)
    this.#failing = { since: this.#failing?.since ?? clock.now(), reason }
    if (this.#throttle.pass('failed') === undefined) return
    this.#isSaid = true
    const [place, rows] = [placeOf(url), this.behind()]
    log.warn(
      { database: place, error: reason, rows },
      `histories are not copied to PostgreSQL ${place}: ${reason}; ${rows} rows wait in the bridge's own file, and it is tried again and again`,
    )
  }

  #recovered(): void {
    this.#againMs = FIRST_AGAIN_MS
    if (this.#failing === undefined) return
    const { clock, log, url } = this.#parts
    const seconds = Math.round((clock.now() - this.#failing.since) / 1000)
    this.#failing = undefined
    if (!this.#isSaid) return
    this.#isSaid = false
    log.info({ database: placeOf(url) }, `PostgreSQL ${placeOf(url)} has all histories again, after ${seconds} s`)
  }

  #sayRefused(name: CopiedName, { row, error }: Refused): void {
    if (this.#throttle.pass(`refused ${name}`) === undefined) return
    this.#parts.log.error(
      { table: name, revision: row.revision, charger: row.charger, error: reasonOf(error) },
      `PostgreSQL will never take a row of ${name}, which is left out: ${reasonOf(error)}`,
    )
  }
}

/** The row of this bridge, made where there is none. */
async function ownSource(
  { query }: PostgresHistories,
  { key, site }: { readonly key: string; readonly site: string },
): Promise<number> {
  const find = () => query('SELECT id, site FROM source WHERE key = $1', [key])
  const [known] = await find()
  if (known === undefined)
    await query('INSERT INTO source (key, site) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [key, site])
  else if (known.site !== site) await query('UPDATE source SET site = $2 WHERE key = $1', [key, site])
  return Number((known ?? (await find())[0])?.id)
}

async function lastOf({ query }: PostgresHistories, name: CopiedName, source: number): Promise<number> {
  const [row] = await query(`SELECT max(revision) AS last FROM "${name}" WHERE source = $1`, [source])
  return Number(row?.last ?? 0)
}

/** In another encoding some names and tags could never be written. */
async function refuseOtherEncodings({ query }: PostgresHistories): Promise<void> {
  const [row] = await query('SHOW server_encoding', [])
  if (row?.server_encoding !== 'UTF8')
    throw new Error(`its encoding is ${row?.server_encoding}: create the database with ENCODING 'UTF8'`)
}

function isUndefinedTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE
}

/** Of several addresses that were tried, the first says it. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
