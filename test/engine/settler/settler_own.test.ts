import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { decodeOwn, OWN_ROW } from "../../../src/storage/codec.ts";
import { EMPTY_OWN } from "../../../src/judgement/own.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

const MINUTE = 60_000;
const OWN = { target: "_assay", limit: 10 };
const WRITE =
  "{ id: write, turns: 1, confirm: 0, journey: [{ name: put, request: { path: / }, expect: status == 200 }] }";
const TWO_CHECKS = threeRegions([["      - { id: read,", `      - ${WRITE}\n      - { id: read,`]]);

const summaries = async (world: SettlerFixture) =>
  (await world.notices()).map(({ body }) => JSON.parse(body).data.summary);

const ownIncidents = async (world: SettlerFixture) => {
  const { items } = await world.store.listIncidents(OWN);
  return items.map(({ check, state, reason }) => ({ check, state, reason }));
};

const ownState = async (world: SettlerFixture) =>
  decodeOwn((await world.store.readShards([OWN_ROW]))[0]!.state);

describe("a prober that brings nothing", () => {
  test.each([
    ["memory", memoryStore],
    ["sqlite", () => openSqlite(":memory:")],
  ])(
    "is told after three minutes, once for all checks, and until its first round: on %s",
    async (_, open) => {
      const world = await settlerFixture(TWO_CHECKS, { store: open() });
      await world.runMinutes();
      world.script.set("broken", "sin");
      await world.runMinutes(4);
      expect(await summaries(world)).toEqual(["prober sin has brought nothing for 3 min"]);
      expect(await ownIncidents(world)).toEqual([{ check: "prober-sin", state: "open" }]);
      world.script.set("ready", "sin");
      await world.runMinutes();
      expect((await summaries(world)).slice(1)).toEqual(["prober sin brings something again after 2 min"]);
      expect(await ownIncidents(world)).toEqual([{
        check: "prober-sin",
        state: "resolved",
        reason: "recovered",
      }]);
    },
  );

  test("is told before the check that goes blind for it", async () => {
    const blind = threeRegions([["id: read,", "id: read, every: 10s, quorum: { minReporting: 3 },"]]);
    const world = await settlerFixture(blind);
    await world.runMinutes();
    world.script.set("broken", "sin");
    await world.runMinutes();
    expect(await summaries(world)).toEqual([
      "prober sin has brought nothing for 50 s",
      "shop / read cannot be judged: 2 of 3 regions reporting, at least 3 needed",
    ]);
  });

  test("one check that it cannot walk is not the prober", async () => {
    const world = await settlerFixture(TWO_CHECKS);
    world.script.set({ missed: "digest" }, "sin", "shop/write");
    await world.runMinutes(6);
    expect(await ownIncidents(world)).toEqual([]);
    expect(await ownState(world)).toEqual(EMPTY_OWN);
  });

  test("is counted on by whoever takes the lease over", async () => {
    const first = await settlerFixture();
    await first.runMinutes();
    first.script.set("broken", "sin");
    await first.runMinutes(2);
    const next = await settlerFixture(undefined, { from: first, owner: "b" });
    next.script.set("broken", "sin");
    await next.runMinutes(1);
    expect(await summaries(next)).toEqual(["prober sin has brought nothing for 3 min"]);
  });

  test("its incident is closed when it leaves the config", async () => {
    const first = await settlerFixture();
    await first.runMinutes();
    first.script.set("broken", "sin");
    await first.runMinutes(3);
    const line =
      '  - { id: ap, probers: [{ id: sin, url: https://sin.example, token: "${env:PROBER_TOKEN}" }] }\n';
    const next = await settlerFixture(threeRegions([[line, ""]]), { from: first, owner: "b" });
    await next.runMinutes();
    expect(await ownIncidents(next)).toEqual([{ check: "prober-sin", state: "resolved", reason: "removed" }]);
  });

  test("costs no row while all is well", async () => {
    const world = await settlerFixture();
    const written: number[][] = [];
    const { commit } = world.store;
    world.store.commit = (lease, one) => {
      written.push(one.shards.map(({ shard }) => shard));
      return commit.call(world.store, lease, one);
    };
    await world.runMinutes(3);
    expect(written).toEqual([[0, OWN_ROW], [0], [0]]);
  });
});

