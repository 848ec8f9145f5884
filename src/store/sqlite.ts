import type { Store, StoredSlots, Visitor } from '../core/ports.ts'
import type { StorageState } from '../core/storage-health.ts'
import type { Clock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { DiskHealth } from './disk-health.ts'
import { isTrouble } from './disk-trouble.ts'
import { Gathering } from './gathering.ts'
import { InPlace } from './in-place.ts'
import { Journals } from './journals.ts'
import { LastingTransactions } from './lasting-transactions.ts'
import { Notes } from './notes.ts'
import { openDatabase } from './open-database.ts'
import { readNumbers, readVisitors } from './read.ts'
import { keepRoom } from './reserve.ts'
import { migrate } from './schema.ts'
import { statements } from './statements.ts'
import { Commits } from './sync/commits.ts'
import { TransactionIds } from './transaction-ids.ts'

/** How long snapshots gather before they are written. */
const GATHER_MS = 50
/** The same for visitors, whom nobody but a person looks at. */
const GATHER_VISITORS_MS = 1_000
/** Somebody else may hold the file for a moment, on which chargers wait. */
const PATIENCE_MS = { running: 1_000, failing: 0 } as const

export interface SqliteOptions {
  /** Where it is said that the disk takes nothing. */
  readonly log?: Log
  /** From 0 to 1: where transaction ids begin. */
  readonly random?: () => number
  /** Transactions have changed in the file: see `readChangedTransactions`. */
  readonly transactionsChanged?: () => void
  /** Told how it stands with the disk whenever that changes. */
  readonly health?: (state: StorageState) => void
  /** What is done with a file that makes no sense: `refuse`, as long as nobody says otherwise. */
  readonly damaged?: 'refuse' | 'salvage'
  /** Calls return before what they keep is on disk: whoever answers asks `keeping`. Otherwise, they return afterwards. */
  readonly syncsBehind?: boolean
}

/**
 * Durable state in one SQLite file (`:memory:` keeps none). What is answered to a charger or a building is synced to
 * disk before that, or the call throws; snapshots of last values are gathered and survive the process, not a power cut.
 * Transactions are taken in any case, and while the disk takes nothing they are kept in memory.
 */
export function openSqlite(
  file: string,
  clock: Clock,
  {
    log = silentLog,
    random = Math.random,
    transactionsChanged = () => {},
    health: told = () => {},
    damaged = 'refuse',
    syncsBehind = false,
  }: SqliteOptions = {},
): Store {
  const database = openDatabase(file, { log, now: clock.now(), damaged })
  migrate(database)
  const place = new InPlace(database, file)
  wait('running')
  const commits = new Commits({ database, file, place, clock, log, failed, behind: syncsBehind && file !== ':memory:' })
  const sql = statements(database)
  const held = new Map<string, Map<string, string>>()
  const edges = new Map<string, number>()
  const waiting = new Map<string, () => string>()
  const values = new Gathering({ clock, forMs: GATHER_MS, write: () => writeAll('portion'), failed })
  const notes = new Notes(database, later)
  const journals = new Journals(database, later, (write) => commits.unsynced(write), synced)
  /** By identifier in lower case; undefined: to be forgotten. */
  const visitors = new Map<string, Visitor | undefined>()
  const strangers = new Gathering({ clock, forMs: GATHER_VISITORS_MS, write: writeVisitors, failed })
  /** What the bridge noted for itself while the disk took nothing, by charger and key. */
  const unheld = new Map<string, { readonly charger: string; readonly key: string }>()
  /** A charger has told something since the store was opened. */
  let heard = false
  let knownNumbers = readNumbers(database)
  const health = new DiskHealth({
    file,
    clock,
    log,
    told,
    counts: () => ({ waiting: transactions.waiting + journals.entries, lost: transactions.lost + journals.lost }),
  })
  const ids = new TransactionIds(database, random, failed)
  const transactions = new LastingTransactions({
    database,
    clock,
    log,
    ids,
    health,
    failed,
    kept: () => commits.promise(),
    changed: transactionsChanged,
  })

  for (const row of sql.allHeld.all() as { charger: string; key: string; value: string }[]) {
    heldOf(row.charger).set(row.key, row.value)
  }
  for (const row of sql.allEdges.all() as { name: string; value: number }[]) edges.set(row.name, row.value)
  health.changed()
  room()

  function heldOf(charger: string): Map<string, string> {
    let own = held.get(charger)
    if (own === undefined) {
      own = new Map()
      held.set(charger, own)
    }
    return own
  }

  function wait(when: keyof typeof PATIENCE_MS): void {
    database.pragma(`busy_timeout = ${PATIENCE_MS[when]}`)
  }

  function later(): void {
    if (database.open) values.soon()
  }

  /** The disk takes nothing: from now on nobody waits for it, and it is tried again. */
  function failed(error: unknown): void {
    if (!database.open) return
    wait('failing')
    health.failed(error)
    later()
  }

  /** So that this store can be opened again when the disk has filled up. */
  function room(): void {
    if (damaged === 'salvage' && file !== ':memory:') keepRoom(file)
  }

  /** What was acknowledged is in a file that nobody finds any more. */
  function putBack(): void {
    try {
      const target = place.putBack(clock.now())
      if (target !== undefined) log.warn({ file: target }, `the store ${file} was taken away: it is in ${target} now`)
    } catch (error) {
      log.error({ error: String(error) }, `the store ${file} was taken away, and can't be written once more: ${error}`)
    }
  }

  function synced(write: () => void): void {
    commits.durably(() => database.transaction(write)())
  }

  function endCommits(): void {
    try {
      commits.end(probe)
    } catch (error) {
      log.error({ error: String(error) }, `the last of what was written to ${file} may not be on disk: ${error}`)
    }
  }

  /** Everything that waits. What can't be written keeps nothing else from it. */
  function writeAll(how: 'portion' | 'all'): void {
    const errors: unknown[] = []
    attempt(() => place.check())
    if (health.failing) attempt(() => database.transaction(probe)())
    attempt(() => transactions.write(how))
    attempt(() => journals.write(how))
    attempt(writeValues)
    attempt(() => commits.check())
    if (errors.length > 0) throw errors[0]
    if (health.failing && transactions.waiting === 0) {
      wait('running')
      health.worked()
    }
    // Soon there may be something to number.
    if (how === 'portion' && heard) ids.prepare()
    if (transactions.waiting > 0 || journals.waiting) later()

    function attempt(write: () => void): void {
      try {
        write()
      } catch (error) {
        errors.push(error)
        wait('failing')
      }
    }
  }

  /** Other commands give some as well while a bridge runs. */
  function storedNumbers(): ReadonlyMap<string, number> {
    try {
      knownNumbers = readNumbers(database)
    } catch (error) {
      if (!isTrouble(error)) throw error
      failed(error)
    }
    return knownNumbers
  }

  function probe(): void {
    sql.probe.run()
    sql.forgetProbe.run()
  }

  function writeValues(): void {
    if (waiting.size > 0 || notes.waiting || unheld.size > 0)
      commits.unsynced(() => {
        notes.write()
        for (const { charger, key } of unheld.values()) putHeld(charger, key, heldOf(charger).get(key))
        for (const [charger, take] of waiting) sql.saveSnapshot.run(charger, take())
      })
    // Only now: what could not be written waits on.
    notes.written()
    unheld.clear()
    waiting.clear()
  }

  function flush(): void {
    values.now(() => writeAll('all'))
    strangers.now()
  }

  function writeVisitors(): void {
    if (visitors.size === 0) return
    commits.unsynced(() => {
      for (const [id, visitor] of visitors) {
        if (visitor === undefined) sql.forgetVisitor.run(id)
        else sql.saveVisitor.run(id, visitor.lastSeen, JSON.stringify(visitor))
      }
    })
    visitors.clear()
  }

  /** What waits goes into what can be saved of a damaged store, with all that is known of it here. */
  function saveBeside(): void {
    try {
      const saved = openDatabase(file, { log, now: clock.now(), damaged })
      migrate(saved)
      saved.transaction(() => {
        const { restoreNumber, hold, saveEdge } = statements(saved)
        for (const number of knownNumbers) restoreNumber.run(...number)
        for (const [charger, own] of held) for (const [key, value] of own) hold.run(charger, key, value)
        for (const [name, value] of edges) saveEdge.run(...name.split('\n'), value)
      })()
      transactions.write('all', saved)
      saved.close()
    } catch (error) {
      log.error({ error: String(error) }, `the store ${file} is damaged, and could not be saved: ${error}`)
    }
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

  return {
    keeping: commits.keeping,

    numbers: storedNumbers,
    keepNumbers(numbers) {
      const known = storedNumbers()
      const fresh = [...numbers].filter(([charger]) => !known.has(charger.toLowerCase()))
      if (fresh.length === 0) return
      commits.atOnce(() => fresh.forEach((row) => void sql.saveNumber.run(...row)))
      knownNumbers = new Map([...known, ...fresh.map(([id, number]) => [id.toLowerCase(), number] as const)])
    },

    slots: (charger) =>
      (sql.slots.all(charger) as (Omit<StoredSlots, 'slots'> & { slots: string })[]).map((row) => ({
        ...row,
        slots: JSON.parse(row.slots) as StoredSlots['slots'],
      })),
    saveSlots(charger, { connector, setpoint, unit, slots }) {
      commits.durably(() => sql.saveSlots.run(charger, connector, setpoint, unit, JSON.stringify(slots)))
    },

    held: (charger) => held.get(charger) ?? new Map(),
    hold(charger, key, value) {
      if (heldOf(charger).get(key) === value && !unheld.has(heldName(charger, key))) return
      commits.durably(() => putHeld(charger, key, value))
      setHeld(charger, key, value)
      unheld.delete(heldName(charger, key))
    },
    holdNow(charger, key, value) {
      commits.atOnce(() => putHeld(charger, key, value))
      setHeld(charger, key, value)
      unheld.delete(heldName(charger, key))
    },
    holdSoon(charger, key, value) {
      if (heldOf(charger).get(key) === value) return
      setHeld(charger, key, value)
      try {
        putHeld(charger, key, value)
        unheld.delete(heldName(charger, key))
        commits.soon()
      } catch (error) {
        // Written once that is possible.
        unheld.set(heldName(charger, key), { charger, key })
        failed(error)
      }
    },

    edge: (charger, connector, action, client) => edges.get(edgeName(charger, connector, action, client)),
    saveEdge(charger, connector, action, client, value) {
      commits.durably(() => sql.saveEdge.run(charger, connector, action, client, value))
      edges.set(edgeName(charger, connector, action, client), value)
    },

    nextTransactionId: () => ids.next(),
    saveTransaction: (transaction) => transactions.save(transaction),
    transaction: (id) => transactions.byId(id),
    sameStart: (start) => transactions.sameStart(start),
    openTransactions: (charger) => transactions.open(charger),
    endedTransactions: (charger, reason) => transactions.ended(charger, reason),
    saveOrphanStop: (charger, at, text) => transactions.saveOrphanStop({ charger, at, text }),

    snapshot: (charger) => sql.snapshot.get(charger) as string | undefined,
    saveSnapshotLater(charger, take) {
      // A socket may end after the store has: the last values were taken at the stop.
      if (!database.open) return
      waiting.set(charger, take)
      heard = true
      later()
    },

    visitors: () => readVisitors(database),
    saveVisitorLater: (visitor) => visitorLater(visitor.identifier, visitor),
    forgetVisitorLater: (identifier) => visitorLater(identifier, undefined),

    notebook(protocol) {
      const notebook = notes.of(protocol)
      return { ...notebook, set: (name, text) => commits.durably(() => notebook.set(name, text)) }
    },
    journals: (protocol) => journals.of(protocol),

    flush,
    close() {
      flush()
      values.stop()
      strangers.stop()
      endCommits()
      putBack()
      database.close()
      if (transactions.waiting > 0 && health.damaged && damaged === 'salvage') saveBeside()
      if (transactions.waiting > 0) {
        const lost = { transactions: transactions.waiting, lastValues: waiting.size }
        log.error(
          lost,
          `the store ${file} could not be written to the end: ${lost.transactions} transactions are lost, and the last values of ${lost.lastValues} chargers`,
        )
      }
      room()
    },
  }
}

function heldName(charger: string, key: string): string {
  return `${charger}\n${key}`
}

function edgeName(charger: string, connector: number, action: string, client: string): string {
  return [charger, connector, action, client].join('\n')
}
