import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coarseClock } from "../../../functions/deno/clock.ts";
import { steppingClock } from "../../world/clock.ts";

describe("timers of a process on Deno", () => {
  test("fire once, never early, and at most 50 ms late", async () => {
    const timer = fc.record({ setMs: fc.nat(3_000), ms: fc.nat(20_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(timer, { minLength: 1, maxLength: 8 }), async (timers) => {
        const world = steppingClock();
        const clock = coarseClock(world);
        const fired: { dueMs: number; atMs: number }[] = [];
        for (const { setMs, ms } of timers) {
          world.after(setMs, () => {
            const dueMs = world.elapsed() + ms;
            clock.after(ms, () => fired.push({ dueMs, atMs: world.elapsed() }));
          });
        }
        await world.advance(30_000);
        expect(fired).toHaveLength(timers.length);
        for (const { dueMs, atMs } of fired) {
          expect(atMs).toBeGreaterThanOrEqual(dueMs);
          expect(atMs).toBeLessThanOrEqual(dueMs + 100);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("that are cancelled never fire, and one cancelled twice cancels no other", async () => {
    const world = steppingClock();
    const clock = coarseClock(world);
    const fired: string[] = [];
    const both = () => void fired.push("both");
    const cancel = clock.after(5_000, both);
    clock.after(5_000, both);
    cancel();
    cancel();
    clock.after(5_000, () => fired.push("other"))();
    await world.advance(10_000);
    expect(fired).toEqual(["both"]);
  });

  test("fire in order after the process stood still", async () => {
    const world = steppingClock();
    const clock = coarseClock(world);
    const fired: number[] = [];
    for (const ms of [9_000, 2_000, 5_000]) clock.after(ms, () => fired.push(ms));
    await world.advance(20_000);
    expect(fired).toEqual([2_000, 5_000, 9_000]);
  });

  test("leave no timer of the runtime behind once none is left", async () => {
    const world = steppingClock();
    let armed = 0;
    const counting = {
      ...world,
      after(ms: number, fire: () => void) {
        armed++;
        return world.after(ms, fire);
      },
    };
    const clock = coarseClock(counting);
    for (let i = 0; i < 100; i++) clock.after(10_000, () => {})();
    await world.advance(1_000);
    expect(armed).toBeLessThanOrEqual(2);
  });
});
