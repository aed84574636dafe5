import { describe, expect, test } from "vitest";
import { settler } from "../../../src/engine/settler/settler.ts";
import { describeNotice, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Three regions of one prober each, in three turns. */
const byTurns = (confirm = "25s") => threeRegions([["turns: 1, confirm: 0", `confirm: ${confirm}`]]);
const seconds = (world: Awaited<ReturnType<typeof settlerFixture>>) =>
  world.script.requests.map(({ prober, at }) => [prober, (at! - START) / SECOND]);

describe("turns", () => {
  test("each prober walks at its own instant, and the slot is one line of history", async () => {
    const world = await settlerFixture(byTurns());
    await world.runMinutes();
    expect(seconds(world)).toEqual([["fra", 0], ["iad", 20], ["sin", 40]]);
    const samples = await world.store.readSamples({ shard: 0, from: START, to: START + MINUTE });
    expect(samples.map(({ slot }) => slot)).toEqual([START]);
    expect(JSON.parse(samples[0]!.data)["shop/read"].traces).toMatchObject([
      { prober: "fra", word: "ready" },
      { prober: "iad", word: "ready" },
      { prober: "sin", word: "ready" },
    ]);
  });

  test.each([["three turns", byTurns(), 3], ["one", threeRegions(), 1]])(
    "in quiet, commits a period with %s",
    async (_, text, commits) => {
      const world = await settlerFixture(text);
      const told: number[] = [];
      const { tick } = settler({
        ...world,
        probers: world.script.probers,
        owner: "c",
        onCommit: (_, at) => told.push(at),
      });
      for (let minute = 0; minute < 10; minute++) {
        void tick(START + minute * MINUTE);
        await world.clock.advance(MINUTE);
      }
      expect(told).toHaveLength(10 * commits);
    },
  );

  test("a prober that hangs delays nobody", async () => {
    const world = await settlerFixture(byTurns());
    await world.runMinutes(2);
    world.script.set("silent", "fra");
    world.script.set("drift", "iad");
    world.script.set("drift", "sin");
    await world.runMinutes(2);
    const [opened] = await world.notices();
    // The first lie is seen at 20 s, and confirmed 25 s later.
    expect(opened!.createdAt).toBe(START + 2 * MINUTE + 45 * SECOND);
  });

  test("a turn more than half a period late is not walked", async () => {
    const world = await settlerFixture(byTurns());
    await world.clock.advance(31 * SECOND);
    await world.runMinutes();
    expect(seconds(world)).toEqual([["iad", 20], ["sin", 40]]);
    expect((await world.state()).probers.fra!.missed).toEqual({ slot: START, reason: "late" });
  });
});

test("slots that are late together are a time in which nobody judged: only the last is told, and nobody is called blind", async () => {
  const world = await settlerFixture(threeRegions([["id: read,", "id: read, every: 5s,"]]));
  await world.clock.advance(58 * SECOND);
  await world.runMinutes(2);
  const samples = await world.store.readSamples({ shard: 0, from: START, to: START + MINUTE });
  expect(samples.map(({ slot }) => (slot - START) / SECOND)).toEqual([55, 60]);
  expect(JSON.parse(samples[0]!.data)["shop/read"].traces).toMatchObject([
    { prober: "fra", word: "missing", reason: "late" },
    { prober: "iad", word: "missing", reason: "late" },
    { prober: "sin", word: "missing", reason: "late" },
  ]);
  expect(await world.notices()).toEqual([]);
});

test("a prober that hangs makes nobody else's evidence old at a period under a minute", async () => {
  const world = await settlerFixture(
    threeRegions([["id: read,", "id: read, every: 10s, quorum: { minReporting: 2 },"]]),
  );
  await world.runMinutes();
  world.script.set("silent", "fra");
  await world.runMinutes(3);
  const { probers, regions } = await world.state();
  for (const id of ["iad", "sin"]) {
    expect(probers[id]!.witness!.slot).toBe(START + 4 * MINUTE - 10 * SECOND);
  }
  expect([regions.us!.outcome, regions.ap!.outcome]).toEqual(["ready", "ready"]);
  expect((await world.notices()).map(describeNotice)).toEqual(["opened prober global #1"]);
});

describe("a confirmation", () => {
  test("is walked by all probers 25 s after the first failure, in a run of its own", async () => {
    const world = await settlerFixture(byTurns());
    await world.runMinutes();
    world.script.set("drift");
    await world.runMinutes();
    expect(seconds(world).slice(3)).toEqual([
      ["fra", 60],
      ["iad", 80],
      ["fra", 85],
      ["iad", 85],
      ["sin", 85],
      ["sin", 100],
    ]);
    const samples = await world.store.readSamples({ shard: 0, from: START + MINUTE, to: START + 2 * MINUTE });
    expect(samples.map(({ slot }) => (slot - START) / SECOND)).toEqual([60, 85]);
    const [opened] = await world.notices();
    expect(describeNotice(opened!)).toBe("opened drift global #1");
    expect(opened!.createdAt).toBe(START + 85 * SECOND);
  });

  test("that falls into the next minute is walked by whoever holds its lease", async () => {
    const first = await settlerFixture(byTurns());
    await first.runMinutes();
    const next = await settlerFixture(byTurns(), { from: first, owner: "b" });
    // Only the last of the turns sees the lie.
    first.script.set("drift", "sin");
    next.script.set("drift");
    await first.runMinutes();
    expect((await first.state()).scopes.global!.confirmation).toMatchObject({ at: START + 125 * SECOND });
    await next.runMinutes();
    expect(seconds(next).slice(0, 4)).toEqual([["fra", 120], ["fra", 125], ["iad", 125], ["sin", 125]]);
    expect((await next.notices()).map(describeNotice)).toEqual(["opened drift global #1"]);
  });

  test("`confirm: 0` calls for none", async () => {
    const world = await settlerFixture(byTurns("0"));
    await world.runMinutes();
    world.script.set("drift");
    await world.runMinutes();
    expect(seconds(world)).toHaveLength(6);
  });
});

test("a turn that is under way when the lease changes hands is asked for again, and neither lost nor doubled", async () => {
  const first = await settlerFixture(byTurns());
  await first.runMinutes();
  const next = await settlerFixture(byTurns(), { from: first, owner: "b" });
  // The last turn of the first one's minute does not come home before the minute is over.
  first.script.set("silent", "sin");
  const lost = first.settler.tick(START + MINUTE);
  await first.clock.advance(MINUTE);
  const won = next.settler.tick(START + 2 * MINUTE);
  await first.clock.advance(MINUTE);
  expect(await Promise.all([lost, won])).toEqual([true, true]);
  expect(seconds(next)[0]).toEqual(["sin", 100]);
  const [sample] = await first.store.readSamples({ shard: 0, from: START + MINUTE, to: START + MINUTE });
  expect(JSON.parse(sample!.data)["shop/read"].traces).toMatchObject([
    { prober: "fra", word: "ready" },
    { prober: "iad", word: "ready" },
    { prober: "sin", word: "ready" },
  ]);
});

test("the first turn of a store is not lost when whoever began it dies before any judgement", async () => {
  const first = await settlerFixture(byTurns());
  // It has the lease, and comes no further: the last turn is due, and nothing was judged.
  await first.settler.begin(START);
  const next = await settlerFixture(byTurns(), { from: first, owner: "b" });
  await first.clock.advance(MINUTE);
  const won = next.settler.tick(START + MINUTE);
  await first.clock.advance(MINUTE);
  expect(await won).toBe(true);
  expect(seconds(next)[0]).toEqual(["sin", 40]);
  const [sample] = await first.store.readSamples({ shard: 0, from: START, to: START });
  expect(JSON.parse(sample!.data)["shop/read"].traces).toMatchObject([{ prober: "sin", word: "ready" }]);
});

test("the first lease of a store asks for nothing of the minute before", async () => {
  const world = await settlerFixture(byTurns());
  await world.clock.advance(5 * SECOND);
  await world.runMinutes();
  expect(seconds(world)).toEqual([["fra", 0], ["iad", 20], ["sin", 40]]);
});
