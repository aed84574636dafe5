import { env, SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import worker from "../../functions/worker.ts";
import { workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

/** SHA-256 of `assay_edge`, by openssl. */
const HASH = "sha256:a2f3004ff694351369ce7c4c126362e0074f33862c247e2b513e0e1fc420f701";

const ask = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await SELF.fetch(`https://assay.example${path}`, { headers });
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), text: await answer.text() };
};

test("a token by its hash reads what it is good for, and its use is kept by the ledger", async () => {
  const tokens = [{ id: "edge", hash: HASH, scopes: ["read"], targets: ["shop"] }];
  world.setConfig({ api: { token: "${env:ASSAY_TOKEN}", tokens } });
  const authorization = "Bearer assay_edge";
  const asked = await Promise.all(
    ["/v1/targets/shop", "/v1/targets/other", "/v1/tokens"].map((path) => ask(path, { authorization })),
  );
  expect(asked.map(({ status }) => status)).toEqual([200, 403, 403]);
  const { text } = await ask("/v1/tokens", { authorization: `Bearer ${env.ASSAY_TOKEN}` });
  expect(JSON.parse(text).tokens).toMatchObject([
    { id: "api.token" },
    { id: "edge", targets: ["shop"], lastUsedAt: expect.any(String) },
  ]);
});

test("the ledger is copied with a token of scope admin alone", async () => {
  const tokens = [{ id: "edge", hash: HASH, scopes: ["operate"] }];
  world.setConfig({ api: { token: "${env:ASSAY_TOKEN}", tokens } });
  expect((await ask("/v1/backup", { authorization: "Bearer assay_edge" })).status).toBe(403);
  const { status, text } = await ask("/v1/backup", { authorization: `Bearer ${env.ASSAY_TOKEN}` });
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(status).toBe(200);
  expect(lines[0]).toMatchObject({ assay: "store" });
  expect(lines.at(-1)).toEqual({ rows: lines.length - 2 });
});

test("a client is who Cloudflare says it is, and may ask only so often", async () => {
  world.setConfig({ api: { token: "${env:ASSAY_TOKEN}", rateLimit: { perMinute: 10 } } });
  const from = (client: string, forwarded: string) =>
    ask("/v1/status", {
      authorization: `Bearer ${env.ASSAY_TOKEN}`,
      "cf-connecting-ip": client,
      "x-forwarded-for": forwarded,
    });
  for (let i = 0; i < 10; i++) expect((await from("192.0.2.7", `198.51.100.${i}`)).status).toBe(200);
  expect(await from("192.0.2.7", "198.51.100.99")).toMatchObject({ status: 429, retryAfter: "6" });
  expect((await from("192.0.2.8", "198.51.100.99")).status).toBe(200);
});

test("what is public comes from the isolate's copy: the ledger is asked once for a hundred looks", async () => {
  let asked = 0;
  const stub = {
    fetch: (request: Request) => (asked++, world.ledger.fetch(request.url)),
    tick: () => Promise.resolve(),
  };
  const bindings = { ...env, LEDGER: { getByName: () => stub } };
  const look = () => worker.fetch(new Request("https://assay.example/v1/status"), bindings);
  const answers = [];
  for (let i = 0; i < 100; i++) answers.push(await (await look()).text());
  expect(asked).toBe(1);
  expect(new Set(answers).size).toBe(1);
});
