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
 * WAL: readers never wait. FULL: each commit is on disk before it is acknowledged, so neither SIGKILL nor a
 * power cut loses one, provided the disk honours fsync. NORMAL would survive SIGKILL only.
 */
const SETTINGS = ["PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];
/** Creates the write-ahead log of a new file. */
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

/**
 * Opens the store in the SQLite file at `path` and creates file and folder if needed. Throws an Error that
 * names the path and the remedy.
 */
export function openSqlite(path: string): Store {
  const driver = sqliteDriver(path);
  return withAdvice(path, driver, () => {
    const store = sqliteStore(driver);
    // SQLite opens a read-only file without an error.
    driver.run(WRITE_TEST);
    return store;
  });
}

export const fileKind: StoreKind = { ...SQLITE, open: (path) => openSqlite(path as string) };

/** The driver over Deno's node:sqlite. Calls block, at most 5 s while another process writes. */
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
 * Creates a missing file and folder for this user alone. The log beside the file gets the file's permissions
 * (SQLite, How Write-Ahead Logging Works). A `.gitignore` keeps a created folder out of Git.
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
 * SQLite continues to write if its files were deleted or replaced (How To Corrupt An SQLite Database File,
 * section 4), and may not notice a truncation for long. The returned function compares the files with those
 * that were opened.
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

/**
 * The file size in bytes according to its header (Database File Format, section 1.3); Infinity if there is no
 * header.
 */
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

/**
 * SQLite reports "locked" at once, without waiting, if two processes switch a new file to WAL at the same
 * time.
 */
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
    // On a full disk SQLite has already rolled back.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Runs `work`. If it throws, closes `open` and throws an Error for the operator. */
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
