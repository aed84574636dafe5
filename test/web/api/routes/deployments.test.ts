import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { routes as hook } from "../../../../src/web/api/routes/github.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { sqliteStore } from "../../../../src/storage/sqlite/store.ts";
import { sqliteDriver } from "../../../../functions/deno/sqlite.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();
const STORES = { memory: memoryStore, sqlite: () => sqliteStore(sqliteDriver(":memory:")) };

const post = (shop: ApiFixture, path: string, body: unknown) =>
  shop.call(path, { method: "POST", body: JSON.stringify(body) });
const deployed = (shop: ApiFixture, more: Record<string, unknown> = {}) =>
  post(shop, "/v1/deployments", { target: "shop", version: "1.4.2", ...more });
const listed = async (shop: ApiFixture, query = "") =>
  (await shop.call(`/v1/deployments?target=shop${query}`)).body;
const gate = async (shop: ApiFixture, query = "") => (await shop.call(`/v1/gates/shop?${query}`)).body;

describe.each(Object.entries(STORES))("deployments over the %s store", (_, store) => {
  test("are kept, and listed newest first, page by page", async () => {
    const shop = await apiFixture({ store: store() });
    for (let i = 1; i <= 5; i++) {
      expect((await deployed(shop, { version: `v${i}` })).status).toBe(201);
      await shop.clock.advance(MINUTE);
    }
    const first = await listed(shop, "&limit=2");
    expect(first.deployments).toEqual([
      { target: "shop", at: iso(START + 4 * MINUTE), version: "v5", source: "api" },
      { target: "shop", at: iso(START + 3 * MINUTE), version: "v4", source: "api" },
    ]);
    const second = await listed(shop, `&limit=2&before=${first.next}`);
    const third = await listed(shop, `&limit=2&before=${second.next}`);
    const versions = [...second.deployments, ...third.deployments].map(({ version }: { version: string }) =>
      version
    );
    expect([versions, third.next]).toEqual([["v3", "v2", "v1"], null]);
  });

  test("anchor a gate: what was ready before the last one is no proof of it", async () => {
    const shop = await apiFixture({ store: store() });
    await shop.runMinutes(3);
    expect((await gate(shop)).decision).toBe("pass");
    await deployed(shop, { anchor: "85d557f47b", environment: "prod", url: "https://ci.example/1" });
    expect(await gate(shop)).toMatchObject({
      decision: "inconclusive",
      anchor: "85d557f47b",
      window: { since: iso(START + 3 * MINUTE), runs: 0 },
    });
    await shop.runMinutes(1);
    expect((await gate(shop)).reason).toMatch(/^read: 1 of 2 runs since/);
    await shop.runMinutes(1);
    expect((await gate(shop)).decision).toBe("pass");
  });

  test("a gate that was being decided when it was told is not remembered", async () => {
    const held = store();
    const shop = await apiFixture({ store: held });
    await shop.runMinutes(3);
    const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const samples = held.readSamples.bind(held);
    held.readSamples = async (query) => {
      asked.resolve();
      await go.promise;
      return await samples(query);
    };
    const first = gate(shop);
    await asked.promise;
    await deployed(shop);
    go.resolve();
    await first;
    expect((await gate(shop)).decision).toBe("inconclusive");
  });

  test("a version names its own deployment, also when a later one is there", async () => {
    const shop = await apiFixture({ store: store() });
    await deployed(shop, { version: "old" });
    await shop.runMinutes(3);
    await deployed(shop, { version: "new" });
    expect((await gate(shop, "version=old")).window.since).toBe(iso(START));
    expect((await gate(shop, "anchor=old")).decision).toBe("pass");
    expect((await gate(shop)).decision).toBe("inconclusive");
  });

  test("at may be told, and the same one told twice is one", async () => {
    const shop = await apiFixture({ store: store() });
    await shop.runMinutes(3);
    const at = iso(START - MINUTE);
    expect([(await deployed(shop, { at })).body.at, (await deployed(shop, { at })).body.at]).toEqual([
      at,
      at,
    ]);
    // Another one at the same instant is kept beside it.
    expect((await deployed(shop, { at, version: "other" })).body.at).toBe(iso(START - MINUTE + 1));
    expect((await listed(shop)).deployments.length).toBe(2);
    expect((await gate(shop)).decision).toBe("pass");
  });

  test("200 of a target are kept, the newest", async () => {
    const shop = await apiFixture({ store: store() });
    for (let i = 0; i < 205; i++) {
      await deployed(shop, { version: `v${i}`, at: iso(START - 205_000 + i * 1_000) });
    }
    const { deployments } = await listed(shop, "&limit=200");
    expect([deployments.length, deployments[0].version, deployments.at(-1).version]).toEqual([
      200,
      "v204",
      "v5",
    ]);
  });
});

