/**
 * Measures where the CPU of a tick goes: each rung sends the same requests through one more part of Assay.
 * Rungs run in turns.
 */
import { denoPorts } from "../../functions/deno/ports.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import { exchange, resolveFixedUrl, USER_AGENT } from "../../src/base/http/client.ts";
import type { Ports } from "../../src/base/ports.ts";
import type { Check } from "../../src/config/config.ts";
import { runRound, type Walker } from "../../src/engine/prober/round.ts";
import { walk } from "../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { ask, DIALECTS } from "../../src/evidence/report/mod.ts";
import { AT_ONCE, makeConfig, READ_JOURNEY } from "./config.ts";
import { type BenchRow, formatQuartiles, inTurns, median } from "./table.ts";
import { ASSAY_HEADERS, bareLoop, inLanes, openAssay } from "./tick.ts";

const CHECKS = 1_000;
const SAMPLES = 13;

/** One rung. */
interface Rung {
  name: string;
  run(): Promise<unknown>;
}

/**
 * Measures the ladder over `/readyz` and `/item` of nginx at `url`, in µs per request, with two requests per
 * check.
 */
export async function benchLadder(url: string, samples = SAMPLES): Promise<BenchRow[]> {
  const assay = await openAssay({ checks: CHECKS, url, journey: READ_JOURNEY, report: true });
  const rungs = await rungsOf(url, assay.tick);
  const costs = await inTurns(samples, rungs.map(({ run }) => run));
  await assay.verify();
  await assay.close();
  const loop = costs[1]!;
  return rungs.map(({ name }, i) => ({
    what: `ladder: ${name}`,
    result: `${formatQuartiles(costs[i]!.map((us) => us / (2 * CHECKS)), 1)} µs, ${
      median(costs[i]!.map((us, at) => us / loop[at]!)).toFixed(2)
    } x the loop`,
    aim: i === rungs.length - 1 ? "≤ 1.5 x" : "",
  }));
}

async function rungsOf(url: string, tick: () => Promise<void>): Promise<Rung[]> {
  const { config, ports, here } = await worldOf(url);
  const urls = config.checks.flatMap(() => [`${url}/readyz`, `${url}/item`]);
  const checks = config.checks;
  const parsed = urls.map((text) => new URL(text));
  const twice = [...checks, ...checks];
  let slot = 0;
  return [
    {
      name: "fetch, body read",
      run: () => inLanes(urls, AT_ONCE, async (to) => void await (await fetch(to)).arrayBuffer()),
    },
    { name: "+ AbortController, timer, User-Agent (the loop)", run: () => bareLoop(urls, AT_ONCE) },
    { name: "+ Assay's headers", run: () => bareLoop(urls, AT_ONCE, ASSAY_HEADERS) },
    { name: "Assay's client instead", run: () => inLanes(parsed, AT_ONCE, (to) => askByClient(ports, to)) },
    { name: "+ exchange", run: () => inLanes(parsed, AT_ONCE, (to) => exchangeOnce(ports, to)) },
    { name: "+ journey step", run: () => inLanes(twice, AT_ONCE, (check) => walkOnce(ports, check)) },
    { name: "exchange + report", run: () => inLanes(twice, AT_ONCE, (check) => lookOnce(ports, check)) },
    {
      name: "round (report and journey)",
      run: () => inLanes(checks, AT_ONCE, (check) => roundOnce(ports, check)),
    },
    { name: "+ prober", run: () => here.ask({ slot: slot += 60_000, checks, deadlineMs: 50_000 }) },
    { name: "+ judgement and store (the whole tick)", run: tick },
  ];
}

async function worldOf(url: string) {
  const config = await makeConfig({ checks: CHECKS, url, journey: READ_JOURNEY, report: true });
  const ports = denoPorts("", config);
  return { config, ports, here: localProberOf(ports, config, KINDS, { id: "local", region: "local" }) };
}

const HEADERS = { "user-agent": USER_AGENT, ...ASSAY_HEADERS };
const NEVER = new AbortController().signal;

async function askByClient({ fetch }: Ports, url: URL): Promise<void> {
  const answer = await fetch(url, { method: "GET", headers: HEADERS, signal: NEVER });
  await answer.read(1 << 20);
}

async function exchangeOnce(ports: Ports, url: URL): Promise<void> {
  const got = await exchange(ports, { url, method: "GET", headers: HEADERS }, {
    deadlineMs: 10_000,
    capBytes: 1 << 20,
  });
  if (got.kind === "failure") throw new Error(got.detail);
}

const runOf = ({ id, target }: Check) => ({
  id: "t100.default.local.mzh8w5c0",
  slot: 0,
  prober: "local",
  region: "local",
  target: target.id,
  check: id,
});

async function walkOnce(ports: Ports, check: Check): Promise<void> {
  const { failure } = await walk(ports, { ...check, baseUrl: check.target.url }, runOf(check), {
    steps: STEP_KINDS,
  });
  if (failure) throw new Error(failure.detail);
}

async function lookOnce(ports: Ports, asker: Check): Promise<void> {
  const source = {
    url: resolveFixedUrl(asker, asker.target.url, "/readyz")!,
    headers: { "user-agent": USER_AGENT, "x-assay-run": ASSAY_HEADERS["x-assay-run"] },
    dialect: "auto",
    timeoutMs: 10_000,
  };
  const { state } = await ask(ports, source, DIALECTS);
  if (state !== "ready") throw new Error(`the report is ${state}`);
}

async function roundOnce(ports: Ports, check: Check): Promise<void> {
  const walker: Walker = {
    id: "local",
    region: "local",
    dialects: DIALECTS,
    steps: STEP_KINDS,
  };
  const tryRun = () => Promise.resolve();
  const options = { slot: 0, again: false, signal: NEVER, tryRun, senders: ports };
  const { observation } = await runRound(ports, walker, check, options);
  if (observation.outcome !== "pass") throw new Error(`the journey was ${observation.outcome}`);
}
