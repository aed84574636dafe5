/** Copies of a SQLite store: taken while Assay runs, restored while it does not. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../src/base/error_message.ts";
import { fillFromDump } from "../../src/storage/sqlite/fill.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { makeFile, openSqlite, sqliteDriver } from "./sqlite.ts";

/**
 * Writes a snapshot of the store at `path` into `copy`, which must not exist. Throws an Error for the
 * operator.
 */
export function backUp(path: string, copy: string): void {
  if (!existsSync(path)) throw new Error(`There is no store at ${path}`);
  if (existsSync(copy)) throw new Error(`${copy} exists: name another file`);
  makeFile(copy);
  try {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 5000");
    db.prepare("VACUUM INTO ?").run(copy);
  } catch (cause) {
    Deno.removeSync(copy);
    throw new Error(`Cannot copy ${path}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Restores a dump into `copy`, which must not exist. Returns the number of rows. Throws an Error for the
 * operator.
 */
export async function writeDump(lines: AsyncIterable<string>, copy: string): Promise<number> {
  if (existsSync(copy)) throw new Error(`${copy} exists: name another file`);
  const driver = sqliteDriver(copy);
  try {
    migrate(driver);
    const rows = await fillFromDump(driver, lines);
    // One file without a log, like the other copies.
    driver.all("PRAGMA journal_mode = DELETE");
    driver.close();
    return rows;
  } catch (error) {
    driver.close();
    removeAll(copy);
    throw error;
  }
}

export interface RestoreOptions {
  /** Replace an existing store. */
  force?: boolean;
  nowMs: number;
}

/**
 * Replaces the store at `path` by a copy, after opening the copy once. Throws an Error for the operator, and
 * then nothing has changed.
 */
export async function restore(copy: string, path: string, { force, nowMs }: RestoreOptions): Promise<void> {
  if (!existsSync(copy)) throw new Error(`There is no copy at ${copy}`);
  if (existsSync(path)) {
    if (!force) throw new Error(`${path} exists: --force replaces it`);
    if (leasedUntil(path) > nowMs) throw new Error(`A running Assay holds ${path}: stop it first`);
  }
  const fresh = `${path}.restoring`;
  removeAll(fresh);
  makeFile(fresh);
  try {
    Deno.writeFileSync(fresh, Deno.readFileSync(copy));
    requireWhole(fresh);
    // Opening migrates an older copy.
    await openSqlite(fresh).close();
  } catch (error) {
    removeAll(fresh);
    throw error;
  }
  removeAll(path);
  Deno.renameSync(fresh, path);
}

function requireWhole(path: string): void {
  let found: string;
  try {
    using db = new DatabaseSync(path);
    const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'schema'").get();
    found = tables?.count === 1
      ? String(db.prepare("PRAGMA integrity_check").get()?.integrity_check)
      : "no store of Assay";
  } catch (cause) {
    throw new Error(`The copy cannot be used: ${messageOf(cause)}`, { cause });
  }
  if (found !== "ok") throw new Error(`The copy cannot be used: ${found}`);
}

/**
 * Until when (epoch ms) a process holds this store's lease; -Infinity: none does, or the file is not a store.
 */
function leasedUntil(path: string): number {
  try {
    using db = new DatabaseSync(path);
    return Number(db.prepare("SELECT until FROM lease").get()?.until ?? -Infinity);
  } catch {
    return -Infinity;
  }
}

function removeAll(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) Deno.removeSync(file);
}
