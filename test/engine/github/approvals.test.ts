import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { slo } from "../../../src/web/page/objective.tsx";
import { describe, expect, test } from "vitest";
import { api } from "../../../src/web/app.ts";
import { type GateServices, gateServices } from "../../../src/engine/gates/services.ts";
import { approvals } from "../../../src/engine/github/approvals.ts";
import { routes as hook } from "../../../src/web/api/routes/github.ts";
import type { Route } from "../../world/network.ts";
import type { StoredRecord } from "../../../src/storage/store.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../../web/api/api_fixture.ts";

const MINUTE = 60_000;
const SECRET = "github-webhook-secret";
const SHA = "0f3c9d1e2b4a5f60718293a4b5c6d7e8f9012345";
const CALLBACK = "https://api.github.com/repos/acme/shop/actions/runs/77/deployment_protection_rule";
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEMS = { "PKCS #1, as GitHub gives it": "pkcs1", "PKCS #8": "pkcs8" } as const;
const pem = (type: "pkcs1" | "pkcs8") => keys.privateKey.export({ type, format: "pem" }) as string;

const text = withToken(threeRegions()).replace(
  "regions:",
  `hooks:
  github:
    secret: "\${env:GITHUB_SECRET}"
    rules: [{ repository: acme/shop, target: shop }]
    app: { id: "4711", key: "\${env:GITHUB_KEY}" }
    deadline: 10m
regions:`,
);

const ROUTES: Record<string, Route> = {
  "POST https://api.github.com/app/installations/9/access_tokens": {
    status: 201,
    json: { token: "ghs_installation" },
  },
  [`POST https://api.github.com/repos/acme/shop/statuses/${SHA}`]: { status: 201, json: {} },
  [`POST ${CALLBACK}`]: { status: 204 },
};

const request = (more: Record<string, unknown> = {}) => ({
  action: "requested",
  environment: "production",
  event: "push",
  deployment_callback_url: CALLBACK,
  deployment: { sha: SHA, environment: "production" },
  repository: { full_name: "acme/shop" },
  installation: { id: 9 },
  ...more,
});

async function asked(shop: ApiFixture & { services?: GateServices }, json: unknown = request()) {
  const body = JSON.stringify(json);
  const mac = createHmac("sha256", SECRET).update(body).digest("hex");
  const headers = { "x-github-event": "deployment_protection_rule", "x-hub-signature-256": `sha256=${mac}` };
  return (await api({ ...shop, github: hook }).request("/v1/events/github", {
    method: "POST",
    headers,
    body,
  })).status;
}

/** One look at all rules that wait. */
const reviewer = ({ ports, config, store }: ApiFixture) =>
  approvals(ports, config, gateServices(ports, config, store, slo)).review;

/** A house whose GitHub answers; `review` is one tick of the process. */
async function github(routes: Record<string, Route> = ROUTES, key = pem("pkcs1")) {
  const shop = await apiFixture({ text, env: { GITHUB_SECRET: SECRET, GITHUB_KEY: key }, routes });
  const review = reviewer(shop);
  const calls = () =>
    shop.network.requests.map(({ method, url, body }) => ({
      call: `${method} ${url}`,
      body: JSON.parse(body),
    }));
  const answers = () => calls().filter(({ call }) => call === `POST ${CALLBACK}`).map(({ body }) => body);
  return { shop, review, calls, answers };
}

