import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { WRITE_TEST } from "../../src/storage/sqlite/migrations.ts";
import { SQLITE } from "../../src/storage/sqlite/kind.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { StoreKind } from "../../src/storage/store_kind.ts";
import { type Store, StoreLost } from "../../src/storage/store.ts";
import type { SqlDriver } from "../../src/storage/sqlite/driver.ts";
import { messageOf } from "../../src/base/error_message.ts";

/**
 * How the file is kept. WAL: readers never wait. FULL: each commit is on the disk before it is answered, so that neither
 * SIGKILL nor a power cut loses one (if the disk itself keeps its word); NORMAL would survive SIGKILL only.
 */
const SETTINGS = ["PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];
/** Makes the log of a new file. */
const FIRST_LOCK = "BEGIN IMMEDIATE; COMMIT";

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
    if (path !== ":memory:") makeFile(path);
    return new DatabaseSync(path);
  });
  const checkFiles = withAdvice(path, db, () => {
    [...SETTINGS, FIRST_LOCK].forEach((setting) => retryWhileLocked(() => db.exec(setting)));
    return path === ":memory:" ? undefined : fileCheck(path);
  });
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
    checkFiles,
    close: () => db.close(),
  };
}

/**
 * A file that is new is for this user alone, and so is a folder that is made for it; the log beside it gets the rights of the file
 * (SQLite, How Write-Ahead Logging Works). Git leaves a folder of that kind out.
 */
export function makeFile(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(join(folder, ".gitignore"), "*\n");
  }
  if (!existsSync(path)) Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
}

/**
 * SQLite writes on where its files were deleted or replaced (How To Corrupt An SQLite Database File, section 4), and may not
 * notice for long that one was cut off. Compares them with what they are now.
 */
function fileCheck(path: string): () => void {
  const files = [path, `${path}-wal`];
  const opened = files.map((file) => Deno.statSync(file).ino);
  return () => {
    for (const [i, file] of files.entries()) {
      const found = statOf(file);
      if (!found) throw new StoreLost("its file is gone: restore it and restart Assay");
      if (found.ino !== opened[i]) throw new StoreLost("another file has taken its place: restart Assay");
    }
    if (Deno.statSync(path).size < declaredSize(path)) {
      throw new StoreLost("its file was cut off: restore it and restart Assay");
    }
  };
}

function statOf(file: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What the header says of the size in bytes (Database File Format, section 1.3); where there is none, more than there can be. */
function declaredSize(path: string): number {
  const header = new DataView(new ArrayBuffer(32));
  using file = Deno.openSync(path);
  const read = file.readSync(new Uint8Array(header.buffer)) ?? 0;
  if (read < header.byteLength) return Infinity;
  const pageBytes = header.getUint16(16);
  return header.getUint32(28) * (pageBytes === 1 ? 65_536 : pageBytes);
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
