/** References to the environment. */
import { describe, expect, test } from "vitest";
import { edit, loadText, problemsOf, takeMark } from "./load_text.ts";

describe("references to the environment", () => {
  const text = edit("https://shop.example", '"${env:SHOP}/${env:BASE}"').replace(
    "expect:",
    'request: { headers: { a: "${env:SHOP}" } }\n            expect:',
  );

  test("one problem for each unset name, with every place", async () => {
    const env = (name: string) => name === "BASE" ? "" : undefined;
    expect(await problemsOf(text, { env })).toEqual([
      {
        severity: "error",
        line: 4,
        column: 10,
        path: "targets[0].url",
        message: "SHOP is not set; also used at targets[0].checks[0].journey[0].request.headers.a",
        expected: "the environment variable SHOP",
        found: "nothing",
      },
      {
        severity: "error",
        line: 4,
        column: 10,
        path: "targets[0].url",
        message: "BASE is empty",
        expected: "the environment variable BASE",
        found: "nothing",
      },
    ]);
  });

  test("may be warnings instead, or not asked for", async () => {
    const problems = await problemsOf(text, { env: () => undefined, envMissing: "warning" });
    expect(problems.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
    expect(await problemsOf(text)).toEqual([]);
  });

  const step = (request: string) => edit("- expect:", `- request: ${request}\n            expect:`);
  const HEADER = "a header value: one line of Latin letters, no control characters";
  const PART = "part of a URL: no # and no control characters";
  const ORIGIN = "an origin with a base path at most: no ?, no # and no control characters";
  const TOKENS = edit("version: 1", 'version: 1\napi: { token: ▸"${env:V}" }');
  const REMOTE = '[{ id: eu, probers: [{ id: a, url: "https://p.example", token: ▸"${env:V}" }] }]';

  test.each<[where: string, text: string, value: string, expected: string]>([
    [
      "a line break in a header",
      step('{ headers: { authorization: ▸"Bearer ${env:V}" } }'),
      "hunter2\n",
      HEADER,
    ],
    [
      "a letter that is not Latin",
      step('{ headers: { authorization: ▸"Bearer ${env:V}" } }'),
      "hunter2я",
      HEADER,
    ],
    ["a NUL", step('{ headers: { x-a: ▸"${env:V}" } }'), "hunter2\0", HEADER],
    [
      "a line break in a report's header",
      edit("{ path: /readyz }", '{ path: /readyz, headers: { x-a: ▸"${env:V}" } }'),
      "hunter2\r\n",
      HEADER,
    ],
    ["a line break in api.token", TOKENS, "hunter2hunter2hunter2\n", HEADER],
    [
      "a line break in a prober's token",
      edit("version: 1", `version: 1\nregions: ${REMOTE}`),
      "hunter2\n",
      HEADER,
    ],
    ["a # in a path", step('{ path: ▸"/echo/${env:V}" }'), "hunter2#", PART],
    ["a line break in a path", step('{ path: ▸"${env:V}/{{ run.id }}" }'), "https://hunter2\n", PART],
    [
      "a query in a target's url",
      edit("https://shop.example", '▸"${env:V}"'),
      "https://hunter2/?a=b",
      ORIGIN,
    ],
    [
      "a fragment in a target's url",
      edit("https://shop.example", '▸"${env:V}"'),
      "https://hunter2/#a",
      ORIGIN,
    ],
  ])("%s is an error that names the variable, never its value", async (_where, marked, value, expected) => {
    const { text, line, column } = takeMark(marked);
    const problems = await problemsOf(text, { env: (name) => name === "V" ? value : undefined });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining({ line, column, message: "the value of V cannot be sent here", expected }),
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test.each([
    ["a header in Latin-1", '{ headers: { x-a: "${env:V}" } }', "für 12 £"],
    ["a query", '{ query: { k: "${env:V}" } }', "a&b=#%\nя"],
    ["a JSON body", '{ method: POST, json: { request: { headers: "${env:V}" } } }', "long a\n#я"],
    ["a form", '{ method: POST, form: { k: "${env:V}" } }', "long a\n#я"],
    ["a raw body", '{ method: POST, raw: "${env:V}" }', "long a\n#я"],
    ["a path with a query", '{ path: "/${env:V}" }', "a?b=c d%20"],
  ])("%s takes the value", async (_name, request, value) => {
    expect(await problemsOf(step(request), { env: () => value })).toEqual([]);
  });

  test("a fragment that is written in a path would be lost", async () => {
    const problems = await problemsOf(step("{ path: /orders#top }"));
    expect(problems).toMatchObject([{ severity: "error", message: "a fragment would be lost" }]);
    expect(await problemsOf(step(`{ path: "/orders/{{ '#' + run.id }}" }`))).toEqual([]);
  });

  test.each(["Expect", "keep-alive", "TE", "trailer", "Transfer-Encoding", "upgrade", "Proxy-Connection"])(
    "the header %s is the connection's own",
    async (name) => {
      const problems = await problemsOf(step(`{ headers: { ${name}: x } }`));
      expect(problems).toMatchObject([{ severity: "error", message: "not a header you may set" }]);
    },
  );

  test("values never enter the config or a problem", async () => {
    const config = await loadText(text, { env: () => "s3cret" });
    expect(JSON.stringify(config.regions) + JSON.stringify(config.checks[0]!.journey)).not.toContain(
      "s3cret",
    );
    expect(config.targets[0]!.url).toBe("${env:SHOP}/${env:BASE}");
  });
});

test.each([
  ["api", "api: { token: hunter2 }"],
  ["a number", "api: { token: 1234567 }"],
  ["webhook secret", "webhooks: [{ id: a, url: '${env:A}', secret: hunter2 }]"],
  ["webhook url", "webhooks: [{ id: a, url: 'hooks.example/hunter2', secret: '${env:B}' }]"],
  ["prober token", "regions: [{ id: a, probers: [{ id: b, url: 'https://b.example', token: hunter2 }] }]"],
  ["userinfo", "controls: ['https://me:hunter2@a.example']"],
  ["query", "publicUrl: 'https://a.example/?key=hunter2'"],
  ["a broken reference", "api: { token: '${env:A hunter2' }"],
])("a literal secret is refused and not shown: %s", async (_name, line) => {
  const problems = await problemsOf(edit("version: 1", `version: 1\n${line}`));
  expect(problems.filter(({ severity }) => severity === "error")).not.toEqual([]);
  expect(JSON.stringify(problems)).not.toMatch(/hunter2|1234567/);
});
