/** What was imported says up where the source would, and down where it would; their rules stand here as rows. */
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { importBlackbox } from "../../../../scripts/cli/import/blackbox.ts";
import { type Imported, SecretNames } from "../../../../scripts/cli/import/draft.ts";
import { importGatus } from "../../../../scripts/cli/import/gatus.ts";
import { writeConfig } from "../../../../scripts/cli/import/write.ts";
import { KINDS } from "../../../../functions/deno/kinds.ts";
import { load } from "../../../../src/config/mod.ts";
import { walk } from "../../../../src/evidence/probe/journey.ts";
import { ports, run } from "../../../evidence/probe/steps.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type Reply, scriptedFetch } from "../../../world/network.ts";

const UP = true, DOWN = false;

/** Whether the only check of what was imported passes if this is answered; undefined: it has nothing that asks. */
async function isUp(imported: Imported, reply: Reply): Promise<boolean> {
  const { config } = await load({ kind: "yaml", text: writeConfig(imported, "a test") }, { kinds: KINDS });
  const [check] = config.checks;
  const fetch = scriptedFetch({ "GET /x": reply });
  const { outcome } = await walk(
    ports(fetch, steppingClock()),
    { ...check!, baseUrl: check!.target.url },
    run,
    { steps: KINDS.steps },
  );
  return outcome === "pass" || outcome === "slow";
}

const json = (value: unknown): Reply => ({ json: value });

describe("Gatus", () => {
  const gatus = (...conditions: string[]) =>
    importGatus(
      JSON.stringify({ endpoints: [{ name: "x", url: "https://shop.example/x", conditions }] }),
      new SecretNames(),
    );

  // By Gatus' README ("Conditions", "Placeholders", "Functions").
  test.each<[condition: string, reply: Reply, up: boolean]>([
    ["[STATUS] == 200", {}, UP],
    ["[STATUS] == 200", { status: 201 }, DOWN],
    ["[STATUS] < 300", { status: 204 }, UP],
    ["[STATUS] == any(200, 429)", { status: 429 }, UP],
    ["[STATUS] == any(200, 429)", { status: 500 }, DOWN],
    ["[STATUS] != any(500, 503)", { status: 503 }, DOWN],
    ["[STATUS] == pat(2*)", { status: 204 }, UP],
    ["[STATUS] == pat(2*)", { status: 301 }, DOWN],
    ["[CONNECTED] == true", { status: 500 }, UP],
    ["[BODY] == pat(*<h1>Hi*)", { body: "<p>\n<h1>Hi there" }, UP],
    ["[BODY] == pat(*<h1>Hi*)", { body: "<h1>Bye" }, DOWN],
    ["[BODY] == ok", { body: "ok" }, UP],
    ["[BODY].status == UP", json({ status: "UP" }), UP],
    ["[BODY].status == UP", json({ status: "DOWN" }), DOWN],
    ["[BODY].user.name == john", json({ user: { name: "john" } }), UP],
    ["[BODY].data[0].id == 1", json({ data: [{ id: 1 }] }), UP],
    ["[BODY].data[0].id == 1", json({ data: [{ id: 2 }] }), DOWN],
    ["[BODY].age > 18", json({ age: 19 }), UP],
    ["[BODY].age > 18", json({ age: 18 }), DOWN],
    ["[BODY].ok == true", json({ ok: true }), UP],
    ["[BODY].ok == true", json({ ok: false }), DOWN],
    ["len([BODY].data) < 3", json({ data: [1, 2] }), UP],
    ["len([BODY].data) < 3", json({ data: [1, 2, 3] }), DOWN],
    ["len([BODY].name) == 4", json({ name: "john" }), UP],
    ["has([BODY].errors) == false", json({ a: 1 }), UP],
    ["has([BODY].errors) == false", json({ errors: [] }), DOWN],
    ["has([BODY].id) == true", json({ id: 1 }), UP],
    ["[BODY].name == pat(john*)", json({ name: "john.doe" }), UP],
    ["[BODY].name == pat(john*)", json({ name: "a john" }), DOWN],
    ["[BODY].name == any(a, b)", json({ name: "b" }), UP],
    ["[BODY].name == pat(a.c)", json({ name: "abc" }), DOWN],
    ["[BODY].my-key == x", json({ "my-key": "x" }), UP],
  ])("%s of %j: up %s", async (condition, reply, up) => expect(await isUp(gatus(condition), reply)).toBe(up));

  // Gatus passes these; a value that is not there is no value here.
  test.each<[string, Reply]>([
    ["[BODY].lag < 100", json({ status: "ok" })],
    ["[BODY].lag < 100", json({ lag: null })],
    ["[BODY].lag < 100", { body: "<html>502" }],
  ])("%s of %j is not up, where Gatus reads it as 0", async (condition, reply) => {
    expect(await isUp(gatus(condition), reply)).toBe(DOWN);
  });

  test("all conditions have to hold, and without one 2xx", async () => {
    expect(await isUp(gatus("[STATUS] == 200", "[BODY].a == 1"), json({ a: 2 }))).toBe(DOWN);
    expect(await isUp(gatus(), { status: 204 })).toBe(UP);
  });

  test.each([
    "[IP] == 127.0.0.1",
    "[DNS_RCODE] == NOERROR",
    "[BODY]..id == 3",
    "[STATUS]==200",
    "[BODY] > 3",
  ])(
    "%s is told of as lost",
    (condition) => {
      const { checks } = gatus(condition);
      expect(checks[0]!.remarks).toContainEqual(expect.objectContaining({ kind: "lost", at: condition }));
    },
  );
});