describe("a rollout id that nobody recorded", () => {
  test("counts from when it was first asked about, on each process alike", async () => {
    const store = memoryStore();
    const [one, shop] = [await apiFixture({ store }), await apiFixture({ store })];
    await shop.runMinutes(3);
    await one.clock.advance(3 * MINUTE);
    expect((await gate(shop, "anchor=85d557f47b")).window.since).toBe(iso(START + 3 * MINUTE));
    await shop.runMinutes(2);
    await one.clock.advance(2 * MINUTE);
    expect(await gate(shop, "anchor=85d557f47b")).toMatchObject({ decision: "pass", anchor: "85d557f47b" });
    expect((await gate(one, "anchor=85d557f47b")).window.since).toBe(iso(START + 3 * MINUTE));
  });

  test("is no deployment: asking changes nothing for others", async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    await gate(shop, "anchor=85d557f47b");
    expect((await listed(shop)).deployments).toEqual([]);
    expect((await gate(shop)).decision).toBe("pass");
  });

  test("stands as long as it is asked about; after half an hour of silence the same id is a new rollout", async () => {
    const shop = await apiFixture();
    const since = async () => (await gate(shop, "anchor=a/b/c")).window.since;
    expect(await since()).toBe(iso(START));
    for (let i = 0; i < 8; i++) {
      await shop.clock.advance(20 * MINUTE);
      expect(await since()).toBe(iso(START));
    }
    await shop.clock.advance(30 * MINUTE);
    expect(await since()).toBe(iso(START + 190 * MINUTE));
  });

  test("at most 50 are remembered; the oldest is forgotten", async () => {
    const store = memoryStore();
    const shop = await apiFixture({ store });
    for (let i = 0; i < 60; i++) {
      await gate(shop, `anchor=rollout-${i}`);
      await shop.clock.advance(1_000);
    }
    const anchors = await store.listRecords({ kind: "anchor", limit: 1_000 });
    expect(anchors.length).toBe(50);
    expect(anchors.map(({ key }) => key)).not.toContain("shop/rollout-0");
    expect(await store.listRecords({ kind: "deployment", limit: 1_000 })).toEqual([]);
  });

  test("stands since it was first asked about also where the version before stored it as a deployment", async () => {
    const store = memoryStore();
    const shop = await apiFixture({ store });
    const since = async () => (await gate(shop, "anchor=a/b/c")).window.since;
    const value = JSON.stringify({ first: START - 10 * MINUTE, last: START - MINUTE });
    const order = START - MINUTE;
    await store.putRecord({
      kind: "deployment",
      key: "~shop/a/b/c",
      order,
      value,
      expiresAt: START + 60 * MINUTE,
    });
    expect(await since()).toBe(iso(START - 10 * MINUTE));
    await shop.clock.advance(20 * MINUTE);
    await store.deleteRecord("deployment", "~shop/a/b/c");
    expect(await since()).toBe(iso(START - 10 * MINUTE));
  });
});

