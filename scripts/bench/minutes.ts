/**
 * Measures what a quiet, settled minute costs each store with three turns and with one, next to the figures
 * of `assay budget`: `deno run -A scripts/bench/minutes.ts`. test/edge/cost.test.ts does the same for a
 * Durable Object's rows, in workerd.
 */
import { join } from "node:path";
import { clock } from "../../functions/clock.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { sqliteDriver } from "../../functions/deno/sqlite.ts";
import type { Config } from "../../src/config/config.ts";
import type { Clock, Ports } from "../../src/base/ports.ts";
import { budget } from "../../src/capacity/budget.ts";
import { busiestDay } from "../../src/capacity/busiest_day.ts";
import { UPSTASH_USE } from "../../src/capacity/prices.ts";
import { deliver } from "../../src/engine/notify/mod.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { Store } from "../../src/storage/store.ts";
import { upstashStore } from "../../src/storage/upstash/store.ts";
import { DAY_MS, MINUTE_MS } from "../../src/base/time.ts";
import { gateway } from "../redis/gateway.ts";
import { isInstalled, REDIS_INSTALL, redisServer } from "../redis/server.ts";
import { roundOf } from "../simulate/rounds.ts";
import { loadYaml } from "./config.ts";

/** On the hour. */
const START_MS = 1_800_000_000_000;
/**
 * Minutes before counting, which create shards and scripts, and minutes counted, which end before the hourly
 * rollup.
 */
const [WARM_UP, COUNTED] = [5, 40];
const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

/** The mean cost of a minute. */
export interface MinuteUse {
  commits: number;
  /** Requests to probers, each for all its due checks. */
  asks: number;
  /** Rows written, or commands billed. */
  writes: number;
}

/** A store with a counter of its writes. */
export interface CountedStore {
  store: Store;
  writes(): number | Promise<number>;
}

/** The config of each store. */
const STORES = { memory: "{ memory: {} }", sqlite: "{ sqlite: assay.db }", upstash: "{ upstash: {} }" };
/** A store that is measured. */
export type MeasuredStore = keyof typeof STORES;

/** The config of the measurement: one check, every minute, from three places. */
export const minuteConfig = async (turns: number, store: MeasuredStore): Promise<Config> =>
  (await loadYaml(`version: 1
store: ${STORES[store]}
regions: [weur, enam, oc]
targets:
  - id: shop
    url: https://shop.example
    checks: [{ turns: ${turns}, report: { path: /readyz }, journey: [{ expect: status == 200 }] }]
`)).config;

/** A memory store, which counts no writes. */
export const countedMemory = (): CountedStore => ({ store: memoryStore(), writes: () => 0 });

/** A SQLite store that counts changed rows. A Durable Object also counts index entries. */
export function countedSqlite(): CountedStore {
  const driver = sqliteDriver(":memory:");
  let rows = 0;
  const run: typeof driver.run = (sql, ...params) => {
    const changed = driver.run(sql, ...params);
    rows += changed;
    return changed;
  };
  return { store: sqliteStore({ ...driver, run }), writes: () => rows };
}

/**
 * Settles quiet minutes as a Durable Object does: it wakes for each turn, polls for notices after each, and
 * once more per tick. Leaves out the hourly housekeeping.
 */
