/**
 * Measures how many checks one slot can run on Cloudflare: bare workerd, a slow target, one place, one tick.
 */
import { fileURLToPath } from "node:url";
import { configValue, READ_JOURNEY } from "./config.ts";
import { startScript } from "./processes.ts";
import { bundle, serve } from "./workerd.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";

const SLOW_SERVER = fileURLToPath(new URL("slow_server.ts", import.meta.url));
const TOKEN = "tok-of-the-bench";

/** Prints a table with a row per plan. */
export async function printEdgeCapacity(
  plans: readonly { checks: number; latencyMs: number }[],
): Promise<void> {
  console.log("\n| checks, latency, one place | objects | walked | missed | time of the slot, s |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const plan of plans) console.log(await slotOf(plan));
}

async function slotOf({ checks, latencyMs }: { checks: number; latencyMs: number }): Promise<string> {
  const target = await startScript(SLOW_SERVER, [String(latencyMs)]);
  const value = configValue({
    ...{ checks, url: `http://127.0.0.1:${target.port}`, journey: READ_JOURNEY, report: true },
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
  });
  const code = await bundle(
    { ...value as object, api: { token: "${env:TOKEN}" } },
    "scripts/bench/edge_worker.ts",
  );
  const workerd = await serve({
    code,
    vars: { ASSAY_PLAN: "paid", ASSAY_PLACES: "assumed", TOKEN },
    objects: { LEDGER: "Ledger", PROBER: "Prober" },
  }, "/livez");
  try {
    const began = performance.now();
    const slot = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    await (await fetch(`${workerd.url}/tick?slot=${slot}`)).text();
    const seconds = (performance.now() - began) / SECOND_MS;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { targets } = await (await fetch(`${workerd.url}/v1/status`, { headers })).json();
    const ready = targets.filter(({ status }: { status: string }) => status === "ready").length;
    const [, objects] = /"?objects"?:(\d+)/.exec(code) ?? [];
    const cells = [`${checks} at ${latencyMs} ms`, objects, ready, checks - ready, seconds.toFixed(1)];
    return `| ${cells.join(" | ")} |`;
  } finally {
    await workerd.stop();
    await target.stop();
  }
}
