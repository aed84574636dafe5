/** The tables of the SQL store, as migrations from each version to the next. */
import type { SqlDriver } from "./driver.ts";

/*
 * STRICT reports a wrong type when it is written, not when it is read. Times are REAL, as JavaScript numbers
 * are; slots are integers. No index contains a column that changes on every write, because index entries cost
 * row writes.
 */
const MIGRATIONS: string[][] = [
  [
    `CREATE TABLE lease (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       tick INTEGER NOT NULL, owner TEXT NOT NULL, fence INTEGER NOT NULL, until REAL NOT NULL
     ) STRICT`,
    `CREATE TABLE shard (shard INTEGER PRIMARY KEY, layout TEXT NOT NULL, state TEXT NOT NULL) STRICT`,
    `CREATE TABLE sample (
       slot INTEGER NOT NULL, shard INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (slot, shard)
     ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE incident (
       id TEXT PRIMARY KEY, json TEXT NOT NULL,
       opened_at INTEGER NOT NULL, state TEXT NOT NULL, target TEXT NOT NULL, check_id TEXT NOT NULL,
       resolved_at INTEGER
     ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX incident_newest ON incident (opened_at, id)`,
    `CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
       webhook TEXT NOT NULL, incident TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
       created_at REAL NOT NULL,
       state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
       attempts INTEGER NOT NULL, next_at REAL NOT NULL,
       last_attempt_at REAL, last_status INTEGER, last_error TEXT
     ) STRICT`,
    `CREATE INDEX outbox_pending ON outbox (webhook, incident, seq) WHERE state = 'pending'`,
    `CREATE TABLE webhook (id TEXT PRIMARY KEY, disabled_at REAL NOT NULL) STRICT, WITHOUT ROWID`,
  ],
  [
    `CREATE TABLE rollup (
       unit TEXT NOT NULL, start INTEGER NOT NULL, shard INTEGER NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (unit, start, shard)
     ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE memo (
       kind TEXT NOT NULL, key TEXT NOT NULL, ordinal REAL NOT NULL, value TEXT NOT NULL, expires_at REAL NOT NULL,
       PRIMARY KEY (kind, key)
     ) STRICT, WITHOUT ROWID`,
  ],
  // By incident, for its page and for lookups of its earlier notices. By age, to prune settled notices.
  [
    `CREATE INDEX outbox_incident ON outbox (incident, seq)`,
    `CREATE INDEX outbox_settled ON outbox (created_at) WHERE state <> 'pending'`,
  ],
  // Each episode of an incident is its own queue.
  [
    `ALTER TABLE outbox ADD COLUMN episode INTEGER`,
    `DROP INDEX outbox_pending`,
    `CREATE INDEX outbox_pending ON outbox (webhook, incident, episode, seq) WHERE state = 'pending'`,
  ],
];

/** No-op write used to test that the database is writable. */
export const WRITE_TEST = "UPDATE schema SET version = version";

/** The schema version that this code reads and writes. */
export const VERSION = MIGRATIONS.length;

/**
 * Migrates a new or older database to `VERSION` in one transaction. Throws without a change if it is newer.
 */
export function migrate(driver: SqlDriver): void {
  driver.transaction(() => {
    driver.run("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL) STRICT");
    const version = Number(driver.all("SELECT version FROM schema")[0]?.version ?? 0);
    if (version > VERSION) {
      throw new Error(
        `its schema version is ${version} and this Assay knows versions up to ${VERSION}: upgrade Assay, or use another database`,
      );
    }
    if (version === VERSION) return;
    for (const statement of MIGRATIONS.slice(version).flat()) driver.run(statement);
    driver.run("DELETE FROM schema");
    driver.run("INSERT INTO schema (version) VALUES (?)", VERSION);
  });
}
