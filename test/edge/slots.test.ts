import { evictDurableObject, runDurableObjectAlarm, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { minute, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const READY = { weur: "ready", enam: "ready", oc: "ready" };
const SECOND = 1_000;

describe("the same slot", () => {
  test("fired twice at once is walked and settled once", async () => {
    await Promise.all([world.tick(0), world.tick(0)]);
    expect(await world.history()).toEqual({ 0: READY });
    const { hits } = await world.shop.seen();
    expect(hits.map(({ prober, method, path }) => `${prober} ${method} ${path}`).toSorted()).toEqual(
      ["enam", "oc", "weur"].flatMap((prober) => [
        `${prober} GET /orders/ord_1`,
        `${prober} GET /readyz`,
        `${prober} POST /orders`,
      ]),
    );
  });

  test.each<[string, number]>([
    ["a second later", SECOND],
    ["after its lease has run out", 59 * SECOND],
  ])("fired again %s, with the shop broken meanwhile, asks and changes nothing", async (_name, laterMs) => {
    await world.tick(0);
    const { hits } = await world.shop.seen();
    const rows = await world.withStore((store) => store.readShards("all"));
    await world.shop.be({ all: "lies" });
    await world.tick(0, minute(0) + laterMs);
    expect(await world.history()).toEqual({ 0: READY });
    expect(await world.withStore((store) => store.readShards("all"))).toEqual(rows);
    expect((await world.shop.seen()).hits).toEqual(hits);
  });

  test("fired again after an eviction asks and changes nothing", async () => {
    await world.tick(0);
    const { hits } = await world.shop.seen();
    const rows = await world.withStore((store) => store.readShards("all"));
    await evictDurableObject(world.ledger);
    await world.shop.be({ all: "lies" });
    await world.tick(0, minute(0) + 59 * SECOND);
    expect(await world.withStore((store) => store.readShards("all"))).toEqual(rows);
    expect((await world.shop.seen()).hits).toEqual(hits);
  });

  test("of an earlier minute, delivered late, changes nothing", async () => {
    await world.tick(0);
    await world.tick(2);
    await world.shop.be({ all: "lies" });
    await world.tick(1, minute(2) + SECOND);
    expect(await world.history()).toEqual({ 0: READY, 2: READY });
  });
});

describe("a missed slot", () => {
  test("is a gap: no sample, no vote, and no failure to the streak", async () => {
    await world.tick(0);
    await world.shop.be({ all: "lies" });
    await world.tick(1);
    await world.tick(3);
    expect(Object.keys(await world.history())).toEqual(["0", "1", "3"]);
    expect((await world.notices()).map(({ says }) => says)).toEqual(["opened drift #1"]);
  });

  test("after another turns the status unknown, never red or green, and Assay not ready", async () => {
    await world.tick(0);
    const ready = async () => (await SELF.fetch("https://assay.example/readyz")).status;
    world.setClock(minute(2));
    expect([(await world.status()).status, await ready()]).toEqual(["ready", 200]);
    world.setClock(minute(3));
    expect([(await world.status()).status, await ready()]).toEqual(["unknown", 503]);
    await world.tick(3);
    // The API reads the states at most once a second.
    world.setClock(minute(3) + SECOND);
    expect([(await world.status()).status, await ready()]).toEqual(["ready", 200]);
    expect(await world.notices()).toEqual([]);
  });
});

test("no timer is left after a tick or an alarm: a pending one keeps an object in memory, which is billed", async () => {
  await world.tick(0);
  expect(vi.getTimerCount()).toBe(0);
  await world.shop.be({ all: "lies" });
  await world.tick(1);
  world.setClock(minute(1) + 30 * SECOND);
  await runDurableObjectAlarm(world.ledger);
  expect(vi.getTimerCount()).toBe(0);
});

describe("a cron event that does not come", () => {
  const armedAt = () => runInDurableObject(world.ledger, (_, { storage }) => storage.getAlarm());
  /** The runtime calls the alarm at the instant for which it is armed, and `lateMs` later. */
  const alarm = async (lateMs = 0) => {
    world.setClock((await armedAt())! + lateMs);
    return await runDurableObjectAlarm(world.ledger);
  };
  const own = async () =>
    (await world.withStore((store) => store.listIncidents({ limit: 9, target: "_assay" }))).items
      .map(({ check, kind, state }) => `${check} ${kind} ${state}`);

  test("the alarm begins the minute twenty seconds later, and arms itself for the one after", async () => {
    await world.tick(0);
    expect(await armedAt()).toBe(minute(1) + 20 * SECOND);
    for (const n of [1, 2, 3]) {
      await alarm();
      expect(await armedAt()).toBe(minute(n + 1) + 20 * SECOND);
    }
    expect(await world.history()).toEqual({ 0: READY, 1: READY, 2: READY, 3: READY });
    expect(await own()).toEqual([]);
  });

  test("so does that of a ledger that has slept", async () => {
    await world.tick(0);
    for (const _ of [1, 2]) {
      await evictDurableObject(world.ledger);
      await alarm();
    }
    expect(await world.history()).toEqual({ 0: READY, 1: READY, 2: READY });
  });

  test("one that comes after the alarm changes nothing, nor does an alarm after it", async () => {
    await world.tick(0);
    await alarm();
    const rows = await world.withStore((store) => store.readShards("all"));
    const { hits } = await world.shop.seen();
    await world.shop.be({ all: "lies" });
    await world.tick(1, minute(1) + 40 * SECOND);
    expect(await world.withStore((store) => store.readShards("all"))).toEqual(rows);
    expect((await world.shop.seen()).hits).toEqual(hits);
    await world.shop.be({ all: "serves" });
    await world.tick(2);
    world.setClock(minute(2) + 30 * SECOND);
    expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
    expect(await world.history()).toEqual({ 0: READY, 1: READY, 2: READY });
  });

  test.each([30, 31])("three minutes that begin %d s late are an own incident, or none", async (seconds) => {
    await world.tick(0);
    for (const n of [1, 2, 3]) await world.tick(n, minute(n) + seconds * SECOND);
    expect(await own()).toEqual(seconds > 30 ? ["schedule schedule open"] : []);
    for (const n of [4, 5, 6]) await world.tick(n);
    expect(await own()).toEqual(seconds > 30 ? ["schedule schedule resolved"] : []);
  });

  test("three minutes that nobody began are one as well, told once somebody does, also after a sleep", async () => {
    await world.tick(0);
    await evictDurableObject(world.ledger);
    await world.tick(3);
    expect(await own()).toEqual([]);
    await evictDurableObject(world.ledger);
    await world.tick(7);
    expect(await own()).toEqual(["schedule schedule open"]);
    expect((await world.notices()).map(({ says }) => says)).toEqual(["opened schedule #1"]);
  });
});

describe("slots below a minute", () => {
  const [shop] = targets();
  const often = () => {
    const check = { ...(shop!.checks as object[])[0], every: "20s", timeout: "5s" };
    world.setConfig({ targets: [{ ...shop, url: world.shop.stall(), checks: [check] }] });
  };
  /** The runtime calls the alarm `second` seconds into minute 0; false: none was set. */
  const alarmAt = (second: number) => {
    world.setClock(minute(0) + second * SECOND);
    return runDurableObjectAlarm(world.ledger);
  };

  /** Seconds of minute 0 that have a sample. */
  const settled = async () => {
    const samples = await world.withStore((store) => store.readSamples({ shard: 0, from: 0, to: minute(1) }));
    return samples.map(({ slot }) => (slot - minute(0)) / SECOND);
  };

  test("are settled by the alarm, which arms itself for the next", async () => {
    often();
    await world.tick(0);
    expect([await alarmAt(20), await alarmAt(40), await alarmAt(60)]).toEqual([true, true, true]);
    expect(await settled()).toEqual([0, 20, 40]);
  });

  test("are settled as well by a ledger that slept after each", async () => {
    often();
    await world.tick(0);
    for (const second of [20, 40]) {
      await evictDurableObject(world.ledger);
      expect(await alarmAt(second)).toBe(true);
    }
    expect(await settled()).toEqual([0, 20, 40]);
    await evictDurableObject(world.ledger);
    expect(await alarmAt(60)).toBe(true);
    expect(await settled()).toEqual([0, 20, 40]);
    await world.tick(1);
    expect(await world.withStore((store) => store.readSamples({ shard: 0, from: minute(1), to: minute(2) })))
      .toHaveLength(1);
  });

  test("of a ledger that slept do not count as settled by another's sample of the far future", async () => {
    often();
    await world.tick(0);
    await world.withStore(async (store) => {
      const far = minute(1_440);
      const lease = await store.takeLease({ tick: far, owner: "peer", nowMs: far, ttlMs: 55_000 });
      const samples = [{ slot: far, shard: 9, data: "{}" }];
      return await store.commit(lease!, { shards: [], samples, incidents: [], notices: [] });
    });
    // The peer's tick lies too far ahead to hold anybody up.
    await world.tick(1);
    await evictDurableObject(world.ledger);
    expect([await alarmAt(80), await alarmAt(100)]).toEqual([true, true]);
    const samples = await world.withStore((store) =>
      store.readSamples({ shard: 0, from: minute(1), to: minute(2) })
    );
    expect(samples.map(({ slot }) => (slot - minute(0)) / SECOND)).toEqual([60, 80, 100]);
  });

  test("do not wait for a receiver that hangs", async () => {
    often();
    await world.shop.be({ all: "lies" });
    await world.shop.answerHooks(-1);
    await world.tick(0);
    // The incident opens with the second lie, as late as it may be; the third slot is due ten seconds later.
    world.runTimers();
    expect(await alarmAt(30)).toBe(true);
    await world.shop.until(({ posts }) => posts.length === 1);
    expect(await alarmAt(40)).toBe(true);
    expect(await settled()).toEqual([0, 20, 40]);
  });
});
