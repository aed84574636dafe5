import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DIALECTS, read } from "../../../../src/evidence/report/mod.ts";
import { stateOfWord } from "../../../../src/evidence/report/vocabulary.ts";
import { rows } from "../seed.ts";

const said = (text: string, status = 200) => {
  const answer = { url: new URL("https://shop.example/health"), status, headers: new Headers(), text };
  return read(answer, { dialect: "http" }, DIALECTS).state;
};
const answered = (json: unknown) => said(JSON.stringify(json));

test.each<[string, unknown, string]>([
  ["null", { status: null }, "unknown"],
  ["an object", { status: { code: 200 } }, "unknown"],
  ["a list", { state: [] }, "unknown"],
  ["a word", { status: "up" }, "ready"],
  ["no such key: the code decides", { uptime: 5 }, "ready"],
])("http under 200 with a status that is %s", (_name, json, state) => {
  expect(answered(json)).toBe(state);
});

const BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>";

test.each([
  ["a login form", 200, '<form action="/login"><input name="pw" type="password"></form>', "unreadable"],
  ["an error page under 200", 200, BAD_GATEWAY, "unreadable"],
  ["the same under its own code", 502, BAD_GATEWAY, "not_ready"],
  ["a page that is about errors", 200, "<title>All errors of today</title>", "unreadable"],
])("an HTML page: %s, %i", (_, status, page, state) => {
  expect(said(page, status)).toBe(state);
});

describe("a home-made body under 200", () => {
  test.each([
    [{ value: { ready: false } }],
    [{ data: { status: "down" } }],
    [{ isHealthy: false }],
    [{ is_ready: "false" }],
    [{ success: false }],
    [{ healthy: false, since: 5 }],
    [{ db: "down", cache: "up" }],
    [{ checks: { db: "ok", queue: "error" } }],
    [{ result: { data: { ok: false } } }],
    [{ alive: false, online: true }],
  ])("refuses: %j", (json) => {
    expect(answered(json)).toBe("not_ready");
  });

  test.each([
    [{ success: true, items: [] }],
    [{ success: false, items: [] }],
    [{ enabled: false, name: "x" }],
    [{ enabled: false }],
    [{ error: false }],
    [{ maintenance: false, beta: false }],
    [{ color: "red" }],
    [{ color: "red", level: "critical" }],
    [{ type: "error", severity: "major" }],
    [{ direction: "down" }],
    [{ db: "postgres", cache: "down" }],
    [{ dark: "false", sound: "false" }],
    [{ order: { status: "failed" } }],
    [{ data: { status: "down", id: 7 } }],
    [{ data: [{ status: "down" }] }],
    [{ data: {}, error: "down" }],
    [{ items: 0, total: 0 }],
    [{}],
    [[]],
    [[{ status: "down" }]],
    ["down"],
  ])("does not refuse: %j", (json) => {
    expect(answered(json)).toBe("ready");
  });
});

test.each([
  ["metrics", "# HELP up x\n# TYPE up gauge\nup 1\n", "/stats", "unreadable"],
  ["a federate page without a series", "", "/federate", "unreadable"],
  ["metrics without comments at their path", "up 1\n", "/metrics", "unreadable"],
  ["a start page", "<!DOCTYPE html><html><body><div id=root></div></body></html>", "/health", "unreadable"],
  ["a page that says one word", "<html><body><h1>OK</h1></body></html>", "/health", "ready"],
  ["a page that says it is down", "<h1>DOWN</h1>", "/health", "not_ready"],
  ["a plain word, sent as HTML", "OK", "/health", "ready"],
  ["nothing, sent as HTML", "", "/health", "ready"],
])("what is read of %s", (_, text, path, state) => {
  const headers = new Headers({ "content-type": "text/html" });
  const answer = { url: new URL(path, "https://shop.example"), status: 200, headers, text };
  expect(read(answer, { dialect: "auto" }, DIALECTS).state).toBe(state);
});

/** The rule once more, written the long way round: what an object must be for its refusal to count. */
function mayRefuse(json: unknown): boolean {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  const entries = Object.entries(json);
  const named = ["status", "state", "health", "healthy", "ready", "ok"];
  if (named.some((key) => Object.hasOwn(json, key))) return true;
  if (entries.length === 1 && typeof entries[0]![1] === "object") return mayRefuse(entries[0]![1]);
  const flags = ["ready", "healthy", "alive", "up", "ok", "serving", "operational", "online", "success"];
  const isFlag = (name: string) =>
    flags.includes(name.toLowerCase().replace(/^is_?/, "")) || flags.includes(name.toLowerCase());
  return entries.length > 0 &&
    entries.every(([name, value]) =>
      typeof value === "boolean"
        ? isFlag(name)
        : typeof value === "string" && stateOfWord(value) !== undefined
    );
}

test("no ordinary JSON is not_ready where the rule does not hold", () => {
  const name = fc.constantFrom(
    "id",
    "name",
    "success",
    "items",
    "enabled",
    "error",
    "data",
    "value",
    "db",
    "isReady",
    "color",
  );
  const leaf = fc.oneof(
    fc.boolean(),
    fc.nat(600),
    fc.constantFrom("down", "up", "red", "error", "false", "pending", "x", "critical", "ok"),
    fc.constant(null),
    fc.string(),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.dictionary(name, tie("json"), { maxKeys: 4 }),
      fc.array(tie("json"), { maxLength: 3 }),
    ),
  }));
  let refusals = 0;
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(name, json, { maxKeys: 4 }), json), (body) => {
      const isRefusal = ["not_ready", "starting", "draining"].includes(answered(body));
      if (isRefusal) refusals++;
      // A bare word is one by itself: this is about objects.
      if (isRefusal && typeof body === "object") expect([body, mayRefuse(body)]).toEqual([body, true]);
    }),
    rows(20_000),
  );
  expect(refusals).toBeGreaterThan(50);
});
