import { describe, expect, test } from "vitest";
import { HOUR, MINUTE, type StoreFixture, T, TTL } from "./store_fixture.ts";

/** Who may settle a tick. */
export function leases(its: StoreFixture) {
  describe("lease", () => {
    test("a new store has neither lease nor slot", async () => {
      expect(await its.store.latest()).toBeNull();
    });

    test("the first asker gets the tick, the second nothing", async () => {
      expect(await its.take(T, T, "a")).toMatchObject({ tick: T, owner: "a" });
      expect(await its.take(T, T, "b")).toBeNull();
      expect(await its.take(T, T, "a")).toBeNull();
    });

    test("each lease has a higher fence", async () => {
      const fences = [
        await its.takeOrFail(T),
        await its.takeOrFail(T + MINUTE),
        await its.takeOrFail(T + 5 * MINUTE),
      ].map((
        l,
      ) => l.fence);
      expect(fences[1]).toBeGreaterThan(fences[0]!);
      expect(fences[2]).toBeGreaterThan(fences[1]!);
    });

    test("of concurrent askers one gets it", async () => {
      const given = await Promise.all(["a", "b", "c", "d"].map((owner) => its.take(T, T, owner)));
      expect(given.filter((lease) => lease !== null)).toHaveLength(1);
    });

    test("one that was released is given again, with a higher fence; an older one's release changes nothing", async () => {
      const first = await its.takeOrFail(T);
      await its.store.releaseLease(first);
      const second = await its.take(T, T, "b");
      expect(second!.fence).toBeGreaterThan(first.fence);
      await its.store.releaseLease(first);
      expect(await its.take(T, T, "c")).toBeNull();
    });

    // Each row: what was taken, then what is asked; the lease of a tick lasts 50 s.
    const rows: [string, { tick: number; now: number }, { tick: number; now: number }, boolean][] = [
      ["the same tick, 1 ms before its lease ends", at(0, 0), at(0, TTL - 1), false],
      ["the same tick, abandoned, as its lease ends", at(0, 0), at(0, TTL), true],
      ["a later tick, while the lease still runs", at(0, 0), at(MINUTE, 10_000), true],
      ["an older tick, while the lease still runs", at(MINUTE, MINUTE), at(0, MINUTE), false],
      ["an older tick, after the lease ended", at(MINUTE, MINUTE), at(0, MINUTE + TTL), false],
      ["the same tick, by a clock 200 ms behind", at(0, 200), at(0, 0), false],
      ["the same tick, by a clock ten seconds behind", at(0, 10_000), at(0, 0), false],
      ["the same tick, after the clock stepped back eleven seconds", at(0, 11_000), at(0, 0), true],
      [
        "an older tick, after the clock stepped back two minutes",
        at(0, 0),
        at(-2 * MINUTE, -2 * MINUTE),
        true,
      ],
      ["an older tick, after the clock stepped back a year", at(0, 0), at(-8760 * HOUR, -8760 * HOUR), true],
      ["a tick that is passed by one five minutes ahead", at(5 * MINUTE, 0), at(0, 0), false],
      ["a tick that is passed by one more than five minutes ahead", at(6 * MINUTE, 0), at(0, 0), true],
    ];
    test.each(rows)("%s: %#", async (_name, first, second, given) => {
      const held = await its.takeOrFail(T + first.tick, T + first.now);
      const lease = await its.take(T + second.tick, T + second.now, "b");
      expect(lease !== null).toBe(given);
      if (lease) expect(lease).toEqual({ tick: T + second.tick, owner: "b", fence: expect.any(Number) });
      if (lease) expect(lease.fence).toBeGreaterThan(held.fence);
      expect((await its.store.latest())!.tick).toBe(T + (given ? second : first).tick);
    });
  });
}

/** Offsets from T in ms: of a tick, and of the clock that asks for it. */
function at(tick: number, now: number) {
  return { tick, now };
}
