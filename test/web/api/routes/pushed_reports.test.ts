import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { PATH, PUSHED, pushFixture, TOKENS } from "../../../world/push_fixture.ts";
import { START } from "../../../world/test_env.ts";

const UNIT = "Id=a.service\nType=notify\nActiveState=active\nSubState=running\n";
const said = (state: string) => ({ state, seq: START, at: START });

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "reports over %s",
  (_, open) => {
    test("what is pushed is what is shown", async () => {
      const { call, push } = await pushFixture({ store: open() });
      const pushed = await push({
        state: "degraded",
        at: "2023-11-14T22:14:00Z",
        seq: 7,
        dialect: "systemd",
        version: "1.2.3",
        reason: "reloading",
        subsystems: [{ name: "db", state: "ready" }],
      });
      expect(pushed.status).toBe(200);
      const shown = {
        target: "shop",
        check: "orders",
        source: "unit",
        state: "degraded",
        dialect: "systemd",
        question: "push",
        version: "1.2.3",
        reason: "reloading",
        seq: 7,
        at: "2023-11-14T22:14:00.000Z",
        receivedAt: "2023-11-14T22:14:00.000Z",
        expiresAt: "2023-11-14T22:14:45.000Z",
        subsystems: [{ name: "db", state: "ready", layer: "dependency", required: true }],
      };
      expect(pushed.body).toMatchObject(shown);
      expect((await call("GET", PATH, { token: TOKENS.admin })).body).toMatchObject(shown);
    });

    test("before the first push and after the ttl the claim is unknown, and says why", async () => {
      const { call, push, clock } = await pushFixture({ store: open() });
      const seen = async () => (await call("GET", PATH, { token: TOKENS.admin })).body;
      expect(await seen()).toMatchObject({ state: "unknown", reason: "never pushed" });
      await push({ state: "ready" });
      await clock.advance(45_000);
      expect(await seen()).toMatchObject({ state: "ready", ageMs: 45_000 });
      await clock.advance(1);
      expect(await seen()).toMatchObject({ state: "unknown", reason: "stale", ageMs: 45_001 });
    });

    test("a replay is refused with the seq that is kept, and changes nothing", async () => {
      const { call, push } = await pushFixture({ store: open() });
      expect((await push({ state: "not_ready", seq: 5 })).status).toBe(200);
      for (const seq of [5, 4, 0]) {
        expect(await push({ state: "ready", seq })).toMatchObject({
          status: 409,
          body: { type: "urn:assay:problem:conflict", seq: 5 },
        });
      }
      expect((await call("GET", PATH, { token: TOKENS.admin })).body).toMatchObject({
        state: "not_ready",
        seq: 5,
      });
      expect((await push({ state: "ready", seq: 6 })).status).toBe(200);
    });

    test("what is withdrawn is unknown, and what was pushed before cannot be sent again", async () => {
      const { call, push } = await pushFixture({ store: open() });
      await push({ state: "ready", seq: 5 });
      expect((await call("DELETE", PATH)).status).toBe(204);
      expect((await call("GET", PATH, { token: TOKENS.admin })).body).toMatchObject({
        state: "unknown",
        reason: "withdrawn",
        seq: 6,
      });
      expect((await push({ state: "ready", seq: 5 })).status).toBe(409);
      expect((await push({ state: "ready", seq: 7 })).body).toMatchObject({ state: "ready" });
    });

    test.each([
      ["60 s ahead", 60_000, 200],
      ["more than 60 s ahead", 60_001, 400],
      ["as old as the ttl", -45_000, 200],
      ["older than the ttl", -45_001, 400],
    ])("a time that is %s", async (_, skewMs, status) => {
      const { push, clock } = await pushFixture({ store: open() });
      const answer = await push({ state: "ready", at: clock.now() + skewMs });
      expect(answer.status).toBe(status);
      if (status === 400) {
        expect(answer.body).toMatchObject({
          skewMs,
          detail: expect.stringContaining(`${Math.abs(skewMs)} ms`),
        });
      }
    });

    test.each([
      ["shorter than the config's: it holds", "10s", 10_000],
      ["longer than the config's: the config's holds", "1h", 45_000],
    ])("a ttl %s", async (_, ttl, ms) => {
      const { call, push, clock } = await pushFixture({ store: open() });
      await push({ state: "ready", ttl });
      await clock.advance(ms);
      expect((await call("GET", PATH, { token: TOKENS.admin })).body.state).toBe("ready");
      await clock.advance(1);
      expect((await call("GET", PATH, { token: TOKENS.admin })).body.reason).toBe("stale");
    });
  },
);

