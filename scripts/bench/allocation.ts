/**
 * Measures allocations per request, in a process whose young generation is too large to be collected
 * meanwhile.
 */
import { fileURLToPath } from "node:url";
import { READ_JOURNEY } from "./config.ts";
import type { BenchRow } from "./table.ts";
import { AT_ONCE } from "./config.ts";
import { bareLoop, openAssay } from "./tick.ts";

const SELF = fileURLToPath(import.meta.url);
const CHECKS = 1_000;
const WARM_UP = 3;
const HEAP = [
  "--expose-gc",
  "--semi-space-growth-factor=1",
  "--min-semi-space-size=512",
  "--max-semi-space-size=512",
];

/** kB per request of the loop and of a whole tick, over `/readyz` and `/item` at `url`. */
export async function benchAllocation(url: string): Promise<BenchRow[]> {
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--unstable-net",
      "--unstable-cron",
      `--v8-flags=${HEAP.join(",")}`,
      SELF,
      url,
    ],
  }).output();
  if (!success) throw new Error(`the allocations were not measured: ${new TextDecoder().decode(stderr)}`);
  const { loop, tick } = JSON.parse(new TextDecoder().decode(stdout));
  return [{
    what: "allocated a request, whole tick beside the loop",
    result: `${tick.toFixed(1)} kB; loop ${loop.toFixed(1)} kB`,
    aim: "",
  }];
}

async function measure(url: string) {
  const assay = await openAssay({ checks: CHECKS, url, journey: READ_JOURNEY, report: true });
  const urls = assay.config.checks.flatMap(() => [`${url}/readyz`, `${url}/item`]);
  const collect = (globalThis as unknown as { gc: () => void }).gc;
  const allocated = async (work: () => Promise<void>) => {
    for (let i = 0; i < WARM_UP; i++) await work();
    collect();
    const before = Deno.memoryUsage().heapUsed;
    await work();
    return (Deno.memoryUsage().heapUsed - before) / urls.length / 1_000;
  };
  const loop = await allocated(() => bareLoop(urls, AT_ONCE));
  const tick = await allocated(assay.tick);
  await assay.verify();
  await assay.close();
  return { loop, tick };
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(Deno.args[0]!)));
  Deno.exit(0);
}
