import { KINDS } from "../../functions/deno/kinds.ts";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, loadValue } from "../../src/config/mod.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { BASE, edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const file = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const EXAMPLE = file("./example.yaml");

describe("the example of the documentation", () => {
  test("is valid, and nothing in it is doubtful", async () => {
    expect(await problemsOf(EXAMPLE)).toEqual([]);
  });

  test("keeps what is written", async () => {
    const { targets, ...config } = await loadText(EXAMPLE);
    expect(config).toMatchObject({
      publicUrl: "https://assay.example",
      listen: 8080,
      store: { kind: "sqlite", options: ".assay/assay.db" },
      retention: {
        rawMs: 172_800_000,
        hoursMs: 1_209_600_000,
        daysMs: 34_560_000_000,
        incidentsMs: 34_560_000_000,
      },
      api: { token: "${env:ASSAY_TOKEN}" },
      controls: ["https://www.gstatic.com/generate_204"],
      allowPrivate: false,
      webhooks: [
        {
          id: "oncall",
          kind: "webhook",
          settings: { url: "${env:ONCALL_URL}", secret: "${env:ONCALL_SECRET}" },
          events: ["incident.*"],
        },
      ],
    });
    expect(config.regions[0]!.probers).toEqual([
      { id: "home", region: "eu", kind: "local" },
      {
        id: "fra",
        region: "eu",
        kind: "remote",
        url: "https://prober-fra.example",
        token: "${env:PROBER_TOKEN}",
      },
    ]);
    const [check] = targets[0]!.checks;
    expect(check).toMatchObject({
      key: "checkout/write",
      contract: "An order placed can be read back within three seconds.",
      schedule: { everyMs: 60_000 },
      report: {
        sources: [{ kind: "asked", path: "/readyz", dialect: "auto", timeoutMs: 2_000, headers: [] }],
        rule: "worst",
      },
      timeoutMs: 10_000,
      latencyBudgetMs: 1_500,
      quorum: { open: "majority", resolve: "majority", minReporting: 2 },
      scope: "global",
      startupBudgetMs: 300_000,
      drainWindowMs: 150_000,
      flapWindowMs: 600_000,
    });
    expect(check!.target).toBe(targets[0]);
    expect(config.checks).toEqual([check]);
  });

  test("keeps the steps as they will be walked", async () => {
    const [check] = (await loadText(EXAMPLE)).checks;
    const [order, readBack] = check!.journey;
    const [cancel] = check!.cleanup;
    expect(order).toMatchObject({
      name: "place an order",
      timeoutMs: 10_000,
      redirects: 5,
      request: {
        method: "POST",
        path: { source: "/orders" },
        headers: [["x-synthetic", { source: "assay" }]],
        body: {
          kind: "json",
          value: { fields: [["sku", { source: "canary" }], ["ref", { source: "{{ run.id }}" }]] },
        },
      },
      expect: [{ source: "status == 201" }, { source: "body.id.matches('^ord_[a-z0-9]+$')" }],
      capture: [["order", { source: "body.id" }]],
      secretCaptures: [],
    });
    expect(readBack!.until).toEqual({ everyMs: 200, withinMs: 3_000 });
    expect(cancel).toMatchObject({ request: { method: "DELETE", body: { kind: "none" } } });
  });
});

test.each([
  ["by its name", "session: body.id", true],
  ["by its name, in capitals", "accessToken: body.id", true],
  ["by where it comes from", "found: \"headers['set-cookie']\"", true],
  ["by its own word", "found: { value: body.id, secret: true }", true],
  ["not by its own word", "apiKey: { value: body.id, secret: false }", false],
  ["not as a rule", "found: body.id", false],
  ["not as a rule, written out", "found: { value: body.id }", false],
])("a capture is a secret %s", async (_, capture, isSecret) => {
  const text = edit("- expect:", `- capture: { ${capture} }\n            expect:`);
  const [check] = (await loadText(text)).checks;
  const [name, program] = check!.journey[0]!.capture[0]!;
  expect(check!.journey[0]!.secretCaptures).toEqual(isSecret ? [name] : []);
  expect(["body.id", "headers['set-cookie']"]).toContain(program.source);
  const [plain] = (await loadText(text.replace(/\{ value: (body.id)[^}]*\}/, "$1"))).checks;
  expect(check!.digest).toBe(plain!.digest);
});

