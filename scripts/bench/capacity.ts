/**
 * Measures how many checks real processes can run, by checks, latency and probers. `deno run -A
 * scripts/bench/capacity.ts` writes the table into docs/benchmarks.md; `--checks 10000 --latency 300 --hosts
 * 100 --probers 1 --minutes 5` prints a single row.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sqliteDriver } from "../../functions/deno/sqlite.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { decodeHistory, decodeStates } from "../../src/storage/codec.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { Store } from "../../src/storage/store.ts";
import { writePart } from "./document.ts";
import { READ_JOURNEY } from "./config.ts";
import { type Child, startScript, usageOf } from "./processes.ts";
import { percentile } from "./table.ts";

const SLOW_SERVER = fileURLToPath(new URL("slow_server.ts", import.meta.url));
const BARE_SERVER = fileURLToPath(new URL("bare_server.ts", import.meta.url));
const ASSAY = fileURLToPath(new URL("../cli/assay.ts", import.meta.url));
const TOKEN = "tok-of-the-bench";
const SAMPLE_MS = 5_000;
const PING_MS = 50;

/** One measurement. */
export interface CapacityPlan {
  checks: number;
  latencyMs: number;
  hosts: number;
  /** The first prober is in the ledger's process, every other in its own. */
  probers: number;
  minutes: number;
  concurrency?: number;
  /** Makes a tenth of the hosts fail every tenth minute. */
  faults?: boolean;
}

/** The processes of a measurement, and the folder of the ledger's store. */
export interface World {
  folder: string;
  ledger: Child;
  /** The other probers. */
  others: Child[];
  /** A server that does nothing, for comparison. */
  bare: Child;
}

/** The result of a measurement. Times in ms, memory in MB. */
export interface CapacityResult {
  /** For each finished slot, how many rounds ran and how many are missing. */
  slots: { walked: number; missed: number }[];
  ageP95: number;
  peakMb: number;
  proberPeakMb: number;
  cpuAMinute: number;
  livezP99: number;
  livezMax: number;
  bareP99: number;
}

/** Runs Assay against a slow target for `minutes` slots. */
export const measureCapacity = (plan: CapacityPlan): Promise<CapacityResult> =>
  withWorld(plan, (world) => watch(plan, world));

/** Starts the processes of a plan, runs `work`, and stops them. */
export async function withWorld<T>(plan: CapacityPlan, work: (world: World) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-" });
  const children: Child[] = [];
  const start = async (...args: Parameters<typeof startScript>) => {
    const child = await startScript(...args);
    children.push(child);
    return child;
  };
  try {
    const target = await start(SLOW_SERVER, [String(plan.latencyMs), ...plan.faults ? ["faults"] : []]);
    const bare = await start(BARE_SERVER, []);
    const ports = Array.from({ length: plan.probers - 1 }, freePort);
    const file = join(folder, "assay.json");
    await Deno.writeTextFile(file, JSON.stringify(configOf(plan, { target, ports, folder })));
    const env = { TOKEN };
    const others = [];
    for (const [i, port] of ports.entries()) {
      others.push(await start(ASSAY, ["start", file, "--prober", `p${i + 1}`, "--port", `${port}`], env));
    }
    const ledger = await start(ASSAY, ["start", file, "--port", "0"], env);
    return await work({ folder, ledger, others, bare });
  } finally {
    for (const child of children.reverse()) await child.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function configOf(
  { checks, hosts, concurrency }: CapacityPlan,
  { target, ports, folder }: { target: Child; ports: number[]; folder: string },
) {
  const remote = ports.map((port, i) => ({
    id: `r${i + 1}`,
    probers: [{ id: `p${i + 1}`, url: `http://127.0.0.1:${port}`, token: "${env:TOKEN}" }],
  }));
  return {
    version: 1,
    allowPrivate: true,
    store: { sqlite: join(folder, "assay.db") },
    ...(concurrency && { concurrency }),
    regions: [{ id: "r0", probers: [{ id: "p0" }] }, ...remote],
    targets: Array.from({ length: checks }, (_, i) => ({
      id: `t${i}`,
      url: `http://127.0.${1 + Math.floor(i % hosts / 250)}.${1 + i % hosts % 250}:${target.port}`,
      checks: [{ report: { path: "/readyz" }, journey: READ_JOURNEY }],
    })),
  };
}

async function watch(
  { minutes, probers }: CapacityPlan,
  { folder, ledger, others, bare }: World,
): Promise<CapacityResult> {
  const store = sqliteStore(sqliteDriver(join(folder, "assay.db")));
  // Skip the first slot, which may have begun before everything was up.
  const from = Math.ceil((Date.now() + 1_000) / MINUTE_MS) * MINUTE_MS;
  const until = from + minutes * MINUTE_MS;
  const pinging = [pingUntil(ledger, "/livez", until), pingUntil(bare, "/", until)];
  await sleepUntil(from);
  const before = usageOf(ledger);
  const ages: number[] = [];
  // In the first two minutes not all evidence is there yet.
  for (let at = from + 2 * MINUTE_MS; at <= until; at += SAMPLE_MS) {
    await sleepUntil(at);
    ages.push(...await evidenceAges(store));
  }
  await sleepUntil(until);
  const after = usageOf(ledger);
  const [livez, idle] = await Promise.all(pinging);
  // Leave out the last slot, whose rounds may not be stored yet.
  const slots = await slotsOf(store, { from, until: until - MINUTE_MS, probers });
  await store.close();
  return {
    slots,
    ageP95: ages.length > 0 ? percentile(ages, 0.95) : NaN,
    peakMb: after.peakMb,
    proberPeakMb: Math.max(0, ...others.map((child) => usageOf(child).peakMb)),
    cpuAMinute: (after.cpuMs - before.cpuMs) / minutes,
    livezP99: percentile(livez!, 0.99),
    livezMax: Math.max(...livez!),
    bareP99: percentile(idle!, 0.99),
  };
}

async function evidenceAges(store: Store): Promise<number[]> {
  const now = Date.now();
  const shards = (await store.readShards("all")).filter(({ shard }) => shard >= 0);
  return shards.flatMap(({ shard, state }) => Object.values(decodeStates(state, shard))).flatMap((
    { probers },
  ) => Object.values(probers).map(({ witness }) => now - (witness?.at ?? witness?.slot ?? 0)));
}

async function slotsOf(
  store: Store,
  { from, until, probers }: { from: number; until: number; probers: number },
): Promise<CapacityResult["slots"]> {
  const bySlot = new Map<number, { walked: number; missed: number }>();
  const shards = (await store.readShards("all")).filter(({ shard }) => shard >= 0);
  for (const { shard } of shards) {
    for (const { slot, data } of await store.readSamples({ shard, from, to: until - 1 })) {
      const minute = Math.floor(slot / MINUTE_MS) * MINUTE_MS;
      const count = bySlot.get(minute) ?? { walked: 0, missed: 0 };
      bySlot.set(minute, count);
      for (const { traces } of Object.values(decodeHistory(data, shard))) {
        const missed = traces.filter(({ word }) => word === "missing").length;
        count.walked += traces.length - missed;
        count.missed += missed + Math.max(0, probers - traces.length);
      }
    }
  }
  return [...bySlot.entries()].toSorted(([a], [b]) => a - b).map(([, count]) => count);
}

async function pingUntil({ port }: Child, path: string, until: number): Promise<number[]> {
  const times: number[] = [];
  while (Date.now() < until) {
    const began = performance.now();
    await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer();
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PING_MS));
  }
  return times;
}

