/**
 * Measures the Worker in bare workerd and prints the tables that stand in the README: its first answers beside an empty
 * Worker's, and what a tick costs beside a loop that only sends the same requests, in the same process.
 */
import { LOOK, made, type Plan, written } from "./bench_config.ts";
import { machine, median, spread } from "./bench_table.ts";
import { bundle, type Program, serve, version, type Workerd } from "./bench_workerd.ts";

const PAIRS = 11;
const SIZES = [10, 100, 1_000];
/** Checks in one sample, and before the first one: by then the runtime has compiled what is hot. */
const SAMPLE = 1_000;
const WARM = 3_000;
const SAMPLES = 9;
const MINUTE_MS = 60_000;

const EMPTY: Program = { code: `export default { fetch: () => new Response("ok") };` };

console.log(`${machine()}, ${await version()}\n`);
console.log("| first answer, ms | Assay | an empty Worker | later by |\n| --- | ---: | ---: | ---: |");
for (const path of ["/livez", "/v1/status"]) console.log(await firstAnswer(path));
console.log("\n| checks | subrequests | rows written | CPU per check, ms | bare loop, ms | ratio |");
console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
for (const size of SIZES) console.log(await cost(size));

/** Checks with a report and one step, one place. */
function plan(checks: number, url: string): Plan {
  const regions = [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }];
  return { checks, url, journey: LOOK, report: true, regions };
}

/** The Worker around `code`; its one place is this machine. */
function deployed(code: string): Program {
  return {
    code,
    vars: { ASSAY_PLAN: "paid", ASSAY_PLACES: "assumed" },
    objects: { LEDGER: "Ledger", PROBER: "Prober" },
  };
}

/** From the start of the process to the first 200, in turns. */
async function firstAnswer(path: string): Promise<string> {
  const assay = deployed(await bundle(written(plan(10, "https://shop.example"))));
  const mine: number[] = [];
  const empty: number[] = [];
  for (let i = -1; i < PAIRS; i++) {
    const pair = [await start(assay, path), await start(EMPTY, path)] as const;
    if (i < 0) continue;
    mine.push(pair[0]);
    empty.push(pair[1]);
  }
  const later = mine.map((ms, i) => ms - empty[i]!);
  return `| \`${path}\` | ${spread(mine, 0)} | ${spread(empty, 0)} | ${median(later).toFixed(0)} |`;
}

async function start(program: Program, path: string): Promise<number> {
  const { firstAnswerMs, stop } = await serve(program, path);
  await stop();
  return firstAnswerMs;
}

/** One line of the table: ticks and the bare loop, in turns. */
async function cost(size: number): Promise<string> {
  const target = shop();
  const { concurrency } = await made(plan(size, target.url));
  const code = await bundle(written(plan(size, target.url)), "scripts/bench_edge_worker.ts");
  const workerd = await serve(deployed(code), "/livez");
  const rows: number[] = [];
  let slot = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  const ticks = async (checks: number) => {
    for (let done = 0; done < checks; done += size) {
      rows.push(Number(await told(workerd, `/tick?slot=${slot += MINUTE_MS}`)));
    }
  };
  const loop = (checks: number) =>
    told(workerd, `/loop?url=${target.url}&times=${checks}&atOnce=${concurrency}`);
  await ticks(WARM);
  await loop(WARM);
  const mine: number[] = [];
  const bare: number[] = [];
  let requests = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const before = target.asked();
    mine.push(await spent(workerd, () => ticks(SAMPLE)) / SAMPLE);
    requests += target.asked() - before;
    bare.push(await spent(workerd, () => loop(SAMPLE)) / SAMPLE);
  }
  await workerd.stop();
  await target.stop();
  const figures = [mine, bare, mine.map((ms, i) => ms / bare[i]!)].map((values) => spread(values, 2));
  return `| ${[size, requests * size / (SAMPLES * SAMPLE), median(rows), ...figures].join(" | ")} |`;
}

async function spent(workerd: Workerd, work: () => Promise<unknown>): Promise<number> {
  const before = workerd.cpuMs();
  await work();
  return workerd.cpuMs() - before;
}

async function told(workerd: Workerd, path: string): Promise<string> {
  const response = await fetch(workerd.url + path);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text;
}

/** A target on loopback with fixed answers, that counts what it is asked. */
function shop() {
  let asked = 0;
  const item = { id: "ord_17", state: "accepted", sku: "canary", total: 1290, currency: "EUR" };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked++;
    return request.url.endsWith("/readyz") ? new Response("ok") : Response.json(item);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked: () => asked,
    stop: () => server.shutdown(),
  };
}
