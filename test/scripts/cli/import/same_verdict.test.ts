/** What was imported says up where the source would, and down where it would; their rules stand here as rows. */
import { Buffer } from "node:buffer";
import { decode, encode } from "dns-packet";
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
import type { ZoneRecord } from "../../../world/dns_server.ts";
import { type LinePlay, scriptedDial } from "../../../world/lines.ts";
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

/** The same over a connection, with an answer to each thing that is said. */
async function isUpOver(imported: Imported, play: LinePlay): Promise<boolean> {
  const { config } = await load({ kind: "yaml", text: writeConfig(imported, "a test") }, { kinds: KINDS });
  const [check] = config.checks;
  const clock = steppingClock();
  const { outcome } = await walk(
    { ...ports(scriptedFetch({}), clock), dial: scriptedDial(play) },
    { ...check!, baseUrl: check!.target.url },
    run,
    { steps: KINDS.steps },
  );
  return outcome === "pass" || outcome === "slow";
}

/** A DNS server's answer to whatever it is asked. */
const answering = (rcode: number, ...answers: ZoneRecord[]): LinePlay => [(query) => {
  // deno-lint-ignore no-explicit-any
  const { id, questions }: any = decode(Buffer.from(query));
  return encode({ type: "response", id, questions, flags: rcode, answers: answers as never });
}];

