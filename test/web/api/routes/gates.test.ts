import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { sqliteStore } from "../../../../src/storage/sqlite/store.ts";
import { sqliteDriver } from "../../../../functions/deno/sqlite.ts";
import { failingStore } from "../../../world/failing_store.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../api_fixture.ts";
import { type Send, TOOLS } from "../gate_clients.ts";

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();

const sender = (shop: ApiFixture): Send => {
  const app = api(shop);
  return async (request) => await app.request(request);
};

interface Situation {
  gate: string;
  token: string;
  play(shop: ApiFixture): Promise<unknown>;
}

const say = (word: Parameters<ApiFixture["script"]["set"]>[0]): Situation => ({
  gate: "shop",
  token: TOKEN,
  async play(shop) {
    shop.script.set(word);
    await shop.runMinutes(3);
  },
});

const SITUATIONS = {
  "pass": say("ready"),
  "fail": say("drift"),
  "inconclusive": say("underclaim"),
  "stale": {
    ...say("ready"),
    async play(shop) {
      await shop.runMinutes(3);
      await shop.clock.advance(10 * MINUTE);
    },
  },
  "unknown gate": { ...say("ready"), gate: "nowhere" },
  "no auth": { ...say("drift"), token: "tok-of-nobody" },
  "silenced": {
    ...say("drift"),
    async play(shop) {
      shop.script.set("drift");
      await shop.runMinutes(3);
      const body = JSON.stringify({ match: { target: "shop" }, until: "1h", reason: "we move house" });
      expect((await shop.call("/v1/silences", { method: "POST", body })).status).toBe(201);
    },
  },
} satisfies Record<string, Situation>;

/** Status and act by situation, in the order of SITUATIONS. */
const STATUS = [200, 409, 424, 424, 404, 401, 424];
const BODY = [200, 200, 200, 200, 404, 401, 200];
const ROLLBACK = [409, 200, 424, 424, 404, 401, 424];
const ARGO = ["Successful", "Failed", "Inconclusive", "Inconclusive", "Error", "Error", "Inconclusive"];
const only = (first: string, rest: string) => [first, ...Array<string>(6).fill(rest)];
const EXPECTED: Record<string, [statuses: number[], acts: string[]]> = {
  "Argo Rollouts, whole body": [BODY, ARGO],
  "Argo Rollouts, one key": [BODY, ARGO],
  "Argo Rollouts, text": [BODY, ARGO],
  "Flagger confirm-rollout": [STATUS, only("go", "halt")],
  "Flagger rollback": [ROLLBACK, ["leave it", "roll back", ...Array<string>(5).fill("leave it")]],
  "Route 53": [STATUS, only("healthy", "unhealthy")],
  "Route 53 with a search text": [STATUS, only("healthy", "unhealthy")],
  "HAProxy": [STATUS, ["UP", "DOWN", "UP", "UP", "DOWN", "DOWN", "UP"]],
  "curl -f": [STATUS, only("exit 0", "exit 22")],
  "Azure and Spinnaker": [BODY, ["successful", "failed", "pending", "pending", "error", "error", "pending"]],
};

const ROWS = Object.entries(EXPECTED).flatMap(([tool, [statuses, acts]]) =>
  (Object.keys(SITUATIONS) as (keyof typeof SITUATIONS)[]).map((situation, i) =>
    [tool, situation, statuses[i]!, acts[i]!] as const
  )
);

const STORES = { memory: memoryStore, sqlite: () => sqliteStore(sqliteDriver(":memory:")) };

describe.each(Object.entries(STORES))("tool x situation over the %s store", (_, store) => {
  test.each(ROWS)("%s, %s: %i, %s", async (tool, name, status, does) => {
    const shop = await apiFixture({ store: store() });
    const send = sender(shop);
    const { gate, token, play } = SITUATIONS[name];
    // The rollout begins: whoever names it is heard of it before there is any evidence.
    await TOOLS[tool]!(send, gate, token);
    await play(shop);
    const act = await TOOLS[tool]!(send, gate, token);
    expect([act.status, act.does]).toEqual([status, does]);
    if (status >= 400 && status !== 401 && status !== 404) expect(act.body).toContain('"reason":"read: ');
  });
});

