/**
 * `deno task bench:peers`: compares the cost of a check in Assay and in other tools, with the same target on
 * loopback and the same number of checks, in turns, in one run. Writes the table into docs/benchmarks.md. CPU
 * is Linux's figure for the tool's process, without this one.
 */
import { AT_ONCE, configValue, READ_JOURNEY } from "./config.ts";
import { writePart } from "./document.ts";
import { NGINX_INSTALL, startNginx } from "./nginx.ts";
import { artillery, blackbox, checkHttp, cpuOf, type Peer, type Start } from "./other_peers.ts";
import { startScript, usageOf } from "./processes.ts";
import { formatQuartiles, median } from "./table.ts";
import { bundle, serve } from "./workerd.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const SIZES = (Deno.args.length > 0 ? Deno.args : ["100", "1000", "10000"]).map(Number);
const SAMPLES = 5;
/** Checks per sample, at least; smaller configs run several rounds. */
const SAMPLE = 2_000;
const PEERS: [name: string, start: Start][] = [
  ["bare loop, Deno", ours("loop")],
  ["Assay on Deno, journey", ours("assay")],
  ["Assay on Deno, report and journey", ours("assay", "--report")],
  ["bare loop, workerd", worker("loop")],
  ["Assay in workerd, journey", worker("tick")],
  ["blackbox_exporter, asked by a scraper", blackbox],
  ["check_http, a process a check", checkHttp],
  ["artillery, a process a round", artillery],
];

const target = await startNginx();
if (!target) {
  console.error(`nginx is missing. To install it: ${NGINX_INSTALL}`);
  Deno.exit(1);
}
const lines = [
  "| what | checks | CPU a check, µs | wall a check, µs | memory, MB | rows written a check |",
  "| --- | ---: | ---: | ---: | ---: | ---: |",
];
const print = (line: string) => lines.push(line) && console.log(line);
lines.forEach((line) => console.log(line));
for (const size of SIZES) {
  const url = `http://127.0.0.1:${target.port}`;
  const running: [string, Peer][] = [];
  for (const [name, start] of PEERS) {
    try {
      running.push([name, await start(url, size)]);
    } catch (error) {
      print(notMeasured(name, size, (error as Error).message));
    }
  }
  const found = await measure(running, size);
  for (const row of found) print(row);
  for (const [, peer] of running) await peer.stop();
}
await target.stop();
await writePart("peers", lines);
Deno.exit(0);

function notMeasured(name: string, size: number, why: string): string {
  return `| ${name} | ${size.toLocaleString("en")} | not measured: ${why} | | | |`;
}

/** Measures all peers in turns, without the first turn. A peer that fails is left out from then on. */
async function measure(running: readonly [string, Peer][], size: number): Promise<string[]> {
  const rounds = Math.ceil(SAMPLE / size);
  const seen = running.map(() => ({
    cpu: [] as number[],
    wall: [] as number[],
    rows: undefined as number | undefined,
    failure: undefined as string | undefined,
  }));
  for (let i = 0; i <= SAMPLES; i++) {
    for (const [n, [, peer]] of running.entries()) {
      if (seen[n]!.failure !== undefined) continue;
      const [cpu, began] = [peer.cpuMs(), performance.now()];
      let rows: number | undefined;
      try {
        for (let round = 0; round < rounds; round++) rows = await peer.round();
      } catch (error) {
        seen[n]!.failure = (error as Error).message;
      }
      if (i === 0 || seen[n]!.failure !== undefined) continue;
      seen[n]!.wall.push((performance.now() - began) * 1_000 / (size * rounds));
      seen[n]!.cpu.push((peer.cpuMs() - cpu) * 1_000 / (size * rounds));
      seen[n]!.rows = rows;
    }
  }
  return running.map(([name, peer], n) => {
    const { cpu, wall, rows, failure } = seen[n]!;
    if (failure !== undefined) return notMeasured(name, size, failure);
    const cells = [
      formatQuartiles(cpu, 0),
      median(wall).toFixed(0),
      peer.rssMb?.().toFixed(0) ?? "",
      rows === undefined ? "" : (rows / size).toFixed(3),
    ];
    return `| ${name} | ${size.toLocaleString("en")} | ${cells.join(" | ")} |`;
  });
}

function ours(what: string, ...more: string[]): Start {
  return async (url, checks) => {
    const script = new URL("./peer.ts", import.meta.url).pathname;
    const child = await startScript(script, [
      "--what",
      what,
      "--url",
      url,
      "--checks",
      String(checks),
      ...more,
    ]);
    return {
      async round() {
        const answer = await fetch(`http://127.0.0.1:${child.port}/run`);
        if (!answer.ok) throw new Error(await answer.text());
        const { rows } = await answer.json();
        return what === "assay" ? rows : undefined;
      },
      cpuMs: () => cpuOf(child.pid),
      rssMb: () => usageOf(child).rssMb,
      stop: () => child.stop(),
    };
  };
}

/** The Worker of `edge_worker.ts`, with this machine as its only place. */
function worker(what: "tick" | "loop"): Start {
  return async (url, checks) => {
    const regions = [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }];
    const config = configValue({ checks, url, journey: READ_JOURNEY, report: false, regions });
    const workerd = await serve({
      code: await bundle(config, "scripts/bench/edge_worker.ts"),
      vars: { ASSAY_PLAN: "paid", ASSAY_PLACES: "assumed" },
      objects: { LEDGER: "Ledger", PROBER: "Prober" },
    }, "/livez");
    let slot = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    return {
      async round() {
        const path = what === "tick"
          ? `/tick?slot=${slot += MINUTE_MS}`
          : `/loop?url=${url}&times=${checks}&atOnce=${AT_ONCE}`;
        const answer = await fetch(workerd.url + path);
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
        return what === "tick" ? Number(text) : undefined;
      },
      cpuMs: workerd.cpuMs,
      stop: () => workerd.stop(),
    };
  };
}
