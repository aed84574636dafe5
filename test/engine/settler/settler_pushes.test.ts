import { beforeEach, describe, expect, test } from "vitest";
import { api } from "../../../src/web/app.ts";
import { decodeStates, isShard } from "../../../src/storage/codec.ts";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import { DIALECTS, withSource } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { joinPushes } from "../../../src/storage/records/pushes.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { settler } from "../../../src/engine/settler/settler.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { PATH, pushConfig, PUSHED, TOKENS } from "../../world/push_fixture.ts";
import { failingStore } from "../../world/failing_store.ts";
import { appFetch } from "../../world/app_fetch.ts";
import { reportOf } from "../../world/scripted_probers.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { Prober, Round } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;
const WALK_MS = 500;
/** Checks of the config, each with one journey. */
const CHECKS = 2;

/** A shop whose journey takes half a second, a real prober, a settler, and the API that is pushed to. */
async function shop(report = PUSHED, probed: "here" | "over HTTP" = "here") {
  const serves = { orders: true, readyz: 200, during: () => Promise.resolve() };
  const own = await testEnv(pushConfig(report), {
    env: { ASSAY_TOKEN: TOKENS.admin, UNIT_TOKEN: TOKENS.unit },
    routes: {
      "GET /": async () => {
        await new Promise<void>((done) => own.clock.after(WALK_MS, done));
        const { during } = serves;
        serves.during = () => Promise.resolve();
        await during();
        return { status: serves.orders ? 200 : 500 };
      },
      "GET /readyz": () => ({ status: serves.readyz }),
    },
  });
  const { store, broken } = failingStore(memoryStore());
  const reads: number[] = [];
  const told: typeof store.listRecords = (query) => {
    reads.push(own.clock.now());
    return store.listRecords(query);
  };
  const counting = new Proxy(store, {
    get: (real, name) => name === "listRecords" ? told : Reflect.get(real, name),
  });
  const local = localProber(own.ports, {
    id: "fra",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 10,
    controls: [],
  });
  const token = TOKENS.admin;
  const far: Prober = remoteProber(
    { ...own.ports, fetch: appFetch(api({ ...own, prober: { prober: local, token } })) },
    { id: "fra", url: "http://prober", token },
  );
  const probers = [probed === "here" ? local : far];
  const { tick } = settler({ ...own, store: counting, probers, owner: "a" });
  const app = api({ ...own, store });
  let seq = 0;
  return {
    ...own,
    serves,
    broken,
    reads,
    async push(state: string) {
      const headers = { authorization: `Bearer ${TOKENS.unit}` };
      const body = JSON.stringify({ state, seq: ++seq, at: own.clock.now() });
      const answer = await app.request(PATH, { method: "PUT", headers, body });
      expect(answer.status).toBe(200);
    },
    withdraw: async () =>
      void await app.request(PATH, { method: "DELETE", headers: { authorization: `Bearer ${TOKENS.unit}` } }),
    /** Settles the slot of the present minute, and answers what was seen in it. */
    async slot(check = "shop/orders") {
      const minuteMs = Math.floor(own.clock.now() / MINUTE) * MINUTE;
      const walked = () => own.network.requests.filter(({ url }) => new URL(url).pathname === "/").length;
      const before = walked();
      const ticked = tick(minuteMs);
      // Digests take real time, and no virtual time may pass meanwhile.
      while (walked() < before + CHECKS) await new Promise((resolve) => setImmediate(resolve));
      await own.clock.advance(WALK_MS);
      await ticked;
      await own.clock.advance(minuteMs + MINUTE - own.clock.now());
      const rows = (await store.readShards("all")).filter(isShard);
      return rows.map((row) => decodeStates(row.state, row.shard)[check]).find(Boolean)?.probers.fra?.witness;
    },
  };
}

let scene: Awaited<ReturnType<typeof shop>>;
beforeEach(async () => void (scene = await shop()));

describe.each(["here", "over HTTP"] as const)("a pushed claim, with a prober %s", (probed) => {
  beforeEach(async () => void (scene = await shop(PUSHED, probed)));

  test.each([
    ["ready", true, "ready"],
    ["ready", false, "drift"],
    ["degraded", false, "drift"],
    ["not_ready", true, "underclaim"],
    ["not_ready", false, "not_ready"],
    ["unreachable", false, "down"],
    ["unknown", true, "unreported"],
    ["starting", false, "announced"],
    ["draining", true, "announced"],
  ])("%s, and the journey passes: %s -> %s", async (state, passes, word) => {
    scene.serves.orders = passes;
    await scene.push(state);
    expect(await scene.slot()).toMatchObject({ word, before: { state, question: "push" } });
  });

  test("is read as the slot begins and, where it accuses, after the journey; each says when", async () => {
    scene.serves.orders = false;
    await scene.push("ready");
    expect(await scene.slot()).toMatchObject({
      word: "drift",
      before: { state: "ready", at: START },
      after: { state: "ready", at: START + WALK_MS },
    });
  });
});