test("no tool is left out of the table", () => {
  expect(Object.keys(EXPECTED)).toEqual(Object.keys(TOOLS));
});

describe("the document", () => {
  test("of a pass: every field by its name, gateOk first", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    await shop.clock.advance(5_000);
    const { status, headers, text, body } = await shop.call("/v1/gates/shop");
    expect(status).toBe(200);
    expect(body).toEqual({
      gateOk: true,
      decision: "pass",
      status: "successful",
      value: 1,
      score: 1,
      reason: `read: 3/3 regions ready in each of the last 2 runs since ${iso(START + 35_000)}`,
      gate: "shop",
      anchor: null,
      evaluatedAt: iso(START + 3 * MINUTE + 5_000),
      window: {
        since: iso(START + 35_000),
        runs: 2,
        minRuns: 2,
        oldestEvidenceAgeSec: 125,
        maxAgeSec: 150,
      },
      reported: { state: "ready", source: "http", ageSec: 65, version: null },
      observed: { state: "ready", journey: "read", failedStep: null },
      regions: {
        eu: { vote: "ready", ageSec: 65 },
        us: { vote: "ready", ageSec: 65 },
        ap: { vote: "ready", ageSec: 65 },
      },
      quorum: { need: 2, ready: 3, notReady: 0, abstain: 0 },
      incidentId: null,
      page: null,
      seq: START + 2 * MINUTE,
    });
    expect(text.startsWith('{"gateOk":true,')).toBe(true);
    expect(text.indexOf("gateOk")).toBe(text.lastIndexOf("gateOk"));
    expect(
      Object.fromEntries(
        ["cache-control", "x-gate-decision", "content-type"].map((name) => [name, headers.get(name)]),
      ),
    )
      .toEqual({
        "cache-control": "no-store",
        "x-gate-decision": "pass",
        "content-type": "application/json",
      });
  });

  test("of a failure names the word, the step and the incident; the region that differs comes first", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    shop.script.set("ready", "fra");
    await shop.runMinutes(3);
    const { status, body } = await shop.call("/v1/gates/shop");
    expect(status).toBe(409);
    expect(body).toMatchObject({
      gateOk: false,
      decision: "fail",
      status: "failed",
      value: 0,
      reason: "read: drift in the last 2 runs: 1/3 regions ready; step 'look' failed",
      observed: { state: "drift", failedStep: "look" },
      quorum: { need: 2, ready: 1, notReady: 2, abstain: 0 },
      incidentId: expect.stringMatching(/^inc_/),
    });
    expect(body.score).toBeCloseTo(1 / 3);
    expect(Object.keys(body.regions)).toEqual(["us", "ap", "eu"]);
  });

  test("with a publicUrl it names the page of the target, or of the open incident", async () => {
    const publicUrl = "publicUrl: https://example.com/assay/\nversion: 1";
    const shop = await apiFixture({ text: withToken(threeRegions()).replace("version: 1", publicUrl) });
    await shop.runMinutes(3);
    expect((await shop.call("/v1/gates/shop")).body.page).toBe("https://example.com/assay/targets/shop");
    shop.script.set("drift");
    await shop.runMinutes(3);
    const { page, incidentId } = (await shop.call("/v1/gates/shop")).body;
    expect(page).toBe(`https://example.com/assay/incidents/${incidentId}`);
  });

  test("keys are identifiers and numbers are finite, for expressions and JSONPath", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    const { body } = await shop.call("/v1/gates/shop");
    const look = (value: unknown): void => {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        expect(key).toMatch(/^[A-Za-z_]\w*$/);
        look(inner);
      }
    };
    look(body);
  });

  test("the first line holds the reason, and is short enough for an event of Kubernetes", async () => {
    const name = "a step with a very long name ".repeat(17).slice(0, 500).trim();
    const text = withToken(threeRegions([["name: look", `name: "${name}"`]]));
    const shop = await apiFixture({ text });
    shop.script.set("down");
    await shop.runMinutes(3);
    const seen = await shop.call(`/v1/gates/shop?version=${"v".repeat(200)}`);
    const [first] = seen.text.split("\n");
    expect(first!.length).toBeLessThan(1_024);
    expect(first).toContain('"reason":"');
    expect(seen.body.reason.length).toBeLessThanOrEqual(900);
  });

  test("is under 5 KiB with 50 regions of the longest names", async () => {
    const regions = Array.from({ length: 50 }, (_, i) => `r${String(i).padStart(31, "x")}`);
    const list = regions.map((id, i) =>
      `  - { id: ${id}, probers: [{ id: p${i}, url: "https://p${i}.example", token: "\${env:PROBER_TOKEN}" }] }`
    );
    const three = threeRegions();
    const text = withToken(
      three.replace(/regions:[\s\S]*targets:/, `regions:\n${list.join("\n")}\ntargets:`),
    );
    const shop = await apiFixture({ text });
    shop.script.set("drift", "p3");
    await shop.runMinutes(3);
    const { status, text: body, body: read } = await shop.call("/v1/gates/shop");
    expect(status).toBe(200);
    expect(new TextEncoder().encode(body).length).toBeLessThan(5_120);
    expect(Object.keys(read.regions)[0]).toBe(regions[3]);
    expect(read.quorum).toMatchObject({ ready: 49, notReady: 1 });
  });

  test.each([["ready", "pass"], ["drift", "fail"], ["underclaim", "inconclusive"]] as const)(
    "as text of %s is exactly %s, without a newline",
    async (word, decision) => {
      const shop = await apiFixture();
      shop.script.set(word);
      await shop.runMinutes(3);
      const { text, type } = await shop.call("/v1/gates/shop?format=text&mode=body");
      expect([text, type]).toEqual([decision, "text/plain; charset=utf-8"]);
    },
  );
});

