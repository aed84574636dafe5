/**
 * Measures what a tick costs on Upstash: requests, billed commands and bytes, counted at a gateway in front
 * of Redis.
 */
import { join } from "node:path";
import { clock } from "../../functions/clock.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import type { Config } from "../../src/config/config.ts";
import { deliverer } from "../../src/engine/notify/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import type { Ports } from "../../src/base/ports.ts";
import { UPSTASH } from "../../src/capacity/prices.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { upstashStore } from "../../src/storage/upstash/store.ts";
import { makeConfig, READ_JOURNEY } from "./config.ts";
import { type BenchRow, median } from "./table.ts";
import { gateway, type Stats } from "../redis/gateway.ts";
import { connection, isInstalled, REDIS_INSTALL, redisServer } from "../redis/server.ts";
import type { Prober, Round } from "../../src/judgement/round.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** On the hour; every tick is a minute later. */
const START_MS = 1_800_000_000_000;
const REGIONS = ["eu", "us", "ap"];
const CHECKS = [1, 100, 1_000];
/** Ticks that are not counted, because the first ones create shards and scripts. */
const WARM_UP = 5;
/** Two hours, so that the mean includes hourly housekeeping. */
const TICKS = 120;
/** How often a process polls its outbox in a minute. */
const OUTBOX_RUNS = 12;
const MINUTES_A_MONTH = 30 * 24 * 60;

/** Rows of the bench table, or one with the install command if redis-server is missing. */
export async function* benchUpstash(): AsyncGenerator<BenchRow> {
  if (!isInstalled()) {
    yield { what: "Upstash", result: `not measured: redis-server is missing (${REDIS_INSTALL})`, aim: "" };
    return;
  }
  for (const checks of CHECKS) yield* rowsOf(checks, await measure(checks));
}

interface Usage {
  /** Medians of a tick. */
  requests: number;
  commands: number;
  /** Mean commands a tick, including hourly housekeeping. */
  mean: number;
  kB: number;
  stateBytes: number;
  sampleBytes: number;
}

function* rowsOf(checks: number, usage: Usage): Generator<BenchRow> {
  const { requests, commands, mean, kB, stateBytes, sampleBytes } = usage;
  const month = mean * MINUTES_A_MONTH;
  const usd = (month * UPSTASH.usdAMillion / 1_000_000).toFixed(2);
  const share = Math.round(100 * month / UPSTASH.freeAMonth);
  const what = `Upstash, ${checks} ${checks === 1 ? "check" : "checks"} x ${REGIONS.length} regions`;
  yield {
    what: `${what}: a tick`,
    result: `${requests} requests, ${commands} commands, ${kB.toFixed(1)} kB`,
    aim: "2, 4",
  };
  yield {
    what: `${what}: a month with its housekeeping`,
    result: `${Math.round(month).toLocaleString("en")} commands (${
      mean.toFixed(2)
    } a tick), $${usd}, or ${share} % of the free plan`,
    aim: "in the free plan",
  };
  if (checks > 1) {
    yield {
      what: `${what}: stored`,
      result: `${Math.round(stateBytes / checks)} B a check, ` +
        `${(sampleBytes / checks / REGIONS.length).toFixed(1)} B a result`,
      aim: "60 B, 15 B",
    };
  }
}