test("a ttl that the config has shortened since counts at once", async () => {
  const store = memoryStore();
  const { push } = await pushFixture({ store });
  await push({ state: "ready" });
  const { call, clock } = await pushFixture({ store, report: PUSHED.replace("45s", "5s") });
  await clock.advance(5_001);
  expect((await call("GET", PATH, { token: TOKENS.admin })).body.reason).toBe("stale");
});

describe("who may", () => {
  test.each([
    ["push with the source's own token", "PUT", PATH, TOKENS.unit, 200],
    ["push with a token for all", "PUT", PATH, TOKENS.admin, 200],
    ["push with a token for this target's reports", "PUT", PATH, TOKENS.shop, 200],
    ["push with a token for another target's", "PUT", PATH, TOKENS.other, 403],
    ["push with a token that may read", "PUT", PATH, TOKENS.reader, 403],
    ["push with none", "PUT", PATH, null, 401],
    ["push with a wrong one", "PUT", PATH, "tok-of-nobody", 401],
    ["withdraw with the source's own", "DELETE", PATH, TOKENS.unit, 204],
    ["withdraw with none", "DELETE", PATH, null, 401],
    ["read with a token for all", "GET", PATH, TOKENS.admin, 200],
    ["read with a token that may read", "GET", PATH, TOKENS.reader, 200],
    ["read with a token that may report", "GET", PATH, TOKENS.shop, 403],
    ["read with the source's own", "GET", PATH, TOKENS.unit, 401],
    ["read with none", "GET", PATH, null, 401],
    ["push to a source that there is not", "PUT", PATH.replace("unit", "nix"), TOKENS.admin, 404],
    [
      "push to a source that is asked",
      "PUT",
      "/v1/targets/shop/checks/plain/reports/default",
      TOKENS.admin,
      404,
    ],
    ["push to a check that there is not", "PUT", PATH.replace("orders", "nix"), TOKENS.admin, 404],
    ["learn of a source without a token", "PUT", PATH.replace("unit", "nix"), null, 401],
  ])("%s", async (_, method, path, token, status) => {
    const { call } = await pushFixture();
    const body = method === "PUT" ? said("ready") : undefined;
    expect((await call(method, path, { token, body })).status).toBe(status);
  });
});

describe("a raw answer", () => {
  const spring = JSON.stringify({ status: "UP", components: { db: { status: "DOWN" } } });
  test.each([
    ["of a dialect that is said", { dialect: "systemd", answer: { status: 200, body: UNIT } }, {
      state: "ready",
      dialect: "systemd",
    }],
    ["that is recognised", {
      answer: { status: 200, headers: { "content-type": "text/plain" }, body: spring },
    }, {
      state: "not_ready",
      dialect: "spring",
      contradictions: [expect.stringContaining("db not_ready")],
    }],
    ["that only says that a process lives: no claim", {
      answer: { status: 200, body: UNIT.replace("notify", "simple") },
    }, { state: "unknown", reason: expect.stringContaining("liveness") }],
    ["of an unknown dialect", { dialect: "nix", answer: { status: 200, body: UNIT } }, {
      state: "unreadable",
      reason: "dialect_unknown: nix",
    }],
    ["that nothing reads", { dialect: "systemd", answer: { status: 503, body: "<html>" } }, {
      state: "unreadable",
    }],
  ])("%s", async (_, body, shown) => {
    const { push } = await pushFixture();
    expect(await push(body)).toMatchObject({ status: 200, body: { question: "push", ...shown } });
  });
});

