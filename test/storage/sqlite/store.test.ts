import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqlite, sqliteDriver } from "../../../functions/deno/sqlite.ts";
import { sqliteStore } from "../../../src/storage/sqlite/store.ts";
import type { Store } from "../../../src/storage/store.ts";
import { type Child, spawn } from "../../process/child.ts";
import { contract } from "../contract.ts";
import { commit, dump, incident, MINUTE, notice, T, TTL } from "../store_fixture.ts";
import type { SqlDriver } from "../../../src/storage/sqlite/driver.ts";

/** A user without rights of its own, on every Unix. */
const NOBODY = 65_534;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  file = join(folder, "deep", "er", "assay.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sqlite store", () => contract(() => openSqlite(":memory:")));

const take = (store: Store, tick: number, owner = "a") =>
  store.takeLease({ tick, owner, nowMs: tick, ttlMs: TTL });
const everything = commit({
  shards: [{ shard: 0, layout: "a", state: "x" }],
  samples: [{ slot: T, shard: 0, data: "x" }],
  incidents: [incident("i1")],
  notices: [notice("n1"), notice("n2")],
});

test("a new file is its user's alone, like its folder, which git leaves out", () => {
  const driver = sqliteDriver(file);
  const own = join(folder, "deep", "er");
  expect([own, file, `${file}-wal`, `${file}-shm`].map((path) => (statSync(path).mode & 0o777).toString(8)))
    .toEqual(["700", "600", "600", "600"]);
  driver.close();
  expect(readFileSync(join(own, ".gitignore"), "utf8")).toBe("*\n");
});

describe("rows written", () => {
  /** A driver that counts the rows its statements change. */
  function counting(driver: SqlDriver): SqlDriver & { rows: number } {
    return {
      ...driver,
      rows: 0,
      run(sql, ...params) {
        const rows = driver.run(sql, ...params);
        this.rows += rows;
        return rows;
      },
    };
  }

  test("a tick of two shards is five: the lease, and a state and a sample for each shard", async () => {
    const driver = counting(sqliteDriver(file));
    const store = sqliteStore(driver);
    for (const tick of [T, T + MINUTE]) {
      driver.rows = 0;
      const lease = await take(store, tick);
      expect(driver.rows).toBe(1);
      const shards = [0, 1].map((shard) => ({ shard, layout: "a", state: `${tick}` }));
      const samples = [0, 1].map((shard) => ({ slot: tick, shard, data: "x" }));
      await store.commit(lease!, commit({ shards, samples }));
      expect(driver.rows).toBe(5);
    }
    await store.close();
  });

  test("a claim changes only the rows that it gives", async () => {
    const driver = sqliteDriver(file);
    const store = sqliteStore(driver);
    await store.commit((await take(store, T))!, everything);
    const changes = () => driver.all("SELECT total_changes() AS n")[0]!.n as number;
    const before = changes();
    expect(await store.claimDeliveries({ nowMs: T, leaseMs: MINUTE, limit: 10 })).toHaveLength(1);
    expect(changes() - before).toBe(1);
    await store.close();
  });
});

describe("one file", () => {
  test("keeps all when it is closed and opened again", async () => {
    const first = openSqlite(file);
    const lease = await take(first, T);
    await first.commit(lease!, everything);
    await first.disableWebhook("hook", T);
    await first.recordAttempt("n1", {
      state: "dead",
      attempts: 3,
      nextAt: T + 0.25,
      lastStatus: 410,
      lastError: "gone",
    });
    const before = await dump(first);
    await first.close();
    const second = openSqlite(file);
    expect(await dump(second)).toEqual(before);
    expect(before.deliveries).toHaveLength(2);
    expect(await take(second, T)).toBeNull();
    expect(await second.commit(lease!, everything)).toBe(true);
    await second.close();
  });

  test("a closed store rejects", async () => {
    const store = openSqlite(file);
    await store.close();
    await expect(store.readShards("all")).rejects.toThrow("not open");
    await expect(store.checkWritable()).rejects.toThrow("not open");
  });

  test("two stores race for 200 ticks: one lease each, and only its commit counts", async () => {
    const stores = [openSqlite(file), openSqlite(file)];
    for (let n = 0; n < 200; n++) {
      const tick = T + n * MINUTE;
      const first = n % 2;
      const order = [stores[first]!, stores[1 - first]!];
      const given = await Promise.all(
        order.map((store, i) => take(store, tick, `${first === 0 ? i : 1 - i}`)),
      );
      const winners = given.filter((lease) => lease !== null);
      expect(winners).toHaveLength(1);
      const stale = { ...winners[0]!, fence: winners[0]!.fence - 1 };
      const sample = (data: string) => commit({ samples: [{ slot: tick, shard: 0, data }] });
      const kept = await Promise.all([
        order[0]!.commit(winners[0]!, sample("winner")),
        order[1]!.commit(stale, sample("loser")),
      ]);
      expect(kept).toEqual([true, false]);
    }
    const samples = await stores[1]!.readSamples({ shard: 0, from: T, to: T + 200 * MINUTE });
    expect(samples.map(({ data }) => data)).toEqual(Array(200).fill("winner"));
    for (const store of stores) await store.close();
  }, 30_000);
});

