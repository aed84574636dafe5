/** Who did what, by API and page: one line of the log for each, which holds no token and no free text. */
import { expect, test } from "vitest";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { pageFixture } from "../../page/page_fixture.ts";
import { bearer, KEYS, tokenFixture } from "../token_fixture.ts";

const silence = (target: string) => JSON.stringify({ match: { target }, until: "1h", reason: "a move" });
const deployment = JSON.stringify({ target: "shop-eu", version: "1.4.2" });

interface Row {
  name: string;
  token: string;
  asked: [method: string, path: string, body?: string];
  line?: { by: string; action: string; subject: Record<string, unknown>; status: number };
}

test.each<Row>([
  {
    name: "a silence",
    token: KEYS.operate,
    asked: ["POST", "/v1/silences", silence("billing")],
    line: {
      by: "operator",
      action: "POST /v1/silences",
      subject: expect.objectContaining({ id: expect.stringMatching(/^sil_/), match: '{"target":"billing"}' }),
      status: 201,
    },
  },
  {
    name: "a silence by a token for some targets",
    token: KEYS.shop,
    asked: ["POST", "/v1/silences", silence("shop-eu")],
    line: {
      by: "shops",
      action: "POST /v1/silences",
      subject: expect.objectContaining({ match: '{"target":"shop-eu"}' }),
      status: 201,
    },
  },
  {
    name: "a deployment",
    token: KEYS.admin,
    asked: ["POST", "/v1/deployments", deployment],
    line: {
      by: "boss",
      action: "POST /v1/deployments",
      subject: expect.objectContaining({ target: "shop-eu", version: "1.4.2" }),
      status: 201,
    },
  },
  {
    name: "a flush",
    token: KEYS.root,
    asked: ["POST", "/v1/sinks/ops/flush"],
    line: {
      by: "api.token",
      action: "POST /v1/sinks/ops/flush",
      subject: { id: "ops", woken: "0" },
      status: 202,
    },
  },
  {
    name: "the end of every session",
    token: KEYS.admin,
    asked: ["DELETE", "/v1/sessions"],
    line: { by: "boss", action: "DELETE /v1/sessions", subject: {}, status: 204 },
  },
  {
    name: "a silence that may not be",
    token: KEYS.shop,
    asked: ["POST", "/v1/silences", silence("billing")],
  },
  { name: "a body that is none", token: KEYS.operate, asked: ["POST", "/v1/silences", "{}"] },
  { name: "a wrong token", token: "assay_wrong", asked: ["POST", "/v1/silences", silence("billing")] },
  { name: "a look", token: KEYS.admin, asked: ["GET", "/v1/silences"] },
  { name: "a gate that is asked by POST", token: KEYS.admin, asked: ["POST", "/v1/gates/shop-eu", "{}"] },
])("$name", async ({ token, asked: [method, path, body], line }) => {
  const { ask, log } = await tokenFixture({ store: memoryStore() });
  await ask(path, { method, body, authorization: bearer(token) });
  const lines = log.filter(({ message }) => message === "audit");
  expect(lines).toEqual(line ? [{ level: "info", message: "audit", fields: line }] : []);
  expect(JSON.stringify(lines)).not.toContain(token);
  expect(JSON.stringify(lines)).not.toContain("a move");
});

test("forms of the page: by whoever signed in, once each, and a silence that is ended", async () => {
  const { get, signIn, log, store } = await pageFixture();
  const cookie = await signIn();
  const form = { until: "1h", reason: "a move" };
  expect((await get("/targets/shop/silence", cookie, { form })).status).toBe(303);
  expect((await get("/targets/shop/checks/read/walk", cookie, { form: {} })).status).toBe(200);
  expect((await get("/targets/shop/silence", undefined, { form })).status).toBe(403);
  const [silence] = await store.listRecords({ kind: "silence", limit: 1 });
  const headers = { authorization: "Bearer tok-of-the-operator" };
  await get(`/v1/silences/${silence!.key}`, undefined, { method: "DELETE", headers });
  const lines = log.filter(({ message }) => message === "audit").map(({ fields }) => fields);
  expect(lines).toMatchObject([
    { by: "api.token", action: "POST /v1/silences", subject: { match: '{"target":"shop"}' } },
    { by: "api.token", action: "POST /v1/targets/shop/checks/read/rounds" },
    { by: "api.token", action: `DELETE /v1/silences/${silence!.key}`, status: 204 },
  ]);
});
