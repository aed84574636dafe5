import { expect, test } from "vitest";
import { resources, roundsWithin } from "../../../functions/deno/resources.ts";

test.each([
  ["a usual machine", { handles: 1_048_576, memoryBytes: 8 * 2 ** 30 }, 2_048],
  ["few open files", { handles: 256, memoryBytes: 8 * 2 ** 30 }, 96],
  ["a small container", { handles: 1_024, memoryBytes: 256 * 2 ** 20 }, 64],
  ["nobody says how many files", { handles: Infinity, memoryBytes: 2 ** 30 }, 256],
  ["next to nothing", { handles: 64, memoryBytes: 2 ** 20 }, 1],
])("%s bears so many rounds", (_, found, rounds) => expect(roundsWithin(found)).toBe(rounds));

test("what this machine has is found", () => {
  const { handles, memoryBytes } = resources();
  expect(handles).toBeGreaterThan(64);
  expect(memoryBytes).toBeGreaterThan(2 ** 20);
});
