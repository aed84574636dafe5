import { expect, test } from "vitest";
import { emptyFigures, mergeFigures, serviceLevel } from "../../../src/judgement/service_level.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { Store } from "../../../src/storage/store.ts";
import { packChecks } from "../../../src/storage/codec.ts";
import { BAND_WINDOWS, bandReader, type BandWindow } from "../../../src/storage/history/bands.ts";
import { figuresOf, rollupJob } from "../../../src/storage/history/rollup.ts";
import { readSeries } from "../../../src/storage/history/series.ts";
import { settlerFixture } from "../../world/settler_fixture.ts";
import { encodeRollup } from "../../../src/storage/history/codec.ts";

const HOUR = 3_600_000;
const KEY = "shop/read";

test("the bands tell every slot once: summed up or not, read at once or piece by piece", async () => {
  const own = await settlerFixture();
  const { config, store, clock } = own;
  const packing = packChecks(config);
  const check = config.checks[0]!;
  const grown = bandReader(config, store, packing, clock);
  // Slots of 150 minutes: two whole hours and more, ten minutes of them drifting.
  await own.runMinutes(50);
  await grown("24h", clock.now());
  own.script.set("drift");
  await own.runMinutes(10);
  own.script.set("ready");
  await own.runMinutes(90);
  const [beganAt, nowMs] = [clock.now() - 150 * 60_000, clock.now()];
  const shard = packing.shardOf.get(KEY)!;
  // The first hours are summed up now; the grown reader has read their slots one by one before.
  const first = Math.floor(beganAt / HOUR) * HOUR;
  for (const start of [first, first + HOUR]) {
    if ((await store.readRollups({ unit: "hour", from: start, to: start })).length > 0) continue;
    const samples = await store.readSamples({ shard, from: start, to: start + HOUR - 1 });
    await store.putRollups([{
      unit: "hour",
      start,
      shard,
      data: encodeRollup(await figuresOf(config, samples, clock, 1)),
    }]);
  }
  const fresh = bandReader(config, store, packing, clock);
  const [one, other] = [await fresh("24h", nowMs), await grown("24h", nowMs)];
  const { goodSeconds, badSeconds, unjudgedSeconds } = one.bandOf(KEY).whole;
  expect(goodSeconds + badSeconds + unjudgedSeconds).toBe(150 * 60);
  // The outcome turns at the second bad slot and back at the second good one.
  expect(badSeconds).toBe(10 * 60);
  expect(other.bandOf(KEY)).toEqual(one.bandOf(KEY));
  const all = await readSeries({ store, config, packing, clock }, check, {
    fromMs: nowMs - 24 * HOUR,
    nowMs,
  });
  const whole = all.reduce((sum, { figures }) => mergeFigures(sum, figures), emptyFigures());
  expect(one.bandOf(KEY).whole).toEqual(serviceLevel(whole));
});

test("windows that are read at once count each slot once", async () => {
  const { config, store, clock, runMinutes } = await settlerFixture();
  await runMinutes(50);
  const read = bandReader(config, store, packChecks(config), clock);
  const windows = Object.keys(BAND_WINDOWS) as BandWindow[];
  const seconds = async () => {
    const all = await Promise.all(windows.map((window) => read(window, clock.now())));
    return all.map(({ bandOf }) => bandOf(KEY).whole.goodSeconds);
  };
  expect(await seconds()).toEqual(windows.map(() => 50 * 60));
  await runMinutes(10);
  expect(await seconds()).toEqual(windows.map(() => 60 * 60));
});

test("a shard that is summed up later than another one is read slot by slot until then", async () => {
  const own = await settlerFixture();
  const { config, store, clock } = own;
  await own.runMinutes(70);
  const start = Math.floor((clock.now() - HOUR) / HOUR) * HOUR;
  // Another shard's row of that hour, which holds nothing of this check.
  await store.putRollups([{
    unit: "hour",
    start,
    shard: 7,
    data: '{"h":1,"c":{"other/read":{"s":{"ready":3600},"p":{}}}}',
  }]);
  const past = await bandReader(config, store, packChecks(config), clock)("24h", clock.now());
  expect(past.bandOf(KEY).whole.goodSeconds).toBe(70 * 60);
  expect(past.bandOf("other/read").whole.goodSeconds).toBe(3_600);
  expect(past.bandOf("nobody/read").cells.every((cell) => cell === undefined)).toBe(true);
});

test("in an hour in which the shards were others, a check that stands in two rows counts both", async () => {
  const { config, store, clock } = await settlerFixture();
  const start = Math.floor(clock.now() / HOUR) * HOUR - 2 * HOUR;
  const row = (shard: number, ready: number) => {
    const checks = { [KEY]: { ...emptyFigures(), seconds: { ready } } };
    return { unit: "hour" as const, start, shard, data: encodeRollup({ hours: 1, checks }) };
  };
  await store.putRollups([row(0, 600), row(1, 900)]);
  const read = bandReader(config, store, packChecks(config), clock);
  expect((await read("24h", clock.now())).bandOf(KEY).whole.goodSeconds).toBe(1_500);
});

test("page and API agree after hours in which nothing was summed up, and once that is caught up", async () => {
  const store = memoryStore();
  let isOut = false;
  const losing = new Proxy(store, {
    get(target, name) {
      if (name === "putRollups" && isOut) return () => Promise.resolve();
      const method = target[name as keyof Store];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const own = await settlerFixture(undefined, { store: losing });
  const { config, clock } = own;
  const packing = packChecks(config);
  const check = config.checks[0]!;
  const grown = bandReader(config, store, packing, clock);
  const sumUp = rollupJob({ clock, store, config, packing });
  const expectAgreement = async () => {
    const nowMs = clock.now();
    for (const read of [grown, bandReader(config, store, packing, clock)]) {
      for (const window of Object.keys(BAND_WINDOWS) as BandWindow[]) {
        const { from, bandOf } = await read(window, nowMs);
        const all = await readSeries({ store, config, packing, clock }, check, { fromMs: from, nowMs });
        const whole = serviceLevel(
          all.reduce((sum, { figures }) => mergeFigures(sum, figures), emptyFigures()),
        );
        expect(bandOf(KEY).whole, window).toEqual(whole);
        expect(whole.goodSeconds + whole.badSeconds + whole.unjudgedSeconds, window).toBe(minutes * 60);
      }
    }
    await clock.advance(3_000);
  };
  const hoursSummed = async () =>
    (await store.readRollups({ unit: "hour", from: 0, to: clock.now() })).map(({ start }) => start);
  let minutes = 130;
  await own.runMinutes(minutes);
  await expectAgreement();
  const before = await hoursSummed();
  isOut = true;
  minutes += 310;
  await own.runMinutes(310);
  expect(await hoursSummed()).toEqual(before);
  await expectAgreement();
  for (let i = 0; i < 10; i++) await sumUp();
  expect((await hoursSummed()).length - before.length).toBeGreaterThanOrEqual(5);
  await expectAgreement();
});
