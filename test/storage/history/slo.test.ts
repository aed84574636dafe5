import { expect, test } from "vitest";
import { isFailed, isUnjudged } from "../../../src/judgement/words.ts";
import { SLO_WINDOWS, type SloWindow } from "../../../src/judgement/slo.ts";
import { packChecks } from "../../../src/storage/codec.ts";
import { slotsOf } from "../../../src/storage/history/slots.ts";
import { rollupJob } from "../../../src/storage/history/rollup.ts";
import { errorBudgetReader } from "../../../src/storage/history/slo.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

const MINUTE = 60_000;
const WITH_SLO = threeRegions([["id: read,", "id: read, slo: 99.5%,"]]);

/** Seconds by window, counted slot by slot. */
async function counted({ config, store, clock }: SettlerFixture) {
  const nowMs = clock.now();
  const check = config.checks[0]!;
  const slots = await slotsOf(store, packChecks(config), check, { from: 0, to: nowMs });
  return Object.fromEntries(
    (Object.keys(SLO_WINDOWS) as SloWindow[]).map((window) => {
      const from = nowMs - SLO_WINDOWS[window];
      const seconds = (is: (outcome: string) => boolean) =>
        slots.filter(({ outcome }) => is(outcome)).reduce((sum, { at }) => {
          const next = slots.find((slot) => slot.at > at)?.at ?? Infinity;
          return sum + Math.max(0, Math.min(at + MINUTE, next, nowMs) - Math.max(at, from)) / 1_000;
        }, 0);
      const badSeconds = seconds(isFailed);
      return [window, { badSeconds, judgedSeconds: seconds((outcome) => !isUnjudged(outcome)) }];
    }),
  );
}

async function told({ config, store, clock }: SettlerFixture) {
  const read = errorBudgetReader({ clock, config, store, packing: packChecks(config) });
  const budget = (await read(config.checks[0]!))!;
  return Object.fromEntries(
    budget.burn.map(({ window, badSeconds, judgedSeconds }) => [window, { badSeconds, judgedSeconds }]),
  );
}

test("each window counts what its slots were, summed up or not", async () => {
  const own = await settlerFixture(WITH_SLO);
  await own.runMinutes(70);
  own.script.set("drift");
  await own.runMinutes(12);
  own.script.set("ready");
  await own.runMinutes(33);
  expect(await told(own)).toEqual(await counted(own));
  own.script.set({ missed: "late" });
  await own.runMinutes(20);
  own.script.set("not_ready");
  await own.runMinutes(7);
  await own.clock.advance(20_000);
  const whole = await counted(own);
  const windows = await told(own);
  expect(windows).toEqual(whole);
  expect(windows["5m"]!.badSeconds).toBeGreaterThan(0);
  expect(windows["1h"]!.judgedSeconds).toBeLessThan(3_600);
  const sumUp = rollupJob({ ...own, packing: packChecks(own.config) });
  for (let i = 0; i < 10; i++) await sumUp();
  expect((await own.store.readRollups({ unit: "hour", from: 0, to: own.clock.now() })).length)
    .toBeGreaterThan(0);
  expect(await told(own)).toEqual(whole);
});

test("a check without an objective has no budget, and nothing is read for it", async () => {
  const own = await settlerFixture();
  const { config, clock } = own;
  const store = new Proxy(own.store, {
    get: () => {
      throw new Error("was read");
    },
  });
  const read = errorBudgetReader({ clock, config, store, packing: packChecks(config) });
  expect(await read(config.checks[0]!)).toBeUndefined();
});