describe("a deployment protection rule", () => {
  test.each([["ready", "approved", "success"], ["drift", "rejected", "failure"]] as const)(
    "of a service that is %s is %s, and the commit is a %s",
    async (word, state, status) => {
      const { shop, review, calls, answers } = await github();
      shop.script.set(word);
      await shop.runMinutes(3);
      expect(await asked(shop)).toBe(202);
      await review();
      expect(answers()).toEqual([{
        environment_name: "production",
        state,
        comment: expect.stringContaining("Assay: "),
      }]);
      expect(calls().find(({ call }) => call.includes("/statuses/"))!.body).toMatchObject({
        state: status,
        context: "assay/shop/production",
      });
      await review();
      expect(answers().length).toBe(1);
    },
  );

  test("waits while the gate is inconclusive, says so once, and answers when it has decided", async () => {
    const { shop, review, calls, answers } = await github();
    await asked(shop);
    await review();
    await review();
    expect(answers()).toEqual([]);
    expect(calls().filter(({ call }) => call.includes("/statuses/")).map(({ body }) => body.state)).toEqual([
      "pending",
    ]);
    await shop.runMinutes(2);
    await review();
    expect(answers()).toMatchObject([{ state: "approved" }]);
  });

  test("is answered also when a target is named github and is asked about by its rollouts", async () => {
    const named = text.replace("id: shop", "id: github").replace("target: shop", "target: github");
    const shop = await apiFixture({
      text: named,
      env: { GITHUB_SECRET: SECRET, GITHUB_KEY: pem("pkcs1") },
      routes: ROUTES,
    });
    await shop.runMinutes(3);
    await shop.call("/v1/gates/github?anchor=85d557f47b");
    await asked(shop);
    await reviewer(shop)();
    expect(shop.network.requests.map(({ url }) => String(url))).toContain(CALLBACK);
  });

  test("is decided from what the app of its process has read, and the app from what it has read", async () => {
    const { shop, answers } = await github();
    await shop.runMinutes(3);
    const { store } = shop;
    let reads = 0;
    const latest = store.latest.bind(store);
    store.latest = () => (reads++, latest());
    const services = gateServices(shop.ports, shop.config, store, slo);
    await asked({ ...shop, services });
    await approvals(shop.ports, shop.config, services).review();
    expect(answers()).toMatchObject([{ state: "approved" }]);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await api({ ...shop, services }).request("/v1/gates/shop", { headers })).status).toBe(200);
    expect(reads).toBe(1);
  });

  test("is answered where hooks.github.api ends in a slash", async () => {
    const there = (url: string) => url.replace("https://api.github.com", "https://ghe.example/api/v3");
    const own = text.replace("deadline: 10m", "deadline: 10m\n    api: https://ghe.example/api/v3/");
    const routes = Object.fromEntries(Object.entries(ROUTES).map(([call, route]) => [there(call), route]));
    const shop = await apiFixture({
      text: own,
      env: { GITHUB_SECRET: SECRET, GITHUB_KEY: pem("pkcs1") },
      routes,
    });
    await shop.runMinutes(3);
    await asked(shop, request({ deployment_callback_url: there(CALLBACK) }));
    await reviewer(shop)();
    expect(shop.network.requests.map(({ url }) => String(url))).toContain(there(CALLBACK));
  });

  test("is rejected at the deadline", async () => {
    const { shop, review, answers } = await github();
    await asked(shop);
    await shop.clock.advance(10 * MINUTE - 1);
    await review();
    expect(answers()).toEqual([]);
    await shop.clock.advance(1);
    await review();
    expect(answers()).toMatchObject([{ state: "rejected", comment: expect.stringContaining("deadline") }]);
  });

  test("asked twice is answered once, and survives a restart", async () => {
    const { shop, answers } = await github();
    await shop.runMinutes(3);
    expect([await asked(shop), await asked(shop)]).toEqual([202, 202]);
    await reviewer(shop)();
    expect(answers().length).toBe(1);
  });

  test("that the version before stored under kind deployment is answered once", async () => {
    const { shop, review, answers } = await github();
    await shop.runMinutes(3);
    await asked(shop);
    const [{ key, ...rest }] = await shop.store.listRecords({ kind: "approval", limit: 9 }) as [StoredRecord];
    await shop.store.deleteRecord("approval", key);
    await shop.store.putRecord({ ...rest, kind: "deployment", key: `~~github/${key}` });
    await review();
    await review();
    expect(answers()).toMatchObject([{ state: "approved" }]);
    for (const kind of ["approval", "deployment"] as const) {
      expect(await shop.store.listRecords({ kind, limit: 9 })).toEqual([]);
    }
  });

  test.each<[string, Route[]]>([
    ["GitHub is down", [{ status: 503 }, { status: 204 }]],
    ["there is no answer", [new Error("connection reset"), { status: 204 }]],
    ["it was too often", [{ status: 429 }, { status: 204 }]],
  ])("is answered at the next tick when %s", async (_, plays) => {
    const { shop, review, answers } = await github({ ...ROUTES, [`POST ${CALLBACK}`]: plays as Route });
    await shop.runMinutes(3);
    await asked(shop);
    await review();
    await review();
    await review();
    expect(answers().length).toBe(2);
  });

  test("is given up when GitHub refuses it for good, and the log says so", async () => {
    const { shop, review, answers } = await github({ ...ROUTES, [`POST ${CALLBACK}`]: { status: 422 } });
    await shop.runMinutes(3);
    await asked(shop);
    await review();
    await review();
    expect(answers().length).toBe(1);
    expect(
      shop.log.filter(({ level }) => level === "warn").map(({ message, fields }) => [message, fields!.error]),
    )
      .toEqual([["GitHub refused a decision", expect.stringMatching(/^the answer: 422/)]]);
  });

  test("is given up after 20 attempts without a token", async () => {
    const { shop, review, calls } = await github({});
    await shop.runMinutes(3);
    await asked(shop);
    for (let i = 0; i < 25; i++) await review();
    expect(calls().length).toBe(20);
    expect(JSON.stringify(shop.log)).not.toContain("PRIVATE KEY");
  });

  test.each(Object.entries(PEMS))("is answered by the app with its key in %s", async (_, type) => {
    const { shop, review } = await github(ROUTES, pem(type));
    await shop.runMinutes(3);
    await asked(shop);
    await review();
    const [taken, ...others] = shop.network.requests;
    const [head, payload, mac] = taken!.headers.authorization!.replace("Bearer ", "").split(".");
    const { iss, iat, exp } = JSON.parse(atob(payload!));
    const nowS = (START + 3 * MINUTE) / 1_000;
    expect([iss, iat < nowS, exp > nowS, exp - iat <= 600]).toEqual(["4711", true, true, true]);
    expect(
      verify(
        "sha256",
        new TextEncoder().encode(`${head}.${payload}`),
        keys.publicKey,
        Uint8Array.from(atob(mac!.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)),
      ),
    ).toBe(true);
    for (const { headers } of others) expect(headers.authorization).toBe("Bearer ghs_installation");
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["a callback elsewhere", {
      deployment_callback_url:
        "https://evil.example/repos/acme/shop/actions/runs/77/deployment_protection_rule",
    }, 400],
    ["a callback of another kind", {
      deployment_callback_url: "https://api.github.com/repos/acme/shop/hooks",
    }, 400],
    ["a callback with a query", { deployment_callback_url: `${CALLBACK}?x=1` }, 400],
    ["another repository", { repository: { full_name: "acme/blog" } }, 404],
    ["another action", { action: "created" }, 400],
  ])("with %s is refused, and nobody is called", async (_, more, status) => {
    const { shop, review } = await github();
    await shop.runMinutes(3);
    expect(await asked(shop, request(more))).toBe(status);
    await review();
    expect(shop.network.requests).toEqual([]);
  });
});
