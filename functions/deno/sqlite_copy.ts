/** Copies of a SQLite store: taken while Assay writes to it, and put back while none does. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../src/base/error_message.ts";
import { fillFromDump } from "../../src/storage/sqlite/fill.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { makeFile, openSqlite, sqliteDriver } from "./sqlite.ts";

/** Writes what the store at `path` holds at one instant into `copy`, which must not exist. Throws an Error for the operator. */
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

/** Writes the store that these lines are a dump of into `copy`, which must not exist. Answers how many rows. Throws an Error for the operator. */
export async function writeDump(lines: AsyncIterable<string>, copy: string): Promise<number> {
  if (existsSync(copy)) throw new Error(`${copy} exists: name another file`);
  const driver = sqliteDriver(copy);
  try {
    migrate(driver);
    const rows = await fillFromDump(driver, lines);
    // One file, as the other copies are.
    driver.all("PRAGMA journal_mode = DELETE");
    driver.close();
    return rows;
  } catch (error) {
    driver.close();
    removeAll(copy);
    throw error;
  }
}

/** What a restore may do, and when it is (epoch ms). */
export interface RestoreOptions {
  /** Replaces the store that is there. */
  force?: boolean;
  nowMs: number;
}

/** Puts a copy in the place of the store at `path`, after it was opened once. Throws an Error for the operator, and then nothing has changed. */
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
    // An older one is brought up to this version.
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

/** Until when (epoch ms) a process holds this store's lease; -Infinity where none has, or the file is no store. */
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
