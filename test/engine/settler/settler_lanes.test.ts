import { describe, expect, test } from "vitest";
import { describeNotice, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";
import type { Prober } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;
const ONE_REGION: [string, string][] = [[
  `  - { id: us, probers: [{ id: iad, url: https://iad.example, token: "\${env:PROBER_TOKEN}" }] }\n`,
  "",
], [`  - { id: ap, probers: [{ id: sin, url: https://sin.example, token: "\${env:PROBER_TOKEN}" }] }\n`, ""]];

describe("periods under a minute", () => {
  const FAST: [string, string] = [
    "      - { id: read,",
    "      - { id: fast, every: 10s, journey: [{ request: { path: /fast }, expect: status == 200 }] }\n      - { id: read,",
  ];

  test("settle on their own while a slow prober holds up the minute", async () => {
    const world = await settlerFixture(threeRegions([FAST, ...ONE_REGION]));
    world.script.set("silent", "fra", "shop/read");
    const ticked = world.settler.tick(START);
    for (let slot = START; slot < START + MINUTE; slot += 10_000) {
      await world.clock.advance(1_000);
      expect(await world.state("shop/fast")).toMatchObject({ slot, outcome: "ready" });
      await world.clock.advance(9_000);
    }
    expect(await ticked).toBe(true);
    expect(await world.state("shop/read")).toMatchObject({ slot: START, outcome: "pending" });
  });

  test("a late tick walks only the newest of the slots that have passed", async () => {
    const world = await settlerFixture(threeRegions([FAST, ...ONE_REGION]));
    await world.clock.advance(35_000);
    await world.runMinutes();
    const fast = world.script.requests.filter(({ checks }) => checks[0]!.id === "fast");
    expect(fast.map(({ slot }) => slot - START)).toEqual([30_000, 40_000, 50_000]);
  });

  test("two lanes that open an incident in one slot open two", async () => {
    const thresholds: [string, string] = ["targets:", "defaults: { failureThreshold: 1 }\ntargets:"];
    const world = await settlerFixture(threeRegions([FAST, thresholds, ...ONE_REGION]));
    world.script.set("down");
    await world.runMinutes();
    const { items } = await world.store.listIncidents({ limit: 10 });
    expect(items.map(({ check, openedAt }) => [check, openedAt]).toSorted()).toEqual([
      ["fast", START],
      ["read", START],
    ]);
    expect((await world.notices()).map(describeNotice)).toEqual([
      "opened outage global #1",
      "opened outage global #1",
    ]);
  });

  test("a prober that hangs leaves the fast lane fresh", async () => {
    const world = await settlerFixture(threeRegions([FAST]));
    world.script.set("silent", "sin");
    await world.runMinutes(2);
    const { slot } = await world.state("shop/fast");
    // Evidence is old after 2.5 periods, so whatever is settled later than that is never shown.
    expect(world.clock.now() - slot).toBeLessThanOrEqual(25_000);
  });

  test("a slow slot holds up no later one, and is history when it comes", async () => {
    const world = await settlerFixture(threeRegions([FAST, ...ONE_REGION]));
    const [quick] = world.script.probers;
    const slow: Prober = {
      id: "fra",
      async ask(request) {
        const delayMs = request.slot === START ? 11_500 : 0;
        await new Promise<void>((resolve) => world.clock.after(delayMs, resolve));
        return await quick!.ask(request);
      },
    };
    world.script.probers[0] = slow;
    const ticked = world.settler.tick(START);
    await world.clock.advance(11_000);
    expect(await world.state("shop/fast")).toMatchObject({ slot: START + 10_000, outcome: "ready" });
    await world.clock.advance(MINUTE);
    await ticked;
    const samples = await world.store.readSamples({ shard: 0, from: START, to: START + 10_000 });
    expect(samples.map(({ slot, data }) => [slot - START, JSON.parse(data)["shop/fast"].outcome])).toEqual([
      [0, "ready"],
      [10_000, "ready"],
    ]);
  });
});
