import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import type { Store, StoredSlots, Visitor } from '../core/ports.ts'
import type { Clock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { Gathering } from './gathering.ts'
import { Journals } from './journals.ts'
import { Notes } from './notes.ts'
import { readNumbers, readVisitors } from './read.ts'
import { migrate } from './schema.ts'
import { TransactionIds } from './transaction-ids.ts'
import { Transactions } from './transactions.ts'

/** How long snapshots gather before they are written. */
const GATHER_MS = 50
/** The same for visitors, whom nobody but a person looks at. */
const GATHER_VISITORS_MS = 1_000

export interface SqliteOptions {
  /** Where it is said that the disk takes nothing. */
  readonly log?: Log
  /** From 0 to 1: where transaction ids begin. */
  readonly random?: () => number
  /** Transactions have changed on disk: see `readChangedTransactions`. */
  readonly transactionsChanged?: () => void
}

/**
 * Durable state in one SQLite file (`:memory:` keeps none). What was answered to a charger or a building is synced to
 * disk before the call returns, or it throws; snapshots of last values are gathered and survive the process, not a power cut.
 */
export function openSqlite(
  file: string,
  clock: Clock,
  { log = silentLog, random = Math.random, transactionsChanged = () => {} }: SqliteOptions = {},
): Store {
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true })
    // Passwords that chargers were told stand in it: it, and what SQLite puts beside it, is nobody else's to read.
    closeSync(openSync(file, 'a', 0o600))
  }
  const database = new SqliteDatabase(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('busy_timeout = 5000')
  migrate(database)
  const ids = new TransactionIds(database, random)
  const transactions = new Transactions(database)
  const sql = statements(database)
  const held = new Map<string, Map<string, string>>()
  const edges = new Map<string, number>()
  const waiting = new Map<string, () => string>()
  const values = new Gathering({ clock, log, forMs: GATHER_MS, write: () => writeValues('portion') })
  const later = () => values.soon()
  const notes = new Notes(database, later)
  const journals = new Journals(database, later, unsynced)
  /** By identifier in lower case; undefined: to be forgotten. */
  const visitors = new Map<string, Visitor | undefined>()
  const strangers = new Gathering({ clock, log, forMs: GATHER_VISITORS_MS, write: writeVisitors })
  /** What the bridge noted for itself while the disk took nothing, by charger and key. */
  const unheld = new Map<string, { readonly charger: string; readonly key: string }>()

  for (const row of sql.allHeld.all() as { charger: string; key: string; value: string }[]) {
    heldOf(row.charger).set(row.key, row.value)
  }
  for (const row of sql.allEdges.all() as { name: string; value: number }[]) edges.set(row.name, row.value)

  function heldOf(charger: string): Map<string, string> {
    let own = held.get(charger)
    if (own === undefined) {
      own = new Map()
      held.set(charger, own)
    }
    return own
  }

  function writeValues(how: 'portion' | 'all'): void {
    journals.write(how)
    if (waiting.size > 0 || notes.waiting || unheld.size > 0)
      unsynced(() => {
        notes.write()
        for (const { charger, key } of unheld.values()) putHeld(charger, key, heldOf(charger).get(key))
        for (const [charger, take] of waiting) sql.saveSnapshot.run(charger, take())
      })
    // Only now: what could not be written waits on.
    notes.written()
    unheld.clear()
    waiting.clear()
    if (journals.waiting) later()
  }

  function flush(): void {
    values.now(() => writeValues('all'))
    strangers.now()
  }

  function writeVisitors(): void {
    if (visitors.size === 0) return
    unsynced(() => {
      for (const [id, visitor] of visitors) {
        if (visitor === undefined) sql.forgetVisitor.run(id)
        else sql.saveVisitor.run(id, visitor.lastSeen, JSON.stringify(visitor))
      }
    })
    visitors.clear()
  }

  function visitorLater(identifier: string, visitor: Visitor | undefined): void {
    if (!database.open) return
    visitors.set(identifier.toLowerCase(), visitor)
    strangers.soon()
  }

  function putHeld(charger: string, key: string, value: string | undefined): void {
    if (value === undefined) sql.release.run(charger, key)
    else sql.hold.run(charger, key, value)
  }

  function setHeld(charger: string, key: string, value: string | undefined): void {
    if (value === undefined) heldOf(charger).delete(key)
    else heldOf(charger).set(key, value)
  }

  /** Last values needn't survive a power cut: no sync, so that meter readings cost the disk nothing. */
  function unsynced(write: () => void): void {
    database.pragma('synchronous = NORMAL')
    try {
      database.transaction(write)()
    } finally {
      database.pragma('synchronous = FULL')
    }
  }

  return {
    numbers: () => readNumbers(database),
    keepNumbers(numbers) {
      const known = readNumbers(database)
      const fresh = [...numbers].filter(([charger]) => !known.has(charger.toLowerCase()))
      if (fresh.length > 0) database.transaction(() => fresh.forEach((row) => void sql.saveNumber.run(...row)))()
    },

    slots: (charger) =>
      (sql.slots.all(charger) as (Omit<StoredSlots, 'slots'> & { slots: string })[]).map((row) => ({
        ...row,
        slots: JSON.parse(row.slots) as StoredSlots['slots'],
      })),
    saveSlots(charger, { connector, setpoint, unit, slots }) {
      sql.saveSlots.run(charger, connector, setpoint, unit, JSON.stringify(slots))
    },

    held: (charger) => held.get(charger) ?? new Map(),
    hold(charger, key, value) {
      if (heldOf(charger).get(key) === value && !unheld.has(heldName(charger, key))) return
      putHeld(charger, key, value)
      setHeld(charger, key, value)
      unheld.delete(heldName(charger, key))
    },
    holdSoon(charger, key, value) {
      if (heldOf(charger).get(key) === value) return
      setHeld(charger, key, value)
      try {
        putHeld(charger, key, value)
        unheld.delete(heldName(charger, key))
      } catch {
        // The gathering says so, and writes it once that is possible.
        unheld.set(heldName(charger, key), { charger, key })
        later()
      }
    },

    edge: (charger, connector, action, client) => edges.get(edgeName(charger, connector, action, client)),
    saveEdge(charger, connector, action, client, value) {
      sql.saveEdge.run(charger, connector, action, client, value)
      edges.set(edgeName(charger, connector, action, client), value)
    },

    nextTransactionId: () => ids.next(),
    saveTransaction(transaction) {
      transactions.save(transaction, clock.now())
      transactionsChanged()
    },
    transaction: (id) => transactions.byId(id),
    sameStart: (start) => transactions.sameStart(start),
    openTransactions: (charger) => transactions.open(charger),
    endedTransactions: (charger, reason) => transactions.ended(charger, reason),
    saveOrphanStop: (charger, at, text) => transactions.saveOrphanStop(charger, at, text),

    snapshot: (charger) => sql.snapshot.get(charger) as string | undefined,
    saveSnapshotLater(charger, take) {
      // A socket may end after the store has: the last values were taken at the stop.
      if (!database.open) return
      waiting.set(charger, take)
      later()
    },

    visitors: () => readVisitors(database),
    saveVisitorLater: (visitor) => visitorLater(visitor.identifier, visitor),
    forgetVisitorLater: (identifier) => visitorLater(identifier, undefined),

    notebook: (protocol) => notes.of(protocol),
    journals: (protocol) => journals.of(protocol),

    flush,
    close() {
      flush()
      values.stop()
      strangers.stop()
      database.close()
    },
  }
}

