/**
 * `deno task bench:peers`: what one check costs in Assay and in what others run: the same target on loopback, as many checks, in turns, in
 * one run. Writes the table into docs/benchmarks.md. CPU is that of the whole process as Linux counts it, without the one that asks it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AT_ONCE, configValue, READ_JOURNEY } from "./config.ts";
import { writePart } from "./document.ts";
import { NGINX_INSTALL, startNginx } from "./nginx.ts";
import { startScript, usageOf } from "./processes.ts";
import { formatQuartiles, median } from "./table.ts";
import { inLanes } from "./tick.ts";
import { bundle, serve } from "./workerd.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const SIZES = (Deno.args.length > 0 ? Deno.args : ["100", "1000", "10000"]).map(Number);
const SAMPLES = 5;
/** A sample is at least so many checks, in as many rounds. */
const SAMPLE = 2_000;
/** A process a check costs the same however many there are; ten thousand of them take minutes. */
const MOST_PROCESSES = 1_000;
const CHECK_HTTP = "/usr/lib/nagios/plugins/check_http";
const BLACKBOX = "prometheus-blackbox-exporter";

/** One of those compared, running. */
interface Peer {
  /** One round of all checks; the rows that it wrote, if it writes any. */
  round(): Promise<number | undefined>;
  cpuMs(): number;
  rssMb?(): number;
  stop(): Promise<void>;
}

type Start = (url: string, checks: number) => Promise<Peer>;

const PEERS: [name: string, start: Start][] = [
  ["bare loop, Deno", ours("loop")],
  ["Assay on Deno, journey", ours("assay")],
  ["Assay on Deno, report and journey", ours("assay", "--report")],
  ["bare loop, workerd", worker("loop")],
  ["Assay in workerd, journey", worker("tick")],
  ["blackbox_exporter, asked by a scraper", blackbox],
  ["check_http, a process a check", checkHttp],
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

/** All of them in turns, the first turn left out; one that fails a round takes part no more. */
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

/** CPU (ms) of all threads so far (Linux, scheduler/sched-stats.rst). */
function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8"))
    .reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0);
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

/** The Worker of `edge_worker.ts`, whose one place is this machine. */
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

async function blackbox(url: string, checks: number): Promise<Peer> {
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-blackbox-" });
  const file = join(folder, "blackbox.yml");
  await Deno.writeTextFile(
    file,
    "modules: { item: { prober: http, timeout: 10s, http: { preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [accepted] } } }\n",
  );
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const child = new Deno.Command(BLACKBOX, {
    args: [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const probe = `http://127.0.0.1:${port}/probe?module=item&target=${encodeURIComponent(`${url}/item`)}`;
  for (let i = 0; !await fetch(probe).then((answer) => answer.text(), () => ""); i++) {
    if (i > 100) throw new Error("blackbox_exporter does not answer");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async round() {
      await inLanes(Array.from({ length: checks }, () => probe), AT_ONCE, async (one) => {
        const text = await (await fetch(one)).text();
        if (!text.includes("\nprobe_success 1")) throw new Error("a probe of blackbox_exporter failed");
      });
      return undefined;
    },
    cpuMs: () => cpuOf(child.pid),
    rssMb: () => usageOf(child).rssMb,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** CPU of children that have ended, in ticks of 10 ms (proc(5), cutime and cstime). */
function childrenCpuMs(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

async function checkHttp(url: string, checks: number): Promise<Peer> {
  if (checks > MOST_PROCESSES) throw new Error("as for fewer, as each is a process");
  await Deno.stat(CHECK_HTTP).catch(() => {
    throw new Error("apt-get install monitoring-plugins-basic");
  });
  const args = ["-H", "127.0.0.1", "-p", new URL(url).port, "-u", "/item", "-s", "accepted"];
  return {
    async round() {
      await inLanes(Array.from({ length: checks }), AT_ONCE, async () => {
        const { success } = await new Deno.Command(CHECK_HTTP, { args, stdout: "null" }).output();
        if (!success) throw new Error("check_http failed");
      });
      return undefined;
    },
    cpuMs: childrenCpuMs,
    stop: () => Promise.resolve(),
  };
}