describe("a report in our own words", () => {
  test.each([
    ["ready over a part that is not: the part wins, and it is a contradiction", {
      state: "ready",
      subsystems: [{ name: "db", state: "not_ready" }],
    }, { state: "not_ready", contradictions: ["body says ready (ready) over db not_ready"] }],
    ["ready over a part that is not required: degraded", {
      state: "ready",
      subsystems: [{ name: "db", state: "not_ready", required: false }],
    }, { state: "degraded", contradictions: [] }],
    ["ready beside a claim that it is not", {
      state: "ready",
      claims: [{ source: "header", state: "not_ready", raw: "x" }],
    }, { state: "not_ready", contradictions: [expect.stringContaining("header says not_ready")] }],
    ["unknown stays unknown, whatever it was made of", {
      state: "unknown",
      reason: "systemctl failed",
      claims: [{ source: "body", state: "not_ready", raw: "x" }],
    }, { state: "unknown", reason: "systemctl failed", contradictions: [] }],
    ["not_ready that may be a start or a drain", { state: "not_ready", phase: "unclear" }, {
      state: "not_ready",
      phase: "unclear",
    }],
  ])("%s", async (_, body, shown) => {
    const { push } = await pushFixture();
    expect(await push(body)).toMatchObject({ status: 200, body: shown });
  });

  test("of which the source selects a part", async () => {
    const report = '{ name: unit, select: components.db, push: { token: "${env:UNIT_TOKEN}", ttl: 45s } }';
    const { push } = await pushFixture({ report });
    const subsystems = [{ name: "db", state: "not_ready", required: false }, {
      name: "cache",
      state: "ready",
    }];
    expect((await push({ state: "ready", subsystems })).body).toMatchObject({ state: "not_ready" });
    expect((await push({ state: "ready", seq: START + 1 })).body).toMatchObject({
      state: "unknown",
      reason: expect.stringContaining("no components.db"),
    });
  });

  test("whose secrets are not kept", async () => {
    const { push, store } = await pushFixture();
    await push({ state: "not_ready", reason: `login with ${TOKENS.admin} failed` });
    const [memo] = await store.listRecords({ kind: "report", limit: 1 });
    expect(memo!.value).toContain("login with *** failed");
    expect(memo!.value).not.toContain(TOKENS.admin);
  });
});

describe("bad input is refused, and nothing is kept of it", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `p${i}`, state: "ready" }));
  const ok = said("ready");
  test.each([
    ["nothing", undefined],
    ["no JSON", "ready"],
    ["an array", []],
    ["null", "null"],
    ["cut off", '{"state":"ready","seq":1'],
    ["brackets 30,000 deep", "[".repeat(30_000)],
    ["objects 9,000 deep", '{"a":'.repeat(9_000) + "1" + "}".repeat(9_000)],
    ["no state", { seq: START, at: START }],
    ["no seq", { state: "ready", at: START }],
    ["no time", { state: "ready", seq: START }],
    ["an unknown state", said("fine")],
    ["an unknown field", { ...ok, evidence: true }],
    ["a state and an answer", { ...ok, answer: { status: 200, body: "" } }],
    ["a seq that is negative", { ...ok, seq: -1 }],
    ["a seq that is a text", { ...ok, seq: "9" }],
    ["a seq past what is exact", { ...ok, seq: 2 ** 53 }],
    ["a seq that is no whole number", { ...ok, seq: 1.5 }],
    ["a time without a zone", { ...ok, at: "2023-11-14T22:14:00" }],
    ["a time that is none", { ...ok, at: "now" }],
    ["a ttl of nothing", { ...ok, ttl: "0s" }],
    ["a ttl that is a number", { ...ok, ttl: 45 }],
    ["201 parts", { ...ok, subsystems: many(201) }],
    ["51 claims", { ...ok, claims: many(51).map(() => ({ source: "body", state: "ready", raw: "" })) }],
    ["a reason that is too long", { ...ok, reason: "x".repeat(301) }],
    ["U+0000", { ...ok, reason: "\0" }],
    ["a header name that is none", {
      seq: START,
      at: START,
      answer: { status: 200, headers: { "a b": "c" }, body: "" },
    }],
    ["a header with a line break", {
      seq: START,
      at: START,
      answer: { status: 200, headers: { a: "b\r\nc: d" }, body: "" },
    }],
    ["a status that is none", { seq: START, at: START, answer: { status: 99, body: "" } }],
  ])("%s", async (_, body) => {
    const { call, store } = await pushFixture();
    expect(await call("PUT", PATH, { body })).toMatchObject({
      status: 400,
      body: { type: "urn:assay:problem:bad-request" },
    });
    expect(await store.listRecords({ kind: "report", limit: 1 })).toEqual([]);
  });

  test("and is named", async () => {
    const { push } = await pushFixture();
    expect((await push({ state: "fine", ttl: 5 })).body.errors.map(({ field }: { field: string }) => field))
      .toEqual(["ttl", "state"]);
    expect((await push({ answer: { status: 200, body: 1 } })).body.errors).toEqual([
      { field: "answer.body", message: expect.stringContaining("string") },
    ]);
  });

  test("more than 64 KiB", async () => {
    const { push, store } = await pushFixture();
    expect((await push({ answer: { status: 200, body: "x".repeat(64 * 1024) } })).status).toBe(413);
    expect(await store.listRecords({ kind: "report", limit: 1 })).toEqual([]);
  });
});