function statements(database: SqliteDatabase.Database) {
  return {
    saveNumber: database.prepare('INSERT INTO charger (id, number) VALUES (?, ?)'),
    slots: database.prepare('SELECT connector, setpoint, unit, slots FROM slots WHERE charger = ?'),
    saveSlots: database.prepare(
      'INSERT OR REPLACE INTO slots (charger, connector, setpoint, unit, slots) VALUES (?, ?, ?, ?, ?)',
    ),
    allHeld: database.prepare('SELECT charger, key, value FROM held'),
    hold: database.prepare('INSERT OR REPLACE INTO held (charger, key, value) VALUES (?, ?, ?)'),
    release: database.prepare('DELETE FROM held WHERE charger = ? AND key = ?'),
    allEdges: database.prepare(
      'SELECT charger || char(10) || connector || char(10) || action || char(10) || client AS name, value FROM edge',
    ),
    saveEdge: database.prepare(
      'INSERT OR REPLACE INTO edge (charger, connector, action, client, value) VALUES (?, ?, ?, ?, ?)',
    ),
    snapshot: database.prepare('SELECT state FROM snapshot WHERE charger = ?').pluck(),
    saveVisitor: database.prepare('INSERT OR REPLACE INTO visitor (id, lastSeen, visitor) VALUES (?, ?, ?)'),
    forgetVisitor: database.prepare('DELETE FROM visitor WHERE id = ?'),
    saveSnapshot: database.prepare('INSERT OR REPLACE INTO snapshot (charger, state) VALUES (?, ?)'),
  }
}

function heldName(charger: string, key: string): string {
  return `${charger}\n${key}`
}

function edgeName(charger: string, connector: number, action: string, client: string): string {
  return [charger, connector, action, client].join('\n')
}
