/**
 * Measures the Worker in bare workerd and prints the tables for docs/benchmarks.md: its first answers
 * compared with an empty Worker and steps in between, and the cost of a tick compared with a loop in the same
 * process that only sends the same requests.
 */
import { gzipSync } from "node:zlib";
import { type BenchPlan, configValue, makeConfig, READ_JOURNEY } from "./config.ts";
import { printEdgeCapacity } from "./edge_capacity.ts";
import { formatSpread, machine, median } from "./table.ts";
import { bundle, serve, version, type Workerd, type WorkerProgram } from "./workerd.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const STARTS = 21;
const SIZES = [10, 100, 1_000];
/** Checks per sample, and before the first sample, so that the runtime has compiled hot code. */
const SAMPLE = 1_000;
const WARM = 3_000;
const SAMPLES = 9;

const EMPTY = `export default { fetch: () => new Response("ok") };`;
/** An empty Worker with two object classes that do nothing. */
const OBJECTS = `import { DurableObject } from "cloudflare:workers";
export class Ledger extends DurableObject {}
export class Prober extends DurableObject {}
${EMPTY}`;

console.log(`${machine()}, ${await version()}\n`);
await firstAnswers();
console.log("\n| checks | subrequests | rows written | CPU per check, ms | bare loop, ms | ratio |");
console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
for (const size of SIZES) console.log(await cost(size));
await printEdgeCapacity([{ checks: 400, latencyMs: 300 }, { checks: 1_000, latencyMs: 300 }]);

/** Checks with a report and one step, one place. */
function plan(checks: number, url: string): BenchPlan {
  const regions = [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }];
  return { checks, url, journey: READ_JOURNEY, report: true, regions };
}

/** A Worker with `code`; its only place is this machine. */
function deployment(code: string): WorkerProgram {
  return {
    code,
    vars: { ASSAY_PLAN: "paid", ASSAY_PLACES: "assumed" },
    objects: { LEDGER: "Ledger", PROBER: "Prober" },
  };
}

/**
 * Prints the time from the start of the process to the first 200, for all programs in turns, without the
 * first turn.
 */
async function firstAnswers(): Promise<void> {
  const code = await bundle(configValue(plan(10, "https://shop.example")));
  const rows: [name: string, WorkerProgram, path: string][] = [
    ["an empty Worker", { code: EMPTY }, "/"],
    ["two empty object classes", deployment(OBJECTS), "/"],
    ["and the bundle, never imported", { ...deployment(OBJECTS), modules: { "assay.js": code } }, "/"],
    ["Assay, `/livez`", deployment(code), "/livez"],
    ["Assay, `/v1/status`", deployment(code), "/v1/status"],
  ];
  const turns: Start[][] = [];
  for (let i = 0; i <= STARTS; i++) {
    const turn: Start[] = [];
    for (const [, program, path] of rows) turn.push(await start(program, path));
    if (i > 0) turns.push(turn);
  }
  const kB = (bytes: number) => `${Math.round(bytes / 1_000)} KB`;
  console.log(`The bundle: ${kB(code.length)}, ${kB(gzipSync(code).byteLength)} gzipped\n`);
  console.log(
    "| first answer of | ms | CPU until then, ms | after the empty Worker's, ms | CPU beyond its, ms |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const [n, [name]] of rows.entries()) {
    const of = (key: keyof Start) => turns.map((turn) => turn[n]![key]);
    const beyond = (key: keyof Start) =>
      median(turns.map((turn) => turn[n]![key] - turn[0]![key])).toFixed(0);
    const cells = [formatSpread(of("ms"), 0), formatSpread(of("cpuMs"), 0), beyond("ms"), beyond("cpuMs")];
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

/**
 * Time and CPU from the start of the process to its first 200. Other load on the machine raises the time, not
 * the CPU.
 */
interface Start {
  ms: number;
  cpuMs: number;
}

async function start(program: WorkerProgram, path: string): Promise<Start> {
  const workerd = await serve(program, path);
  const cpuMs = workerd.cpuMs();
  await workerd.stop();
  return { ms: workerd.firstAnswerMs, cpuMs };
}

/** A row of the table: ticks and the bare loop, in turns. */
async function cost(size: number): Promise<string> {
  const target = fixedTarget();
  const { concurrency } = await makeConfig(plan(size, target.url));
  const code = await bundle(configValue(plan(size, target.url)), "scripts/bench/edge_worker.ts");
  const workerd = await serve(deployment(code), "/livez");
  const rows: number[] = [];
  let slot = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  const ticks = async (checks: number) => {
    for (let done = 0; done < checks; done += size) {
      rows.push(Number(await getText(workerd, `/tick?slot=${slot += MINUTE_MS}`)));
    }
  };
  const loop = (checks: number) =>
    getText(workerd, `/loop?url=${target.url}&times=${checks}&atOnce=${concurrency}`);
  await ticks(WARM);
  await loop(WARM);
  const mine: number[] = [];
  const bare: number[] = [];
  let requests = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const before = target.requestCount();
    mine.push(await cpuDuring(workerd, () => ticks(SAMPLE)) / SAMPLE);
    requests += target.requestCount() - before;
    bare.push(await cpuDuring(workerd, () => loop(SAMPLE)) / SAMPLE);
  }
  await workerd.stop();
  await target.stop();
  const figures = [mine, bare, mine.map((ms, i) => ms / bare[i]!)].map((values) => formatSpread(values, 2));
  return `| ${[size, requests * size / (SAMPLES * SAMPLE), median(rows), ...figures].join(" | ")} |`;
}

async function cpuDuring(workerd: Workerd, work: () => Promise<unknown>): Promise<number> {
  const before = workerd.cpuMs();
  await work();
  return workerd.cpuMs() - before;
}

async function getText(workerd: Workerd, path: string): Promise<string> {
  const response = await fetch(workerd.url + path);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text;
}

/** A target on loopback with fixed answers that counts its requests. */
function fixedTarget() {
  let asked = 0;
  const item = { id: "ord_17", state: "accepted", sku: "canary", total: 1290, currency: "EUR" };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked++;
    return request.url.endsWith("/readyz") ? new Response("ok") : Response.json(item);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requestCount: () => asked,
    stop: () => server.shutdown(),
  };
}