test("every default is filled in", async () => {
  const config = await loadText(BASE);
  expect(config).toMatchObject({
    publicUrl: undefined,
    listen: 8080,
    store: { kind: "sqlite", options: ".assay/assay.db" },
    retention: {
      rawMs: 172_800_000,
      hoursMs: 1_209_600_000,
      daysMs: 34_560_000_000,
      incidentsMs: 34_560_000_000,
    },
    api: { token: undefined, tokens: [], rateLimit: { perMinute: 600 }, cors: [], proxies: 0 },
    controls: [],
    allowPrivate: false,
    concurrency: 256,
    connectionsPerHost: 6,
    webhooks: [],
  });
  expect(config.regions).toEqual([{
    id: "local",
    quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    probers: [{ id: "local", region: "local", kind: "local" }],
  }]);
  expect(config.targets[0]).toMatchObject({ name: "shop", labels: {} });
  expect(config.checks[0]).toMatchObject({
    schedule: { everyMs: 60_000 },
    timeoutMs: 10_000,
    startupBudgetMs: 300_000,
    drainWindowMs: 150_000,
    flapWindowMs: 600_000,
    turns: 3,
    confirmMs: 25_000,
    retry: 1,
    releaseAfterMs: 3_600_000,
    certificateWarningMs: 1_209_600_000,
    failureThreshold: 2,
    successThreshold: 2,
    quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    scope: "global",
    maxAgeMs: undefined,
    latencyBudgetMs: undefined,
    cleanup: [],
    report: {
      sources: [{ kind: "asked", name: "default", path: "/readyz", dialect: "auto", timeoutMs: 2_000 }],
      rule: "worst",
    },
    journey: [{
      name: "step 1",
      timeoutMs: 10_000,
      redirects: 5,
      request: { method: "GET", path: { source: "/" } },
    }],
  });
});

test("a check's own field is over defaults, and defaults over built-in values", async () => {
  const text = edit(
    "version: 1",
    "version: 1\ndefaults: { every: 2m, timeout: 5s, failureThreshold: 3, quorum: any }",
  );
  const [check] =
    (await loadText(edit("id: write", "id: write\n        timeout: 7s\n        startupBudget: 0s", text)))
      .checks;
  expect(check).toMatchObject({
    schedule: { everyMs: 120_000 },
    timeoutMs: 7_000,
    startupBudgetMs: 0,
    failureThreshold: 3,
    successThreshold: 2,
    quorum: { open: "any", resolve: "any", minReporting: 1 },
  });
});

describe("turns and confirmation", () => {
  const timed = async (fields: string, more = "") => {
    const text = edit("id: write", `id: write\n        ${fields}`, edit("version: 1", `version: 1\n${more}`));
    const { turns, confirmMs } = (await loadText(text)).checks[0]!;
    const problems = await problemsOf(text);
    return { turns, confirmMs, warnings: problems.map(({ path }) => path) };
  };
  const UPSTASH = "store: { upstash: {} }";

  test.each<[name: string, fields: string, more: string, turns: number, confirmMs: number]>([
    ["as built in", "every: 1m", "", 3, 25_000],
    ["at the shortest period that has them", "every: 30s", "", 3, 25_000],
    ["below it neither", "every: 20s", "", 1, 0],
    ["with Upstash one turn", "every: 1m", UPSTASH, 1, 25_000],
    ["with Upstash more, where they are asked for", "turns: 2", UPSTASH, 2, 25_000],
    ["with cron one turn", "cron: '*/5 * * * *'", "", 1, 25_000],
    ["by defaults", "every: 1m", "defaults: { turns: 2, confirm: 40s }", 2, 40_000],
    ["defaults are no more than a check bears", "every: 10s", "defaults: { turns: 2, confirm: 40s }", 1, 0],
    ["confirmation off", "confirm: 0", "", 3, 0],
  ])("%s", async (_name, fields, more, turns, confirmMs) => {
    expect(await timed(fields, more)).toEqual({ turns, confirmMs, warnings: [] });
  });

  test("what a check writes in vain is doubtful", async () => {
    const { warnings } = await timed("every: 10s\n        turns: 3\n        confirm: 30s");
    expect(warnings).toEqual(["targets[0].checks[0].turns", "targets[0].checks[0].confirm"]);
  });

  test("what a runtime bears counts where nothing is written", async () => {
    expect((await loadText(BASE, { turns: 1 })).checks[0]!.turns).toBe(1);
    const written = edit("id: write", "id: write\n        turns: 2");
    expect((await loadText(written, { turns: 1 })).checks[0]!.turns).toBe(2);
  });

  test.each(["19s", "2h", "1"])("confirm: %s is refused", async (confirm) => {
    await expect(timed(`confirm: ${confirm}`)).rejects.toThrow(ConfigError);
  });
});

