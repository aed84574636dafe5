import { expect, test } from "vitest";
import { packChecks } from "../../../src/storage/codec.ts";
import { thresholdHint } from "../../../src/storage/history/threshold_hint.ts";
import type { SampleStore } from "../../../src/storage/store.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

/** Minutes of a service, letter by letter: R ready, D drift. */
async function lived(minutes: string, changes: [string, string][] = []): Promise<SettlerFixture> {
  const world = await settlerFixture(threeRegions(changes));
  for (const letter of minutes) {
    world.script.set(letter === "D" ? "drift" : "ready");
    await world.runMinutes(1);
  }
  return world;
}

const hintOf = ({ clock, config, store }: SettlerFixture, samples: SampleStore = store) =>
  thresholdHint({ clock, config, store: samples, packing: packChecks(config) });
const latest = async ({ store }: SettlerFixture) => (await store.listIncidents({ limit: 1 })).items[0]!;

test.each<[name: string, minutes: string, changes: [string, string][], sentence: string]>([
  [
    "one less, sooner and more often",
    `${"R".repeat(20)}D${"R".repeat(20)}D${"R".repeat(20)}DDD`,
    [],
    "With failureThreshold 1 it would have opened 60 s earlier. In the 63 min before, 2 more incidents would have opened.",
  ],
  [
    "sooner and nothing else",
    `${"R".repeat(20)}DDD`,
    [],
    "With failureThreshold 1 it would have opened 60 s earlier. In the 21 min before, nothing else would have changed.",
  ],
  [
    "two where it is one",
    `${"R".repeat(20)}D${"R".repeat(20)}DDD`,
    [["turns: 1,", "failureThreshold: 1, turns: 1,"]],
    "With failureThreshold 2 it would have opened 60 s later. In the 41 min before, 1 fewer incident would have opened.",
  ],
  [
    "two, and not at all",
    `${"R".repeat(20)}DRR`,
    [["turns: 1,", "failureThreshold: 1, turns: 1,"]],
    "With failureThreshold 2 it would not have opened. In the 20 min before, nothing else would have changed.",
  ],
])("says what another threshold would have told: %s", async (_, minutes, changes, sentence) => {
  const world = await lived(minutes, changes);
  expect(await hintOf(world)(await latest(world))).toBe(sentence);
});

test("says nothing of what is no incident of a service, of no check of the config, and of what is not kept", async () => {
  const world = await lived(`${"R".repeat(5)}DDD`);
  const hint = hintOf(world);
  const incident = await latest(world);
  expect(await hint({ ...incident, family: "quality" })).toBeUndefined();
  expect(await hint({ ...incident, check: "gone" })).toBeUndefined();
  expect(await hint({ ...incident, id: "other", openedAt: incident.openedAt + 86_400_000 })).toBeUndefined();
  expect(await hint({ ...incident, id: "third", openedAt: incident.openedAt - 180_000 })).toBeUndefined();
});

test("reads once, and no more than is bearable", async () => {
  const world = await lived(`${"R".repeat(5)}DDD`);
  const { openedAt } = await latest(world);
  const [line] = await world.store.readSamples({ shard: 0, from: openedAt, to: openedAt });
  const padded = line!.data.replace(/\}$/, `,"other":"${"x".repeat(50_000)}"}`);
  const reads: number[] = [];
  // A full shard: a line of 50 kB each minute, for weeks.
  const store: SampleStore = {
    readSamples({ from, to }) {
      const first = Math.ceil(from / 60_000);
      const slots = Array.from(
        { length: Math.floor(to / 60_000) - first + 1 },
        (_, i) => (first + i) * 60_000,
      );
      reads.push(slots.length * padded.length);
      return Promise.resolve(slots.map((slot) => ({ slot, shard: 0, data: padded })));
    },
  };
  const hint = hintOf(world, store);
  const incident = await latest(world);
  await Promise.all([hint(incident), hint(incident)]);
  await hint(incident);
  expect(reads.length).toBe(2);
  expect(reads.reduce((sum, chars) => sum + chars)).toBeLessThan(8_000_000);
});
