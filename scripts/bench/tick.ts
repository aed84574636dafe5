import { join } from "node:path";
import { clock } from "../../functions/clock.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import { sqliteDriver } from "../../functions/deno/sqlite.ts";
import type { Config } from "../../src/config/config.ts";
import { USER_AGENT } from "../../src/base/http/client.ts";
import { decodeStates, isShard } from "../../src/storage/codec.ts";
import type { Ports } from "../../src/base/ports.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import { type BenchPlan, makeConfig } from "./config.ts";
import type { SqlDriver } from "../../src/storage/sqlite/driver.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** On the minute; every tick is a minute later. */
const START_MS = 1_800_000_000_000;

/** Assay with a generated config: real network, a SQLite file, one prober in this process. */
export interface BenchAssay {
  config: Config;
  /** Rows written so far, by table. */
  rows: Record<string, number>;
  tick(): Promise<void>;
  /** Throws unless every check is ready, because failures would change what is measured. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/** Opens Assay. Its wall clock jumps to the next minute with every tick. */
export async function openAssay(plan: BenchPlan): Promise<BenchAssay> {
  const config = await makeConfig(plan);
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-" });
  const rows: Record<string, number> = {};
  const store = sqliteStore(countRows(sqliteDriver(join(folder, "assay.db")), rows));
  let minuteMs = START_MS;
  let began = clock.now();
  // As cheap as the clock of a process.
  const now = () => minuteMs + clock.now() - began;
  const own = denoPorts("", config);
  const ports: Ports = { ...own, clock: { ...own.clock, now } };
  const { tick } = settler({
    ports,
    store,
    config,
    probers: [localProberOf(ports, config, KINDS, { id: "local", region: "local" })],
    owner: "bench",
  });
  return {
    config,
    rows,
    async tick() {
      minuteMs += MINUTE_MS;
      began = clock.now();
      if (!await tick(minuteMs)) throw new Error("the tick was refused");
    },
    async verify() {
      const shards = (await store.readShards("all")).filter(isShard);
      const states = shards.flatMap(({ shard, state }) => Object.values(decodeStates(state, shard)));
      const settled = states.filter(({ outcome, slot }) => outcome === "ready" && slot === minuteMs);
      if (settled.length !== plan.checks) {
        throw new Error(`${settled.length} of ${plan.checks} checks are ready and settled`);
      }
    },
    async close() {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Counts the rows that statements change, by table. */
function countRows(driver: SqlDriver, rows: Record<string, number>): SqlDriver {
  return {
    ...driver,
    run(sql, ...params) {
      const changed = driver.run(sql, ...params);
      const table = /^\s*(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)/.exec(sql)?.[1] ?? "other";
      rows[table] = (rows[table] ?? 0) + changed;
      return changed;
    },
  };
}

/** Headers as long as those of a report request. */
export const ASSAY_HEADERS = {
  accept: "application/json, application/health+json;q=0.9, text/plain;q=0.5, */*;q=0.1",
  "cache-control": "no-cache",
  "x-assay-run": "t100.default.local.mzh8w5c0",
};

/** Runs `work` on all items, `atOnce` at a time. */
export async function inLanes<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/**
 * The baseline: only sends the requests that a probe would send. `extra` headers are added to the User-Agent.
 */
export async function bareLoop(
  urls: readonly string[],
  atOnce: number,
  extra: Record<string, string> = {},
): Promise<void> {
  const headers = { "user-agent": USER_AGENT, ...extra };
  await inLanes(urls, atOnce, (url) => ask(url, { headers }));
}

/** One request as a probe would send it. */
export async function ask(url: string, init: RequestInit): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 10_000);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: abort.signal });
    await response.arrayBuffer();
  } finally {
    clearTimeout(timer);
  }
}
