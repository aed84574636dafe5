import { describe, expect, test } from "vitest";
import { settler } from "../../../src/engine/settler/settler.ts";
import { pause } from "../../../src/base/ports.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";

const MINUTE = 60_000;
const WRITE =
  "{ id: write, turns: 1, confirm: 0, journey: [{ name: put, request: { path: / }, expect: status == 200 }] }";
const TWO_CHECKS = threeRegions([["      - { id: read,", `      - ${WRITE}\n      - { id: read,`]]);
const CONFIRMED = threeRegions([["confirm: 0", "confirm: 25s"]]);

/** The minutes since the start at which a prober was asked for a check. */
const walkedMinutes = ({ script }: SettlerFixture, check = "shop/read", prober = "sin") =>
  script.requests.filter((one) => one.prober === prober && one.checks.some(({ key }) => key === check))
    .map(({ at }) => (at! - START) / MINUTE);

/** What each prober said in the slot of that minute. */
async function tracesOf({ store }: SettlerFixture, minute: number) {
  const at = START + minute * MINUTE;
  const [sample] = await store.readSamples({ shard: 0, from: at, to: at + 1 });
  return JSON.parse(sample!.data)["shop/read"].traces;
}

const ownIncidents = async ({ store }: SettlerFixture) =>
  (await store.listIncidents({ target: "_assay", limit: 10 })).items.map(({ check }) => check);

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a check whose slots time out, where awake time is short", () => {
  test("is walked in every second slot after five, and the others say so", async () => {
    const world = await settlerFixture(TWO_CHECKS, { sparesHanging: true });
    world.script.set("hanging", undefined, "shop/read");
    await world.runMinutes(11);
    expect(walkedMinutes(world)).toEqual([0, 1, 2, 3, 4, 6, 8, 10]);
    expect(walkedMinutes(world, "shop/write")).toEqual(range(11));
    const leftOut = (prober: string) => ({ prober, word: "missing", reason: "budget" });
    expect(await tracesOf(world, 5)).toEqual(["fra", "iad", "sin"].map(leftOut));
    expect(await tracesOf(world, 6)).toMatchObject([{ word: "down" }, { word: "down" }, { word: "down" }]);
    expect(await world.state()).toMatchObject({ outcome: "down" });
  });

  test("is one for a prober that sees it hang, and not for the others", async () => {
    const world = await settlerFixture(threeRegions(), { sparesHanging: true });
    world.script.set("hanging", "sin");
    await world.runMinutes(8);
    expect(walkedMinutes(world)).toEqual([0, 1, 2, 3, 4, 6]);
    expect(walkedMinutes(world, "shop/read", "fra")).toEqual(range(8));
  });

  test("stays one when the process that counted is gone", async () => {
    const first = await settlerFixture(threeRegions(), { sparesHanging: true });
    first.script.set("hanging");
    await first.runMinutes(4);
    const second = await settlerFixture(threeRegions(), { from: first, owner: "b", sparesHanging: true });
    second.script.set("hanging");
    await second.runMinutes(4);
    expect(walkedMinutes(second)).toEqual([4, 6]);
  });

  describe("once it answers again", () => {
    /** Hangs from 60 s on: seven slots, 85 s being a confirmation, and none at 300 and 420 s. */
    async function hang() {
      const world = await settlerFixture(CONFIRMED, { sparesHanging: true });
      await world.runMinutes();
      world.script.set("hanging");
      await world.runMinutes(7);
      return world;
    }
    const secondsOf = (world: SettlerFixture, prober: string) =>
      walkedMinutes(world, "shop/read", prober).map((minute) => Math.round(minute * 60));
    const UNTIL_THEN = [0, 60, 85, 120, 180, 240, 360];

    test("is confirmed after 25 s, and walked in every slot from then on", async () => {
      const world = await hang();
      world.script.set("ready");
      await world.runMinutes(3);
      expect(secondsOf(world, "sin")).toEqual([...UNTIL_THEN, 480, 505, 540, 600]);
      const { items } = await world.store.listIncidents({ target: "shop", limit: 10 });
      expect(items).toMatchObject([{ family: "service", resolvedAt: START + 505_000 }]);
    });

    test("at one prober, is confirmed by those for which it still hangs as well", async () => {
      const world = await hang();
      world.script.set("ready", "fra");
      await world.runMinutes(3);
      expect(secondsOf(world, "fra")).toEqual([...UNTIL_THEN, 480, 505, 540, 600]);
      expect(secondsOf(world, "sin")).toEqual([...UNTIL_THEN, 480, 505, 600]);
    });
  });

  test("is no want of capacity, though in each minute a slot of one check or the other is left out", async () => {
    const world = await settlerFixture(TWO_CHECKS, { sparesHanging: true });
    world.script.set("hanging", undefined, "shop/read");
    await world.runMinutes();
    world.script.set("hanging", undefined, "shop/write");
    await world.runMinutes(13);
    expect(walkedMinutes(world).slice(5)).toEqual([6, 8, 10, 12]);
    expect(walkedMinutes(world, "shop/write").slice(5)).toEqual([5, 7, 9, 11, 13]);
    expect(await ownIncidents(world)).toEqual([]);
  });

  test("is no silence of a prober: one slot that was lost after it is one, and not two", async () => {
    const every5m = threeRegions([["id: read,", "id: read, every: 5m,"]]);
    const world = await settlerFixture(every5m, { sparesHanging: true });
    world.script.set("hanging");
    // The first slot is a minute after the start.
    await world.runMinutes(31);
    world.script.set("broken", "sin");
    await world.runMinutes(5);
    expect(walkedMinutes(world)).toEqual([1, 6, 11, 16, 21, 31]);
    expect(await ownIncidents(world)).toEqual([]);
    await world.runMinutes(5);
    expect(walkedMinutes(world).at(-1)).toBe(36);
    expect(await ownIncidents(world)).toEqual(["prober-sin"]);
  });

  test("is waited for after a slot that was left out: that prober is not dead", async () => {
    const world = await settlerFixture(threeRegions(), { sparesHanging: true });
    world.script.set("hanging");
    const told: number[] = [];
    const probers = world.script.probers.map(({ id, ask }) => ({
      id,
      ask: async (...asked: Parameters<typeof ask>) => {
        await pause(world.clock, 9_000);
        return await ask(...asked);
      },
    }));
    const onCommit = (_: number, at: number) => told.push((at - START) / MINUTE);
    const { tick } = settler({ ...world, probers, owner: "c", sparesHanging: true, onCommit });
    for (const minute of range(9)) {
      void tick(START + minute * MINUTE);
      await world.clock.advance(MINUTE);
    }
    expect(told).toEqual(range(9));
  });
});

test.each(
  [
    ["a plan that does not count the time", false, "hanging"],
    ["a check that fails and does not hang", true, "down"],
    ["a check that does not answer only its prober", true, "broken"],
  ] as const,
)("nothing is left out: %s", async (_, sparesHanging, said) => {
  const world = await settlerFixture(threeRegions(), { sparesHanging });
  world.script.set(said);
  await world.runMinutes(9);
  expect(walkedMinutes(world)).toEqual(range(9));
});
