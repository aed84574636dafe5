import { describe, expect, test } from "vitest";
import { encodeStates, isShard } from "../../../src/storage/codec.ts";
import { describeNotice, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { roundOf } from "../../world/scripted_probers.ts";
import { START } from "../../world/test_env.ts";

const MINUTE = 60_000;
describe("a tick", () => {
  test("settles the slot of its minute: state, sample and pulse", async () => {
    const world = await settlerFixture();
    await world.runMinutes();
    expect(await world.state()).toMatchObject({ slot: START, outcome: "ready", since: START });
    expect(await world.store.latest()).toEqual({ tick: START, slot: START });
    const [sample] = await world.store.readSamples({ shard: 0, from: START, to: START });
    expect(JSON.parse(sample!.data)["shop/read"]).toMatchObject({
      outcome: "ready",
      traces: [{ prober: "fra", word: "ready", reported: "ready", totalMs: 5 }, { prober: "iad" }, {
        prober: "sin",
      }],
    });
  });

  test("counts what was due, walked, missing and written, until that is taken", async () => {
    const world = await settlerFixture();
    world.script.set({ missed: "deadline" }, "sin");
    await world.runMinutes();
    expect(world.settler.takeStatistics()).toEqual({
      due: 3,
      walked: 2,
      missed: 1,
      reasons: { deadline: 1 },
      roundP95Ms: expect.any(Number),
      lagMs: 0,
      commits: 1,
      notices: 0,
    });
    expect(world.settler.takeStatistics()).toMatchObject({ due: 0, walked: 0, missed: 0, commits: 0 });
  });

  test("belongs to one settler: the second gets false and asks nobody", async () => {
    const first = await settlerFixture();
    const second = await settlerFixture(threeRegions(), { from: first, owner: "b" });
    second.script.set("down");
    const both = [first.settler.tick(START), second.settler.tick(START)];
    await first.clock.advance(MINUTE);
    expect(await Promise.all(both)).toEqual([true, false]);
    expect(second.script.requests).toEqual([]);
    expect(await first.state()).toMatchObject({ outcome: "ready" });
  });

  test("repeated within its lease is refused; after it, it changes nothing", async () => {
    const world = await settlerFixture();
    const ticked = world.settler.tick(START);
    expect(await world.settler.tick(START)).toBe(false);
    await world.clock.advance(MINUTE);
    expect(await ticked).toBe(true);
    const rows = await world.store.readShards("all");
    world.script.set("down");
    await world.settler.tick(START);
    expect(await world.store.readShards("all")).toEqual(rows);
  });

  test("asks every prober for every due check, with a deadline of at most 50 s", async () => {
    const world = await settlerFixture();
    await world.clock.advance(20_000);
    await world.runMinutes();
    expect(world.script.requests.map(({ prober, slot, deadlineMs }) => [prober, slot, deadlineMs])).toEqual([
      ["fra", START, 30_000],
      ["iad", START, 30_000],
      ["sin", START, 30_000],
    ]);
  });
});

describe("drift, end to end", () => {
  test("opens after two bad slots with its evidence, and resolves after two good ones", async () => {
    const world = await settlerFixture();
    await world.runMinutes();
    world.script.set("drift");
    await world.runMinutes();
    expect(await world.notices()).toEqual([]);
    await world.runMinutes();
    const [opened, ...more] = await world.notices();
    expect(more).toEqual([]);
    expect(opened).toMatchObject({
      webhook: "ops",
      type: "incident.opened",
      state: "pending",
      createdAt: START + 2 * MINUTE,
    });
    const { data } = JSON.parse(opened!.body);
    expect(data.incident).toMatchObject({
      kind: "drift",
      family: "service",
      severity: "critical",
      episode: 1,
    });
    expect(data.decision).toMatchObject({
      outcome: "drift",
      over: "regions",
      votes: { eu: "drift", us: "drift", ap: "drift" },
    });
    expect(data.evidence.eu.fra).toMatchObject({
      verdict: "drift",
      vote: "drift",
      reported: { before: { state: "ready" }, after: { state: "ready" } },
      observed: {
        outcome: "fail",
        failedStep: "look",
        expression: "body.state == 'accepted'",
        values: { "body.state": "'pending'" },
        totalMs: 5,
      },
    });
    world.script.set("ready");
    await world.runMinutes(2);
    expect((await world.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      "resolved drift global #1",
    ]);
    expect(await world.store.getIncident(data.incident.id)).toMatchObject({
      state: "resolved",
      reason: "recovered",
      resolvedAt: START + 4 * MINUTE,
    });
  });

  test("within the flap window keeps its id and raises the episode; after it, a new incident", async () => {
    const world = await settlerFixture();
    const spell = async (said: "ready" | "drift", minutes: number) => {
      world.script.set(said);
      await world.runMinutes(minutes);
    };
    await spell("drift", 2);
    await spell("ready", 2);
    await spell("drift", 2);
    await spell("ready", 18);
    await spell("drift", 2);
    const notices = await world.notices();
    expect(notices.map(describeNotice)).toEqual([
      "opened drift global #1",
      "resolved drift global #1",
      "opened drift global #2",
      "resolved drift global #2",
      "opened drift global #1",
    ]);
    expect(new Set(notices.map(({ id }) => id)).size).toBe(5);
    const [a, , b, , c] = notices.map(({ incident }) => incident);
    expect([a === b, a === c]).toEqual([true, false]);
  });

  test("a minority opens nothing", async () => {
    const world = await settlerFixture();
    world.script.set("drift", "fra");
    await world.runMinutes(5);
    expect(await world.notices()).toEqual([]);
    expect(await world.state()).toMatchObject({ outcome: "ready", regions: { eu: { outcome: "drift" } } });
  });

  test("a start is announced, not judged", async () => {
    const world = await settlerFixture();
    world.script.set("starting");
    await world.runMinutes(4);
    expect(await world.notices()).toEqual([]);
    const { outcome, probers } = await world.state();
    expect([outcome, probers.fra!.witness!.word]).toEqual(["pending", "announced"]);
  });

  test("scope region opens one incident for each region whose own quorum agrees", async () => {
    const world = await settlerFixture(threeRegions([["{ id: read,", "{ id: read, scope: region,"]]));
    world.script.set("drift", "iad");
    world.script.set("down", "sin");
    await world.runMinutes(2);
    expect((await world.notices()).map(describeNotice)).toEqual([
      "opened drift us #1",
      "opened outage ap #1",
    ]);
  });
});

describe("a change of the checks", () => {
  const WRITE = ["{ id: read,", "{ id: write,"] as [string, string];
  const both = (order: "read first" | "write first"): [string, string][] => {
    const line = threeRegions().split("\n").find((line) => line.includes("{ id: read,"))!;
    const write = line.replace(...WRITE);
    return [[line, order === "read first" ? `${line}\n${write}` : `${write}\n${line}`]];
  };

  test.each([
    ["a check added", threeRegions(both("read first"))],
    ["a check added before it", threeRegions(both("write first"))],
    [
      "a prober added",
      threeRegions([[
        "[{ id: fra }]",
        `[{ id: fra }, { id: ams, url: https://ams.example, token: "\${env:T}" }]`,
      ]]),
    ],
    ["a period under a minute", threeRegions([["{ id: read,", "{ id: read, every: 30s, timeout: 5s,"]])],
  ])("carries state and incident over: %s", async (_, text) => {
    const before = await settlerFixture();
    before.script.set("drift");
    await before.runMinutes(2);
    const [incident] = (await before.state()).incidents;
    const after = await settlerFixture(text, { from: before });
    after.script.set("drift");
    await after.runMinutes();
    expect((await after.state()).incidents).toEqual([incident]);
    expect((await after.notices()).filter(({ incident: id }) => id === incident!.id).map(describeNotice))
      .toEqual([
        "opened drift global #1",
      ]);
  });

  test("reordered checks keep their own states", async () => {
    const before = await settlerFixture(threeRegions(both("read first")));
    for (const id of ["fra", "iad", "sin"]) before.script.set("drift", id, "shop/write");
    await before.runMinutes(2);
    const after = await settlerFixture(threeRegions(both("write first")), { from: before });
    after.script.set("inconclusive");
    await after.runMinutes();
    expect((await after.state("shop/write")).outcome).toBe("drift");
    expect((await after.state("shop/read")).outcome).toBe("ready");
  });

  test("what left the config is resolved as removed, its notice is written, and no shard of it stays", async () => {
    const apart: [string, string] = ["{ id: write,", "{ id: write, every: 30s, timeout: 5s,"];
    const before = await settlerFixture(threeRegions([...both("read first"), apart]));
    for (const id of ["fra", "iad", "sin"]) before.script.set("drift", id, "shop/write");
    await before.runMinutes();
    expect((await before.store.readShards("all")).filter(isShard)).toHaveLength(2);
    const after = await settlerFixture(threeRegions(), { from: before });
    await after.runMinutes(2);
    expect((await after.store.readShards("all")).filter(isShard)).toHaveLength(1);
    const { items } = await after.store.listIncidents({ limit: 10 });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      check: "write",
      state: "resolved",
      reason: "removed",
      resolvedAt: START + MINUTE,
    });
    expect((await after.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      "resolved drift global #1",
    ]);
    await expect(after.state("shop/write")).rejects.toThrow("never settled");
  });
});