const regions = (text: string) => edit("version: 1", `version: 1\nregions: ${text}`);

describe("regions and quorums", () => {
  test.each([
    ["one", "[weur]", 1],
    ["two", "[weur, enam]", 2],
    ["three", "[weur, enam, oc]", 2],
    ["four", "[weur, enam, oc, wnam]", 3],
    ["five", "[weur, enam, oc, wnam, eeur]", 3],
  ])("of %s, more than half must report", async (_name, list, minReporting) => {
    expect((await loadText(regions(list))).checks[0]!.quorum.minReporting).toBe(minReporting);
  });

  test("the short form of a place is one prober there", async () => {
    expect((await loadText(regions("[weur]"), { runtime: "cloudflare" })).regions).toEqual([{
      id: "weur",
      quorum: { open: "majority", resolve: "majority", minReporting: 1 },
      probers: [{ id: "weur", region: "weur", kind: "place", place: "weur", generation: 1 }],
    }]);
  });

  test("a rule may be short, or one for each direction", async () => {
    const text = regions(
      "[{ id: a, quorum: { fraction: 0.5 }, probers: [{ id: x, place: oc }] }," +
        " { id: b, quorum: { open: { atLeast: 1 }, resolve: all, minReporting: 1 }, probers: [{ id: y, place: apac-ne }] }]",
    );
    expect((await loadText(text)).regions.map(({ quorum }) => quorum)).toEqual([
      { open: { fraction: 0.5 }, resolve: { fraction: 0.5 }, minReporting: 1 },
      { open: { atLeast: 1 }, resolve: "all", minReporting: 1 },
    ]);
  });

  const REMOTE = "url: https://p.example, token: '${env:T}'";
  test.each(
    [
      ["local on Deno", "[local]", "deno", null],
      ["local on Cloudflare", "[▸local]", "cloudflare", "on Cloudflare no prober is this process"],
      ["a place on Deno", "[▸weur]", "deno", "a place needs Cloudflare"],
      ["a place on Cloudflare", "[weur]", "cloudflare", null],
      ["a place on either", "[weur]", undefined, null],
      [
        "a place and this process",
        "[▸local, weur]",
        undefined,
        "no runtime can run this: a place needs Cloudflare, and there no prober is this process",
      ],
      ["a hyphen in short", "[▸apac-ne]", undefined, "a place with a hyphen needs the long form"],
      ["a word that is no place", "[▸wuer]", undefined, "not a region that one word can name"],
      ["urls on Cloudflare", `[{ id: a, probers: [{ id: x, ${REMOTE} }] }]`, "cloudflare", null],
      ["no probers", "[▸{ id: a }]", undefined, "probers is missing"],
      [
        "two local ones",
        "[{ id: a, probers: [{ id: x }, ▸{ id: y }] }]",
        "deno",
        "a second prober that is this process",
      ],
      [
        "place and url",
        "[{ id: a, probers: [{ id: x, place: oc, url: ▸'https://p.example', token: '${env:T}' }] }]",
        undefined,
        "a prober has a place or a url, not both",
      ],
      [
        "a url without a token",
        "[{ id: a, probers: [▸{ id: x, url: 'https://p.example' }] }]",
        undefined,
        "token is missing",
      ],
      [
        "a token without a url",
        "[{ id: a, probers: [{ id: x, ▸token: '${env:T}' }] }]",
        undefined,
        "a token without a url is never used",
      ],
      [
        "a generation without a place",
        "[{ id: a, probers: [{ id: x, ▸generation: 2 }] }]",
        undefined,
        "a generation without a place is never used",
      ],
      [
        "a region twice",
        "[weur, { id: ▸weur, probers: [{ id: x, place: oc }] }]",
        undefined,
        "this region id is taken by regions[0]",
      ],
    ] as const,
  )("%s", async (_name, list, runtime, message) => {
    const { text, line, column } = takeMark(regions(list));
    const expected = message === null
      ? []
      : [expect.objectContaining({ severity: "error", message, line, column })];
    expect(await problemsOf(message === null ? regions(list) : text, { runtime })).toEqual(expected);
  });

  test.each([["sam", "in enam"], ["afr", "elsewhere"], ["me", "elsewhere"]])(
    "objects for %s start %s: a warning",
    async (place, where) => {
      const [problem, ...others] = await problemsOf(regions(`[${place}]`));
      expect(problem).toMatchObject({ severity: "warning", found: place });
      expect(problem!.message).toContain(where);
      expect(others).toEqual([]);
    },
  );

  test("the default region cannot start on Cloudflare", async () => {
    expect(await problemsOf(BASE, { runtime: "cloudflare" })).toEqual([
      expect.objectContaining({ path: "regions", message: "on Cloudflare no prober is this process" }),
    ]);
  });
});

