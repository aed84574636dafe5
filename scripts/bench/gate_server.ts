/**
 * The server of gate.ts: Assay's API with 1,000 settled checks in 7 regions, and a bare hono "hello". Prints
 * both ports.
 */
import { KINDS } from "../../functions/deno/kinds.ts";
import { Hono } from "hono";
import { clock } from "../../functions/clock.ts";
import { listen } from "../../functions/deno/server.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { sqliteDriver } from "../../functions/deno/sqlite.ts";
import { api } from "../../src/web/app.ts";
import { loadValue } from "../../src/config/mod.ts";
import { DIALECTS, read } from "../../src/evidence/report/mod.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import { configValue, READ_JOURNEY } from "./config.ts";
import type { Prober, Round } from "../../src/judgement/round.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const [path = "", checks = "1000"] = Deno.args;
const url = "https://shop.example";
const regions = ["eu", "us", "ap", "sa", "af", "me", "oc"].map((id) => ({
  id,
  probers: [{ id: `${id}1`, url: "https://prober.example", token: "${env:TOKEN}" }],
}));
const plan = { checks: Number(checks), url, journey: READ_JOURNEY, report: true, regions };
const { config } = await loadValue({
  ...configValue(plan) as object,
  api: { token: "${env:TOKEN}", rateLimit: { perMinute: 10_000_000 } },
}, { kinds: KINDS, env: (name) => Deno.env.get(name) });

const answer = { url: new URL("/readyz", url), status: 200, headers: new Headers(), text: "ok" };
const report = { ...read(answer, { dialect: "auto" }, DIALECTS), durationMs: 3.2 };
const steps = [{ name: "read an order", status: 200, requests: 1, totalMs: 4 }];
const roundAt = (at: number): Round => ({
  before: { ...report, at },
  observation: { outcome: "pass", transport: false, steps, totalMs: 4 },
});
const probers = config.regions.flatMap((region) => region.probers).map(({ id }): Prober => ({
  id,
  ask: ({ slot, checks }) =>
    Promise.resolve({
      prober: id,
      slot,
      suspect: false,
      misplaced: false,
      answers: checks.map(({ key, digest }) => ({ check: key, digest, round: roundAt(slot) })),
    }),
}));

const store = sqliteStore(sqliteDriver(path));
const ports = denoPorts("${env:TOKEN}", config);
const minuteMs = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
let nowMs = minuteMs;
const settlerPorts = { ...ports, clock: { ...clock, now: () => nowMs } };
const { begin, settleDue } = settler({ ports: settlerPorts, store, config, probers, owner: "bench" });
for (const period of [-2, -1, 0]) {
  await begin(minuteMs + period * MINUTE_MS);
  // Settle each turn of the minute separately.
  for (const second of [0, 20, 40]) {
    nowMs = minuteMs + period * MINUTE_MS + second * 1_000;
    await settleDue();
  }
}

const hello = new Hono().get("/", (c) => c.text("hello"));
const [gates, bare] = await Promise.all([api({ ports, config, store }), hello].map((app) => listen(app, 0)));
console.log(JSON.stringify({ gates: gates!.port, bare: bare!.port }));
