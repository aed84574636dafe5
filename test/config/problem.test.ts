import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/config/mod.ts";
import { BASE, edit, problemsOf, takeMark } from "./load_text.ts";

type Said = Omit<Problem, "severity" | "line" | "column">;
type Row = [name: string, find: string, replacement: string, said: Said];

const CHECK = "targets[0].checks[0]";
const STEP = `${CHECK}.journey[0]`;
const AN_ID = "an id: 1 to 63 lower-case letters, digits and hyphens, no hyphen first";
const UNITS = "whole numbers and d, h, m, s or ms, such as 30s or 1m30s";
const A_REFERENCE = "a reference: ${env:NAME}, so that no secret stands in the config";

const OTHER_TARGET =
  "- { id: shop, url: https://a.example, checks: [{ journey: [{ expect: body.ok == true }] }] }";
const CAPTURING = "- { expect: body.id != 0, capture: { order: body.id } }";

// `▸` marks where the problem must point.
const top = (line: string): [string, string] => ["version: 1\n", `version: 1\n${line}\n`];
const check = (line: string): [string, string] => ["id: write", `id: write\n        ${line}`];
const step = (line: string): [string, string] => [
  "- expect: [",
  `- ${line}\n            expect: [`,
];

const SHAPES: Row[] = [
  ["an unknown key at the top", ...top("▸listn: 80"), {
    path: "listn",
    message: "unknown key",
    expected:
      "one of: version, publicUrl, traceUrl, listen, store, retention, api, page, hooks, controls, allowPrivate, concurrency, connectionsPerHost, regions, defaults, targets, webhooks, heartbeat, routes, maintenance",
    found: "listn",
    suggestion: "listen",
  }],
  ["an unknown key with no neighbour", ...top("retention: { ▸zzz: 1 }"), {
    path: "retention.zzz",
    message: "unknown key",
    expected: "one of: raw, rollups, incidents",
    found: "zzz",
  }],
  ["a key below the wrong parent", ...step("until: { every: 100ms, within: 1s, ▸times: 2 }"), {
    path: `${STEP}.until.times`,
    message: "unknown key",
    expected: "one of: every, within",
    found: "times",
  }],
  ["another version", "version: 1", "version: ▸2", {
    path: "version",
    message: "unknown value",
    expected: "1",
    found: "2",
  }],
  ["a missing key", "id: shop\n    url: https://shop.example", "▸id: shop", {
    path: "targets[0].url",
    message: "url is missing",
    expected: "a text",
    found: "nothing",
  }],
  ["a key without a value", "url: https://shop.example", "▸url:", {
    path: "targets[0].url",
    message: "wrong type",
    expected: "a text",
    found: "nothing",
  }],
  ["a text for a number", ...top('concurrency: ▸"80"'), {
    path: "concurrency",
    message: "wrong type",
    expected: "a number",
    found: '"80"',
  }],
  ["a number for a text", ...check("contract: ▸42"), {
    path: `${CHECK}.contract`,
    message: "wrong type",
    expected: "a text",
    found: "42",
    suggestion: '"42"',
  }],
  ["a broken number", ...top("concurrency: ▸80.5"), {
    path: "concurrency",
    message: "wrong type",
    expected: "a whole number",
    found: "80.5",
  }],
  ["a port out of range", ...top("listen: ▸70000"), {
    path: "listen",
    message: "too big",
    expected: "at most 65535",
    found: "70000",
  }],
  ["too much at once", ...top("concurrency: ▸0"), {
    path: "concurrency",
    message: "too small",
    expected: "at least 1",
    found: "0",
  }],
  ["a misspelt word", ...check("scope: ▸globl"), {
    path: `${CHECK}.scope`,
    message: "unknown value",
    expected: "one of: global, region",
    found: "globl",
    suggestion: "global",
  }],
  ["a method in small letters", ...step("request: { method: ▸post }"), {
    path: `${STEP}.request.method`,
    message: "unknown value",
    expected: "one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    found: "post",
    suggestion: "POST",
  }],
  ["a list that is empty", 'expect: ["status == 200", "body.ok == true"]', "expect: ▸[]", {
    path: `${STEP}.expect`,
    message: "too small",
    expected: "at least 1 entry",
    found: "0 entries",
  }],
  ["an id with a capital", "id: shop", "id: ▸Shop", {
    path: "targets[0].id",
    message: "not an id",
    expected: AN_ID,
    found: "Shop",
  }],
  ["a region id with a hyphen", ...top("regions: [{ id: ▸eu-west, probers: [{ id: a }] }]"), {
    path: "regions[0].id",
    message: "not a plain id",
    expected: "a plain id: 1 to 32 lower-case letters and digits, a letter first",
    found: "eu-west",
  }],
  ["a region id that every object has", ...top("regions: [{ id: ▸constructor, probers: [{ id: a }] }]"), {
    path: "regions[0].id",
    message: "not an allowed id",
    expected: "an allowed id: constructor is reserved in JavaScript",
    found: "constructor",
  }],
  ["a prober id that every object has", ...top("regions: [{ id: eu, probers: [{ id: ▸constructor }] }]"), {
    path: "regions[0].probers[0].id",
    message: "not an allowed id",
    expected: "an allowed id: constructor is reserved in JavaScript",
    found: "constructor",
  }],
  ["a duration in words", ...check("every: ▸30 seconds"), {
    path: `${CHECK}.every`,
    message: "not a duration from 1s to 1d",
    expected: `a duration from 1s to 1d: ${UNITS}`,
    found: '"30 seconds"',
    suggestion: "30s",
  }],
  ["a bare number for a duration", ...check("timeout: ▸10"), {
    path: `${CHECK}.timeout`,
    message: "not a duration from 100ms to 45s",
    expected: `a duration from 100ms to 45s: ${UNITS}`,
    found: "10",
    suggestion: "10s",
  }],
  ["a number for a duration or 0", ...check("confirm: ▸30"), {
    path: `${CHECK}.confirm`,
    message: "not a duration from 20s to 1h, or 0",
    expected: "a duration from 20s to 1h, or 0",
    found: "30",
    suggestion: "30s",
  }],
  ["a misspelt rule", ...check("quorum: { open: ▸majorty }"), {
    path: `${CHECK}.quorum.open`,
    message: "unknown value",
    expected: "one of: majority, all, any",
    found: "majorty",
    suggestion: "majority",
  }],
  ["a fraction above one", ...check("quorum: { open: { fraction: ▸1.5 } }"), {
    path: `${CHECK}.quorum.open.fraction`,
    message: "too big",
    expected: "at most 1",
    found: "1.5",
  }],
  ["a rule of no known type", ...check("quorum: ▸[all]"), {
    path: `${CHECK}.quorum`,
    message: "wrong type",
    expected: "one of: majority, all, any or a map",
    found: "a list",
  }],
  ["a report path without a slash", "path: /readyz", "path: ▸readyz", {
    path: `${CHECK}.report.path`,
    message: "not a path",
    expected: "a path: /... below the target's url",
    found: "readyz",
  }],
  ["a header that would be ignored", ...step("request: { headers: { ▸Host: other.example } }"), {
    path: `${STEP}.request.headers.Host`,
    message: "not a header you may set",
    expected:
      "a header you may set: not connection, content-length, expect, host, keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade, x-assay-run",
    found: "Host",
  }],
  ["a header value on two lines", ...step('request: { headers: { x-a: ▸"a\\nb" } }'), {
    path: `${STEP}.request.headers["x-a"]`,
    message: "not a header value",
    expected: "a header value: one line, no control characters",
    found: "a text (not shown)",
  }],
  ["a capture name with a hyphen", ...step("capture: { ▸order-id: body.id }"), {
    path: `${STEP}.capture["order-id"]`,
    message: "not a capture name",
    expected: "a capture name: letters, digits and underscores, no digit first",
    found: "order-id",
  }],
  ["a literal token", ...top("api: { token: ▸hunter2 }"), {
    path: "api.token",
    message: "not a reference",
    expected: A_REFERENCE,
    found: "a text (not shown)",
  }],
];

