import { expect, test } from "vitest";
import { packChecks } from "../../../src/storage/codec.ts";
import { bandReader } from "../../../src/storage/history/bands.ts";
import { rollupJob, type RollupJobOptions } from "../../../src/storage/history/rollup.ts";
import { readSeries } from "../../../src/storage/history/series.ts";
import { errorBudgetReader } from "../../../src/storage/history/slo.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { tickingClock } from "../../world/clock.ts";
import { settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

const HOUR = 3_600_000;

test.each<[string, (context: RollupJobOptions, nowMs: number) => Promise<unknown>]>([
  ["a rollup", (context) => rollupJob(context)()],
  [
    "bands",
    ({ config, store, packing, clock }, nowMs) => bandReader(config, store, packing, clock)("24h", nowMs),
  ],
  [
    "a series",
    (context, nowMs) => readSeries(context, context.config.checks[0]!, { fromMs: nowMs - 24 * HOUR, nowMs }),
  ],
  ["an error budget", (context) => errorBudgetReader(context)(context.config.checks[0]!)],
])("%s of many slots lets other work go on meanwhile", async (_name, read) => {
  const { config, store, clock: { now }, runMinutes } = await settlerFixture(
    threeRegions([["id: read,", "id: read, slo: 99.5%,"]]),
    { store: memoryStore() },
  );
  // The fixture's own rollups are lost, so that all slots are still to be read.
  store.putRollups = () => Promise.resolve();
  await runMinutes(130);
  const { clock, pauses } = tickingClock(now());
  await read({ config, store, clock, packing: packChecks(config) }, now());
  expect(pauses()).toBeGreaterThan(10);
});