describe("blackbox", () => {
  const blackbox = (http: object) =>
    importBlackbox([
      JSON.stringify({ modules: { m: { prober: "http", timeout: "5s", http } } }),
      JSON.stringify({
        scrape_configs: [{
          job_name: "probe",
          metrics_path: "/probe",
          params: { module: ["m"] },
          static_configs: [{ targets: ["https://shop.example/x"], labels: { team: "pay" } }],
        }],
      }),
    ], new SecretNames());

  // By blackbox_exporter's CONFIGURATION.md, "http_probe".
  test.each<[http: object, reply: Reply, up: boolean]>([
    [{}, { status: 204 }, UP],
    [{}, { status: 404 }, DOWN],
    [{ valid_status_codes: [404] }, { status: 404 }, UP],
    [{ accept_any_response: true }, { status: 500 }, UP],
    [{ fail_if_body_matches_regexp: ["Could not connect"] }, { body: "Could not connect to database" }, DOWN],
    [{ fail_if_body_matches_regexp: ["Could not connect"] }, { body: "fine" }, UP],
    [{ fail_if_body_not_matches_regexp: ["^fine$"] }, { body: "fine" }, UP],
    [{ fail_if_body_not_matches_regexp: ["^fine$"] }, { body: "bad" }, DOWN],
    [{ fail_if_body_json_not_matches_cel: "body.foo == 'bar'" }, json({ foo: "bar" }), UP],
    [{ fail_if_body_json_not_matches_cel: "body.foo == 'bar'" }, json({}), DOWN],
    [{ fail_if_body_json_matches_cel: "body.foo == 'bar'" }, json({ foo: "bar" }), DOWN],
    [{ fail_if_header_matches: [{ header: "X-Cache", regexp: "MISS", allow_missing: true }] }, {}, UP],
    [{ fail_if_header_matches: [{ header: "X-Cache", regexp: "MISS" }] }, {}, DOWN],
    [
      { fail_if_header_matches: [{ header: "X-Cache", regexp: "MISS" }] },
      { headers: { "x-cache": "MISS" } },
      DOWN,
    ],
    [{ fail_if_header_not_matches: [{ header: "X-Cache", regexp: "HIT" }] }, {
      headers: { "x-cache": "HIT" },
    }, UP],
    [{ fail_if_header_not_matches: [{ header: "X-Cache", regexp: "HIT" }] }, {
      headers: { "x-cache": "MISS" },
    }, DOWN],
    [
      { follow_redirects: false, valid_status_codes: [302] },
      { status: 302, headers: { location: "/y" } },
      UP,
    ],
  ])("%j of %j: up %s", async (http, reply, up) => expect(await isUp(blackbox(http), reply)).toBe(up));

  test("targets, labels and periods come from prometheus.yml", () => {
    const { targets } = parse(writeConfig(blackbox({}), "a test"));
    expect(targets).toMatchObject([{
      url: "https://shop.example",
      labels: { team: "pay", job: "probe" },
      checks: [{ every: "1m", journey: [{ timeout: "5s" }] }],
    }]);
  });
});
