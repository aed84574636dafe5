/** The other tools of the peers bench. Each runs the same checks on the same target. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AT_ONCE } from "./config.ts";
import { usageOf } from "./processes.ts";
import { inLanes } from "./tick.ts";

/** A process per check costs the same at any size, and ten thousand take minutes. */
const MOST_PROCESSES = 1_000;
/**
 * Node and its modules take seconds to start; with fewer checks per round that would be all that is measured.
 */
const LEAST_OF_ARTILLERY = 1_000;
const CHECK_HTTP = "/usr/lib/nagios/plugins/check_http";
const BLACKBOX = "prometheus-blackbox-exporter";
const ARTILLERY = "artillery";

/** A running peer. */
export interface Peer {
  /** Runs one round of all checks; resolves with the rows written, if it writes any. */
  round(): Promise<number | undefined>;
  cpuMs(): number;
  rssMb?(): number;
  stop(): Promise<void>;
}

/** Starts a peer with a number of checks of the target. */
export type Start = (url: string, checks: number) => Promise<Peer>;

/** CPU time of all threads so far, ms (Linux, scheduler/sched-stats.rst). */
export function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8"))
    .reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0);
}

/** Debian's blackbox exporter, with one request per check. */
export async function blackbox(url: string, checks: number): Promise<Peer> {
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

/** CPU time of exited children, from ticks of 10 ms (proc(5), cutime and cstime). */
function childrenCpuMs(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

/** The Nagios plugin, started once per check. */
export async function checkHttp(url: string, checks: number): Promise<Peer> {
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

/** Artillery in one process per round, with as many virtual users as the others have concurrent requests. */
export async function artillery(url: string, checks: number): Promise<Peer> {
  if (checks < LEAST_OF_ARTILLERY) throw new Error("its start alone is seconds of CPU");
  await new Deno.Command(ARTILLERY, { args: ["--version"], stdout: "null" }).output().catch(() => {
    throw new Error("npm install -g artillery@2.0.21");
  });
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-artillery-" });
  const item = {
    url: "/item",
    capture: { json: "$.state", as: "state" },
    expect: [{ statusCode: 200 }, { equals: ["{{ state }}", "accepted"] }],
  };
  const test = {
    config: { target: url, phases: [{ duration: 1, arrivalCount: AT_ONCE }], plugins: { expect: {} } },
    scenarios: [{ flow: [{ loop: [{ get: item }], count: Math.ceil(checks / AT_ONCE) }] }],
  };
  const [file, report] = [join(folder, "test.json"), join(folder, "report.json")];
  await Deno.writeTextFile(file, JSON.stringify(test));
  const command = new Deno.Command(ARTILLERY, {
    args: ["run", "--quiet", "--output", report, file],
    env: { ARTILLERY_DISABLE_TELEMETRY: "true" },
    stdout: "null",
    stderr: "null",
  });
  return {
    async round() {
      await command.output();
      const { counters } = JSON.parse(await Deno.readTextFile(report)).aggregate;
      if (counters["plugins.expect.ok.equals"] < checks) {
        throw new Error("an expectation of artillery failed");
      }
      return undefined;
    },
    cpuMs: childrenCpuMs,
    stop: () => Deno.remove(folder, { recursive: true }),
  };
}
