import { expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { scriptedProbers } from "../../../world/scripted_probers.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START, testEnv } from "../../../world/test_env.ts";

const TOKEN = "tok-of-the-prober";

/** A deployment that only probes, as iad. */
async function deployment(env: Record<string, string> = { PROBER_TOKEN: TOKEN }) {
  const far = await testEnv(threeRegions(), { env });
  const cast = scriptedProbers(far.config);
  const prober = cast.probers.find(({ id }) => id === "iad")!;
  const app = api({ ...far, prober: { prober, token: "${env:PROBER_TOKEN}" } });
  const [check] = far.config.checks;
  const wanted = {
    prober: "iad",
    slot: START,
    deadlineMs: 5_000,
    checks: [{ check: check!.key, digest: check!.digest }],
  };
  const post = async (body: unknown, token: string | null = TOKEN) => {
    const answer = await app.request("/v1/rounds", {
      method: "POST",
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const { status, headers } = answer;
    return { status, type: headers.get("content-type"), body: await answer.json() };
  };
  return { ...far, asked: cast.requests, wanted, post };
}

test("walks what was asked, and says who it is", async () => {
  const { post, wanted, asked, config } = await deployment();
  const { status, body } = await post(wanted);
  expect([status, body.prober, body.slot]).toEqual([200, "iad", START]);
  expect(body.answers).toMatchObject([{ check: "shop/read", round: { observation: { outcome: "pass" } } }]);
  expect(asked).toEqual([{ prober: "iad", slot: START, deadlineMs: 5_000, checks: config.checks }]);
});

test.each([
  ["another digest", { digest: "old" }, { check: "shop/read", missed: "digest" }],
  ["an unknown check", { check: "shop/none" }, { check: "shop/none", digest: "", missed: "unknown check" }],
])("refuses %s by itself", async (_, change, refused) => {
  const { post, wanted } = await deployment();
  const [own] = wanted.checks;
  const { status, body } = await post({ ...wanted, checks: [own, { ...own, ...change }] });
  expect(status).toBe(200);
  expect(body.answers).toMatchObject([{ check: "shop/read", round: {} }, refused]);
});

test.each([
  ["a wrong token", "wrong", 401],
  ["no token", null, 401],
])("%s is refused before anything is read", async (_, token, status) => {
  const { post, asked } = await deployment();
  expect(await post("not JSON at all", token)).toMatchObject({ status, type: "application/problem+json" });
  expect(asked).toEqual([]);
});

test("another prober's request is a conflict", async () => {
  const { post, wanted, asked } = await deployment();
  expect(await post({ ...wanted, prober: "sin" })).toMatchObject({
    status: 409,
    type: "application/problem+json",
  });
  expect(asked).toEqual([]);
});

test.each<[string, (wanted: Record<string, unknown>) => unknown, string[]]>([
  ["no JSON", () => "{", [""]],
  ["an empty body", () => "", [""]],
  ["a slot that is no instant", (wanted) => ({ ...wanted, slot: -1 }), ["slot"]],
  ["a deadline over a minute", (wanted) => ({ ...wanted, deadlineMs: 60_001 }), ["deadlineMs"]],
  ["checks without a digest", (wanted) => ({ ...wanted, checks: [{ check: "shop/read" }] }), [
    "checks.0.digest",
  ]],
])("%s is a bad request, and says where", async (_, change, paths) => {
  const { post, wanted, asked } = await deployment();
  const { status, type, body } = await post(change(wanted));
  expect([status, type]).toEqual([400, "application/problem+json"]);
  expect(body.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
  expect(asked).toEqual([]);
});

test("a body over 4 MiB is too large", async () => {
  const { post, asked } = await deployment();
  expect(await post(" ".repeat(4 * 1024 * 1024 + 1))).toMatchObject({
    status: 413,
    type: "application/problem+json",
  });
  expect(asked).toEqual([]);
});

test("a token that is not set lets nobody in, and does not show", async () => {
  const { post, wanted, asked } = await deployment({});
  const { status, body } = await post(wanted);
  expect([status, body.type]).toEqual([500, "urn:assay:problem:internal"]);
  expect(JSON.stringify(body)).not.toContain("PROBER_TOKEN");
  expect(asked).toEqual([]);
});
