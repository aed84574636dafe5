import { describe, expect, test } from "vitest";
import { Cache, memoize } from "../../src/base/cache.ts";

function steady() {
  const clock = { ms: 0, elapsed: () => clock.ms };
  return clock;
}

describe("Cache", () => {
  test("lets the value that was set longest ago make way", () => {
    const cache = new Cache<string, number>({ max: 2 });
    cache.set("a", 1);
    cache.set("b", 2);
    cache.set("a", 3);
    cache.set("c", 4);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([3, undefined, 4]);
  });

  test("may grow", () => {
    const cache = new Cache<number, number>({ max: 1 });
    cache.max = 2;
    for (const key of [1, 2, 3]) cache.set(key, key);
    expect([1, 2, 3].map((key) => cache.get(key))).toEqual([undefined, 2, 3]);
  });

  test("forgets a value after its time, and what was set under another version", () => {
    const clock = steady();
    let version = 0;
    const cache = new Cache<string, string>({ max: 9, ttlMs: 1_000, clock, version: () => version });
    cache.set("a", "one");
    clock.ms = 999;
    expect(cache.get("a")).toBe("one");
    clock.ms = 1_000;
    expect(cache.get("a")).toBeUndefined();
    cache.set("a", "two");
    version = 1;
    expect(cache.get("a")).toBeUndefined();
    cache.set("a", "made before the change", 0);
    expect(cache.get("a")).toBeUndefined();
  });

  test("spreads the ends of values that were set together, between half of the time and all of it", () => {
    const clock = steady();
    const cache = new Cache<number, boolean>({ max: 100, ttlMs: 1_600, clock, spread: true });
    for (let key = 0; key < 16; key++) cache.set(key, true);
    const counts = [799, 800, 1_200, 1_549, 1_550].map((ms) => {
      clock.ms = ms;
      return Array.from({ length: 16 }, (_, key) => cache.get(key)).filter(Boolean).length;
    });
    expect(counts).toEqual([16, 15, 7, 1, 0]);
  });

  test("keeps what is null, and makes it once", () => {
    const cache = new Cache<string, string | null>({ max: 9 });
    let made = 0;
    const make = () => (made++, null);
    expect([cache.getOrSet("a", make), cache.getOrSet("a", make), made]).toEqual([null, null, 1]);
  });

  test("loads once for all that ask meanwhile, and keeps no failure", async () => {
    const cache = new Cache<string, Promise<number>>({ max: 9 });
    let reads = 0;
    const fail = async () => {
      await Promise.resolve();
      throw new Error(`read ${++reads}`);
    };
    const both = await Promise.allSettled([cache.load("a", fail), cache.load("a", fail)]);
    expect(both.map((it) => it.status)).toEqual(["rejected", "rejected"]);
    expect(reads).toBe(1);
    expect(await cache.load("a", () => Promise.resolve(7))).toBe(7);
    expect(await cache.load("a", fail)).toBe(7);
  });

  test("a late failure does not take away what was set since", async () => {
    const cache = new Cache<string, Promise<number>>({ max: 9 });
    const { promise, reject } = Promise.withResolvers<number>();
    const failing = cache.load("a", () => promise);
    cache.set("a", Promise.resolve(2));
    reject(new Error("late"));
    await expect(failing).rejects.toThrow("late");
    expect(await cache.get("a")).toBe(2);
  });
});

test("memoize reads again after its time and with another version", async () => {
  const clock = steady();
  let [reads, version] = [0, 0];
  const read = memoize(clock, () => Promise.resolve(++reads), () => version, 500);
  expect([await read(), await read()]).toEqual([1, 1]);
  clock.ms = 500;
  expect(await read()).toBe(2);
  version++;
  expect(await read()).toBe(3);
});