describe("private addresses", () => {
  const PRIVATE = edit("https://shop.example", "▸http://127.0.0.1:3000");

  test("are refused, and the way out is named", async () => {
    const { text, line, column } = takeMark(PRIVATE);
    expect(await problemsOf(text)).toEqual([
      expect.objectContaining({
        line,
        column,
        path: "targets[0].url",
        expected: "a public address, or allowPrivate: true",
        found: "http://127.0.0.1:3000",
      }),
    ]);
  });

  test.each([
    ["the config", "allowPrivate: true", {}],
    ["the command line", "listen: 8080", { allowPrivate: true }],
  ])("are allowed by %s", async (_name, line, options) => {
    const { text } = takeMark(PRIVATE);
    expect(await loadText(edit("version: 1", `version: 1\n${line}`, text), options)).toMatchObject({
      allowPrivate: true,
    });
  });

  test("metadata services stay refused", async () => {
    const text = edit("https://shop.example", "http://169.254.169.254");
    expect(await problemsOf(edit("version: 1", "version: 1\nallowPrivate: true", text))).toEqual([
      expect.objectContaining({ path: "targets[0].url", expected: "a public address" }),
    ]);
  });

  test("what a reference stands for is not known before the start", async () => {
    expect(await problemsOf(edit("https://shop.example", '"${env:SHOP_URL}"'))).toEqual([]);
  });
});

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
      expect(problems).toMatchObject([{ severity: "error", message: "not a header that is yours to set" }]);
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

test("five different mistakes come at once, in the order of the file", async () => {
  const text = `version: 1
lisen: 8080
targets:
  - id: Shop
    url: https://shop.example
    checks:
      - every: 7s
        timeout: 1s
        report: { path: /readyz, dialect: sprng }
        journey:
          - expect: ["status == 200", "bdy.ok == true"]
`;
  const problems = await problemsOf(text);
  expect(problems.map(({ line, column, path, suggestion }) => [line, column, path, suggestion])).toEqual([
    [2, 1, "lisen", "listen"],
    [4, 9, "targets[0].id", undefined],
    [7, 16, "targets[0].checks[0].every", undefined],
    [9, 43, "targets[0].checks[0].report.dialect", "spring"],
    [11, 40, "targets[0].checks[0].journey[0].expect[1]", "body"],
  ]);
  expect(problems.every(({ expected, found }) => expected && found)).toBe(true);
});

describe("a mistake in an expression points into its text", () => {
  const withStep = (line: string) => edit('expect: ["status == 200", "body.ok == true"]', line);
  test.each([
    ["plain", "expect: body.ok == ▸bdy", "expect"],
    ["double-quoted", 'expect: "body.ok == ▸bdy"', "expect"],
    ["double-quoted with escapes", 'expect: "body.a == \\"\\u0061\\" && ▸bdy.ok"', "expect"],
    ["single-quoted with quotes", "expect: 'body.a == ''x'' && ▸bdy.ok'", "expect"],
    ["in a list", 'expect: ["status == 200", "▸bdy.ok"]', "expect[1]"],
    ["a block: at its start", "expect: ▸|\n              status == 200 && bdy.ok", "expect"],
    ["a capture", "expect: body.ok == true\n            capture: { a: ▸bdy.id }", "capture.a"],
    [
      "a template",
      'request: { path: "/a/{{ ▸rn.id }}" }\n            expect: body.ok == true',
      "request.path",
    ],
    [
      "a template in a body",
      'request: { method: POST, json: { a: ["{{ ▸rn.id }}"] } }\n            expect: body.ok == true',
      "request.json.a[0]",
    ],
    ["a value nobody captured", "expect: body.ok == ▸captures.order", "expect"],
  ])("%s", async (_name, line, path) => {
    const { text, ...position } = takeMark(withStep(line));
    const [problem, ...others] = (await problemsOf(text)).filter(({ severity }) => severity === "error");
    expect(problem).toMatchObject({ ...position, path: `targets[0].checks[0].journey[0].${path}` });
    expect(others).toEqual([]);
  });
});