describe("what is no deployment", () => {
  test.each<[string, Record<string, unknown>, number]>([
    ["an unknown target", { target: "nowhere" }, 404],
    ["no version", { version: undefined }, 400],
    ["an empty version", { version: "" }, 400],
    ["a field that is not known", { branch: "main" }, 400],
    ["an instant that is none", { at: "today" }, 400],
    ["an instant far ahead", { at: iso(START + 6 * MINUTE) }, 400],
    ["an instant before all that is kept", { at: "1999-01-01T00:00:00Z" }, 400],
    ["a link that runs something", { url: "javascript:alert(1)" }, 400],
  ])("%s", async (_, more, status) => {
    const shop = await apiFixture();
    expect((await deployed(shop, more)).status).toBe(status);
    expect((await listed(shop)).deployments).toEqual([]);
  });

  test("and nobody tells of one without a token", async () => {
    const shop = await apiFixture();
    for (const path of ["/v1/deployments", "/v1/events/argo"]) {
      expect((await shop.call(path, { method: "POST", token: null, body: "{}" })).status, path).toBe(401);
    }
    expect((await shop.call("/v1/deployments?target=shop", { token: null })).status).toBe(401);
    expect((await shop.call("/v1/deployments")).status).toBe(400);
    expect((await shop.call("/v1/deployments?target=nowhere")).status).toBe(404);
  });
});

describe("POST /v1/events/flagger", () => {
  const event = (more: Record<string, unknown> = {}) => ({
    name: "shop",
    namespace: "prod",
    phase: "Progressing",
    checksum: "85d557f47b",
    metadata: {
      eventMessage: "New revision detected! Scaling up",
      eventType: "Normal",
      timestamp: "1700000040000",
    },
    ...more,
  });

  test("records a rollout once, when it begins", async () => {
    const shop = await apiFixture();
    expect((await post(shop, "/v1/events/flagger", event({ phase: "Initialized" }))).body.recorded).toBe(
      false,
    );
    expect((await post(shop, "/v1/events/flagger", event())).body).toEqual({
      recorded: true,
      deployment: {
        target: "shop",
        at: iso(START),
        version: "85d557f47b",
        anchor: "prod/shop/85d557f47b",
        source: "flagger",
      },
    });
    await shop.clock.advance(MINUTE);
    expect((await post(shop, "/v1/events/flagger", event())).body.recorded).toBe(false);
    expect((await post(shop, "/v1/events/flagger", event({ checksum: "66f" }))).body.recorded).toBe(true);
    expect((await post(shop, "/v1/events/flagger", event())).body.recorded).toBe(true);
    // A webhook of the same canary finds it by its checksum.
    const body = JSON.stringify(event({ checksum: "66f" }));
    expect((await shop.call("/v1/gates/shop", { method: "POST", body })).body.anchor).toBe("prod/shop/66f");
  });

  test("takes target and token from its metadata, for it can send no header", async () => {
    const shop = await apiFixture();
    const body = JSON.stringify(event({ name: "canary", metadata: { target: "shop", token: TOKEN } }));
    expect((await shop.call("/v1/events/flagger", { method: "POST", token: null, body })).body.recorded).toBe(
      true,
    );
    expect(
      (await shop.call("/v1/events/flagger", { method: "POST", token: null, body: JSON.stringify(event()) }))
        .status,
    ).toBe(401);
    expect((await post(shop, "/v1/events/flagger", event({ name: "canary" }))).status).toBe(404);
  });
});

describe("POST /v1/events/argo", () => {
  const sync = {
    target: "shop",
    application: "shop-prod",
    revision: "0f3c9d1",
    phase: "Succeeded",
    finishedAt: iso(START - MINUTE),
  };

  test("records a finished sync, and the same one once", async () => {
    const shop = await apiFixture();
    expect((await post(shop, "/v1/events/argo", { ...sync, phase: "Running" })).body.recorded).toBe(false);
    for (let i = 0; i < 2; i++) expect((await post(shop, "/v1/events/argo", sync)).body.recorded).toBe(true);
    expect((await listed(shop)).deployments).toEqual([
      {
        target: "shop",
        at: iso(START - MINUTE),
        version: "0f3c9d1",
        anchor: "0f3c9d1",
        environment: "shop-prod",
        source: "argo",
      },
    ]);
  });
});

const SECRET = "github-webhook-secret";
/** As GitHub signs ("Validating webhook deliveries"). */
const signature = (body: string, secret = SECRET) =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
const SHA = "0f3c9d1e2b4a5f60718293a4b5c6d7e8f9012345";
const withGitHub = withToken(threeRegions()).replace(
  "regions:",
  'hooks: { github: { secret: "${env:GITHUB_SECRET}", rules: [{ repository: acme/shop, environment: production, target: shop }] } }\nregions:',
);