describe("rounds that no prober has room for", () => {
  const short = async (world: SettlerFixture, missed: string, minutes: number) => {
    world.script.set({ missed }, "sin", "shop/write");
    await world.runMinutes(minutes);
  };

  test("are told after three slots, with the numbers, and until three have passed without", async () => {
    const world = await settlerFixture(TWO_CHECKS);
    await world.runMinutes();
    await short(world, "deadline", 2);
    expect(await ownIncidents(world)).toEqual([]);
    await short(world, "deadline", 1);
    expect(await summaries(world)).toEqual([
      "Assay's capacity is short: 1 of 6 rounds were not walked (deadline)",
    ]);
    world.script.set("ready", "sin", "shop/write");
    await world.runMinutes(3);
    expect(await ownIncidents(world)).toEqual([{
      check: "capacity",
      state: "resolved",
      reason: "recovered",
    }]);
  });

  test.each(["timeout", "late", "digest"])("are not those that are missing by %s", async (missed) => {
    const world = await settlerFixture(TWO_CHECKS);
    await short(world, missed, 4);
    expect(await ownIncidents(world)).toEqual([]);
  });

  test("are told of a check that is due more seldom than others that are well", async () => {
    const world = await settlerFixture(threeRegions([
      [
        "      - { id: read,",
        `      - ${WRITE.replace("id: write,", "id: write, every: 2m,")}\n      - { id: read,`,
      ],
    ]));
    await world.runMinutes();
    await short(world, "budget", 4);
    expect((await ownIncidents(world)).map(({ check, state }) => [check, state])).toEqual([[
      "capacity",
      "open",
    ]]);
  });
});

describe("a delivery that fails", () => {
  test("is told with the next commit, with nobody's votes, and over after three slots without it", async () => {
    const world = await settlerFixture(
      threeRegions([["version: 1", "version: 1\npublicUrl: https://assay.example"]]),
    );
    await world.runMinutes();
    world.delivery.read = () =>
      Promise.resolve({ cause: "webhook ops has accepted nothing since 2023-11-15T00:00:00.000Z" });
    await world.runMinutes();
    world.delivery.read = () => Promise.resolve({});
    await world.runMinutes(3);
    const [opened, resolved] = (await world.notices()).map(({ body }) => JSON.parse(body).data);
    expect(opened).toMatchObject({
      incident: { family: "evidence", kind: "delivery", severity: "warning", scope: "global" },
      target: { id: "_assay" },
      check: { id: "delivery" },
      summary: "Assay's delivery fails: webhook ops has accepted nothing since 2023-11-15T00:00:00.000Z",
      decision: { votes: {}, rule: "none: it is about Assay itself" },
      evidence: {},
    });
    expect(Object.keys(opened.links)).toEqual(["page", "api"]);
    expect(resolved.summary).toBe("Assay's delivery works again after 3 min");
  });

  test("that has nothing left to try is over, and is not said to work again", async () => {
    const world = await settlerFixture();
    world.delivery.read = () => Promise.resolve({ cause: "nothing goes out" });
    await world.runMinutes();
    world.delivery.read = () => Promise.resolve({ isIdle: true });
    await world.runMinutes(3);
    expect((await ownIncidents(world)).map(({ state, reason }) => [state, reason])).toEqual([
      ["resolved", "idle"],
    ]);
    const summary = "Assay's delivery has nothing left to send after 3 min";
    expect((await summaries(world)).at(-1)).toBe(summary);
  });

  test("is told at the end of a minute in which nothing is walked", async () => {
    const world = await settlerFixture(threeRegions([["id: read,", "id: read, every: 1h,"]]));
    await world.clock.advance(MINUTE);
    world.delivery.read = () => Promise.resolve({ cause: "nothing goes out" });
    await world.runMinutes();
    expect(await summaries(world)).toEqual(["Assay's delivery fails: nothing goes out"]);
  });

  test("waits while a commit is refused", async () => {
    const world = await settlerFixture();
    world.delivery.read = () => Promise.resolve({ cause: "nothing goes out" });
    const { commit } = world.store;
    world.store.commit = () => Promise.resolve(false);
    await world.runMinutes();
    world.store.commit = commit.bind(world.store);
    await world.runMinutes();
    expect(await summaries(world)).toEqual(["Assay's delivery fails: nothing goes out"]);
  });

  test("is not over while the store cannot say how delivery is", async () => {
    const world = await settlerFixture();
    world.delivery.read = () => Promise.resolve({ cause: "nothing goes out" });
    await world.runMinutes();
    world.delivery.read = () => Promise.reject(new Error("the store is down"));
    await world.runMinutes(5);
    expect((await ownIncidents(world)).map(({ state }) => state)).toEqual(["open"]);
  });
});