const address = (data: string): ZoneRecord => ({ type: "A", name: "shop.example", ttl: 300, data });

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

  const dns = (...conditions: string[]) =>
    importGatus(
      JSON.stringify({
        endpoints: [{ name: "x", url: "9.9.9.9", dns: { "query-name": "shop.example" }, conditions }],
      }),
      new SecretNames(),
    );

  test.each<[condition: string, play: LinePlay, up: boolean]>([
    ["[DNS_RCODE] == NOERROR", answering(0), UP],
    ["[DNS_RCODE] == NOERROR", answering(3), DOWN],
    ["[DNS_RCODE] == any(NOERROR, NXDOMAIN)", answering(3), UP],
    ["[BODY] == 203.0.113.7", answering(0, address("203.0.113.7")), UP],
    ["[BODY] == 203.0.113.7", answering(0, address("203.0.113.8")), DOWN],
    ["[BODY] == 203.0.113.7", answering(0), DOWN],
    ["[BODY] == pat(*.*.*.*)", answering(0, address("203.0.113.7")), UP],
    ["[BODY] != 203.0.113.7", answering(0, address("203.0.113.7")), DOWN],
    ["[CONNECTED] == true", answering(2), UP],
  ])(
    "%s of a DNS answer, row %#",
    async (condition, play, up) => expect(await isUpOver(dns(condition), play)).toBe(up),
  );

  test.each<[body: string, condition: string, play: LinePlay, up: boolean]>([
    ["", "[CONNECTED] == true", [], UP],
    ["PING\r\n", "[BODY] == pat(+PONG*)", [() => "+PONG\r\n"], UP],
    ["PING\r\n", "[BODY] == pat(+PONG*)", [() => "-LOADING\r\n"], DOWN],
    ["PING\r\n", "[CONNECTED] == true", [() => null], DOWN],
  ])("tcp that says %j: %s, row %#", async (body, condition, play, up) => {
    const endpoint = { name: "x", url: "tcp://cache.example:6379", body, conditions: [condition] };
    const made = importGatus(JSON.stringify({ endpoints: [endpoint] }), new SecretNames());
    expect(await isUpOver(made, play)).toBe(up);
  });

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
  const probing = (module: object, target: string) =>
    importBlackbox([
      JSON.stringify({ modules: { m: { timeout: "5s", ...module } } }),
      JSON.stringify({
        scrape_configs: [{
          job_name: "probe",
          metrics_path: "/probe",
          params: { module: ["m"] },
          static_configs: [{ targets: [target], labels: { team: "pay" } }],
        }],
      }),
    ], new SecretNames());
  const blackbox = (http: object) => probing({ prober: "http", http }, "https://shop.example/x");

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

  // By its prober/tcp.go.
  test.each<[tcp: object | undefined, play: LinePlay, up: boolean]>([
    [undefined, [], UP],
    [{ query_response: [{ expect: "^220 .* ESMTP$" }] }, ["220 mail.example ESMTP\r\n"], UP],
    [{ query_response: [{ expect: "^220" }] }, ["554 no\r\n"], DOWN],
    [{ query_response: [{ expect: "^220" }] }, [null], DOWN],
    [
      { query_response: [{ send: "NICK a" }, { send: "USER b" }, { expect: "^PING" }] },
      [() => "PING :1\n"],
      UP,
    ],
    [
      { query_response: [{ expect: "^SSH-2.0-", send: "SSH-2.0-probe" }] },
      ["SSH-2.0-OpenSSH\r\n"],
      UP,
    ],
    [
      { query_response: [{ expect: "^220" }, { send: "NOOP\r" }, { expect: "^250" }] },
      ["220 a\r\n", () => "250 ok\r\n"],
      UP,
    ],
    [
      { query_response: [{ expect: "^220" }, { send: "NOOP\r" }, { expect: "^250" }] },
      ["220 a\r\n", () => "500 what\r\n"],
      DOWN,
    ],
  ])("%j over tcp, row %#", async (tcp, play, up) => {
    expect(await isUpOver(probing({ prober: "tcp", tcp }, "mail.example:25"), play)).toBe(up);
  });

  // By its prober/dns.go.
  test.each<[dns: object, play: LinePlay, up: boolean]>([
    [{}, answering(0), UP],
    [{}, answering(3), DOWN],
    [{ valid_rcodes: ["NXDOMAIN", "SERVFAIL"] }, answering(3), UP],
    [
      { validate_answer_rrs: { fail_if_matches_regexp: [".*127.0.0.1"] } },
      answering(0, address("127.0.0.1")),
      DOWN,
    ],
    [{ validate_answer_rrs: { fail_if_matches_regexp: [".*127.0.0.1"] } }, answering(0), UP],
    [
      { validate_answer_rrs: { fail_if_not_matches_regexp: ["^shop.example.\t300\tIN\tA\t203.0.113.7$"] } },
      answering(0, address("203.0.113.7")),
      UP,
    ],
    [
      { validate_answer_rrs: { fail_if_not_matches_regexp: ["203.0.113.7"] } },
      answering(0, address("203.0.113.7"), address("203.0.113.8")),
      DOWN,
    ],
    [{ validate_answer_rrs: { fail_if_not_matches_regexp: ["203"] } }, answering(0), DOWN],
    [
      { validate_answer_rrs: { fail_if_none_matches_regexp: ["203.0.113.7", "203.0.113.9"] } },
      answering(0, address("203.0.113.7"), address("203.0.113.8")),
      UP,
    ],
    [{ validate_answer_rrs: { fail_if_none_matches_regexp: ["203.0.113.7"] } }, answering(0), DOWN],
  ])("%j of a DNS answer, row %#", async (dns, play, up) => {
    const module = { prober: "dns", dns: { query_name: "shop.example", query_type: "A", ...dns } };
    expect(await isUpOver(probing(module, "9.9.9.9"), play)).toBe(up);
  });

  const step = (module: object, target: string) =>
    parse(writeConfig(probing(module, target), "a test")).targets[0].checks[0].journey[0];

  test("a gRPC server is asked for its health, by TLS or without", () => {
    const probe = (tls: boolean) =>
      parse(
        writeConfig(
          probing({ prober: "grpc", grpc: { service: "shop.v1", tls } }, "shop.example:50051"),
          "a test",
        ),
      )
        .targets[0];
    const journey = [{ grpc: { service: "shop.v1" }, expect: ["message.status == 'SERVING'"] }];
    expect(probe(true)).toMatchObject({ url: "https://shop.example:50051", checks: [{ journey }] });
    expect(probe(false)).toMatchObject({ url: "http://shop.example:50051", checks: [{ journey }] });
  });

  test("a handshake is a tls step, a WebSocket a websocket step", () => {
    const tls_config = { server_name: "shop.example", insecure_skip_verify: false };
    expect(step({ prober: "tcp", tcp: { tls: true, tls_config } }, "10.0.0.1:443")).toMatchObject({
      tls: { host: "10.0.0.1", port: 443, serverName: "shop.example" },
      expect: ["trusted"],
    });
    expect(step({ prober: "websocket" }, "wss://shop.example/live")).toMatchObject({
      websocket: { messages: 0 },
      request: { path: "/live" },
    });
  });

  test.each<[module: object, target: string, lost: string[]]>([
    [{ prober: "tcp", tcp: { query_response: [{ starttls: true }] } }, "mail.example:25", ["no STARTTLS"]],
    [
      {
        prober: "tcp",
        tcp: { query_response: [{ expect: "PING (.*)", send: "PONG ${1}" }, { expect: "001" }] },
      },
      "irc.example:6667",
      ["one fixed text", "one greeting and one answer"],
    ],
    [{ prober: "tcp" }, "mail.example", ["names no port"]],
    [{ prober: "dns", dns: { query_name: "a.example" } }, "9.9.9.9", ["cannot ask for ANY records"]],
    [
      { prober: "dns", dns: { query_name: "a.example", query_type: "A", validate_authority_rrs: { a: 1 } } },
      "9.9.9.9",
      ["nothing like it"],
    ],
    [{ prober: "icmp" }, "9.9.9.9", ["there is no step for prober icmp"]],
  ])("%j is told of as lost", (module, target, lost) => {
    const { checks, remarks } = probing(module, target);
    const said = [...remarks, ...checks.flatMap(({ remarks }) => remarks)].filter(({ kind }) =>
      kind === "lost"
    );
    expect(said.map(({ text }) => text)).toEqual(lost.map((text) => expect.stringContaining(text)));
  });
});
