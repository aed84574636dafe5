import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { WRITE_TEST } from "../../src/storage/sqlite/migrations.ts";
import { SQLITE } from "../../src/storage/sqlite/kind.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { StoreKind } from "../../src/storage/store_kind.ts";
import type { Store } from "../../src/storage/store.ts";
import type { SqlDriver } from "../../src/storage/sqlite/driver.ts";
import { messageOf } from "../../src/base/error_message.ts";

/**
 * How the file is kept. WAL: readers never wait. FULL: each commit is on the disk before it is answered, so that neither
 * SIGKILL nor a power cut loses one (if the disk itself keeps its word); NORMAL would survive SIGKILL only.
 */
const SETTINGS = ["PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];

const ADVICE: [RegExp, string][] = [
  [
    /file is not a database|image is malformed|unsupported file format/,
    "it is damaged or something else; restore it, or move it away to start afresh",
  ],
  [/database is locked/, "another program holds it; stop that one, or set store.sqlite to another path"],
  [/disk is full|No space left/, "free some space on its disk"],
  [
    /unable to open|already exists|readonly|disk I\/O|denied|os error/i,
    "let this user write to the file and its folder, or set store.sqlite to another path",
  ],
];

/** The store in the SQLite file at `path`, made with its folder if need be; throws an Error that names the path and what to do. */
export function openSqlite(path: string): Store {
  const driver = sqliteDriver(path);
  return withAdvice(path, driver, () => {
    const store = sqliteStore(driver);
    // SQLite opens a file that it may not write without a word.
    driver.run(WRITE_TEST);
    return store;
  });
}

/** SQLite in a file, over node:sqlite. */
export const fileKind: StoreKind = { ...SQLITE, open: (path) => openSqlite(path as string) };

/** The driver over Deno's node:sqlite. Calls block: at most 5 s while another process writes. */
export function sqliteDriver(path: string): SqlDriver {
  const db = withAdvice(path, undefined, () => {
    if (path !== ":memory:") Deno.mkdirSync(dirname(path), { recursive: true });
    return new DatabaseSync(path);
  });
  withAdvice(path, db, () => SETTINGS.forEach((setting) => retryWhileLocked(() => db.exec(setting))));
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: (sql, ...params) => prepare(sql).all(...params),
    run: (sql, ...params) => Number(prepare(sql).run(...params).changes),
    transaction: (work) => transaction(db, work),
    close: () => db.close(),
  };
}

const MAX_WAIT_MS = 5_000;
const PAUSE_MS = 20;

/** SQLite does not wait by itself where two processes turn one new file to WAL at once: it says "locked" immediately. */
function retryWhileLocked(work: () => void): void {
  const until = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!/database is locked/.test(messageOf(error)) || performance.now() > until) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk makes SQLite roll back by itself.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Does `work`; if it throws, closes `open` and throws an Error for the operator. */
function withAdvice<T>(path: string, open: { close(): void } | undefined, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    open?.close();
    const message = messageOf(cause);
    const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1];
    throw new Error(`Cannot use ${path} as the store: ${message}${advice ? `: ${advice}` : ""}`, { cause });
  }
}