describe("warnings", () => {
  const warningsOf = async (text: string) =>
    (await problemsOf(text)).map(({ severity, path }) => [severity, path]);

  test("a set of expectations that a hostile answer would pass", async () => {
    const text = edit(', "body.ok == true"', "");
    const [warning, ...others] = await problemsOf(text);
    expect(warning).toMatchObject({
      severity: "warning",
      path: "targets[0].checks[0].journey[0].expect",
      line: 9,
    });
    expect(warning!.message).toContain("200 with an empty body");
    expect(others).toEqual([]);
  });

  test("a capture that no later step uses", async () => {
    const text = edit("- expect:", "- capture: { used: body.id, idle: body.id }\n            expect:");
    const later = `          - expect: ["body.id == captures.used"]\n`;
    expect(await warningsOf(text + later)).toEqual([
      ["warning", "targets[0].checks[0].journey[0].capture.idle"],
    ]);
  });

  test("a timeout above the period", async () => {
    expect(await warningsOf(edit("id: write", "id: write\n        every: 5s"))).toEqual([
      ["warning", "targets[0].checks[0].every"],
    ]);
  });
});

describe("texts that are no config", () => {
  const DEEP = "[".repeat(100_000);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [i, name] of [..."bcdefgh"].entries()) {
    const above = "abcdefgh"[i];
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${above}`).join(", ")}]`);
  }

  test.each([
    ["an empty file", "", 1, 1, "not a config"],
    ["only a comment", "# nothing yet\n", 1, 1, "not a config"],
    ["a list", "- version: 1\n", 1, 1, "not a config"],
    ["two documents", "version: 1\n---\nversion: 1\n", 2, 1, "more than one YAML document; a config is one"],
    ["a tab", "version: 1\napi:\n\ttoken: x\n", 3, 1, "a tab cannot indent YAML; use spaces"],
    [
      "an unquoted template",
      "version: 1\npublicUrl: {{ run.id }}\n",
      2,
      13,
      "a key must be a text; a value that starts with { needs quotes",
    ],
    ["an unknown alias", "version: *one\n", 1, 10, "no anchor of this name stands above"],
    [
      "an alias in its own anchor",
      "version: 1\ntargets: &t [*t]\n",
      2,
      14,
      "this alias stands inside its own anchor",
    ],
    ["aliases that multiply", bomb.join("\n"), 1, 1, "its aliases multiply this document too often"],
    ["100,000 levels", DEEP, 1, 1, "this document is nested too deeply"],
  ])("%s", async (_name, text, line, column, message) => {
    const problems = await problemsOf(text);
    expect(problems[0]).toMatchObject({ severity: "error", line, column, message });
    expect(problems.length).toBeLessThanOrEqual(20);
  });

  test("more than 4 MiB, before it is parsed", async () => {
    const remark = `${"# nothing to see here".padEnd(1023)}\n`;
    const fits = BASE + remark.repeat(4 * 1024 - 1);
    expect(await problemsOf(fits)).toEqual([]);
    expect(await problemsOf(fits + remark.repeat(20 * 1024) + "\t: [not even YAML")).toEqual([{
      severity: "error",
      path: "config",
      line: 1,
      column: 1,
      message: "this document is too large",
      expected: "at most 4 MiB",
      found: "24.0 MiB",
    }]);
  });

  test("a key that stands twice does not hide other mistakes", async () => {
    const text = edit("id: write", "id: write\n        scope: globl\n        id: again");
    expect((await problemsOf(text)).map(({ line, column, path }) => [line, column, path])).toEqual([
      [7, 16, "targets[0].checks[0].scope"],
      [8, 9, "targets[0].checks[0].id"],
    ]);
  });

  test("aliases are read, and a mistake is shown where it is written", async () => {
    const shared = "journey: &walk\n          - expect: [body.ok == true, ▸bdy.ok]";
    const { text, line, column } = takeMark(
      edit('journey:\n          - expect: ["status == 200", "body.ok == true"]', shared),
    );
    const other = "      - { id: other, journey: *walk }\n";
    const problems = await problemsOf(text + other);
    expect(problems.map((problem) => [problem.line, problem.column])).toEqual([[line, column], [
      line,
      column,
    ]]);
  });

  test("of 3,000 mistakes 2,000 are listed", async () => {
    const labels = Array.from({ length: 3_000 }, (_, i) => `      l${i}: [1]`).join("\n");
    const text = edit("url: https://shop.example", `url: https://shop.example\n    labels:\n${labels}`);
    expect(await problemsOf(text)).toHaveLength(2_000);
  });
});