describe("what may be asked", () => {
  const asked = async (shop: ApiFixture, query: string) => (await shop.call(`/v1/gates/shop?${query}`)).body;

  test("minRuns without maxAge looks as far back as it takes; with maxAge no further than that", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(6);
    expect(await asked(shop, "minRuns=5")).toMatchObject({
      decision: "pass",
      window: { runs: 5, minRuns: 5 },
    });
    expect(await asked(shop, "minRuns=5&maxAge=2m")).toMatchObject({
      decision: "inconclusive",
      window: { runs: 2 },
    });
    expect((await asked(shop, "minRuns=5&maxAge=2m")).reason).toMatch(
      /^read: 2 of 5 runs since .*, all good so far$/,
    );
    expect((await asked(shop, "maxAge=59s")).reason).toMatch(/^read: no settled run since /);
    expect((await asked(shop, "maxAge=59s&since=1h")).reason).toBe(
      "read: stale: the last run is 60 s old, at most 59 s count",
    );
  });

  test("since is an instant or how long ago, and an instant ahead has no evidence", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(4);
    expect(await asked(shop, "since=10m")).toMatchObject({
      decision: "pass",
      window: { since: iso(START - 6 * MINUTE) },
    });
    expect(await asked(shop, `since=${iso(START + 3 * MINUTE)}`)).toMatchObject({
      decision: "inconclusive",
      window: { runs: 1 },
    });
    expect(await asked(shop, `since=${iso(START + 9 * MINUTE)}`)).toMatchObject({
      decision: "inconclusive",
      window: { runs: 0 },
    });
  });

  test("regions narrows to those that are named, with a quorum among them", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    shop.script.set("ready", "fra");
    await shop.runMinutes(3);
    expect(await asked(shop, "regions=eu")).toMatchObject({
      decision: "pass",
      quorum: { need: 1, ready: 1 },
    });
    expect((await asked(shop, "regions=us,ap")).decision).toBe("fail");
    // One against one is no majority.
    expect((await asked(shop, "regions=eu,us")).decision).toBe("inconclusive");
  });

  test("one region that is down is no failure, and missing regions are never a pass", async () => {
    const shop = await apiFixture();
    shop.script.set("down", "fra");
    await shop.runMinutes(3);
    expect((await asked(shop, "")).decision).toBe("pass");
    shop.script.set({ missed: "timeout" }, "iad");
    shop.script.set({ missed: "timeout" }, "sin");
    await shop.runMinutes(3);
    expect(await asked(shop, "")).toMatchObject({
      decision: "inconclusive",
      quorum: { notReady: 1, abstain: 2 },
    });
  });

  test("raw words decide, before any threshold of the outcome", async () => {
    const shop = await apiFixture({
      text: withToken(threeRegions([["journey:", "successThreshold: 5, journey:"]])),
    });
    shop.script.set("drift");
    await shop.runMinutes(3);
    shop.script.set("ready");
    await shop.runMinutes(2);
    expect((await asked(shop, "minRuns=2")).decision).toBe("pass");
    expect((await shop.call("/v1/targets/shop")).body.status).toBe("drift");
    // Without a wish as many as the check wants of a recovery.
    expect((await asked(shop, "")).decision).toBe("inconclusive");
  });

  test("starting is inconclusive, though the journey fails", async () => {
    const shop = await apiFixture();
    shop.script.set("starting");
    await shop.runMinutes(3);
    expect(await asked(shop, "")).toMatchObject({
      decision: "inconclusive",
      observed: { state: "announced" },
    });
  });

  test("version: what reports no version, or another one, is not proven", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    expect(await asked(shop, "version=1.4.2")).toMatchObject({
      decision: "inconclusive",
      reason: "read: version 1.4.2 was asked for, and the service reports none",
    });
  });

  test("version: what the answers name counts, from every prober in its last round", async () => {
    const text = withToken(threeRegions([[
      "expect: status == 200 }]",
      "expect: status == 200, capture: { build: { value: body.build, version: true } } }]",
    ]]));
    const shop = await apiFixture({ text });
    shop.script.capture({ build: "1.4.2" });
    shop.script.capture({ build: "1.4.1" }, "sin");
    await shop.runMinutes(3);
    expect(await asked(shop, "version=1.4.2")).toMatchObject({
      decision: "inconclusive",
      reason: "read: version 1.4.2 was asked for, and the service reports 1.4.2, 1.4.1",
    });
    expect((await asked(shop, "version=1.4.2&regions=eu,us")).decision).toBe("pass");
    shop.script.capture({ build: "1.4.2" }, "sin");
    await shop.runMinutes(1);
    expect((await asked(shop, "version=1.4.2")).decision).toBe("pass");
    shop.script.capture({}, "sin");
    await shop.runMinutes(1);
    expect((await asked(shop, "version=1.4.2")).reason).toContain("the service reports 1.4.2, none");
  });

  test("several checks: the worst decides; one may be asked for by its name", async () => {
    const text = withToken(threeRegions([[
      "    checks:\n",
      "    checks:\n      - { id: write, report: { path: /readyz }, journey: [{ name: put, request: { path: / }, expect: status == 200 }] }\n",
    ]]));
    const shop = await apiFixture({ text });
    shop.script.set("underclaim", "fra", "shop/write");
    shop.script.set("underclaim", "iad", "shop/write");
    await shop.runMinutes(3);
    expect(await asked(shop, "")).toMatchObject({ decision: "inconclusive", observed: { journey: "write" } });
    expect((await asked(shop, "check=read")).decision).toBe("pass");
    expect((await asked(shop, "check=read,write")).decision).toBe("inconclusive");
    shop.script.set("down", "fra", "shop/read");
    shop.script.set("down", "iad", "shop/read");
    await shop.runMinutes(2);
    expect(await asked(shop, "")).toMatchObject({ decision: "fail", observed: { journey: "read" } });
    expect((await shop.call("/v1/gates/shop?check=buy")).status).toBe(404);
  });
});

