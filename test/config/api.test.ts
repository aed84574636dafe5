import { describe, expect, test } from "vitest";
import { matches } from "../../src/base/glob.ts";
import { BASE, edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
// The same bytes.
const BASE64URL = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
const ZEROS = "0".repeat(64);

const api = (text: string) => edit("version: 1\n", `version: 1\napi: ${text}\n`, BASE);
const row = (fields: string, hash = HEX) => `{ id: ci, hash: "sha256:${hash}", scopes: [read]${fields} }`;

describe("a token", () => {
  test("with every default, its digest in hex whatever it is written in", async () => {
    const { api: settings } = await loadText(
      api(`{ tokens: [${row("")}, { id: cd, hash: "sha256:${ZEROS}", scopes: [operate, report] }] }`),
    );
    expect(settings).toEqual({
      token: undefined,
      tokens: [
        { id: "ci", digest: HEX, scopes: ["read"], targets: ["*"] },
        { id: "cd", digest: ZEROS, scopes: ["operate", "report"], targets: ["*"] },
      ],
      rateLimit: { perMinute: 600 },
      cors: [],
      proxies: 0,
    });
    const { api: other } = await loadText(api(`{ tokens: [${row("", BASE64URL)}] }`));
    expect(other.tokens[0]!.digest).toBe(HEX);
  });

  test.each([
    ["2027-01-31", "2027-02-01T00:00:00Z"],
    ["2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"],
    ["2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"],
  ])("that expires %s is refused from %s on", async (expires, instant) => {
    const { api: settings } = await loadText(api(`{ tokens: [${row(`, expires: "${expires}"`)}] }`));
    expect(settings.tokens[0]!.expiresAt).toBe(Date.parse(instant));
  });

  test("for a target that is not there is doubtful, no mistake", async () => {
    const problems = await problemsOf(api(`{ tokens: [${row(', targets: ["sh*", "bil*"]')}] }`));
    expect(problems).toMatchObject([
      { severity: "warning", path: "api.tokens[0].targets[1]", message: "no target matches", found: "bil*" },
    ]);
  });
});

describe("a token from the environment", () => {
  const ALL = edit(
    "report: { path: /readyz }",
    'report: [{ name: app, path: /readyz }, { name: unit, push: { ttl: 90s, token: "${env:UNIT}" } }]',
    api('{ token: "${env:ROOT}" }').replace(
      "targets:",
      `hooks: { github: { secret: "\${env:HUB}", rules: [{ repository: acme/shop, target: shop }] } }
regions: [{ id: eu, probers: [{ id: fra, url: "https://fra.example", token: "\${env:FRA}" }] }]
targets:`,
    ),
  );
  const PLACES = {
    ROOT: "api.token",
    FRA: "regions[0].probers[0].token",
    UNIT: "targets[0].checks[0].report[1].push.token",
    HUB: "hooks.github.secret",
  };
  const loaded = (env: (name: string) => string | undefined, text = ALL) =>
    problemsOf(text, { env, envMissing: "warning" });

  test.each(Object.entries(PLACES))(
    "%s of 15 characters is doubtful, of 16 it is not",
    async (name, path) => {
      const of = (length: number) => loaded((other) => "k".repeat(other === name ? length : 16));
      expect(await of(16)).toEqual([]);
      const [problem, ...others] = await of(15);
      expect([problem, others]).toEqual([{
        severity: "warning",
        line: expect.any(Number),
        column: expect.any(Number),
        path,
        message: `${name} has fewer than 16 characters: it may be guessed`,
        expected: "a random token: openssl rand -base64 32",
      }, []]);
    },
  );

  test("that is not set, or not looked up, is no short one; and what is no token may be short", async () => {
    const unset = await loaded(() => undefined);
    expect(unset.map(({ message }) => message.split(" ").slice(1).join(" "))).toEqual(
      Array(4).fill("is not set"),
    );
    expect(await problemsOf(ALL)).toEqual([]);
    const webhook = 'webhooks: [{ id: ops, url: "${env:URL}", secret: "${env:SECRET}" }]\n';
    expect(await loaded(() => "eight-ch", BASE + webhook)).toEqual([]);
  });

  test("that no text can be freed of by all means is doubtful, whatever it is for", async () => {
    const webhook = 'webhooks: [{ id: ops, url: "${env:URL}", secret: "${env:SECRET}" }]\n';
    const problems = await loaded((name) => name === "SECRET" ? "seven-c" : "eight-ch", BASE + webhook);
    expect(problems).toEqual([expect.objectContaining({
      severity: "warning",
      path: "webhooks[0].secret",
      message: "SECRET has fewer than 8 characters: where a target echoes it escaped, evidence shows it",
    })]);
  });
});

describe("a mistake", () => {
  test.each<[string, string, Record<string, unknown>]>([
    ["a token instead of its hash", "{ tokens: [{ id: ci, hash: ▸assay_hunter2, scopes: [read] }] }", {
      path: "api.tokens[0].hash",
      found: "a text (not shown)",
      expected: expect.stringContaining("assay token create"),
    }],
    ["a hash that is cut", `{ tokens: [{ id: ci, hash: ▸"sha256:${HEX.slice(1)}", scopes: [read] }] }`, {
      path: "api.tokens[0].hash",
      found: "a text (not shown)",
    }],
    ["an unknown scope", `{ tokens: [{ id: ci, hash: "sha256:${HEX}", scopes: [▸opperate] }] }`, {
      path: "api.tokens[0].scopes[0]",
      expected: "one of: read, report, operate, admin",
      suggestion: "operate",
    }],
    ["no scope", `{ tokens: [{ id: ci, hash: "sha256:${HEX}", scopes: ▸[] }] }`, {
      path: "api.tokens[0].scopes",
      message: "too small",
    }],
    ["a pattern that no id can match", `{ tokens: [${row(', targets: [▸"Shop*"]')}] }`, {
      path: "api.tokens[0].targets[0]",
      found: "Shop*",
    }],
    [
      "an admin of some targets",
      `{ tokens: [{ id: a, hash: "sha256:${HEX}", scopes: [admin], targets: ▸[shop] }] }`,
      {
        path: "api.tokens[0].targets",
        message: "admin is valid for all targets",
      },
    ],
    ["a day that is none", `{ tokens: [${row(', expires: ▸"2027-02-30"')}] }`, {
      path: "api.tokens[0].expires",
      found: '"2027-02-30"',
    }],
    ["an instant without a zone", `{ tokens: [${row(', expires: ▸"2027-01-31T12:00:00"')}] }`, {
      path: "api.tokens[0].expires",
    }],
    [
      "one token twice",
      `{ tokens: [${row("")}, { id: cd, hash: ▸"sha256:${BASE64URL}", scopes: [read] }] }`,
      {
        path: "api.tokens[1].hash",
        message: "this token is in the list already",
      },
    ],
    [
      "three with one id",
      `{ tokens: [${row("")}, ${row("", ZEROS)}, { id: ▸ci, hash: "sha256:${
        "1".repeat(64)
      }", scopes: [read] }] }`,
      { path: "api.tokens[2].id", message: "a third token with this id" },
    ],
    ["a reference where a hash stands", '{ tokens: [{ id: ci, hash: ▸"${env:CI_HASH}", scopes: [read] }] }', {
      path: "api.tokens[0].hash",
      message: "not a hash",
    }],
    ["a limit that shuts everybody out", "{ rateLimit: { perMinute: ▸0 } }", {
      path: "api.rateLimit.perMinute",
      expected: "at least 10",
    }],
    ["an origin with a path", "{ cors: [▸https://status.example/page] }", { path: "api.cors[0]" }],
    ["an origin without a scheme", "{ cors: [▸status.example] }", { path: "api.cors[0]" }],
    ["proxies without a mask", "{ proxies: 1, trustedProxies: [▸10.0.0.1] }", {
      path: "api.trustedProxies[0]",
      message: "not addresses in CIDR notation",
    }],
    ["proxies as a list", "{ proxies: ▸[10.0.0.1] }", { path: "api.proxies", expected: "a number" }],
  ])("%s", async (_, settings, said) => {
    const { text, line, column } = takeMark(api(settings));
    const problems = await problemsOf(text);
    expect(problems).toContainEqual(expect.objectContaining({ severity: "error", line, column, ...said }));
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });
});

test.each([
  ["shop", "shop", true],
  ["shop", "shop-eu", false],
  ["shop-*", "shop-eu", true],
  ["shop-*", "shop-", true],
  ["shop-*", "shop", false],
  ["*", "anything", true],
  ["*", "", true],
  ["*-eu", "shop-eu", true],
  ["*-eu", "shop-eu-2", false],
  ["s*p", "shop", true],
  ["s*p", "sp", true],
  ["s*p", "s", false],
  ["ab*ba", "aba", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a**b", "ab", true],
  ["sho.", "shop", false],
])("the glob %s over %s: %s", (glob, text, expected) => {
  expect(matches(glob, text)).toBe(expected);
});

test("a glob of many stars takes no time to speak of", () => {
  expect(matches("a*".repeat(30) + "b", "a".repeat(60))).toBe(false);
});
