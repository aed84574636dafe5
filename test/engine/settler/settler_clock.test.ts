import { describe, expect, test } from "vitest";
import { describeNotice, settlerFixture } from "../../world/settler_fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps of the wall clock; after each, seven minutes pass. */
const STEPS: [string, number[]][] = [
  ["forward by a day", [DAY]],
  ["forward by a day and back again", [DAY, -DAY]],
  ["back by a day", [-DAY]],
  ["back by an hour", [-HOUR]],
  ["back by an hour and forward again", [-HOUR, HOUR]],
  ["back by four minutes", [-4 * MINUTE]],
  ["back by ten seconds, in mid-minute", [20_000, -10_000]],
];

describe.each(STEPS)("the wall clock steps %s", (_, steps) => {
  test("an open incident is neither doubled nor lost", async () => {
    const world = await settlerFixture();
    world.script.set("drift");
    await world.runMinutes(2);
    for (const ms of steps) {
      world.clock.step(ms);
      await world.runMinutes(7);
      expect((await world.state()).incidents).toMatchObject([{ kind: "drift", state: "open", episode: 1 }]);
    }
    world.script.set("ready");
    await world.runMinutes(7);
    expect((await world.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      "resolved drift global #1",
    ]);
  });

  test("nothing is opened over a ready service, and slots are settled again within five minutes", async () => {
    const world = await settlerFixture();
    await world.runMinutes(3);
    for (const ms of steps) {
      world.clock.step(ms);
      await world.runMinutes(7);
      const { slot, outcome, probers } = await world.state();
      expect(world.clock.now() - slot).toBe(MINUTE);
      expect(probers.fra!.standing).toMatchObject({ vote: "ready", freshAt: slot });
      expect(outcome).toBe("ready");
    }
    expect(await world.notices()).toEqual([]);
  });

  test("a failure that began before the step is still found after it", async () => {
    const world = await settlerFixture();
    await world.runMinutes(2);
    world.script.set("down");
    await world.runMinutes();
    for (const ms of steps) world.clock.step(ms);
    await world.runMinutes(7);
    expect((await world.notices()).map(describeNotice)).toEqual(["opened outage global #1"]);
  });
});

test("after a step back by three minutes evidence waits for the clock, then goes on", async () => {
  const world = await settlerFixture();
  await world.runMinutes(5);
  const before = await world.state();
  world.clock.step(-3 * MINUTE);
  await world.runMinutes(3);
  expect(await world.state()).toEqual(before);
  await world.runMinutes();
  expect((await world.state()).slot).toBe(before.slot + MINUTE);
});

test("evidence of a day ago is none: a bad vote must be earned again", async () => {
  const world = await settlerFixture();
  world.script.set("down", "fra");
  await world.runMinutes(2);
  world.clock.step(DAY);
  await world.runMinutes();
  expect((await world.state()).probers.fra!.standing.vote).toBe("none");
  await world.runMinutes();
  expect((await world.state()).probers.fra!.standing.vote).toBe("down");
});

describe("after a step back by a day nothing stands in the future", () => {
  test("the vote of a prober that fell silent ages from the step on", async () => {
    const world = await settlerFixture();
    await world.runMinutes(3);
    world.clock.step(-DAY);
    world.script.set("silent", "sin");
    await world.runMinutes(3);
    expect((await world.state()).probers.sin!.standing.vote).toBe("ready");
    await world.runMinutes();
    expect((await world.state()).probers.sin!.standing.vote).toBe("none");
  });

  test("a start is announced for its budget, and no longer", async () => {
    const world = await settlerFixture();
    world.script.set("starting");
    await world.runMinutes(2);
    world.clock.step(-DAY);
    await world.runMinutes(5);
    expect((await world.state()).probers.fra!.witness!.word).toBe("announced");
    await world.runMinutes();
    expect((await world.state()).probers.fra!.witness).toMatchObject({
      word: "not_ready",
      reason: "startup_budget",
    });
  });
});
