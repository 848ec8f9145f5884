import type { Database } from 'better-sqlite3'

/** Everything that the store asks of its file, but for transactions, notes and journals. */
export function statements(database: Database) {
  return {
    saveNumber: database.prepare('INSERT INTO charger (id, number) VALUES (?, ?)'),
    restoreNumber: database.prepare('INSERT OR IGNORE INTO charger (id, number) VALUES (?, ?)'),
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
    probe: database.prepare("INSERT OR REPLACE INTO note (protocol, name, text) VALUES ('', 'probe', '')"),
    forgetProbe: database.prepare("DELETE FROM note WHERE protocol = '' AND name = 'probe'"),
    saveSnapshot: database.prepare('INSERT OR REPLACE INTO snapshot (charger, state) VALUES (?, ?)'),
  }
}
