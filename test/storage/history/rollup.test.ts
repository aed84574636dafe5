import { describe, expect, test } from "vitest";
import { encodeHistory } from "../../../src/storage/codec.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { rollupJob } from "../../../src/storage/history/rollup.ts";
import { steppingClock } from "../../world/clock.ts";
import { failingStore } from "../../world/failing_store.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { testEnv } from "../../world/test_env.ts";
import { decodeRollup } from "../../../src/storage/history/codec.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The stage's clock starts within an hour: the first whole one is the first to be told of in full. */
async function atFullHour(
  text = threeRegions(),
  options: Parameters<typeof settlerFixture>[1] = {},
): Promise<SettlerFixture & { hour: number }> {
  const own = await settlerFixture(text, options);
  const hour = Math.ceil(own.clock.now() / HOUR) * HOUR;
  await own.clock.advance(hour - own.clock.now());
  return { ...own, hour };
}

const rows = async ({ store, clock }: SettlerFixture, unit: "hour" | "day") =>
  (await store.readRollups({ unit, from: 0, to: clock.now() })).map(({ start, shard, data }) => ({
    start,
    shard,
    ...decodeRollup(data, "row"),
  }));

describe("upkeep", () => {
  test("sums an hour up once its slots are settled, not before", async () => {
    const own = await atFullHour();
    await own.runMinutes(62);
    expect(await rows(own, "hour")).toEqual([]);
    await own.runMinutes(1);
    const [row, ...others] = await rows(own, "hour");
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      start: own.hour,
      shard: 0,
      checks: { "shop/read": { seconds: { ready: 3_600 } } },
    });
    expect(row!.checks["shop/read"]!.probers.iad!.words).toEqual({ ready: 60 });
  });

  test("the day holds each of its hours once, also after a restart", async () => {
    const own = await atFullHour();
    own.script.set("down");
    await own.runMinutes(63);
    own.script.set("ready");
    const restarted = await settlerFixture(threeRegions(), { from: own });
    await restarted.runMinutes(118);
    const hours = await rows(own, "hour");
    expect(hours.map(({ start }) => start - own.hour)).toEqual([0, HOUR]);
    const days = await rows(own, "day");
    const seconds = days.flatMap(({ checks }) => Object.values(checks["shop/read"]!.seconds));
    expect(seconds.reduce((a, b) => a + b)).toBe(7_200);
  });

  test("after a pause it goes on where it was, an hour at each tick", async () => {
    const own = await atFullHour();
    await own.runMinutes(50);
    await own.clock.advance(10 * MINUTE + 5 * HOUR);
    await own.runMinutes(2);
    expect((await rows(own, "hour")).map(({ start }) => start)).toEqual([own.hour]);
    await own.runMinutes(61);
    const [, next] = await rows(own, "hour");
    expect(next).toMatchObject({
      start: own.hour + 6 * HOUR,
      checks: { "shop/read": { seconds: { ready: 3_600 } } },
    });
  });

  test("what is kept for an hour only is summed up before it is forgotten", async () => {
    const own = await atFullHour(threeRegions([["version: 1", "version: 1\nretention: { raw: 1h }"]]));
    await own.runMinutes(200);
    const hours = await rows(own, "hour");
    expect(hours.map(({ checks }) => checks["shop/read"]!.seconds)).toEqual([
      { ready: 3_600 },
      { ready: 3_600 },
      { ready: 3_600 },
    ]);
    const kept = await own.store.readSamples({ shard: 0, from: 0, to: own.clock.now() });
    expect(kept.length).toBeLessThanOrEqual(130);
  });

  test("a process that begins before the first rollup reads one sample a shard to find where to begin", async () => {
    const own = await atFullHour();
    await own.runMinutes(62);
    const asked: Parameters<typeof own.store.readSamples>[0][] = [];
    const store = new Proxy(own.store, {
      get(target, name) {
        if (name !== "readSamples") return Reflect.get(target, name).bind(target);
        return (query: typeof asked[number]) => {
          asked.push(query);
          return target.readSamples(query);
        };
      },
    });
    await (await settlerFixture(threeRegions(), { from: { ...own, store } })).runMinutes(2);
    const far = asked.filter(({ from, to }) => to - from > HOUR);
    expect(far).toEqual([expect.objectContaining({ shard: 0, limit: 1 })]);
    expect((await rows(own, "hour")).map(({ start }) => start)).toEqual([own.hour]);
  });

  test("a process that begins anew with each tick, as an object that sleeps does, keeps up and asks little", async () => {
    const text = threeRegions([["version: 1", "version: 1\nretention: { raw: 1h }"]]);
    const asked: Record<string, number> = {};
    const store = new Proxy(memoryStore(), {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...given: unknown[]) => {
          asked[String(name)] = (asked[String(name)] ?? 0) + 1;
          return method.apply(target, given);
        };
      },
    });
    const own = await atFullHour(text, { store });
    for (let minute = 0; minute < 200; minute++) {
      await (await settlerFixture(text, { from: own })).runMinutes(1);
    }
    expect((await rows(own, "hour")).map(({ checks }) => checks["shop/read"]!.seconds)).toEqual(
      Array(3).fill({ ready: 3_600 }),
    );
    const kept = await own.store.readSamples({ shard: 0, from: 0, to: own.clock.now() });
    expect(kept.length).toBeLessThanOrEqual(130);
    // Minutes 30, 90 and 150. In the first hour there is nothing yet to begin from: three questions a tick.
    expect(asked.prune).toBe(3);
    expect(asked.readRollups).toBeLessThanOrEqual(2 * 200 + 70);
    expect(asked.readSamples).toBeLessThanOrEqual(2 * 200);
  });

  test("such a process passes over many quiet shards, and over an hour that cannot be read", async () => {
    const { config } = await testEnv(threeRegions([["version: 1", "version: 1\nretention: { raw: 1h }"]]));
    const shards = Array.from({ length: 13 }, (_, n) => [n === 0 ? "shop/read" : `x/${n}`]);
    const shardOf = new Map(shards.map(([key], shard) => [key!, shard]));
    const packing = { layout: "l", shards, shardOf };
    const store = memoryStore();
    const start = Date.UTC(2026, 10, 20);
    const lease = (await store.takeLease({ tick: start, owner: "a", nowMs: start, ttlMs: DAY }))!;
    const good = encodeHistory({ "shop/read": { outcome: "ready", traces: [] } });
    const hours = 12;
    for (let now = start; now < start + hours * HOUR; now += MINUTE) {
      const data = now < start + 4 * HOUR && now >= start + 3 * HOUR ? "?" : good;
      const samples = [0, 12].map((shard) => ({ slot: now, shard, data }));
      await store.commit(lease, { shards: [], samples, incidents: [], notices: [] });
      await rollupJob({ clock: steppingClock(now), store, config, packing })().catch(() => {});
    }
    const found = await store.readRollups({ unit: "hour", from: 0, to: start + DAY });
    const of = (wanted: number) =>
      found.filter(({ shard }) => shard === wanted).map((row) => (row.start - start) / HOUR);
    // The hour before the running one is not summed yet.
    const expected = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10];
    expect([of(0), of(12)]).toEqual([expected, expected]);
  });

  test("hours go after two weeks, days stay as long as the config says", async () => {
    const own = await atFullHour(threeRegions([["version: 1", "version: 1\nretention: { rollups: 30d }"]]));
    await own.runMinutes(64);
    await own.clock.advance(15 * DAY);
    await own.runMinutes(1);
    expect(await rows(own, "hour")).toEqual([]);
    expect(await rows(own, "day")).not.toEqual([]);
    await own.clock.advance(16 * DAY);
    await own.runMinutes(1);
    expect(await rows(own, "day")).toEqual([]);
  });

  test("a store that fails is said, and the sum is made later", async () => {
    const { store, broken } = failingStore(memoryStore());
    const own = await atFullHour(threeRegions(), { store });
    broken.add("putRollups");
    await own.runMinutes(64);
    expect(own.log.some(({ message }) => message === "housekeeping failed")).toBe(true);
    expect((await own.state()).outcome).toBe("ready");
    broken.delete("putRollups");
    await own.runMinutes(1);
    expect(await rows(own, "hour")).toHaveLength(1);
  });

  test("a check that left the config keeps no period and is left out; the others count", async () => {
    const two = threeRegions([[
      "    checks:\n",
      "    checks:\n      - { id: gone, journey: [{ name: a, request: { path: / }, expect: status == 200 }] }\n",
    ]]);
    const own = await atFullHour(two);
    await own.runMinutes(30);
    const later = await settlerFixture(threeRegions(), { from: own });
    await later.runMinutes(33);
    const [row] = await rows(own, "hour");
    expect(Object.keys(row!.checks)).toEqual(["shop/read"]);
    expect(row!.checks["shop/read"]!.seconds).toEqual({ ready: 3_600 });
  });

  test("a schedule that became wider does not stretch the slots before it", async () => {
    const own = await atFullHour();
    await own.runMinutes(28);
    own.script.set("down");
    await own.runMinutes(2);
    const wider = threeRegions([["{ id: read,", "{ id: read, every: 10m,"]]);
    const later = await settlerFixture(wider, { from: own });
    await later.runMinutes(33);
    const [row] = await rows(own, "hour");
    const { seconds } = row!.checks["shop/read"]!;
    expect(Object.values(seconds).reduce((a, b) => a + b)).toBe(3_600);
    expect(seconds.down).toBeLessThan(700);
  });

  test("an hour that cannot be read holds up neither the next ones nor the forgetting for ever", async () => {
    const inner = memoryStore();
    let broken = Infinity;
    const store = new Proxy(inner, {
      get(target, name) {
        if (name !== "readSamples") return Reflect.get(target, name).bind(target);
        return async (asked: Parameters<typeof inner.readSamples>[0]) =>
          (await inner.readSamples(asked)).map((one) => asked.from === broken ? { ...one, data: "?" } : one);
      },
    });
    const own = await atFullHour(threeRegions(), { store });
    broken = own.hour;
    const memo = {
      kind: "remark",
      key: "i/1",
      order: 0,
      value: "{}",
      expiresAt: own.hour + 30 * MINUTE,
    } as const;
    await store.putRecord(memo);
    await own.runMinutes(130);
    const errors = own.log.filter(({ message }) => message === "housekeeping failed");
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(30);
    expect((await rows(own, "hour")).map(({ start }) => start)).toEqual([own.hour + HOUR]);
    expect(await store.listRecords({ kind: "remark", limit: 1 })).toEqual([]);
  });

  test("a process that was idle for hours does not sum up what is half forgotten", async () => {
    const text = threeRegions([["version: 1", "version: 1\nretention: { raw: 90m }"]]);
    const idle = await atFullHour(text);
    await idle.runMinutes(63);
    const busy = await settlerFixture(text, { from: idle, owner: "b" });
    await busy.runMinutes(241);
    await idle.runMinutes(5);
    const hours = await rows(idle, "hour");
    expect(hours.map(({ checks }) => checks["shop/read"]!.seconds)).toEqual(
      Array.from({ length: 5 }, () => ({ ready: 3_600 })),
    );
  });
});
