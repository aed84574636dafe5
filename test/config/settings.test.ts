import { describe, expect, test } from "vitest";
import { BASE, loadText, problemsOf } from "./load_text.ts";

const UPSTASH = { UPSTASH_REDIS_REST_URL: "https://db.upstash.io", UPSTASH_REDIS_REST_TOKEN: "t" };
const of = (variables: Record<string, string>) => ({ env: (name: string) => variables[name] });
const written = `${BASE}store: { upstash: {} }\n`;

describe("store", () => {
  test.each<[string, string, Record<string, string>, unknown]>([
    ["nothing written", BASE, {}, { kind: "sqlite", options: ".assay/assay.db" }],
    ["nothing written, both variables", BASE, UPSTASH, { kind: "upstash", options: {} }],
    ["nothing written, one variable", BASE, { UPSTASH_REDIS_REST_URL: "x" }, {
      kind: "sqlite",
      options: ".assay/assay.db",
    }],
    ["upstash", written, UPSTASH, { kind: "upstash", options: {} }],
    ["another, and both variables", `${BASE}store: { memory: {} }\n`, UPSTASH, {
      kind: "memory",
      options: {},
    }],
  ])("%s", async (_name, text, variables, store) => {
    expect((await loadText(text, of(variables))).store).toEqual(store);
  });

  test("upstash without its variables names each that is missing", async () => {
    const { UPSTASH_REDIS_REST_URL } = UPSTASH;
    expect(await problemsOf(written, of({ UPSTASH_REDIS_REST_URL }))).toMatchObject([{
      severity: "error",
      path: "store.upstash",
      message: "UPSTASH_REDIS_REST_TOKEN is not set",
      expected: "the environment variable UPSTASH_REDIS_REST_TOKEN",
    }]);
    const warned = await problemsOf(written, { ...of({}), envMissing: "warning" });
    expect(warned.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "warning: UPSTASH_REDIS_REST_URL is not set",
      "warning: UPSTASH_REDIS_REST_TOKEN is not set",
    ]);
    expect(await problemsOf(written)).toEqual([]);
  });

  test("a Worker takes none from its environment that its config does not name, and says so", async () => {
    const options = { ...of(UPSTASH), runtime: "cloudflare" } as const;
    const text = BASE.replace("version: 1", "version: 1\nregions: [weur]");
    expect((await loadText(text, options)).store).toEqual({ kind: "sqlite", options: ".assay/assay.db" });
    expect(await problemsOf(text, options)).toMatchObject([
      { severity: "warning", path: "store", expected: "store: { upstash: {} }" },
    ]);
  });

  test.each(["memory: {}", "sqlite: ./other.db"])("a Worker uses no %s, and says so", async (kind) => {
    const text = `${BASE.replace("version: 1", "version: 1\nregions: [weur]")}store: { ${kind} }\n`;
    expect(await problemsOf(text, { runtime: "cloudflare" })).toMatchObject([
      { severity: "warning", path: `store.${kind.split(":")[0]}` },
    ]);
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe("heartbeat", () => {
  const of = (heartbeat: string) => `${BASE}heartbeat: ${heartbeat}\n`;

  test.each([
    ["a minute where nothing is said", "{ url: https://hc.example/a }", 60_000],
    ["a period", "{ url: https://hc.example/a, every: 5m }", 300_000],
  ])("%s", async (_, written, everyMs) => {
    const { heartbeat } = await loadText(of(written));
    expect(heartbeat).toEqual({ url: "https://hc.example/a", everyMs });
  });

  test("its URL may hold secrets, which must be set", async () => {
    const text = of('{ url: "https://hc.example/${env:HC_ID}" }');
    expect(await problemsOf(text, { env: () => "a-long-enough-id" })).toEqual([]);
    expect(await problemsOf(text, { env: () => undefined })).toMatchObject([
      { severity: "error", path: "heartbeat.url", message: "HC_ID is not set" },
    ]);
  });

  test.each([
    ["no URL", "{ every: 1m }", "heartbeat.url", "a text"],
    ["what is none", "{ url: hc.example }", "heartbeat.url", "http:// or https:// and a host"],
    [
      "a private address",
      '{ url: "http://127.0.0.1/" }',
      "heartbeat.url",
      "a public address, or allowPrivate",
    ],
    ["too often", "{ url: https://hc.example/a, every: 1s }", "heartbeat.every", "10s"],
  ])("%s is a problem", async (_, written, path, expected) => {
    expect(await problemsOf(of(written))).toMatchObject([
      { severity: "error", path, expected: expect.stringContaining(expected) },
    ]);
  });
});