describe("bad input", () => {
  test.each([
    "minRuns=0",
    "minRuns=101",
    "minRuns=two",
    "maxAge=5",
    "maxAge=-1m",
    "since=yesterday",
    "regions=mars",
    "regions=",
    "degraded=maybe",
    "format=xml",
    "mode=loud",
    "minruns=2",
    "anchor=",
    "anchor=a%0Ab",
    `version=${"v".repeat(201)}`,
  ])("%s is 400, and never a decision", async (query) => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    for (const path of ["/v1/gates/shop", "/v1/gates/shop/rollback"]) {
      const { status, type, headers } = await shop.call(`${path}?${query}`);
      expect([status, type, headers.get("x-gate-decision")]).toEqual([400, "application/problem+json", null]);
    }
  });

  test("mode is no question of /rollback: its status is the answer", async () => {
    expect((await (await apiFixture()).call("/v1/gates/shop/rollback?mode=body")).status).toBe(400);
  });

  test.each([["not JSON", "{"], ["a list", "[]"], ["metadata of another type", '{"metadata":"x"}']])(
    "a body that is %s is 400",
    async (_, body) => {
      const shop = await apiFixture();
      await shop.runMinutes(3);
      expect((await shop.call("/v1/gates/shop", { method: "POST", body })).status).toBe(400);
    },
  );

  test("a body over 64 KiB is 413", async () => {
    const body = JSON.stringify({ metadata: { x: "x".repeat(65_536) } });
    expect((await (await apiFixture()).call("/v1/gates/shop", { method: "POST", body })).status).toBe(413);
  });

  test("a store that fails is no reason to roll back, nor to ask again until the answer is lost", async () => {
    const { store, broken } = failingStore(memoryStore());
    const shop = await apiFixture({ store });
    shop.script.set("drift");
    await shop.runMinutes(3);
    for (const method of ["readSamples", "readShards", "listRecords"] as const) {
      broken.add(method);
      const fresh = api(shop);
      const headers = { authorization: `Bearer ${TOKEN}` };
      expect((await fresh.request("/v1/gates/shop/rollback", { headers })).status, method).toBe(424);
      expect((await fresh.request("/v1/gates/shop", { headers })).status, method).toBe(500);
      broken.delete(method);
      expect((await fresh.request("/v1/gates/shop/rollback", { headers })).status, method).toBe(200);
    }
  });

  test("a token in the path stands in no answer and no log", async () => {
    const { store, broken } = failingStore(memoryStore());
    const shop = await apiFixture({ store });
    broken.add("readShards");
    for (
      const path of [
        `/v1/gates/shop/k/${TOKEN}`,
        `/v1/gates/nowhere/k/${TOKEN}`,
        "/v1/gates/shop/k/tok-of-another",
      ]
    ) {
      const { text } = await shop.call(path, { token: null });
      expect(text).not.toContain("tok-of");
    }
    expect(JSON.stringify(shop.log)).not.toContain("tok-of");
  });

  test("a path that is no gate is refused without the token in it", async () => {
    const shop = await apiFixture();
    const { status, text } = await shop.call(`/v1/gates/shop/k/${TOKEN}/rollbak`, { token: null });
    expect([status, text]).toEqual([404, expect.not.stringContaining(TOKEN)]);
  });

  test("an unknown gate is told only to those who may know", async () => {
    const shop = await apiFixture();
    expect((await shop.call("/v1/gates/nowhere", { token: null })).status).toBe(401);
    expect((await shop.call("/v1/gates/nowhere")).status).toBe(404);
  });

  test("nothing settled yet is inconclusive", async () => {
    const shop = await apiFixture();
    expect(await shop.call("/v1/gates/shop")).toMatchObject({
      status: 424,
      body: { decision: "inconclusive", seq: 0 },
    });
    expect((await shop.call("/v1/gates/shop/rollback")).status).toBe(424);
  });

  test("no gate probes: nobody is asked by asking", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    const before = shop.script.requests.length;
    await shop.call("/v1/gates/shop");
    expect([shop.script.requests.length, shop.network.requests.length]).toEqual([before, 0]);
  });
});
