import { describe, expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { ConfigError, type ConfigOptions, type ConfigText, load, loadValue } from "../../src/config/mod.ts";
import { parseDuration } from "../../src/config/schema/duration.ts";

const OPTIONS = { kinds: KINDS };
const CHECK = `checks: [{ id: a, journey: [{ expect: body.ok == true }] }]`;
const HEAD = `version: 1\ntargets:\n  - id: shop\n    url: https://shop.example\n`;

async function read(texts: string | ConfigText[], options: Partial<ConfigOptions> = {}) {
  const files = typeof texts === "string" ? [{ text: texts }] : texts;
  return await load({ kind: "files", files }, { ...OPTIONS, ...options });
}

async function problems(texts: string | ConfigText[], options: Partial<ConfigOptions> = {}) {
  try {
    return (await read(texts, options)).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("YAML of today's tools", () => {
  const text = `version: 1
x-common: &common
  latencyBudget: 2s
  timeout: 5s
targets:
  - id: shop
    url: https://shop.example
    checks:
      - <<: *common
        id: a
        timeout: 3s
        journey: [{ expect: body.ok == true }]
      - <<: [*common, { scope: region }]
        id: b
        journey: [{ expect: body.ok == true }]
`;

  test("merge keys hand on what a map does not say itself, and x- keys are nobody's", async () => {
    const { checks } = (await read(text)).config;
    expect(checks.map(({ timeoutMs, latencyBudgetMs, scope }) => [timeoutMs, latencyBudgetMs, scope]))
      .toEqual([[3000, 2000, "global"], [5000, 2000, "region"]]);
  });

  test("a mistake in what was merged is shown where it stands", async () => {
    expect(await problems(text.replace("timeout: 5s", "timeout: 5x"))).toMatchObject([
      { path: "targets[0].checks[1].timeout", line: 4, column: 12, found: "5x" },
    ]);
  });

  test.each([
    ["<<: 3", "not a map, so it cannot be merged"],
    ["<<: *none", "no earlier anchor has this name"],
  ])("%s", async (merge, message) => {
    expect((await problems(text.replace("<<: *common", merge)))[0]).toMatchObject({ message, line: 9 });
  });

  test.each([["01234", '"01234"'], ["1.10", '"1.10"'], ["1e3", '"1e3"'], ["0x10", '"0x10"']])(
    "a number where a text is expected keeps its digits in the suggestion: %s",
    async (written, suggestion) => {
      expect(await problems(`${HEAD}    labels: { build: ${written} }\n    ${CHECK}\n`)).toMatchObject([
        { message: "wrong type", found: written, suggestion },
      ]);
    },
  );

  test.each([["1m30s", 90_000], ["1h5ms", 3_600_005], ["2d", 172_800_000], ["0s", 0], ["250ms", 250]])(
    "%s is %d ms",
    (text, ms) => expect(parseDuration(text)).toBe(ms),
  );
  test.each(["30s1m", "1m 30s", "m", "", "1.5m", "01s", "-1s", "1m1m"])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeNaN();
  });
});

describe("several files", () => {
  const base = {
    file: "a.yaml",
    text:
      `version: 1\nvars: { host: shop.example }\ncontrols: [https://one.example]\ntargets:\n  - { id: a, url: "https://\${var:host}", ${CHECK} }\n`,
  };
  const more = {
    file: "conf.d/b.yaml",
    text: `controls: [https://two.example]\ntargets:\n  - { id: b, url: https://b.example, ${CHECK} }\n`,
  };

  test("join their lists, in order", async () => {
    const { config } = await read([base, more]);
    expect(config.targets.map(({ id, url }) => [id, url])).toEqual([["a", "https://shop.example"], [
      "b",
      "https://b.example",
    ]]);
    expect(config.controls).toEqual(["https://one.example", "https://two.example"]);
  });

  test("keep their positions", async () => {
    const broken = { ...more, text: more.text.replace("https://b.example", "ftp://b.example") };
    expect(await problems([base, broken])).toMatchObject([
      { file: "conf.d/b.yaml", line: 3, path: "targets[1].url", message: "not a URL" },
    ]);
  });

  test("may not disagree", async () => {
    const other = { ...more, text: `${more.text}vars: { host: other.example }\n` };
    expect(await problems([base, other])).toMatchObject([
      { file: "conf.d/b.yaml", message: "another file has this key with another value", found: "host" },
    ]);
  });

  test("the same id twice is shown in the second", async () => {
    const twin = { ...more, text: more.text.replace("id: b", "id: a") };
    expect((await problems([base, twin]))[0]).toMatchObject({ file: "conf.d/b.yaml", path: "targets[1].id" });
  });
});

describe("vars", () => {
  const text = (vars: string) =>
    `version: 1
vars: ${vars}
environments: { staging: { host: staging.example } }
targets:
  - id: shop
    url: "https://\${var:host}/\${var:base:-v1}"
    checks:
      - id: a
        failureThreshold: \${var:many:-3}
        contract: "\${var:many:-3}"
        journey: [{ expect: "\${var:what}" }]
`;
  const VARS = "{ host: shop.example, what: body.ok == true }";

  test("fill in every scalar, with their type where they are all of it", async () => {
    const [check] = (await read(text(VARS))).config.checks;
    expect([
      check!.target.url,
      check!.failureThreshold,
      check!.contract,
      check!.journey[0]!.expect[0]!.source,
    ])
      .toEqual(["https://shop.example/v1", 3, "3", "body.ok == true"]);
  });

  test("--environment wins over the file, --var over both", async () => {
    const urls = async (options: Partial<ConfigOptions>) =>
      (await read(text(VARS), options)).config.targets[0]!.url;
    expect(await urls({ environment: "staging" })).toBe("https://staging.example/v1");
    expect(await urls({ environment: "staging", vars: { host: "pr-7.example" } })).toBe(
      "https://pr-7.example/v1",
    );
  });

  test("take variables of the environment, with a default", async () => {
    const vars = '{ host: "${env:HOST:-local.example}", what: "${env:WHAT}" }';
    const variables = (name: string) => ({ WHAT: "body.ok == true" })[name];
    const { config, value } = await read(text(vars), { variables });
    expect(config.targets[0]!.url).toBe("https://local.example/v1");
    expect(JSON.stringify(value)).not.toContain("${env:");
  });

  test.each<[string, string, Partial<ConfigOptions>, object]>([
    ["a var that nobody defines", text("{ hosts: a.example, what: body.ok == true }"), {}, {
      path: "targets[0].url",
      line: 6,
      message: "there is no var host",
      suggestion: "hosts",
    }],
    ["an unknown environment", text(VARS), { environment: "stagin" }, { suggestion: "staging" }],
    ["a --var that nobody uses", text(VARS), { vars: { hst: "a" } }, {
      message: "there is no var hst",
      suggestion: "host",
    }],
    ["a var that is no scalar", text(VARS.replace(" }", ", many: [4] }")), {}, {
      path: "vars.many",
      message: "wrong type",
    }],
    ["an unset variable", text('{ host: "${env:HOST}", what: body.ok == true }'), {
      variables: () => undefined,
    }, {
      path: "vars.host",
      message: "HOST is not set",
    }],
  ])("%s", async (_, text, options, problem) => {
    expect((await problems(text, options))[0]).toMatchObject(problem);
  });
});

describe("named steps", () => {
  const text = (
    journey: string,
    steps = `
  login:
    - name: log in
      request: { path: /login, json: { user: "\${param:user}" } }
      expect: status == 200
      capture: { token: body.token }
    - { request: { path: "\${param:path:-/me}" }, expect: body.ok == true }`,
  ) =>
    `version: 1\nsteps:${steps}\ntargets:\n  - id: shop\n    url: https://shop.example\n    checks:\n      - id: a\n        journey:\n${journey}`;
  const USE = "          - { use: login, with: { user: probe } }\n";
  const BUY = '          - { request: { path: "/buy/{{ captures.token }}" }, expect: body.ok == true }\n';

  test("stand in place of their name, with their parameters", async () => {
    const [check] = (await read(text(USE + BUY))).config.checks;
    expect(check!.journey.map(({ name, summary }) => [name, summary])).toEqual([
      ["log in", "POST /login"],
      ["step 2", "GET /me"],
      ["step 3", "GET /buy/{{ captures.token }}"],
    ]);
  });

  test("a mistake in them is shown where they are written", async () => {
    const broken = text(USE + BUY).replace("path: /login", "path: login");
    expect((await problems(broken))[0]).toMatchObject({
      path: "targets[0].checks[0].journey[0].request.path",
      line: 5,
    });
    const after = text(USE + BUY.replace("body.ok == true", "bdy.ok"));
    const errors = (await problems(after)).filter(({ severity }) => severity === "error");
    expect(errors[0]).toMatchObject({
      path: "targets[0].checks[0].journey[2].expect",
      line: 16,
    });
  });

  test.each<[string, object]>([
    [USE.replace("login", "logon"), { message: "no step of this name", suggestion: "login", line: 15 }],
    [USE.replace("user:", "usr:"), { message: "there is no param user" }],
    [USE.replace("user: probe", "user: probe, more: 1"), {
      message: "no step uses this parameter",
      found: "more",
    }],
    [USE.replace("with:", "expect: status == 200, with:"), {
      message: "unknown key with use",
      found: "expect",
    }],
  ])("%s", async (use, problem) => {
    expect(await problems(text(use + BUY))).toContainEqual(expect.objectContaining(problem));
  });
});

describe("what is not enabled, and defaults of a target", () => {
  test("a target, check, step or webhook that is not enabled is as if it were not written", async () => {
    const { config } = await read(`${HEAD}    checks:
      - { id: a, enabled: true, journey: [{ enabled: false, expect: status == 1 }, { expect: body.ok == true }] }
      - { id: b, enabled: false, journey: nonsense }
  - { id: other, enabled: false }
webhooks: [{ id: w, enabled: false }]
`);
    expect([config.checks.map(({ key }) => key), config.checks[0]!.journey.length, config.webhooks]).toEqual([
      ["shop/a"],
      1,
      [],
    ]);
  });

  test("enabled is true or false", async () => {
    expect(await problems(`${HEAD}    enabled: "no"\n    ${CHECK}\n`)).toMatchObject([
      { path: "targets[0].enabled", line: 5, message: "wrong type" },
    ]);
  });

  test("defaults are what checks and requests do not say themselves", async () => {
    const { config } = await read(
      `${HEAD}    defaults: { timeout: 3s, every: 5m, headers: { X-Team: pay, accept: text/plain } }
    checks:
      - id: a
        journey:
          - expect: body.ok == true
          - { request: { path: /x, headers: { Accept: application/json } }, expect: body.ok == true }
      - { id: b, timeout: 4s, cron: "*/5 * * * *", journey: [{ expect: body.ok == true }] }
`,
    );
    const headers = config.checks[0]!.journey.map((step) =>
      Object.fromEntries(
        (step as unknown as { request: { headers: [string, { source: string }][] } }).request.headers.map((
          [name, { source }],
        ) => [name, source]),
      )
    );
    expect(headers).toEqual([
      { "X-Team": "pay", accept: "text/plain" },
      { "X-Team": "pay", Accept: "application/json" },
    ]);
    expect(config.checks.map(({ timeoutMs, schedule }) => [timeoutMs, "cron" in schedule])).toEqual([[
      3000,
      false,
    ], [4000, true]]);
  });

  test("a mistake in them is shown there", async () => {
    expect(await problems(`${HEAD}    defaults: { timeot: 3s }\n    ${CHECK}\n`)).toMatchObject([
      { line: 5, message: "unknown key", found: "timeot", suggestion: "timeout" },
    ]);
  });
});

describe("a file that a request sends", () => {
  const text =
    `${HEAD}    checks: [{ id: a, journey: [{ request: { path: /x, file: body.bin }, expect: body.ok == true }] }]\n`;

  test("is read beside the config, and stands in what is compiled", async () => {
    const asked: unknown[] = [];
    const readFile = (path: string, from?: string) => {
      asked.push([path, from]);
      return Promise.resolve(Uint8Array.of(0, 255));
    };
    const { value, config } = await read([{ file: "conf/a.yaml", text }], { readFile });
    expect(asked).toEqual([["body.bin", "conf/a.yaml"]]);
    expect(config.checks[0]!.journey[0]).toMatchObject({
      request: { method: "POST", body: { base64: "AP8=" } },
    });
    expect((await loadValue(value, OPTIONS)).config.checks[0]!.digest).toBe(config.checks[0]!.digest);
  });

  const inPart = (part: string) => text.replace("file: body.bin", `multipart: { a: "1", doc: { ${part} } }`);

  test("may be a part of a form, which has its name", async () => {
    const readFile = () => Promise.resolve(Uint8Array.of(0, 255));
    const { value, config } = await read([{ text: inPart("file: docs/a.bin, type: image/png") }], {
      readFile,
    });
    const doc = { name: "doc", value: { base64: "AP8=" }, filename: "a.bin", type: "image/png" };
    expect(config.checks[0]!.journey[0]).toMatchObject({
      request: { body: { parts: [{ name: "a" }, doc] } },
    });
    expect((await loadValue(value, OPTIONS)).config.checks[0]!.digest).toBe(config.checks[0]!.digest);
  });

  test.each<[string, ConfigOptions["readFile"], string, string]>([
    ["file: a.bin", () => Promise.resolve(new Uint8Array(262_145)), ".doc.file", "too big"],
    ["file: a.bin", undefined, ".doc.file", "no file can be read here"],
    ["file: a.bin, content: x", () => Promise.resolve(Uint8Array.of(1)), ".doc", "a part has one content"],
    ["filename: a.bin", undefined, ".doc", "a part has one content"],
  ])("a part with %s is an error, row %#", async (part, readFile, below, message) => {
    expect((await problems(inPart(part), { readFile }))[0]).toMatchObject({
      path: `targets[0].checks[0].journey[0].request.multipart${below}`,
      message,
      line: 5,
    });
  });

  test.each<[string, ConfigOptions["readFile"], string]>([
    ["is missing", () => Promise.reject(new Error("no such file")), "cannot be read: no such file"],
    ["is large", () => Promise.resolve(new Uint8Array(262_145)), "too big"],
    ["cannot be read by this program", undefined, "no file can be read here"],
  ])("that %s is an error", async (_, readFile, message) => {
    expect((await problems(text, { readFile }))[0]).toMatchObject({
      path: "targets[0].checks[0].journey[0].request.file",
      message,
      line: 5,
    });
  });
});

describe("references to secrets", () => {
  const text = (reference: string) =>
    `${HEAD}    checks: [{ id: a, journey: [{ request: { headers: { x-key: "${reference}" } }, expect: body.ok == true }] }]\n`;
  const env = (name: string) =>
    ({ SET: "a-long-secret-value", "file:/run/secrets/key": "another-long-secret" })[name];

  test.each(["${env:SET}", "${env:UNSET:-public}", "${file:/run/secrets/key}"])("%s", async (reference) => {
    expect(await problems(text(reference), { env })).toEqual([]);
  });

  test.each([
    ["${env:UNSET}", "UNSET is not set", "the environment variable UNSET"],
    ["${file:/run/secrets/none}", "file:/run/secrets/none is not set", "the file /run/secrets/none"],
    ["${file:relative}", "not a reference", expect.stringContaining("${file:/path}")],
  ])("%s: %s", async (reference, message, expected) => {
    expect(await problems(text(reference), { env })).toMatchObject([{ message, expected }]);
  });
});
