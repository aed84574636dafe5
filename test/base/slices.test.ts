import { expect, test } from "vitest";
import { mapInSlices, slicer } from "../../src/base/slices.ts";
import { tickingClock } from "../world/clock.ts";

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

test("many short parts of one work pause as a long one does", async () => {
  const { clock, pauses } = tickingClock();
  const map = slicer(clock);
  for (let i = 0; i < 12; i++) expect(await map([i], (n) => 2 * n)).toEqual([2 * i]);
  expect(pauses()).toBe(3);
});

test("what throws ends it", async () => {
  const { clock } = tickingClock();
  const work = mapInSlices(clock, [1, 2, 3, 4, 5], (i) => {
    if (i === 5) throw new Error("five");
  });
  await expect(work).rejects.toThrow("five");
});