const sleepUntil = (at: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** The measurements of the table. */
const PLANS: CapacityPlan[] = [
  { checks: 1_000, latencyMs: 300, hosts: 100, probers: 1, minutes: 4 },
  { checks: 2_000, latencyMs: 100, hosts: 100, probers: 1, minutes: 4 },
  { checks: 10_000, latencyMs: 300, hosts: 100, probers: 1, minutes: 6 },
  { checks: 10_000, latencyMs: 300, hosts: 100, probers: 3, minutes: 6 },
];

/** The head of the capacity table. */
export const CAPACITY_HEAD =
  "| checks, latency, hosts, probers | walked a slot | missed a slot | evidence p95 | peak RSS, MB | CPU a minute | `/livez` p99, max | a bare server beside it, p99 |\n" +
  "| --- | --- | --- | --- | --- | --- | --- | --- |";

/** Formats a row of the capacity table. */
export function capacityRow(plan: CapacityPlan, result: CapacityResult): string {
  const range = (values: number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? `${least}` : `${least} to ${most}`;
  };
  const { slots, ageP95, peakMb, proberPeakMb, cpuAMinute, livezP99, livezMax, bareP99 } = result;
  return `| ${
    [
      `${plan.checks.toLocaleString("en")} at ${plan.latencyMs} ms on ${plan.hosts}, ${plan.probers} probers`,
      range(slots.map(({ walked }) => walked)),
      range(slots.map(({ missed }) => missed)),
      `${(ageP95 / 1_000).toFixed(0)} s`,
      `${peakMb.toFixed(0)}${proberPeakMb > 0 ? `, probers ${proberPeakMb.toFixed(0)}` : ""}`,
      `${(cpuAMinute / 1_000).toFixed(1)} s`,
      `${livezP99.toFixed(1)}, ${livezMax.toFixed(0)} ms`,
      `${bareP99.toFixed(1)} ms`,
    ].join(" | ")
  } |`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: Object.fromEntries(
      ["checks", "latency", "hosts", "probers", "minutes"].map((name) => [name, { type: "string" as const }]),
    ),
  });
  const number = (name: string, fallback: number) => Number(values[name] ?? fallback);
  const one: CapacityPlan = {
    checks: number("checks", 1_000),
    latencyMs: number("latency", 300),
    hosts: number("hosts", 100),
    probers: number("probers", 1),
    minutes: number("minutes", 4),
  };
  const isOne = Object.keys(values).length > 0;
  const lines = [CAPACITY_HEAD];
  console.log(CAPACITY_HEAD);
  for (const plan of isOne ? [one] : PLANS) {
    lines.push(capacityRow(plan, await measureCapacity(plan)));
    console.log(lines.at(-1));
  }
  if (!isOne) await writePart("capacity", lines);
}