describe("a deployment that says it is yet to come", () => {
  test("is of now: no tool's clock holds the gate up for years", async () => {
    const shop = await apiFixture();
    const sync = {
      target: "shop",
      revision: "0f3c9d1",
      phase: "Succeeded",
      finishedAt: "2999-01-01T00:00:00Z",
    };
    expect((await post(shop, "/v1/events/argo", sync)).body.deployment.at).toBe(iso(START));
  });
});

describe("a deployment that is older than deployments are kept", () => {
  test("is passed over, and nothing is kept", async () => {
    const shop = await apiFixture();
    const sync = {
      target: "shop",
      revision: "0f3c9d1",
      phase: "Succeeded",
      finishedAt: "0001-01-01T00:00:00Z",
    };
    expect((await post(shop, "/v1/events/argo", sync)).body).toEqual({
      recorded: false,
      why: "this rollout is older than the retention period",
    });
    expect((await listed(shop)).deployments).toEqual([]);
  });
});

describe("POST /v1/events/github", () => {
  const status = (
    more: Record<string, unknown> = {},
    repository = "acme/shop",
    environment = "production",
  ) => ({
    deployment_status: {
      state: "success",
      created_at: "2023-11-14T22:13:00Z",
      environment_url: "",
      log_url: "https://github.com/acme/shop/actions/runs/1",
      ...more,
    },
    deployment: { sha: SHA, ref: "main", environment },
    repository: { full_name: repository, id: 1 },
    sender: { login: "octocat" },
  });
  const send = async (shop: ApiFixture, event: string, json: unknown, signed?: string) => {
    const body = JSON.stringify(json);
    const headers: Record<string, string> = {
      "x-github-event": event,
      "x-hub-signature-256": signed ?? signature(body),
    };
    const answer = await api({ ...shop, github: hook }).request("/v1/events/github", {
      method: "POST",
      headers,
      body,
    });
    return { status: answer.status, body: await answer.json() };
  };
  const github = () => apiFixture({ text: withGitHub, env: { GITHUB_SECRET: SECRET } });

  test("records a successful deployment of a repository that a rule names", async () => {
    const shop = await github();
    const { status: code, body } = await send(shop, "deployment_status", status());
    expect([code, body]).toEqual([200, {
      recorded: true,
      deployment: {
        target: "shop",
        at: "2023-11-14T22:13:00.000Z",
        version: SHA,
        anchor: SHA,
        environment: "production",
        url: "https://github.com/acme/shop/actions/runs/1",
        source: "github",
      },
    }]);
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "no URL"])(
    "does not keep %s as a link",
    async (url) => {
      const { body } = await send(await github(), "deployment_status", status({ environment_url: url }));
      expect(body.deployment.url).toBe("https://github.com/acme/shop/actions/runs/1");
    },
  );

  test.each<[string, string, unknown]>([
    ["ping", "ping", { zen: "Keep it logically awesome." }],
    ["one in progress", "deployment_status", status({ state: "in_progress" })],
    ["one of long ago", "deployment_status", status({ created_at: "0001-01-01T00:00:00Z" })],
    ["another environment", "deployment_status", status({}, "acme/shop", "staging")],
    ["another repository", "deployment_status", status({}, "acme/blog")],
  ])("%s is heard, and nothing is recorded", async (_, event, json) => {
    expect(await send(await github(), event, json)).toMatchObject({ status: 200, body: { recorded: false } });
  });

  test.each<[string, string | undefined]>([
    ["of another secret", signature(JSON.stringify(status()), "another")],
    ["of another body", signature("{}")],
    ["of the old kind", `sha1=${"0".repeat(40)}`],
    ["that is empty", ""],
  ])("a signature %s is 401", async (_, signed) => {
    const shop = await github();
    expect((await send(shop, "deployment_status", status(), signed)).status).toBe(401);
    expect((await listed(shop)).deployments).toEqual([]);
  });

  test("is 403 where it is not configured", async () => {
    expect((await send(await apiFixture(), "deployment_status", status())).status).toBe(403);
  });
});
