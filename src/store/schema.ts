import type { Database } from 'better-sqlite3'

/** Each step brings a database one version further; never edit one that has been released. */
const steps: readonly string[] = [
  `
  CREATE TABLE charger (id TEXT PRIMARY KEY COLLATE NOCASE, number INTEGER NOT NULL UNIQUE);
  CREATE TABLE slots (
    charger TEXT NOT NULL, connector INTEGER NOT NULL, setpoint TEXT NOT NULL, unit TEXT NOT NULL, slots TEXT NOT NULL,
    PRIMARY KEY (charger, connector, setpoint)
  ) WITHOUT ROWID;
  CREATE TABLE held (
    charger TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (charger, key)
  ) WITHOUT ROWID;
  CREATE TABLE edge (
    charger TEXT NOT NULL, connector INTEGER NOT NULL, action TEXT NOT NULL, client TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (charger, connector, action, client)
  ) WITHOUT ROWID;
  CREATE TABLE "transaction" (
    id INTEGER PRIMARY KEY, charger TEXT NOT NULL, connector INTEGER NOT NULL, idTag TEXT NOT NULL, meterStartWh REAL,
    startedAt INTEGER NOT NULL, timestampText TEXT NOT NULL, meterStopWh REAL, stoppedAt INTEGER, stopReason TEXT
  );
  CREATE INDEX transactionOfCharger ON "transaction" (charger, connector, idTag, timestampText);
  CREATE INDEX openTransaction ON "transaction" (charger) WHERE stoppedAt IS NULL;
  CREATE TABLE transactionBlock (first INTEGER PRIMARY KEY, reserved INTEGER NOT NULL);
  CREATE TABLE orphanStop (charger TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL);
  CREATE TABLE snapshot (charger TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE visitor (id TEXT PRIMARY KEY, lastSeen INTEGER NOT NULL, visitor TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  ALTER TABLE "transaction" ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE "transaction" ADD COLUMN signed TEXT;
  DROP INDEX transactionOfCharger;
  CREATE INDEX startOfTransaction ON "transaction" (charger, connector, timestampText);
  `,
  `
  CREATE TABLE note (protocol TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (protocol, name)) WITHOUT ROWID;
  `,
  `
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY, protocol TEXT NOT NULL, name TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    orderedFrom INTEGER NOT NULL, UNIQUE (protocol, name)
  );
  CREATE TABLE journalEntry (
    journal INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (journal, number)
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE "transaction" ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE "transaction" ADD COLUMN toldAt INTEGER NOT NULL DEFAULT 0;
  UPDATE "transaction" SET revision = place, toldAt = startedAt
    FROM (SELECT id AS of, row_number() OVER (ORDER BY startedAt, id) AS place FROM "transaction") WHERE of = id;
  CREATE UNIQUE INDEX changeOfTransaction ON "transaction" (revision);
  `,
]

/** The version to which this bridge brings a store. */
export const schemaVersion = steps.length

/** Brings the database up to this version, or another; throws where a newer bridge has written it. */
export function migrate(database: Database, to = schemaVersion): void {
  const version = database.pragma('user_version', { simple: true }) as number
  if (version > schemaVersion) {
    throw new Error(
      `the store was written by a newer version of the bridge (schema ${version}, this one knows ${schemaVersion}): update the bridge or use another store`,
    )
  }
  // A disk that is full takes nothing at all, and has to be none of a bridge's that starts again.
  if (version >= to) return
  database.transaction(() => {
    for (const step of steps.slice(version, to)) database.exec(step)
    database.pragma(`user_version = ${to}`)
  })()
}
