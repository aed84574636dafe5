import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite, sqliteDriver } from "../../../functions/deno/sqlite.ts";
import { restore, writeDump } from "../../../functions/deno/sqlite_copy.ts";
import { dumpLines } from "../../../src/storage/sqlite/dump.ts";
import { sqliteStore } from "../../../src/storage/sqlite/store.ts";
import { commit, dump, incident, MINUTE, notice, T } from "../store_fixture.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "assay-dump-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A store in which 700 minutes were settled: more than a page of history. */
async function filled() {
  const driver = sqliteDriver(":memory:");
  const store = sqliteStore(driver);
  for (let i = 0; i < 700; i++) {
    const tick = T + i * MINUTE;
    const lease = await store.takeLease({ tick, owner: "a", nowMs: tick, ttlMs: 55_000 });
    const news = i === 3 ? { incidents: [incident("i1")], notices: [notice("n1")] } : {};
    await store.commit(lease!, commit({ ...news, samples: [{ slot: tick, shard: 0, data: "{}" }] }));
  }
  await store.putRecord({ kind: "remark", key: "i1/1", order: 1, value: '"why"', expiresAt: T * 2 });
  return { driver, store };
}

const linesOf = (text: string) => text.trimEnd().split("\n");
async function* eachOf(lines: string[]) {
  yield* lines;
}

test("a dump makes the same store on another machine, without the key that sessions are signed with", async () => {
  const { driver, store } = await filled();
  const before = await dump(store);
  await store.putRecord({
    kind: "session",
    key: "signing",
    order: 1,
    value: '"a-secret-key"',
    expiresAt: T * 2,
  });
  const text = [...dumpLines(driver)].join("");
  expect(text).not.toContain("a-secret-key");
  const copy = join(folder, "copy.db");
  expect(await writeDump(eachOf(linesOf(text)), copy)).toBe(linesOf(text).length - 2);
  expect(statSync(copy).mode & 0o777).toBe(0o600);

  const file = join(folder, "assay.db");
  await restore(copy, file, { nowMs: T });
  const again = openSqlite(file);
  expect(await dump(again)).toEqual(before);
  expect(await again.listRecords({ kind: "remark", limit: 9 })).toHaveLength(1);
  expect(await again.listRecords({ kind: "session", limit: 9 })).toEqual([]);
  await again.close();
});

test("what goes on during a dump does no harm: states are those of its beginning", async () => {
  const { driver, store } = await filled();
  const pieces = dumpLines(driver);
  const lines = linesOf(pieces.next().value!);
  const tick = T + 700 * MINUTE;
  const lease = await store.takeLease({ tick, owner: "a", nowMs: tick, ttlMs: 55_000 });
  await store.commit(lease!, commit({ incidents: [incident("i2")], notices: [notice("n2")] }));
  await store.recordAttempt("n1", {
    state: "delivered",
    attempts: 1,
    nextAt: tick,
    lastAttemptAt: tick,
    lastStatus: 200,
  });
  for (const piece of pieces) lines.push(...linesOf(piece));
  await writeDump(eachOf(lines), join(folder, "copy.db"));
  const again = openSqlite(join(folder, "copy.db"));
  expect((await again.listIncidents({ limit: 9 })).items.map(({ id }) => id)).toEqual(["i1"]);
  const kept = (await again.listDeliveries({ limit: 9 })).items.map(({ id, state }) => [id, state]);
  expect(kept).toContainEqual(["n1", "pending"]);
  await again.close();
});

test.each<[string, (lines: string[]) => string[], RegExp]>([
  ["breaks off", (lines) => lines.slice(0, -5), /copy is incomplete/],
  ["is of another version", ([, ...rest]) => ['{"assay":"store","version":1}', ...rest], /version 1/],
  ["is a page of something else", () => ["<html>"], /This is not a copy of a store/],
  [
    "names another table",
    ([head]) => [head!, '{"table":"sqlite_schema","row":{}}'],
    /The copy contains an invalid line/,
  ],
  [
    "names an odd column",
    ([head]) => [head!, '{"table":"memo","row":{"a) --":1}}'],
    /The copy contains an invalid line/,
  ],
])("one that %s leaves no file behind", async (_, change, message) => {
  const { driver } = await filled();
  const lines = change(linesOf([...dumpLines(driver)].join("")));
  const copy = join(folder, "copy.db");
  await expect(writeDump(eachOf(lines), copy)).rejects.toThrow(message);
  expect(() => statSync(copy)).toThrow();
});
