import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { exchange, USER_AGENT } from "../../src/base/http/client.ts";
import { benchAllocation } from "./allocation.ts";
import type { NginxServer } from "./nginx.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import type { Ports } from "../../src/base/ports.ts";
import type { Config } from "../../src/config/config.ts";
import { walk } from "../../src/evidence/probe/journey.ts";
import { AT_ONCE, type BenchPlan, makeConfig, ORDER_JOURNEY, READ_JOURNEY } from "./config.ts";
import { type BenchRow, formatQuartiles, inTurns, median } from "./table.ts";
import { ask, ASSAY_HEADERS, bareLoop, inLanes, openAssay } from "./tick.ts";

/** Samples are short and taken in turns, so that other load affects both sides alike. */
const PAIRS = 21;
const JOURNEYS = 500;
const CONNECTIONS = 500;
/** Checks in a config, and how many of its ticks make one sample. */
const SIZES = [[100, 20], [1_000, 2], [10_000, 1]] as const;

/** The rows that need a target, nginx on loopback. */
export async function* benchNetwork({ port, closingPort }: NginxServer): AsyncGenerator<BenchRow> {
  const url = `http://localhost:${port}`;
  const plan = { checks: 1_000, url, journey: READ_JOURNEY, report: true };
  yield await benchJourneys(url);
  yield* benchTick("report and journey", plan);
  yield* benchTick("journey only", { ...plan, report: false });
  yield* benchTick("report and journey, target by address", { ...plan, url: `http://127.0.0.1:${port}` });
  yield* await benchAllocation(url);
  yield await benchConnections(`http://localhost:${closingPort}/item`);
  yield await benchRows(plan);
  yield await benchFlatness(plan);
}

const divide = (costs: readonly number[], parts: number) => costs.map((cost) => cost / parts);

const HEADERS = { "user-agent": USER_AGENT };

/** The requests of `ORDER_JOURNEY`. */
const ORDER_REQUESTS: { path: string; method?: string; body?: string; headers?: Record<string, string> }[] = [
  {
    path: "/orders",
    method: "POST",
    headers: { ...HEADERS, "content-type": "application/json" },
    body: '{"sku":"canary","ref":"t0.default.local.mzh8w5c0"}',
  },
  { path: "/orders/ord_17" },
  { path: "/orders/ord_17?receipt=rcp_4711", method: "DELETE" },
];

/** Measures a journey of three steps with two captures. */
async function benchJourneys(url: string): Promise<BenchRow> {
  const config = await makeConfig({ checks: 1, url, journey: ORDER_JOURNEY, report: false });
  // One for all samples: both sides keep their connections.
  const ports = denoPorts("", config);
  const requests = Array.from({ length: JOURNEYS }, () => ORDER_REQUESTS).flat();
  const [journey, loop] = await inTurns(PAIRS, [
    () => walkAll(ports, config),
    () => inLanes(requests, AT_ONCE, ({ path, ...init }) => ask(url + path, { headers: HEADERS, ...init })),
  ]) as [number[], number[]];
  const bareUs = median(divide(loop, JOURNEYS));
  return {
    what: "journey of 3 steps with 2 captures: CPU",
    result: `${formatQuartiles(divide(journey, JOURNEYS), 0)} µs; its 3 requests in the loop ${
      bareUs.toFixed(0)
    } µs, ${median(journey.map((cost, i) => cost / loop[i]!)).toFixed(2)} x`,
    aim: "<= 1.1 x",
  };
}

async function walkAll(ports: Ports, config: Config): Promise<void> {
  const check = config.checks[0]!;
  const run = { id: "bench", slot: 0, prober: "local", region: "local", target: "t0", check: check.id };
  const spec = { ...check, baseUrl: check.target.url };
  await inLanes(Array.from({ length: JOURNEYS }), AT_ONCE, async () => {
    const { failure } = await walk(ports, spec, run, { steps: STEP_KINDS });
    if (failure) throw new Error(`the journey failed: ${failure.step}: ${failure.detail}`);
  });
}

