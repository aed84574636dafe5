import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { denoPorts } from "../../functions/deno/start.ts";
import type { Config } from "../../src/config/config.ts";
import { semaphore } from "../../src/base/semaphore.ts";
import { walk } from "../../src/evidence/probe/journey.ts";
import { type BenchPlan, makeConfig, ORDER_JOURNEY, READ_JOURNEY } from "./config.ts";
import { type BenchRow, cpuOf, formatSpread, median } from "./table.ts";
import { bareLoop, openAssay } from "./tick.ts";

/** Samples are short and taken in turns, so that other load on the machine falls on both sides alike. */
const PAIRS = 21;
const WARM_UP = 3;
const JOURNEYS = 500;
/** Checks in a config, and how many of its ticks make one sample. */
const SIZES = [[100, 20], [1_000, 2], [10_000, 1]] as const;

/** All that needs a target: `port` of nginx on loopback. */
export async function* benchNetwork(port: number): AsyncGenerator<BenchRow> {
  const url = `http://localhost:${port}`;
  const plan = { checks: 1_000, url, journey: READ_JOURNEY, report: true };
  yield await benchJourneys(url);
  yield* benchTick("report and journey", plan);
  yield* benchTick("journey only", { ...plan, report: false });
  yield* benchTick("report and journey, target by address", { ...plan, url: `http://127.0.0.1:${port}` });
  yield await benchRows(plan);
  yield await benchFlatness(plan);
}

/** Runs all works in turns, and answers the CPU (µs) that each took, sample by sample. */
async function inTurns(samples: number, works: (() => Promise<unknown>)[]): Promise<number[][]> {
  const costs = works.map((): number[] => []);
  for (let i = -WARM_UP; i < samples; i++) {
    for (const [at, work] of works.entries()) {
      const cost = await cpuOf(work);
      if (i >= 0) costs[at]!.push(cost);
    }
  }
  return costs;
}

const divide = (costs: readonly number[], parts: number) => costs.map((cost) => cost / parts);

/** Three steps with two captures. */
async function benchJourneys(url: string): Promise<BenchRow> {
  const config = await makeConfig({ checks: 1, url, journey: ORDER_JOURNEY, report: false });
  const paths = ["/orders", "/orders/ord_17", "/orders/ord_17?receipt=rcp_4711"];
  const urls = Array.from({ length: JOURNEYS }, () => paths.map((path) => url + path)).flat();
  const [journey, loop] = await inTurns(PAIRS, [
    () => walkAll(config),
    () => bareLoop(urls, config.concurrency),
  ]) as [number[], number[]];
  const bareUs = median(divide(loop, JOURNEYS));
  return {
    what: "journey of 3 steps with 2 captures: CPU",
    result: `${formatSpread(divide(journey, JOURNEYS), 0)} µs; its 3 requests in the loop ${
      bareUs.toFixed(0)
    } µs`,
    aim: "< 300 µs",
  };
}

async function walkAll(config: Config): Promise<void> {
  const ports = denoPorts("", config);
  const gate = semaphore(config.concurrency);
  const check = config.checks[0]!;
  const run = { id: "bench", slot: 0, prober: "local", region: "local", target: "t0", check: check.id };
  const walked = Array.from(
    { length: JOURNEYS },
    () => gate(() => walk(ports, { ...check, baseUrl: check.target.url }, run, { steps: STEP_KINDS })),
  );
  for (const { failure } of await Promise.all(walked)) {
    if (failure) throw new Error(`the journey failed: ${failure.step}: ${failure.detail}`);
  }
}

/** A whole tick beside the bare loop over the same requests. */
async function* benchTick(title: string, plan: BenchPlan): AsyncGenerator<BenchRow> {
  const assay = await openAssay(plan);
  const { concurrency } = assay.config;
  const paths = plan.report ? ["/readyz", "/item"] : ["/item"];
  const urls = assay.config.checks.flatMap(() => paths.map((path) => plan.url + path));
  const [tick, loop, alike] = await inTurns(PAIRS, [
    assay.tick,
    () => bareLoop(urls, concurrency),
    () => bareLoop(urls, concurrency, { ...ASSAY_HEADERS }),
  ]) as [number[], number[], number[]];
  await assay.verify();
  await assay.close();
  const ratios = (to: number[]) => formatSpread(tick.map((cost, i) => cost / to[i]!), 2);
  const what = `whole tick, 1,000 checks, ${title}`;
  const loopUs = formatSpread(divide(loop, urls.length), 0);
  yield {
    what: `${what}: CPU per request`,
    result: `${formatSpread(divide(tick, urls.length), 0)} µs; loop ${loopUs} µs`,
    aim: "",
  };
  yield { what: `${what}: ratio to the loop`, result: `**${ratios(loop)}**`, aim: "≤ 1.35" };
  yield { what: `${what}: ratio to the loop with Assay's headers`, result: ratios(alike), aim: "" };
}

/** Headers as long as those that a report is asked with. */
const ASSAY_HEADERS = {
  accept: "application/json, application/health+json;q=0.9, text/plain;q=0.5, */*;q=0.1",
  "cache-control": "no-cache",
  "x-assay-run": "t100.default.local.mzh8w5c0",
};

/** The rows of one tick. */
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

/** CPU from small to large configs, each by itself, so that none pays for the garbage of another. */
async function benchFlatness(plan: BenchPlan): Promise<BenchRow> {
  const costs: number[] = [];
  for (const [checks, ticks] of SIZES) {
    const assay = await openAssay({ ...plan, checks });
    const urls = Array.from({ length: 1_000 }, () => [`${plan.url}/readyz`, `${plan.url}/item`]).flat();
    const repeat = async () => {
      for (let i = 0; i < ticks; i++) await assay.tick();
    };
    const [tick, loop] = await inTurns(7, [repeat, () => bareLoop(urls, assay.config.concurrency)]) as [
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