export async function measureMinutes(config: Config, { store, writes }: CountedStore): Promise<MinuteUse> {
  let nowMs = START_MS;
  let [commits, asks] = [0, 0];
  const still: Clock = { ...clock, now: () => nowMs };
  const ports: Ports = { ...denoPorts("", config), clock: still };
  const probers = config.regions.flatMap((region) => region.probers).map(({ id }) => ({
    id,
    ask: (
      { slot, at = slot, checks }: { slot: number; at?: number; checks: readonly Config["checks"][number][] },
    ) => {
      asks++;
      const answers = checks.map(({ key, digest }) => ({ check: key, digest, round: roundOf("ready", at) }));
      return Promise.resolve({ prober: id, slot, suspect: false, misplaced: false, answers });
    },
  }));
  const look = () => deliver(ports, store, config, { sinks: SINKS });
  const { begin, next, settleDue } = settler({
    ...{ ports, store, config, probers, owner: "bench" },
    onCommit: () => void commits++,
  });
  const settleMinute = async (minuteMs: number) => {
    nowMs = minuteMs;
    if (!await begin(minuteMs)) throw new Error("the minute was refused");
    for (let at = next(); at !== undefined; at = next()) {
      nowMs = Math.max(nowMs, at);
      await settleDue();
      await look();
    }
    await look();
  };
  for (let n = 0; n < WARM_UP; n++) await settleMinute(START_MS + n * MINUTE_MS);
  [commits, asks] = [0, 0];
  const before = await writes();
  for (let n = 0; n < COUNTED; n++) await settleMinute(START_MS + (WARM_UP + n) * MINUTE_MS);
  const written = await writes() - before;
  return { commits: commits / COUNTED, asks: asks / COUNTED, writes: written / COUNTED };
}

/**
 * The budget's figures: for Upstash commands without the hourly rollup, else rows without retention's
 * deletes.
 */
export function budgetedMinute(config: Config): MinuteUse {
  const { ticks, alarms, agenda } = busiestDay(config, 1);
  const commits = agenda.reduce((sum, { slot }) => sum + slot.shardTurns, 0);
  const { lines } = budget(config, { plan: "free", latencyMs: 1 });
  const aDay = (name: string) => lines.find((line) => line.name === name)!.value;
  const asks = aDay("object requests a day") - ticks - alarms;
  const rows = aDay("rows written a day") - agenda.length - (ticks + alarms);
  const { lease, commit, poll } = UPSTASH_USE;
  const commands = lease * ticks + commit * commits + poll * (2 * ticks + alarms);
  const writes = config.store.kind === "upstash" ? commands : rows;
  return {
    commits: commits / MINUTES_A_DAY,
    asks: asks / MINUTES_A_DAY,
    writes: writes / MINUTES_A_DAY,
  };
}

/** Measures on Redis behind a gateway that counts commands as Upstash bills them. */
export async function measureUpstash(config: Config): Promise<MinuteUse> {
  const dir = await Deno.makeTempDir({ prefix: "assay-minutes-" });
  const server = redisServer({ dir: join(dir, "data") });
  const { fetch, stats, close } = await gateway({ socket: server.socket, token: "bench" });
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, fetch);
  const url = `http://127.0.0.1:${http.addr.port}`;
  const store = upstashStore({ url, token: "bench", clock, random: Math.random, timeoutMs: 30_000 });
  try {
    return await measureMinutes(config, { store, writes: async () => (await stats()).commands });
  } finally {
    await Promise.all([close(), http.shutdown()]);
    server.kill("SIGKILL");
    await server.ended;
    await Deno.remove(dir, { recursive: true });
  }
}

/** Prints a table of all stores, with three turns and with one. */
async function print(): Promise<void> {
  console.log("| store | turns | commits a minute | asks | rows or commands | as budgeted |");
  console.log("|---|---:|---:|---:|---:|---|");
  for (const turns of [3, 1]) {
    for (const kind of Object.keys(STORES) as MeasuredStore[]) {
      const config = await minuteConfig(turns, kind);
      const budgeted = budgetedMinute(config);
      if (kind === "upstash" && !isInstalled()) {
        console.log(`| ${kind} | ${turns} | redis-server is missing: ${REDIS_INSTALL} | | | |`);
        continue;
      }
      const used = kind === "upstash"
        ? await measureUpstash(config)
        : await measureMinutes(config, kind === "sqlite" ? countedSqlite() : countedMemory());
      const { commits, asks, writes } = budgeted;
      const same = `${commits}, ${asks}, ${kind === "memory" ? 0 : writes}`;
      console.log(`| ${kind} | ${turns} | ${used.commits} | ${used.asks} | ${used.writes} | ${same} |`);
    }
  }
}

if (import.meta.main) await print();
