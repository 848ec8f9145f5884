import type { Database } from 'better-sqlite3'
import type { Compilable } from 'kysely'

/** A query that was compiled and prepared once, to be run very often. Values are bound by name; rows have the database's names. */
export interface Prepared<Values, Row> {
  run(values: Values): void
  get(values: Values): Row | undefined
}

export type PlaceOf<Values> = <K extends keyof Values>(name: K) => Values[K]

/** Where a value will stand. */
class Place {
  readonly name: PropertyKey

  constructor(name: PropertyKey) {
    this.name = name
  }
}

/** `build` makes the query, and takes from `place` whatever is to be bound later. */
export function prepare<Values extends object, Row = never>(
  database: Database,
  build: (place: PlaceOf<Values>) => Compilable,
): Prepared<Values, Row> {
  const { sql, parameters } = build((name) => new Place(name) as never).compile()
  const statement = database.prepare(sql)
  const bind = (values: Values) =>
    parameters.map((parameter) => (parameter instanceof Place ? values[parameter.name as keyof Values] : parameter))
  return {
    run: (values) => void statement.run(bind(values)),
    get: (values) => statement.get(bind(values)) as Row | undefined,
  }
}