describe("a config as a value", () => {
  const value = {
    version: 1,
    targets: [{
      id: "shop",
      url: "https://shop.example",
      checks: [{
        id: "write",
        report: { path: "/readyz" },
        journey: [{ expect: ["status == 200", "body.ok == true"] }],
      }],
    }],
  };
  const options = { kinds: { ...KINDS, dialects: [{ name: "http" }] } };

  test("reads the same as its text, digest included", async () => {
    const { config } = await loadValue(value, options);
    expect(config.checks[0]!.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(config.checks[0]!.digest).toBe((await loadText(BASE)).checks[0]!.digest);
  });

  test("has no lines, and is not changed", async () => {
    const wrong = { ...structuredClone(value), listen: "x" };
    const before = structuredClone(wrong);
    const failure = await loadValue(wrong, options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems).toEqual([
      {
        severity: "error",
        path: "listen",
        message: "not an address",
        expected: "an address: 127.0.0.1:8080, [::1]:8080 or unix:/run/assay.sock",
        found: "x",
      },
    ]);
    expect(wrong).toEqual(before);
  });

  test.each([["nothing", undefined], ["null", null], ["a text", "version: 1"], ["a list", [value]]])(
    "%s is no config",
    async (_name, source) => {
      await expect(loadValue(source, options)).rejects.toThrow(ConfigError);
    },
  );
});

describe("the digest of a check", () => {
  const digest = async (text: string) => (await loadText(text)).checks[0]!.digest;

  test.each([
    ["the target's url", "https://shop.example", "https://shop.test.example"],
    ["the report", "path: /readyz", "path: /healthz"],
    ["an expectation", "body.ok == true", "body.ok == false"],
    ["the timeout", "id: write", "id: write\n        timeout: 9s"],
    ["the latency budget", "id: write", "id: write\n        latencyBudget: 1s"],
    ["a request", "- expect:", "- request: { path: /orders }\n            expect:"],
    ["the type of a value", "- expect:", '- request: { method: POST, json: "1" }\n            expect:'],
  ])("changes with %s", async (_name, find, replacement) => {
    expect(await digest(edit(find, replacement))).not.toBe(await digest(BASE));
  });

  test.each([
    ["the schedule", "id: write", "id: write\n        every: 5m"],
    ["the contract", "id: write", "id: write\n        contract: It serves."],
    [
      "a default that is written out",
      "- expect:",
      "- request: { method: GET, path: / }\n            expect:",
    ],
    ["the thresholds", "id: write", "id: write\n        failureThreshold: 5"],
  ])("does not change with %s", async (_name, find, replacement) => {
    expect(await digest(edit(find, replacement))).toBe(await digest(BASE));
  });
});

test("the config is frozen all the way down", async () => {
  const config = await loadText(EXAMPLE);
  const seen = new Set<object>();
  const thawed: string[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (!Object.isFrozen(value)) thawed.push(path);
    for (const [key, inner] of Object.entries(value)) if (!("source" in value)) walk(inner, `${path}.${key}`);
  };
  walk(config, "config");
  expect(thawed).toEqual([]);
  expect(seen.size).toBeGreaterThan(30);
});

test("schema/assay.schema.json is current (deno task schema writes it)", () => {
  expect(JSON.parse(file("../../schema/assay.schema.json"))).toEqual(
    JSON.parse(JSON.stringify(jsonSchema(KINDS))),
  );
});
