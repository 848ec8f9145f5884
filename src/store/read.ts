import { existsSync } from 'node:fs'
import SqliteDatabase from 'better-sqlite3'
import type { Identity } from '../core/charger/event.ts'
import type { Visitor } from '../core/ports.ts'
import { unusable } from './unusable-store.ts'

/** What other commands than `run` want to know of a store, whether a bridge has it open or not. */
export interface StoreView {
  /** By identifier in lower case. */
  readonly numbers: ReadonlyMap<string, number>
  /** How many connectors a charger told of, by its identifier. */
  readonly connectors: ReadonlyMap<string, number>
  /** What a charger said of itself, and when it was last heard (milliseconds UTC), by its identifier. */
  readonly heard: ReadonlyMap<string, { readonly at: number | undefined; readonly identity: Identity }>
  /** Whoever was seen last comes first. */
  readonly visitors: readonly Visitor[]
}

const nothing: StoreView = { numbers: new Map(), connectors: new Map(), heard: new Map(), visitors: [] }

/** Looks into a store without writing to it, or bringing it to another version; one that isn't there is empty. */
export function viewStore(file: string): StoreView {
  if (file === ':memory:' || !existsSync(file)) return nothing
  try {
    return view(file)
  } catch (error) {
    throw unusable(file, error)
  }
}

function view(file: string): StoreView {
  const database = new SqliteDatabase(file, { readonly: true, timeout: 5_000 })
  try {
    const tables = new Set(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all())
    if (!tables.has('charger')) return nothing
    return {
      numbers: readNumbers(database),
      connectors: readConnectors(database),
      heard: readHeard(database),
      // A store that an older bridge wrote knows of none.
      visitors: tables.has('visitor') ? readVisitors(database) : [],
    }
  } finally {
    database.close()
  }
}

export function readNumbers(database: SqliteDatabase.Database): ReadonlyMap<string, number> {
  const rows = database.prepare('SELECT id, number FROM charger').all() as { id: string; number: number }[]
  return new Map(rows.map(({ id, number }) => [id.toLowerCase(), number]))
}

export function readVisitors(database: SqliteDatabase.Database): readonly Visitor[] {
  const texts = database.prepare('SELECT visitor FROM visitor ORDER BY lastSeen DESC').pluck().all() as string[]
  return texts.map((text) => JSON.parse(text) as Visitor)
}

function readConnectors(database: SqliteDatabase.Database): ReadonlyMap<string, number> {
  const rows = database.prepare("SELECT charger, value FROM held WHERE key = 'connectors'").all()
  return new Map((rows as { charger: string; value: string }[]).map(({ charger, value }) => [charger, Number(value)]))
}

function readHeard(database: SqliteDatabase.Database): StoreView['heard'] {
  const rows = database
    .prepare("SELECT charger, state ->> 'heardAt' AS at, state -> 'identity' AS identity FROM snapshot")
    .all() as { charger: string; at: number | null; identity: string }[]
  return new Map(
    rows.map(({ charger, at, identity }) => [
      charger,
      { at: at ?? undefined, identity: JSON.parse(identity) as Identity },
    ]),
  )
}
