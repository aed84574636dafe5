import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { backUp, restore } from "../../../functions/deno/sqlite_copy.ts";
import { commit, dump, incident, MINUTE, notice, T } from "../../storage/store_fixture.ts";

let folder: string;
let file: string;
let copy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-copy-"));
  [file, copy] = [join(folder, "assay.db"), join(folder, "copy.db")];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Settles a minute in the store that is open. */
async function settle(store: ReturnType<typeof openSqlite>, tick: number, id: string) {
  const lease = await store.takeLease({ tick, owner: "a", nowMs: tick, ttlMs: 55_000 });
  await store.commit(lease!, commit({ incidents: [incident(id)], notices: [notice(`n${id}`)] }));
}

test("a copy that is taken while the store is written to is the store of that instant, for its user alone", async () => {
  const store = openSqlite(file);
  await settle(store, T, "i1");
  const then = await dump(store);
  backUp(file, copy);
  await settle(store, T + MINUTE, "i2");
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  await store.close();

  await restore(copy, file, { force: true, nowMs: T + 10 * MINUTE });
  const again = openSqlite(file);
  expect(await dump(again)).toEqual(then);
  await again.close();
  expect(readdirSync(folder).filter((name) => name.includes("restoring"))).toEqual([]);
});

test("a store is replaced only by force, never under a process that settles, and never by what is none", async () => {
  const store = openSqlite(file);
  await settle(store, T, "i1");
  backUp(file, copy);
  expect(() => backUp(file, copy)).toThrow("exists: name another file");
  await expect(restore(copy, file, { nowMs: T })).rejects.toThrow("--force replaces it");
  await expect(restore(copy, file, { force: true, nowMs: T })).rejects.toThrow("A running Assay holds");
  const before = await dump(store);
  await store.close();

  const other = join(folder, "other");
  writeFileSync(other, "plain words, and more than a header of them ".repeat(100));
  await expect(restore(other, file, { force: true, nowMs: T + MINUTE })).rejects.toThrow("cannot be used");
  const cut = join(folder, "cut");
  writeFileSync(cut, readFileSync(copy).subarray(0, 8_192));
  await expect(restore(cut, file, { force: true, nowMs: T + MINUTE })).rejects.toThrow("cannot be used");
  const again = openSqlite(file);
  expect(await dump(again)).toEqual(before);
  await again.close();
});

test("a store that is not there is said, and not made", () => {
  expect(() => backUp(file, copy)).toThrow(`There is no store at ${file}`);
  expect(readdirSync(folder)).toEqual([]);
});
