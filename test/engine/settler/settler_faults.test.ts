import { describe, expect, test } from "vitest";
import { settler } from "../../../src/engine/settler/settler.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { failingStore } from "../../world/failing_store.ts";
import {
  describeNotice,
  type SettlerFixture,
  settlerFixture,
  threeRegions,
} from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";
import type { Prober, ProberReply } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;

/** What is told first when three probers fall silent. */
const ALL_SILENT = Array.from({ length: 3 }, () => "opened prober global #1");

describe("a prober that never answers", () => {
  test("is named, and its vote stands until it is too old", async () => {
    const world = await settlerFixture();
    await world.runMinutes();
    world.script.set("silent", "sin");
    const seen = [];
    for (let i = 0; i < 3; i++) {
      await world.runMinutes();
      const { probers, regions, outcome } = await world.state();
      seen.push([probers.sin!.missed, probers.sin!.standing.vote, regions.ap!.outcome, outcome]);
    }
    // 2.5 periods after the last evidence: the third silent slot is the first that is too late.
    expect(seen).toEqual([
      [{ slot: START + MINUTE, reason: "timeout" }, "ready", "ready", "ready"],
      [{ slot: START + 2 * MINUTE, reason: "timeout" }, "ready", "ready", "ready"],
      [{ slot: START + 3 * MINUTE, reason: "timeout" }, "none", "pending", "ready"],
    ]);
    expect(world.log[0]).toEqual({
      level: "warn",
      message: "a prober is missing",
      fields: { prober: "sin", slot: START + MINUTE, reason: "timeout" },
    });
  });

  test("does not count as recovered: the incident stays open", async () => {
    const world = await settlerFixture();
    world.script.set("drift");
    await world.runMinutes(2);
    world.script.set("silent");
    await world.runMinutes(8);
    expect((await world.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      ...ALL_SILENT,
      "opened blind global #1",
    ]);
  });
});

test("who held an incident open until it was released stands in the notice of its end", async () => {
  const world = await settlerFixture(
    threeRegions([["id: read,", "id: read, quorum: { minReporting: 1 }, releaseAfter: 5m,"]]),
  );
  world.script.set("drift");
  await world.runMinutes(2);
  for (const id of ["iad", "sin"]) world.script.set("silent", id);
  world.script.set("ready", "fra");
  await world.runMinutes(10);
  const { body } = (await world.notices()).find(({ type }) => type === "incident.resolved")!;
  expect(JSON.parse(body).data.summary).toBe(
    "shop / read has recovered after 9 min: its journey passes in 1 of 1 region; it was held open by us, silent since 22:18; ap, silent since 22:18",
  );
});

describe("when all fall silent", () => {
  test.each([
    ["from the first slot", 0, 6],
    ["after a ready slot", 1, 5],
  ])("blind opens after five periods without evidence: %s", async (_, ready, silent) => {
    const world = await settlerFixture();
    await world.runMinutes(ready);
    world.script.set("silent");
    await world.runMinutes(silent - 1);
    expect((await world.notices()).map(describeNotice)).toEqual(ALL_SILENT);
    await world.runMinutes();
    expect((await world.notices()).map(describeNotice)).toEqual([...ALL_SILENT, "opened blind global #1"]);
    world.script.set("ready");
    await world.runMinutes();
    expect((await world.notices()).map(describeNotice).slice(4)).toEqual([
      "resolved prober global #1",
      "resolved prober global #1",
      "resolved prober global #1",
      "resolved blind global #1",
    ]);
  });

  test("two silent regions of three are too few to say anything, one is not", async () => {
    const world = await settlerFixture();
    world.script.set("silent", "sin");
    await world.runMinutes(4);
    expect((await world.notices()).map(describeNotice)).toEqual(["opened prober global #1"]);
    world.script.set("silent", "iad");
    await world.runMinutes(5);
    expect((await world.notices()).map(describeNotice).slice(1)).toEqual([
      "opened prober global #1",
      "opened blind global #1",
    ]);
  });
});

describe("a reply is believed only for what was asked", () => {
  const ready = (world: SettlerFixture) => world.script.probers.find(({ id }) => id === "sin")!;
  const changed = (prober: Prober, change: (reply: ProberReply) => ProberReply): Prober => ({
    id: prober.id,
    ask: async (request) => change(await prober.ask(request)),
  });

  test.each<[string, (reply: ProberReply) => ProberReply, string]>([
    ["another prober", (reply) => ({ ...reply, prober: "fra" }), "answered as another prober"],
    ["another slot", (reply) => ({ ...reply, slot: reply.slot - 1 }), "answered for another slot"],
    ["nothing", (reply) => ({ ...reply, answers: [] }), "not in the answer"],
    [
      "another version of the check",
      (reply) => ({ ...reply, answers: reply.answers.map((answer) => ({ ...answer, digest: "old" })) }),
      "digest",
    ],
    [
      "a reason",
      (reply) => ({
        ...reply,
        answers: reply.answers.map(({ check, digest }) => ({ check, digest, missed: "deadline" })),
      }),
      "deadline",
    ],
  ])("%s", async (_, change, reason) => {
    const world = await settlerFixture();
    world.script.probers[2] = changed(ready(world), change);
    await world.runMinutes();
    const { probers, outcome } = await world.state();
    expect(probers.sin).toMatchObject({ missed: { slot: START, reason }, standing: { vote: "none" } });
    expect(outcome).toBe("ready");
  });

  test("a prober that fails at once, and one that was never started", async () => {
    const world = await settlerFixture();
    world.script.set("broken", "iad");
    world.script.probers.pop();
    await world.runMinutes();
    const { probers } = await world.state();
    expect([probers.iad!.missed!.reason, probers.sin!.missed!.reason]).toEqual([
      "connection reset",
      "not started",
    ]);
  });

  test.each(["suspect", "misplaced"] as const)("%s: shown, but without a vote", async (fault) => {
    const world = await settlerFixture();
    await world.runMinutes();
    world.script.set("down", "sin");
    world.script.probers[2] = changed(ready(world), (reply) => ({ ...reply, [fault]: true }));
    await world.runMinutes(2);
    const { probers, regions, outcome } = await world.state();
    expect(probers.sin).toMatchObject({ aside: fault, witness: { word: "inconclusive", reason: fault } });
    expect([regions.ap!.outcome, outcome]).toEqual(["pending", "ready"]);
  });
});