describe("a claim that is none", () => {
  const pushedLongAgo = async () => {
    await scene.push("ready");
    await scene.clock.advance(MINUTE);
  };
  test.each([
    ["never pushed", () => Promise.resolve()],
    ["stale", pushedLongAgo],
    ["withdrawn", async () => {
      await scene.push("ready");
      await scene.withdraw();
    }],
    // Our clock stepped back an hour after it came: nobody knows its age.
    ["stale", async () => {
      await scene.push("ready");
      scene.clock.step(-60 * MINUTE);
    }],
  ])("%s: unknown, so unreported while it serves and failing when it does not", async (reason, given) => {
    await given();
    expect(await scene.slot()).toMatchObject({ word: "unreported", before: { state: "unknown", reason } });
    scene.serves.orders = false;
    expect(await scene.slot()).toMatchObject({ word: "failing", before: { state: "unknown", reason } });
  });
});

describe("a claim that moves during the journey", () => {
  test.each([
    ["ready", false, "not_ready", "not_ready"],
    ["ready", false, "unreachable", "down"],
    ["not_ready", true, "ready", "ready"],
    ["not_ready", true, "unknown", "unreported"],
  ])("%s, and the journey passes: %s; then %s: %s, moved", async (first, passes, later, word) => {
    scene.serves.orders = passes;
    scene.serves.during = () => scene.push(later);
    await scene.push(first);
    expect(await scene.slot()).toMatchObject({
      word,
      reason: "moved",
      before: { state: first },
      after: { state: later },
    });
  });

  test("because its ttl runs out: the accusation is withdrawn, the failed journey is not", async () => {
    scene.serves.orders = false;
    await scene.clock.advance(15_000);
    await scene.push("ready");
    // The next slot begins when the claim is as old as its ttl allows, and not a moment older.
    await scene.clock.advance(45_000);
    expect(await scene.slot()).toMatchObject({
      word: "failing",
      reason: "moved",
      before: { state: "ready", at: START + MINUTE },
      after: { state: "unknown", reason: "stale", at: START + MINUTE + WALK_MS },
    });
  });
});

describe("beside a source that is asked", () => {
  const BOTH = `[{ name: app, path: /readyz }, ${PUSHED}]`;
  const both = (rule: string) => `${BOTH}, claim: ${rule}`;
  test.each([
    ["worst", 200, "not_ready", true, "underclaim"],
    ["worst", 200, "ready", false, "drift"],
    ["worst", 503, "ready", false, "not_ready"],
    ["any", 200, "not_ready", true, "ready"],
    ["any", 503, "ready", false, "drift"],
    ["all", 200, "unknown", true, "unreported"],
    ["worst", 200, "unknown", true, "ready"],
  ])("by %s: asked %i, pushed %s, the journey passes: %s -> %s", async (rule, code, pushed, passes, word) => {
    scene = await shop(both(rule));
    scene.serves.orders = passes;
    scene.serves.readyz = code;
    await scene.push(pushed);
    expect(await scene.slot()).toMatchObject({ word });
  });

  test("both say what they said, before and after", async () => {
    scene = await shop(both("any"));
    scene.serves.orders = false;
    scene.serves.readyz = 503;
    scene.serves.during = () => scene.push("not_ready");
    await scene.push("ready");
    expect(await scene.slot()).toMatchObject({
      word: "not_ready",
      reason: "moved",
      before: { state: "ready" },
      after: { state: "not_ready" },
    });
  });
});

test("a source that is asked and was not asked again leaves the cell unbracketed", async () => {
  const { config: { checks: [check] } } = await shop(`[{ name: app, path: /readyz }, ${PUSHED}]`);
  const observation: Round["observation"] = { outcome: "fail", transport: false, steps: [], totalMs: 5 };
  const before = withSource("app", reportOf("ready", START));
  const told = { at: START, pushes: new Map() };
  expect(joinPushes(check!, { before, observation }, told, told)).not.toHaveProperty("after");
  expect(joinPushes(check!, { before, after: before, observation }, told, told)).toMatchObject({
    after: { state: "ready" },
  });
});

describe("the store is read", () => {
  test("once in a slot that accuses nobody", async () => {
    await scene.push("ready");
    const before = scene.reads.length;
    await scene.slot();
    expect(scene.reads.slice(before)).toEqual([START]);
  });

  test("and once more in one that does", async () => {
    await scene.push("not_ready");
    const before = scene.reads.length;
    await scene.slot();
    expect(scene.reads.slice(before)).toEqual([START, START + WALK_MS]);
  });

  test("never where nothing is pushed", async () => {
    scene = await shop("{ path: /readyz }");
    await scene.slot();
    expect(scene.reads).toEqual([]);
  });

  test("in vain: the slot is not settled, it is said, and the next one is", async () => {
    await scene.push("ready");
    scene.broken.add("listRecords");
    expect(await scene.slot()).toBeUndefined();
    expect(scene.log).toContainEqual(
      expect.objectContaining({
        message: "a slot could not be settled",
        fields: expect.objectContaining({ error: "disk full" }),
      }),
    );
    scene.broken.clear();
    await scene.push("ready");
    expect(await scene.slot()).toMatchObject({ word: "ready", before: { state: "ready" } });
  });
});
