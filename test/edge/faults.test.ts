import { evictDurableObject, runInDurableObject, type Stub } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { minute, network, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const READY = { weur: "ready", enam: "ready", oc: "ready" };
const DRIFT = { weur: "drift", enam: "drift", oc: "drift" };

/** The object dies at once, with all that it is doing. */
const kill = (stub: Stub) =>
  runInDurableObject(stub, (_, state) => (state as unknown as { abort(): void }).abort()).catch(() => {});

/** Answers once the shop has seen `count` requests that it makes wait. */
const waiting = (count: number) => world.shop.until(({ hits }) => hits.length >= count);

describe("between slots", () => {
  test.each<[string, (stub: Stub) => Promise<unknown>]>([
    ["eviction", evictDurableObject],
    ["death", kill],
  ])("%s of every object doubles and loses nothing", async (_name, end) => {
    const objects = [world.ledger, ...["weur", "enam", "oc"].map((place) => world.prober(place))];
    for (
      const [n, mood] of (["serves", "lies", "lies", "lies", "serves", "serves", "serves"] as const).entries()
    ) {
      await world.shop.be({ all: mood });
      await world.tick(n);
      for (const object of objects) await end(object);
    }
    expect(Object.keys(await world.history())).toHaveLength(7);
    expect((await world.notices()).map(({ says }) => says)).toEqual(["opened drift #1", "resolved drift #1"]);
  });
});

describe("in mid-slot", () => {
  test("eviction of the ledger waits for the slot, which is settled", async () => {
    await world.shop.be({ all: "waits" });
    const ticking = world.tick(0);
    await waiting(3);
    const evicting = evictDurableObject(world.ledger);
    await world.shop.be({ all: "serves" });
    await Promise.all([ticking, evicting]);
    await world.tick(1);
    expect(await world.history()).toEqual({ 0: READY, 1: READY });
  });

  test("death of the ledger leaves a gap; the next slot settles, and its incident opens once", async () => {
    await world.tick(0);
    await world.shop.be({ all: "lies" });
    await world.tick(1);
    await world.shop.be({ all: "waits" });
    const ticking = world.tick(2).catch(() => "died");
    await waiting(9 + 9 + 3);
    await kill(world.ledger);
    expect(await ticking).toBe("died");
    await world.shop.be({ all: "lies" });
    await world.tick(3);
    await world.tick(4);
    expect(await world.history()).toEqual({ 0: READY, 1: DRIFT, 3: DRIFT, 4: DRIFT });
    expect((await world.notices()).map(({ says }) => says)).toEqual(["opened drift #1"]);
  });

  test("death of the ledger in mid-delivery sends the notice again, with the same id", async () => {
    await world.tick(0);
    await world.shop.be({ all: "lies" });
    await world.tick(1);
    await world.shop.answerHooks(-1);
    const ticking = world.tick(2).catch(() => "died");
    await world.shop.until(({ posts }) => posts.length === 1);
    await kill(world.ledger);
    expect(await ticking).toBe("died");
    await world.tick(3);
    const told = await world.notices();
    expect(told.map(({ says }) => says)).toEqual(["opened drift #1", "opened drift #1"]);
    expect(told[1]!.id).toBe(told[0]!.id);
  });

  test.each<[string, (stub: Stub) => Promise<unknown>, string]>([
    ["eviction of a prober waits for its round", evictDurableObject, "ready"],
    ["death of a prober is a missed slot of that one", kill, "missing"],
  ])("%s; the others go on, and the next slot is whole", async (_name, end, word) => {
    await world.shop.be({ all: "serves", oc: "waits" });
    const ticking = world.tick(0);
    await waiting(7);
    const ending = end(world.prober("oc"));
    if (end === kill) await ending;
    await world.shop.be({ all: "serves" });
    await Promise.all([ticking, ending]);
    await world.tick(1);
    expect(await world.history()).toEqual({ 0: { ...READY, oc: word }, 1: READY });
  });
});

describe("a prober that fails is missing and named, and the others go on", () => {
  test("its object throws", async () => {
    network.walk = ({ prober }, ask) => prober === "oc" ? Promise.reject(new Error("out of memory")) : ask();
    await world.tick(0);
    expect(await world.history()).toEqual({ 0: { ...READY, oc: "missing" } });
    expect((await world.probers()).oc).toMatchObject({
      vote: "none",
      missed: { slot: "2100-01-01T00:00:00.000Z", reason: expect.stringContaining("out of memory") },
    });
    expect((await world.status()).status).toBe("ready");
  });

  test("it is another deployment, over HTTP, and does not answer in time", async () => {
    const far = { id: "far", url: world.shop.stall("far"), token: "${env:ASSAY_TOKEN}" };
    const places = ["weur", "enam"].map((id) => ({ id, probers: [{ id, place: id }] }));
    world.setConfig({ regions: [...places, { id: "far", probers: [far] }] });
    await world.shop.be({ all: "serves", far: "hangs" });
    // Late in the slot, which is given up 50 s after it began.
    await world.withTimers(() => world.tick(0, minute(0) + 29_000));
    expect(await world.history()).toEqual({ 0: { weur: "ready", enam: "ready", far: "missing" } });
    expect((await world.probers()).far!.missed!.reason).toMatch(/^timeout/);
    expect((await world.status()).status).toBe("ready");
  });

  test("its deployment holds a check of another digest", async () => {
    await world.tick(0);
    const [target] = targets();
    const check = { ...(target!.checks as object[])[0], latencyBudget: "9s" };
    world.setConfig({ targets: [{ ...target, url: world.shop.stall(), checks: [check] }] });
    // These three know the new check; the one in Oceania runs what was deployed before.
    for (const object of [world.ledger, world.prober("weur"), world.prober("enam")]) {
      await evictDurableObject(object);
    }
    await world.tick(1);
    expect((await world.history())[1]).toEqual({ ...READY, oc: "missing" });
    expect((await world.probers()).oc!.missed!.reason).toBe("digest");
  });
});

test("a prober whose measured data centre serves another place is misplaced, and has no vote", async () => {
  network.colo = "FRA";
  await world.tick(0);
  const { weur, enam, oc } = await world.probers();
  expect(weur).toMatchObject({ vote: "ready", verdict: "ready" });
  for (const elsewhere of [enam, oc]) {
    expect(elsewhere).toMatchObject({
      vote: "none",
      excluded: "misplaced",
      verdict: "inconclusive",
      verdictReason: "misplaced",
    });
  }
});
