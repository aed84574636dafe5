import { expect, test } from "vitest";
import type { Clock } from "../../src/base/ports.ts";
import { mapInSlices } from "../../src/base/slices.ts";

/** A clock by which each look at it takes a millisecond, and on which timers fire at once. */
function tickingClock(): { clock: Clock; pauses: () => number } {
  let [elapsed, pauses] = [0, 0];
  const after: Clock["after"] = (_, fire) => {
    pauses++;
    queueMicrotask(fire);
    return () => {};
  };
  return { clock: { now: () => elapsed, elapsed: () => elapsed++, after }, pauses: () => pauses };
}

test("long work pauses for others, and comes to the same", async () => {
  const { clock, pauses } = tickingClock();
  const seen: number[] = [];
  const work = mapInSlices(clock, Array.from({ length: 12 }, (_, i) => i), (i) => {
    seen.push(i);
    return 2 * i;
  });
  expect(seen).toEqual([0, 1, 2]);
  expect(await work).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
  expect(pauses()).toBe(3);
});

test("what throws ends it", async () => {
  const { clock } = tickingClock();
  const work = mapInSlices(clock, [1, 2, 3, 4, 5], (i) => {
    if (i === 5) throw new Error("five");
  });
  await expect(work).rejects.toThrow("five");
});
