import { Socket } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { type HistoryDatabase, names } from './database.ts'
import type { Tables } from './tables.ts'

const CONNECT_MS = 5_000
const STATEMENT_MS = 30_000
/** The server ends a statement itself; this is for the one that no longer says anything. */
const SILENCE_MS = 5_000

/** PostgreSQL's numbers of its types that JavaScript is given as texts. */
const INT8 = 20
const NUMERIC = 1700

/** Histories in PostgreSQL. */
export interface PostgresHistories {
  readonly db: HistoryDatabase
  /** Statement and values as they are: what a query builder would only be in the way of. */
  query(text: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Ends the connections at once, also those over which nobody answers. */
  close(): Promise<void>
}

/** Nothing is connected before the first query, and no statement takes longer than `statementMs`. */
export function openPostgresHistories(url: string, { statementMs = STATEMENT_MS } = {}): PostgresHistories {
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'ocpp-bms-bridge',
    max: 2,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + SILENCE_MS,
    keepAlive: true,
    types: { getTypeParser },
    stream() {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  })
  // Of connections that end while nobody asks anything of them: the next query says it.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  let closed: Promise<void> | undefined
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [names()] }),
    query: async (text, values) => (await pool.query(text, [...values])).rows as Record<string, unknown>[],
    close() {
      closed ??= pool.end().catch(() => {})
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

/** Host, port and database, as a person may read them. */
export function placeOf(url: string): string {
  return url.replace(/^[^@]*@/, '').replace(/\?.*$/, '')
}

/** Whole numbers as numbers: those of histories stay far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return Number
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
}