const RULES: Row[] = [
  ["two stores", ...top("store: ▸{ sqlite: a.db, memory: {} }"), {
    path: "store",
    message: "a config has one store",
    expected: "one of: sqlite, memory, upstash",
    found: "sqlite and memory",
  }],
  ["a control that is no URL", ...top("controls: [▸www.example.com]"), {
    path: "controls[0]",
    message: "not a URL",
    expected: "http:// or https:// and a host",
    found: "www.example.com",
  }],
  ["a target with a query", "url: https://shop.example", "url: ▸https://shop.example/?key=k3y", {
    path: "targets[0].url",
    message: "a query or fragment would be lost",
    expected: "an origin, with a base path at most",
    found: "https://shop.example/?***",
  }],
  ["a target with a password", "url: https://shop.example", "url: ▸https://me:hunter2@shop.example", {
    path: "targets[0].url",
    message: "a URL must not hold a user name or password",
    expected: "credentials in headers, as ${env:NAME}",
    found: "https://***@shop.example",
  }],
  ["a target id twice", "- id: shop", `${OTHER_TARGET}\n  - id: ▸shop`, {
    path: "targets[1].id",
    message: "this target id is taken by targets[0].id",
    expected: "another id",
    found: "shop",
  }],
  [
    "two checks without an id",
    "- id: write",
    "- journey: [{ expect: 'body.ok == true' }]\n      - ▸contract: It serves.",
    {
      path: "targets[0].checks[1]",
      message: "this check id is taken by targets[0].checks[0]",
      expected: "another id",
      found: "default",
    },
  ],
  [
    "a prober id twice",
    ...top(
      "regions: [{ id: a, probers: [{ id: x }] }, { id: b, probers: [{ id: ▸x, url: 'https://b.example', token: '${env:T}' }] }]",
    ),
    {
      path: "regions[1].probers[0].id",
      message: "this prober id is taken by regions[0].probers[0].id",
      expected: "another id",
      found: "x",
    },
  ],
  [
    "a name captured twice",
    "- expect: [",
    `${CAPTURING}
          - { expect: body.ok == true, capture: { ▸order: body.id } }
          - expect: ["body.order == captures.order", `,
    {
      path: `${CHECK}.journey[1].capture.order`,
      message: "an earlier step captures this name",
      expected: "another name",
      found: "order",
    },
  ],
  ["a template in a target", "url: https://shop.example", 'url: ▸"https://shop.example/{{ run.id }}"', {
    path: "targets[0].url",
    message: "{{ }} has no meaning here",
    expected: "a URL without templates",
    found: '"https://shop.example/{{ run.id }}"',
  }],
  ["a period that does not divide a minute", ...check("timeout: 1s\n        every: ▸7s"), {
    path: `${CHECK}.every`,
    message: "it does not divide a minute evenly",
    expected: "such as 5s, 10s, 15s, 20s or 30s",
    found: "7s",
  }],
  ["a period of broken minutes", ...check("every: ▸90s"), {
    path: `${CHECK}.every`,
    message: "above a minute it must be whole minutes",
    expected: "such as 2m or 1h",
    found: "90s",
  }],
  ["a default period that does not divide", ...top("defaults: { timeout: 1s, every: ▸8s }"), {
    path: "defaults.every",
    message: "it does not divide a minute evenly",
    expected: "such as 5s, 10s, 15s, 20s or 30s",
    found: "8s",
  }],
  ["every together with cron", ...check('cron: "* * * * *"\n        ▸every: 1m'), {
    path: `${CHECK}.every`,
    message: "every together with cron",
    expected: "one of them",
    found: "1m",
  }],
  ["six cron fields", ...check('cron: ▸"0 * * * * *"'), {
    path: `${CHECK}.cron`,
    message: "not a cron expression: it does not have five fields",
    expected: "five fields, such as */5 * * * mon-fri",
    found: "0 * * * * *",
  }],
  ["a cron that never matches", ...check('cron: ▸"0 0 31 2 *"'), {
    path: `${CHECK}.cron`,
    message: "not a cron expression: it never matches",
    expected: "five fields, such as */5 * * * mon-fri",
    found: "0 0 31 2 *",
  }],
  ["a zone that there is none of", ...check('cron: "0 2 * * *"\n        zone: ▸Europe/Berln'), {
    path: `${CHECK}.zone`,
    message: "unknown time zone",
    expected: "a name of the IANA database, such as Europe/Berlin",
    found: "Europe/Berln",
    suggestion: "Europe/Berlin",
  }],
  ["a zone without cron", ...check("▸zone: Europe/Berlin"), {
    path: `${CHECK}.zone`,
    message: "a zone has no effect without cron",
    expected: "cron as well",
    found: "Europe/Berlin",
  }],
  ["evidence that ages out between runs", ...check("maxAge: ▸90s"), {
    path: `${CHECK}.maxAge`,
    message: "evidence would age out between two runs",
    expected: "at least 2m, two periods",
    found: "90s",
  }],
  ["the same with cron", ...check('cron: "0,5 * * * *"\n        maxAge: ▸9m'), {
    path: `${CHECK}.maxAge`,
    message: "evidence would age out between two runs",
    expected: "at least 10m, two periods",
    found: "9m",
  }],
  ["a budget that the timeout beats", ...check("timeout: 2s\n        latencyBudget: ▸2s"), {
    path: `${CHECK}.latencyBudget`,
    message: "no journey can be slow: it times out first",
    expected: "less than 2s, the check's timeout",
    found: "2s",
  }],
  ["a startup budget without a report", "report: { path: /readyz }", "▸startupBudget: 1m", {
    path: `${CHECK}.startupBudget`,
    message: "without a report the service cannot say that it is starting or draining",
    expected: "a report as well",
    found: "startupBudget",
  }],
  ["a quorum that nothing asks", ...check("scope: region\n        ▸quorum: { open: all }"), {
    path: `${CHECK}.quorum`,
    message: "with scope: region, each region's own quorum decides",
    expected: "regions[].quorum, or scope: global",
    found: "quorum",
  }],
  ["a report with nowhere to ask", "report: { path: /readyz }", "▸report: { timeout: 1s }", {
    path: `${CHECK}.report`,
    message: "a report needs a source of its claim",
    expected: "one of: path, url, push, aws",
  }],
  ["an unknown dialect", "path: /readyz", "path: /readyz, dialect: ▸sprng", {
    path: `${CHECK}.report.dialect`,
    message: "unknown dialect",
    expected: "one of: auto, http, k8s-readyz, spring, health-json",
    found: "sprng",
    suggestion: "spring",
  }],
  ["more votes than regions", ...check("quorum: { open: { atLeast: ▸2 } }"), {
    path: `${CHECK}.quorum.open.atLeast`,
    message: "more votes than there are voters",
    expected: "at most 1, the number of regions",
    found: "2",
  }],
  ["more votes than regions, by default", ...top("defaults: { quorum: { minReporting: ▸3 } }"), {
    path: "defaults.quorum.minReporting",
    message: "more votes than there are voters",
    expected: "at most 1, the number of regions",
    found: "3",
  }],
  [
    "more votes than probers",
    ...top("regions: [{ id: eu, quorum: { minReporting: ▸2 }, probers: [{ id: a }] }]"),
    {
      path: "regions[0].quorum.minReporting",
      message: "more votes than there are voters",
      expected: "at most 1, the number of probers in this region",
      found: "2",
    },
  ],
  ["a step longer than its check", ...step("timeout: ▸20s"), {
    path: `${STEP}.timeout`,
    message: "longer than its check",
    expected: "at most 10s, the check's timeout",
    found: "20s",
  }],
  ["polling longer than the check", ...step("until: { every: 1s, within: ▸11s }"), {
    path: `${STEP}.until.within`,
    message: "longer than its check",
    expected: "at most 10s, the check's timeout",
    found: "11s",
  }],
  ["polling that never polls", ...step("until: { every: ▸2s, within: 1s }"), {
    path: `${STEP}.until.every`,
    message: "it would never poll again",
    expected: "at most 1s, as within",
    found: "2s",
  }],
  ["a GET with a body", ...step("request: { method: GET, ▸json: { a: 1 } }"), {
    path: `${STEP}.request.json`,
    message: "a GET request has no body",
    expected: "POST, PUT, PATCH, DELETE or OPTIONS",
    found: "GET",
  }],
  ["two bodies", ...step("request: { method: POST, json: {}, ▸raw: text }"), {
    path: `${STEP}.request.raw`,
    message: "a second body",
    expected: "one of json, form, multipart, graphql, file, raw",
    found: "json and raw",
  }],
  ["a body that JSON cannot hold", ...step("request: { method: POST, json: { n: ▸.nan } }"), {
    path: `${STEP}.request.json.n`,
    message: "not a JSON body",
    expected: "a value that JSON can hold",
    found: "a number (not shown)",
  }],
  [
    "a number of a body that loses digits",
    ...step("request: { method: POST, json: { n: ▸1234567890123456789 } }"),
    {
      path: `${STEP}.request.json.n`,
      message: "this number would lose digits",
      expected: 'a template: "{{ 1234567890123456789 }}"',
      found: "a number (not shown)",
    },
  ],
  ["a pattern that RE2 has not", "- expect: [", "- expect: [\"text.matches(▸'(?=a)b')\", ", {
    path: `${STEP}.expect[0]`,
    message: "Invalid pattern",
    expected: "a pattern of RE2, without lookaround and backreferences",
    found: "lookaround: `(?=`",
  }],
  ["a template in a report header", "path: /readyz", 'path: /readyz, headers: { x-run: ▸"{{ run.id }}" }', {
    path: `${CHECK}.report.headers["x-run"]`,
    message: "{{ }} has no meaning here: a report is not part of a journey",
    expected: "a plain value or ${env:NAME}",
  }],
  ["a reference where none is replaced", ...check('contract: ▸"It serves ${env:NAME}."'), {
    path: `${CHECK}.contract`,
    message: "a reference is not replaced here",
    expected: "a plain value",
    found: "${env:NAME}",
  }],
  ["a malformed reference", ...step('request: { path: ▸"/${env:my-name}" }'), {
    path: `${STEP}.request.path`,
    message: "not a reference",
    expected: "${env:NAME}: capitals, digits and underscores; or ${file:/path}",
    found: "${env:my",
  }],
  [
    "an event that is none",
    ...top('webhooks: [{ id: a, url: "${env:A}", secret: "${env:B}", events: [▸incident.open] }]'),
    {
      path: "webhooks[0].events[0]",
      message: "no event matches",
      expected: "a glob over incident.opened, incident.updated, incident.acknowledged, incident.resolved",
      found: "incident.open",
      suggestion: "incident.opened",
    },
  ],
  [
    "three secrets",
    ...top('webhooks: [{ id: a, url: "${env:A}", secret: ▸["${env:B}", "${env:C}", "${env:D}"] }]'),
    {
      path: "webhooks[0].secret",
      message: "too big",
      expected: "at most 2 entries",
      found: "3 entries",
    },
  ],
];

describe("load points at each mistake", () => {
  test.each([...SHAPES, ...RULES])("%s", async (_name, find, replacement, said) => {
    const { text, line, column } = takeMark(edit(find, replacement));
    expect(await problemsOf(text)).toEqual([{ severity: "error", line, column, ...said }]);
  });
});

test("the base of these tests is valid", async () => {
  expect(await problemsOf(BASE)).toEqual([]);
});
