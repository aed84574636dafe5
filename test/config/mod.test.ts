import { KINDS } from "../../functions/deno/kinds.ts";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, loadValue } from "../../src/config/mod.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { BASE, edit, loadText, problemsOf } from "./load_text.ts";

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
