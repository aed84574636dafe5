import { denoPorts } from "../functions/deno.ts";
import type { Config } from "../src/config/config.ts";
import { limiter } from "../src/limiter.ts";
import { walk } from "../src/probe/journey.ts";
import { LOOK, made, ORDER } from "./bench_config.ts";
import { cpuOf, median, type Row, spread } from "./bench_table.ts";
import { bare, type World, world } from "./bench_tick.ts";

const PAIRS = 9;
/** Requests in one sample: long enough that a collection of garbage is a small part of it. */
const SAMPLE = 8_000;
const JOURNEYS = 2_000;
const SIZES = [100, 1_000, 10_000];

/** All that needs a target: `port` of nginx on loopback. */
export async function network(port: number): Promise<Row[]> {
  const origin = `http://127.0.0.1:${port}`;
  return [
    await journeys(origin),
    ...await whole("report and journey", origin, origin, true),
    ...await whole("journey only", origin, origin, false),
    ...await whole("report and journey, target by name", `http://localhost:${port}`, origin, true),
    ...await flatness(origin),
  ];
}

/** Three steps with two captures. */
async function journeys(url: string): Promise<Row> {
  const config = await made({ checks: 1, url, journey: ORDER, report: false });
  const samples: number[] = [];
  const floor: number[] = [];
  const urls = ["/orders", "/orders/ord_17", "/orders/ord_17"].map((path) => url + path);
  const bareUrls = Array.from({ length: JOURNEYS }, () => urls).flat();
  for (let i = -2; i < PAIRS; i++) {
    const mine = await cpuOf(() => walkAll(config)) / JOURNEYS;
    const theirs = await cpuOf(() => bare(bareUrls, config.concurrency)) / JOURNEYS;
    if (i < 0) continue;
    samples.push(mine);
    floor.push(theirs);
  }
  return {
    what: "journey of 3 steps with 2 captures, CPU",
    result: `${spread(samples, 0)} µs; its 3 requests bare: ${median(floor).toFixed(0)} µs`,
    aim: "< 300 µs",
  };
}

async function walkAll(config: Config): Promise<void> {
  const ports = denoPorts("", config);
  const gate = limiter(config.concurrency);
  const check = config.checks[0]!;
  const run = { id: "bench", slot: 0, prober: "local", region: "local", target: "t0", check: check.id };
  const walked = Array.from(
    { length: JOURNEYS },
    () => gate(() => walk(ports, { ...check, baseUrl: check.target.url }, run)),
  );
  for (const { failure } of await Promise.all(walked)) {
    if (failure) throw new Error(`the journey failed: ${failure.step}: ${failure.detail}`);
  }
}

/** A whole tick of 1,000 checks beside the bare loop over the same requests, in turns. */
async function whole(title: string, url: string, origin: string, report: boolean): Promise<Row[]> {
  const assay = await world({ checks: 1_000, url, journey: LOOK, report });
  const paths = report ? ["/readyz", "/item"] : ["/item"];
  const urls = assay.config.checks.flatMap(() =>
    paths.map((path) => url.startsWith(origin) ? url + path : origin + path)
  );
  const ticks = SAMPLE / urls.length;
  const tick: number[] = [];
  const loop: number[] = [];
  for (let i = -2; i < PAIRS; i++) {
    const mine = await cpuOf(() => repeat(ticks, assay.tick));
    const theirs = await cpuOf(() => repeat(ticks, () => bare(urls, assay.config.concurrency)));
    if (i < 0) continue;
    tick.push(mine / SAMPLE);
    loop.push(theirs / SAMPLE);
  }
  const rows = await written(assay);
  await assay.close();
  const ratios = tick.map((mine, i) => mine / loop[i]!);
  const what = `whole tick, 1,000 checks, ${title}`;
  return [
    {
      what: `${what}: CPU per request`,
      result: `${spread(tick, 1)} µs; bare loop ${spread(loop, 1)} µs`,
      aim: "",
    },
    { what: `${what}: ratio to the loop`, result: `**${spread(ratios, 2)}**`, aim: "≤ 1.35" },
    ...title === "report and journey" ? [rows] : [],
  ];
}

async function repeat(times: number, work: () => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i++) await work();
}

/** The rows of one tick. */
async function written(assay: World): Promise<Row> {
  const before = { ...assay.rows };
  await assay.tick();
  await assay.verify();
  const { shard = 0, sample = 0, ...others } = Object.fromEntries(
    Object.entries(assay.rows).map(([table, rows]) => [table, rows - (before[table] ?? 0)]),
  );
  const shards = Math.ceil(assay.config.checks.length / 200);
  const rest = Object.entries(others).filter(([, rows]) => rows > 0).map(([table, rows]) =>
    `${rows} ${table}`
  );
  return {
    what: "rows written per tick and shard of 200 checks",
    result: `${(shard + sample) / shards} (state, sample), and ${rest.join(", ")} per tick`,
    aim: "≤ 2",
  };
}

/** CPU per check from small to large configs. */
async function flatness(url: string): Promise<Row[]> {
  const worlds: World[] = [];
  for (const checks of SIZES) worlds.push(await world({ checks, url, journey: LOOK, report: true }));
  const costs = worlds.map((): number[] => []);
  const each = SIZES.at(-1)!;
  for (let i = -1; i < 5; i++) {
    for (const [at, assay] of worlds.entries()) {
      const cpu = await cpuOf(() => repeat(each / assay.config.checks.length, assay.tick));
      if (i >= 0) costs[at]!.push(cpu / each);
    }
  }
  for (const assay of worlds) {
    await assay.verify();
    await assay.close();
  }
  const medians = costs.map(median);
  const width = (Math.max(...medians) / Math.min(...medians) - 1) * 100;
  return [{
    what: `whole tick, CPU per check at ${SIZES.map((size) => size.toLocaleString("en")).join(", ")} checks`,
    result: `${medians.map((cost) => cost.toFixed(0)).join(", ")} µs (${width.toFixed(0)} % apart)`,
    aim: "within 15 %",
  }];
}