test("a store text of another shape stops the slot with a clear error, and is left as it was", async () => {
  const world = await settlerFixture();
  await world.runMinutes();
  const [row] = await world.store.readShards([0]);
  const lease = await world.store.takeLease({ tick: START + MINUTE, owner: "x", nowMs: START, ttlMs: 1 });
  const broken = { ...row!, state: encodeStates(JSON.parse(row!.state)).replace('"ready"', '"splendid"') };
  await world.store.commit(lease!, { shards: [broken], samples: [], incidents: [], notices: [] });
  await world.runMinutes();
  const errors = world.log.filter(({ level }) => level === "error");
  expect(errors.map(({ message }) => message)).toEqual(["a slot could not be settled"]);
  expect(errors[0]!.fields.error).toMatch(/^Cannot read shard 0 from the store at shop\/read\.outcome: /);
  expect(await world.store.readShards([0])).toEqual([broken]);
});

test("a round that was walked again says so in state and notice", async () => {
  const world = await settlerFixture();
  world.script.set("drift");
  const first = {
    before: "ready" as const,
    after: "ready" as const,
    outcome: "fail" as const,
    failure: { step: "look", reason: "network" as const, detail: "connection reset" },
  };
  world.script.probers[2] = {
    id: "sin",
    ask({ slot, checks: [check] }) {
      const { key, digest } = check!;
      const answers = [{ check: key, digest, round: { ...roundOf("drift", slot), first } }];
      return Promise.resolve({ prober: "sin", slot, suspect: false, misplaced: false, answers });
    },
  };
  await world.runMinutes(2);
  expect((await world.state()).probers.sin!.witness!.first).toEqual(first);
  const [opened] = await world.notices();
  const { evidence } = JSON.parse(opened!.body).data;
  expect(evidence.ap.sin.observed.walkedAgain).toBe("walked again after no answer (look: connection reset)");
  expect(evidence.eu.fra.observed).not.toHaveProperty("walkedAgain");
});