async function measure(checks: number): Promise<Usage> {
  const dir = await Deno.makeTempDir({ prefix: "assay-bench-" });
  const server = redisServer({ dir: join(dir, "data") });
  const { fetch, stats, close } = await gateway({ socket: server.socket, token: "bench" });
  let bytes = 0;
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.text();
    const answer = await fetch(new Request(request.url, { method: "POST", headers: request.headers, body }));
    const text = await answer.text();
    bytes += body.length + text.length;
    return new Response(text, answer);
  });
  try {
    const tick = await openTicker(checks, `http://127.0.0.1:${http.addr.port}`);
    for (let n = 0; n < WARM_UP; n++) await tick(n);
    const seen: (Stats & { bytes: number })[] = [{ ...await stats(), bytes }];
    for (let n = 0; n < TICKS; n++) {
      await tick(WARM_UP + n);
      seen.push({ ...await stats(), bytes });
    }
    const each = (of: (at: Stats & { bytes: number }) => number) =>
      seen.slice(1).map((now, i) => of(now) - of(seen[i]!));
    const all = each(({ commands }) => commands);
    return {
      requests: median(each(({ requests }) => requests)),
      commands: median(all),
      mean: all.reduce((sum, n) => sum + n) / all.length,
      kB: median(each(({ bytes }) => bytes)) / 1_000,
      ...await measureBytes(server.socket),
    };
  } finally {
    await Promise.all([close(), http.shutdown()]);
    server.kill("SIGKILL");
    await server.ended;
    await Deno.remove(dir, { recursive: true });
  }
}

/** Returns a function that runs minute `n` of Assay, with scripted probers that all pass. */
async function openTicker(checks: number, url: string): Promise<(n: number) => Promise<void>> {
  const config = await makeConfig({
    checks,
    url: "http://127.0.0.1:9",
    journey: READ_JOURNEY,
    report: true,
    regions: REGIONS.map((id) => ({
      id,
      probers: [{ id, url: "https://prober.example", token: "${env:T}" }],
    })),
  });
  let nowMs = START_MS;
  const ports: Ports = { ...denoPorts("", config), clock: { ...clock, now: () => nowMs } };
  const store = upstashStore({ url, token: "bench", clock, random: Math.random, timeoutMs: 30_000 });
  const { tick } = settler({ ports, store, config, probers: probers(config), owner: "bench" });
  const lookForNotices = deliverer(ports, store, config, { sinks: KINDS.sinks });
  return async (n) => {
    nowMs = START_MS + n * MINUTE_MS;
    if (!await tick(nowMs)) throw new Error("the tick was refused");
    for (let look = 0; look < OUTBOX_RUNS; look++) {
      await lookForNotices();
    }
  };
}

const probers = (config: Config): Prober[] =>
  REGIONS.map((id) => ({
    id,
    ask: ({ slot, checks }) => {
      const answers = checks.map(({ key: check, digest }) => ({ check, digest, round: round(slot) }));
      if (checks.length !== config.checks.length) throw new Error("not every check is due");
      return Promise.resolve({ prober: id, slot, suspect: false, misplaced: false, answers });
    },
  }));

/** A report and a journey of one step, with random durations. */
function round(at: number): Round {
  const headersMs = 20 + Math.floor(Math.random() * 80);
  const totalMs = headersMs + 1 + Math.floor(Math.random() * 5);
  return {
    before: {
      ...{ state: "ready", dialect: "http", confidence: "code", question: "readiness", httpStatus: 200 },
      ...{ claims: [], contradictions: [], subsystems: [], at: at + Math.floor(Math.random() * 900) },
      durationMs: 10 + Math.floor(Math.random() * 80),
    },
    observation: {
      outcome: "pass",
      transport: false,
      steps: [{ name: "read an order", status: 200, requests: 1, headersMs, totalMs }],
      totalMs,
    },
  };
}

/** Bytes of all states, and of one slot's samples. */
async function measureBytes(socket: string): Promise<{ stateBytes: number; sampleBytes: number }> {
  const redis = await connection(socket);
  const fields = Object.entries(await redis.hGetAll("{assay}:now"));
  redis.destroy();
  const sizeOf = (prefix: string) =>
    fields.filter(([name]) => name.startsWith(prefix)).reduce((sum, [, text]) => sum + text.length, 0);
  return { stateBytes: sizeOf("shard:"), sampleBytes: sizeOf(`sample:${START_MS + TICKS * MINUTE_MS}/`) };
}

if (import.meta.main) {
  for await (const { what, result, aim } of benchUpstash()) console.log(`| ${what} | ${result} | ${aim} |`);
}