describe("processes", () => {
  interface Line {
    owner: string;
    tick: number;
    fence?: number;
    kept: boolean | null;
  }

  const writer = (owner: string) => spawn("../storage/sqlite/concurrent_writer.ts", [file, owner]);
  const ticks = (count: number) => Array.from({ length: count }, (_, n) => T + n * MINUTE);
  const linesOf = ({ out }: Child): Line[] => out.map((line) => JSON.parse(line));

  test("two on one new file race for 200 ticks: each tick is given once, and what was kept stands", async () => {
    const racers = ["a", "b"].map(writer);
    // Tick by tick: SQLite's lock has no queue, so one writer without a pause could starve the other.
    for (const [n, tick] of ticks(200).entries()) {
      await Promise.all(racers.map((racer) => racer.write(`${tick}`)));
      await Promise.all(racers.map((racer) => racer.line("out", (_line, index) => index === n)));
    }
    await Promise.all(racers.map((racer) => racer.write("end")));
    expect(await Promise.all(racers.map(({ ended }) => ended))).toMatchObject([{ code: 0 }, { code: 0 }]);
    const given = racers.flatMap(linesOf).filter(({ fence }) => fence).sort((a, b) => a.tick - b.tick);
    const owner = expect.stringMatching(/^[ab]$/);
    expect(given).toEqual(ticks(200).map((tick, n) => ({ owner, tick, fence: n + 1, kept: true })));
    const store = openSqlite(file);
    expect(await store.readSamples({ shard: 0, from: T, to: T + 200 * MINUTE }))
      .toEqual(given.map(({ owner, tick }) => ({ slot: tick, shard: 0, data: owner })));
    await store.close();
  });

  test("SIGKILL loses nothing that a commit has answered", async () => {
    const child = writer("a");
    await child.write(ticks(2_000).join("\n"));
    await child.line("out", (_line, index) => index === 24);
    child.kill("SIGKILL");
    expect((await child.ended).signal).toBe("SIGKILL");
    const answered = linesOf(child).map(({ tick }) => tick);
    const store = openSqlite(file);
    const slots = (await store.readSamples({ shard: 0, from: T, to: 2 * T })).map(({ slot }) => slot);
    expect(slots.slice(0, answered.length)).toEqual(answered);
    expect(slots.length - answered.length).toBeLessThanOrEqual(1);
    await store.close();
  });
});

describe("a stored incident that is none", () => {
  test.each<[string, string, string]>([
    ["is not JSON", "{", "it is not JSON"],
    ["is another shape", `{"id":"i1"}`, "json.target"],
    ["has an odd word", JSON.stringify(incident("i1", { kind: "odd" as "drift" })), "json.kind"],
    ["has a foreign field", JSON.stringify({ ...incident("i1"), secret: 1 }), "secret"],
  ])("%s: reading rejects, names table and id, and touches nothing", async (_name, json, problem) => {
    const driver = sqliteDriver(file);
    const store = sqliteStore(driver);
    await store.commit((await take(store, T))!, everything);
    driver.run("UPDATE incident SET json = ?", json);
    await expect(store.getIncident("i1")).rejects.toThrow("row i1 of table incident");
    await expect(store.listIncidents({ limit: 1 })).rejects.toThrow(problem);
    expect(driver.all("SELECT json FROM incident")).toEqual([{ json }]);
    expect(await store.readShards("all")).toEqual(everything.shards);
    await store.close();
  });
});

describe("a file that cannot be used is an error that names it and says what to do", () => {
  const remade = (change: (driver: SqlDriver) => void) => () => {
    const driver = sqliteDriver(file);
    change(driver);
    driver.close();
  };
  const written = (text: string) => () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  };
  const rows: [string, () => void, RegExp][] = [
    ["another kind of file", written("version: 1\n".repeat(500)), /not a database: .*move it away/],
    [
      "a damaged database",
      () => written(`SQLite format 3\0\x10\0\x02\x02\0@  ${"\0".repeat(8)}${"\xFF".repeat(9000)}`)(),
      /unsupported file format: .*restore it/,
    ],
    ["a folder", () => mkdirSync(file, { recursive: true }), /unable to open.*: let this user write/],
    [
      "a file in a file",
      () => writeFileSync(join(folder, "deep"), ""),
      /os error \d+.*: let this user/,
    ],
    [
      "a newer schema",
      () => {
        void openSqlite(file).close();
        remade((driver) => driver.run("UPDATE schema SET version = 7"))();
      },
      /schema version is 7 .* versions up to 4: upgrade Assay/,
    ],
    [
      "the database of another program",
      remade((driver) => driver.run("CREATE TABLE outbox (mail TEXT)")),
      /table outbox already exists: .*another path/,
    ],
  ];
  test.each(rows)("%s", (_name, prepare, message) => {
    prepare();
    expect(() => openSqlite(file)).toThrow(`Cannot use ${file} as the store: `);
    expect(() => openSqlite(file)).toThrow(message);
  });

  test.each<[string, () => string]>([
    ["a new file in a folder that may only be read", () => join(file, "..")],
    ["a file that may only be read", () => (void openSqlite(file).close(), file)],
    ["a file in a folder that may only be read", () => (void openSqlite(file).close(), join(file, ".."))],
  ])("%s", (_name, prepare) => {
    mkdirSync(join(file, ".."), { recursive: true });
    const fixed = prepare();
    chmodSync(folder, 0o755);
    chmodSync(fixed, 0o555);
    // Root may write anywhere, so it steps down for the moment.
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(NOBODY);
    try {
      expect(() => openSqlite(file)).toThrow(/^Cannot use .*\/assay\.db as the store: .*let this user write/);
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(fixed, 0o755);
    }
  });

  test("a refused newer database is left as it was", () => {
    void openSqlite(file).close();
    remade((driver) => driver.run("UPDATE schema SET version = 7"))();
    expect(() => openSqlite(file)).toThrow();
    const driver = sqliteDriver(file);
    expect(driver.all("SELECT version FROM schema")).toEqual([{ version: 7 }]);
    driver.close();
    expect(readdirSync(join(file, ".."))).toEqual([".gitignore", "assay.db"]);
  });
});