describe("a commit that does not happen", () => {
  test("fenced by a later lease: the winner's state stands, and the loser says so", async () => {
    const loser = await settlerFixture();
    const winner = await settlerFixture(threeRegions(), { from: loser, owner: "b" });
    loser.script.set("silent");
    const lost = loser.settler.tick(START);
    await loser.clock.advance(30_000);
    const won = winner.settler.tick(START + MINUTE);
    await loser.clock.advance(MINUTE);
    expect(await Promise.all([lost, won])).toEqual([true, true]);
    expect(await winner.state()).toMatchObject({ slot: START + MINUTE, outcome: "ready" });
    // The slot was under way when the lease changed hands, and the winner asks for it again.
    const [sample] = await winner.store.readSamples({ shard: 0, from: START, to: START });
    expect(JSON.parse(sample!.data)["shop/read"].outcome).toBe("ready");
    expect(loser.log).toContainEqual({
      level: "warn",
      message: "a slot is lost: another process now holds the lease",
      fields: { slot: START, fence: 1 },
    });
  });

  test("the loser goes on from the winner's state", async () => {
    const loser = await settlerFixture();
    const winner = await settlerFixture(threeRegions(), { from: loser, owner: "b" });
    loser.script.set("drift");
    winner.script.set("drift");
    await loser.runMinutes();
    await winner.runMinutes();
    await loser.runMinutes();
    expect((await loser.notices()).map(describeNotice)).toEqual(["opened drift global #1"]);
    expect((await loser.state()).incidents[0]!.openedAt).toBe(START + MINUTE);
  });

  test("rejected by the store: the next slot goes on as if that one had not been", async () => {
    const { store, broken } = failingStore(memoryStore());
    const world = await settlerFixture(threeRegions(), { store });
    world.script.set("drift");
    await world.runMinutes();
    const rows = await store.readShards("all");
    broken.add("commit");
    await world.runMinutes();
    expect(await store.readShards("all")).toEqual(rows);
    expect(await world.notices()).toEqual([]);
    broken.clear();
    await world.runMinutes();
    expect((await world.notices()).map(describeNotice)).toEqual(["opened drift global #1"]);
    expect((await world.state()).incidents[0]!.openedAt).toBe(START + 2 * MINUTE);
    expect(world.log.filter(({ level }) => level === "error")).toEqual([{
      level: "error",
      message: "a slot could not be settled",
      fields: { slot: START + MINUTE, lane: "minute", error: "disk full" },
    }]);
  });

  test("housekeeping that fails costs no slot", async () => {
    const { store, broken } = failingStore(memoryStore());
    const world = await settlerFixture(threeRegions(), { store });
    broken.add("readRollups");
    await world.runMinutes();
    expect(await world.state()).toMatchObject({ slot: START, outcome: "ready" });
    expect(world.log).toMatchObject([{ level: "error", fields: { error: "disk full" } }]);
  });

  test("what was committed is told: how many notices, for which slot", async () => {
    const world = await settlerFixture();
    const told: [number, number][] = [];
    const { tick } = settler({
      ...world,
      probers: world.script.probers,
      owner: "c",
      onCommit: (notices, slot) => told.push([notices, slot]),
    });
    world.script.set("down");
    await tick(START);
    await world.clock.advance(MINUTE);
    await tick(START + MINUTE);
    expect(told).toEqual([[0, START], [1, START + MINUTE]]);
  });
});

test("a commit that is under way when the next minute begins is not refused for it", async () => {
  const memory = memoryStore();
  const release = Promise.withResolvers<void>();
  let wait = Promise.resolve();
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === "commit") {
        const commit: typeof memory.commit = async (...given) => {
          await wait;
          return await target.commit(...given);
        };
        return commit;
      }
      const method: unknown = Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const world = await settlerFixture(threeRegions(), { store });
  await world.runMinutes();
  wait = release.promise;
  await world.runMinutes();
  const third = world.runMinutes();
  release.resolve();
  await third;
  expect(world.log).toEqual([]);
  const samples = await store.readSamples({ shard: 0, from: 0, to: Infinity });
  expect(samples.map(({ slot }) => slot)).toEqual([START, START + MINUTE, START + 2 * MINUTE]);
});
