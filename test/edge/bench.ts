/**
 * What a tick costs in workerd: `deno run -A test/edge/bench.ts`. The bundle as `wrangler dev` runs it, one prober, checks
 * with a report and one step, a shop on loopback. A slot in time comes once a minute, so it takes some minutes.
 */
import { readdirSync, readFileSync } from "node:fs";
import config from "./config.json" with { type: "json" };
import { room } from "./room.ts";
import { openShop } from "./shop.ts";
import { type Dev, dev } from "./wrangler.ts";

const SIZES = [10, 100, 1_000];
const TICKS = 3;
const MINUTE = 60_000;
const VARS = { ASSAY_TOKEN: "bench", ASSAY_PLAN: "paid", ASSAY_PLACES: "assumed" };

const shop = await openShop();
const rooms = SIZES.map((size) => room(shop.url, `bench-${size}`));
const workers: Dev[] = [];
for (const [i, size] of SIZES.entries()) workers.push(await dev(sized(size, rooms[i]!.stall()), VARS));

const spentMs = SIZES.map(() => 0);
const requests = SIZES.map(() => 0);
for (let tick = 0; tick <= TICKS; tick++) {
  const slot = Math.ceil(Date.now() / MINUTE) * MINUTE;
  await new Promise((resolve) => setTimeout(resolve, slot + 200 - Date.now()));
  for (const [i, worker] of workers.entries()) {
    const [cpu, hits] = [cpuMs(worker.pid), (await rooms[i]!.seen()).hits.length];
    const outcome = await worker.fire(slot);
    if (outcome !== "ok") throw new Error(`The handler ended with ${outcome}`);
    if (tick === 0) continue; // loads the config and warms up
    spentMs[i]! += cpuMs(worker.pid) - cpu;
    requests[i]! += (await rooms[i]!.seen()).hits.length - hits;
  }
}
console.log("| checks | subrequests a tick | CPU a tick, ms | CPU a check, ms |\n|---:|---:|---:|---:|");
for (const [i, size] of SIZES.entries()) {
  const tickMs = spentMs[i]! / TICKS;
  console.log(`| ${size} | ${requests[i]! / TICKS} | ${tickMs.toFixed(1)} | ${(tickMs / size).toFixed(2)} |`);
}
await Promise.all(workers.map((worker) => worker.stop()));
await shop.close();

function sized(size: number, url: string): unknown {
  const [check] = config.targets[0]!.checks;
  const journey = [{ name: "look", request: { path: "/orders/1" }, expect: ["status == 200"] }];
  return {
    ...config,
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    targets: Array.from(
      { length: size },
      (_, n) => ({ id: `shop${n}`, url, checks: [{ ...check!, journey }] }),
    ),
    webhooks: [],
  };
}

/** CPU (ms) of all threads of the workerd processes under a process so far (Linux, scheduler/sched-stats.rst). */
function cpuMs(root: number): number {
  const processes = new Map<number, { parent: number; name: string }>();
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+) /.exec(read(`/proc/${pid}/stat`)) ?? [];
    if (name) processes.set(Number(pid), { parent: Number(parent), name });
  }
  const isUnder = (pid: number): boolean =>
    pid === root || processes.has(pid) && isUnder(processes.get(pid)!.parent);
  return [...processes].filter(([pid, { name }]) => name === "workerd" && isUnder(pid))
    .flatMap(([pid]) => readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/schedstat`))
    .reduce((sum, file) => sum + Number(read(file).split(" ")[0]) / 1e6, 0);
}

/** Empty if the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