/** Compares a whole tick with the bare loop over the same requests. */
async function* benchTick(title: string, plan: BenchPlan): AsyncGenerator<BenchRow> {
  const assay = await openAssay(plan);
  const paths = plan.report ? ["/readyz", "/item"] : ["/item"];
  const urls = assay.config.checks.flatMap(() => paths.map((path) => plan.url + path));
  const [tick, loop, alike] = await inTurns(PAIRS, [
    assay.tick,
    () => bareLoop(urls, AT_ONCE),
    () => bareLoop(urls, AT_ONCE, { ...ASSAY_HEADERS }),
  ]) as [number[], number[], number[]];
  await assay.verify();
  await assay.close();
  const ratios = (to: number[]) => formatQuartiles(tick.map((cost, i) => cost / to[i]!), 2);
  const what = `whole tick, 1,000 checks, ${title}`;
  const loopUs = formatQuartiles(divide(loop, urls.length), 0);
  yield {
    what: `${what}: CPU per request`,
    result: `${formatQuartiles(divide(tick, urls.length), 0)} µs; loop ${loopUs} µs`,
    aim: "",
  };
  yield { what: `${what}: ratio to the loop`, result: `**${ratios(loop)}**`, aim: "≤ 1.5" };
  yield { what: `${what}: ratio to the loop with Assay's headers`, result: ratios(alike), aim: "" };
}

/** Measures a request on a new connection, which is the cost of each host's first request in a slot. */
async function benchConnections(url: string): Promise<BenchRow> {
  const ports = denoPorts("", await makeConfig({ checks: 1, url, journey: READ_JOURNEY, report: false }));
  const urls = Array.from({ length: CONNECTIONS }, () => url);
  const headers = { "user-agent": USER_AGENT, ...ASSAY_HEADERS };
  const askOnce = async (to: string) => {
    const limits = { deadlineMs: 10_000, capBytes: 1 << 20 };
    const got = await exchange(ports, { url: new URL(to), method: "GET", headers }, limits);
    if (got.kind === "failure") throw new Error(got.detail);
  };
  const [ours, loop] = await inTurns(PAIRS, [
    () => inLanes(urls, AT_ONCE, askOnce),
    () => bareLoop(urls, AT_ONCE, ASSAY_HEADERS),
  ]) as [number[], number[]];
  return {
    what: "a request on a new connection: CPU",
    result: `${formatQuartiles(divide(ours, CONNECTIONS), 0)} µs; loop ${
      formatQuartiles(divide(loop, CONNECTIONS), 0)
    } µs`,
    aim: "",
  };
}

/** Counts the rows that one tick writes. */
async function benchRows(plan: BenchPlan): Promise<BenchRow> {
  const assay = await openAssay(plan);
  await assay.tick();
  const before = { ...assay.rows };
  await assay.tick();
  await assay.verify();
  await assay.close();
  const { shard = 0, sample = 0, ...others } = Object.fromEntries(
    Object.entries(assay.rows).map(([table, rows]) => [table, rows - (before[table] ?? 0)]),
  );
  const rest = Object.entries(others).filter(([, rows]) => rows > 0).map(([table, rows]) =>
    `${rows} ${table}`
  );
  return {
    what: "rows written per tick and shard of 200 checks",
    result: `${(shard + sample) / (plan.checks / 200)} (state, sample), and ${rest.join(", ")} per tick`,
    aim: "≤ 2",
  };
}

/**
 * Measures CPU from small to large configs, each separately, so that none pays for the garbage of another.
 */
async function benchFlatness(plan: BenchPlan): Promise<BenchRow> {
  const costs: number[] = [];
  for (const [checks, ticks] of SIZES) {
    const assay = await openAssay({ ...plan, checks });
    const urls = Array.from({ length: 1_000 }, () => [`${plan.url}/readyz`, `${plan.url}/item`]).flat();
    const repeat = async () => {
      for (let i = 0; i < ticks; i++) await assay.tick();
    };
    const [tick, loop] = await inTurns(15, [repeat, () => bareLoop(urls, AT_ONCE)]) as [
      number[],
      number[],
    ];
    await assay.verify();
    await assay.close();
    const requests = 2 * checks * ticks;
    costs.push(median(tick.map((cost, i) => cost / requests / (loop[i]! / urls.length))));
  }
  const apart = (Math.max(...costs) / Math.min(...costs) - 1) * 100;
  return {
    what: `whole tick at ${
      SIZES.map(([checks]) => checks.toLocaleString("en")).join(", ")
    } checks: ratio to the loop`,
    result: `${costs.map((cost) => cost.toFixed(2)).join(", ")} (${apart.toFixed(0)} % apart)`,
    aim: "≤ 15 % apart",
  };
}
