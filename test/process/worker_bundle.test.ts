import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { minifyModule } from "../../scripts/cli/minify.ts";
import { serve } from "../../scripts/bench/workerd.ts";
import config from "../edge/config.json" with { type: "json" };
import { folder, wrangler } from "../edge/wrangler.ts";

const MAX_GZIP_BYTES = 188_000;
const SECRETS = {
  ASSAY_TOKEN: "a-secret-operator-token",
  SHOP_URL: "https://a-secret-shop.example",
  ONCALL_URL: "https://hooks.example/a-secret-path",
  ONCALL_SECRET: "whsec_YSBzZWNyZXQgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=",
};

interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

const { path, remove } = folder();
let code: string;
/** Minified bytes in the bundle, by source. */
let sources: [source: string, bytes: number][];
beforeAll(async () => {
  const args = [
    "--dry-run",
    "--minify",
    "--outdir",
    join(path, "out"),
    "--metafile",
    join(path, "meta.json"),
  ];
  const { success, stdout, stderr } = await (await wrangler("deploy", path, config, args, SECRETS)).output();
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  if (!success) throw new Error(printed);
  code = await minifyModule(readFileSync(join(path, "out", "worker.js"), "utf8"));
  const { outputs }: Metafile = JSON.parse(readFileSync(join(path, "meta.json"), "utf8"));
  sources = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
    .map(([source, { bytesInOutput }]): [string, number] => [source, bytesInOutput])
    .filter(([, bytes]) => bytes > 0);
});
afterAll(remove);

/** `zod`, `src`, ...: the library or folder that a source belongs to. */
const partOf = (source: string) =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ??
    /(?:^|\/)(src|functions)\//.exec(source)?.[1] ?? source;

test("the bundle is at most 188 KB gzipped", () => {
  const sizes = new Map<string, number>();
  for (const [source, bytes] of sources) sizes.set(partOf(source), (sizes.get(partOf(source)) ?? 0) + bytes);
  // At Deno's own default level gzip is looser than zlib's, which wrangler goes by.
  const bytes = gzipSync(code, { level: 9 }).byteLength;
  const kB = (bytes: number) => `${(bytes / 1_000).toFixed(1).padStart(7)} kB`;
  const lines = [...sizes].toSorted(([, a], [, b]) => b - a)
    .map(([part, bytes]) => `${kB(bytes)}  ${part}`);
  console.log(
    ["minified, by library:", ...lines, `${kB(code.length)}  in all, ${kB(bytes).trim()} gzipped`].join("\n"),
  );
  expect(bytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
});

/** Starts the bundle; what asks it is the operator. */
async function serveBundle(vars: Record<string, string> = {}) {
  const workerd = await serve({
    code,
    vars: { ...SECRETS, ASSAY_PLAN: "free", ASSAY_PLACES: "assumed", ...vars },
    objects: { LEDGER: "Ledger", PROBER: "Prober" },
  }, "/livez");
  onTestFinished(() => workerd.stop());
  const headers = { authorization: `Bearer ${SECRETS.ASSAY_TOKEN}` };
  return (path: string, init?: RequestInit) => fetch(workerd.url + path, { ...init, headers });
}

test("it answers without what its config does without", async () => {
  const ask = await serveBundle();
  const paths = [
    "/v1/status",
    "/v1/targets/shop/health?as=spring",
    "/metrics",
    "/v1/badges/shop.svg",
    "/status",
  ];
  const statuses = await Promise.all(paths.map(async (path) => (await ask(path)).status));
  expect(statuses).toEqual([200, 503, 200, 200, 200]);
  expect((await ask("/v1/events/github", { method: "POST" })).status).toBe(403);
  // The ledger asks its probers, which walk the journey: there is no such shop.
  const { regions } = await (await ask("/v1/targets/shop/checks/orders/rounds", { method: "POST" })).json();
  expect(regions).toMatchObject(
    ["weur", "enam", "oc"].map((id) => ({ probers: [{ id, verdict: "down" }] })),
  );
});

test("it walks its journey and explains a failure without CEL's library", async () => {
  const shop = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ method, url }) => {
    if (method === "POST") return Response.json({ id: "a/b" }, { status: 201 });
    return Response.json({ state: url.endsWith("/orders/a%2Fb") ? "lost" : "ready" });
  });
  onTestFinished(() => shop.shutdown());
  const ask = await serveBundle({ SHOP_URL: `http://127.0.0.1:${shop.addr.port}` });
  const { regions } = await (await ask("/v1/targets/shop/checks/orders/rounds", { method: "POST" })).json();
  const expression = "body.state == 'accepted'";
  const failure = { step: "read", reason: "expectation", expression, detail: "body.state is 'lost'" };
  const observed = { outcome: "fail", failure };
  expect(regions).toMatchObject(
    ["weur", "enam", "oc"].map((id) => ({ probers: [{ id, verdict: "drift", observed }] })),
  );
});

test("it holds the config with its references, and no value of a secret", () => {
  const files = [code, readFileSync(join(path, "out", "worker.js.map"), "utf8")];
  for (const [name, value] of Object.entries(SECRETS)) {
    expect(code).toContain(`\${env:${name}}`);
    for (const file of files) expect(file).not.toContain(value);
  }
});

test("it holds nothing of scripts/ and test/, no YAML parser, and no grammar of the config", () => {
  const own = sources.map(([source]) => source).filter((source) => !source.includes("node_modules/"));
  expect(own).toContainEqual(expect.stringMatching(/src\/judgement\/verdict\.ts$/));
  expect(own.filter((source) => /(^|\/)(scripts|test)\//.test(source))).toEqual([]);
  expect(
    own.filter((source) =>
      /src\/config\/(validate|schema\/(mod|api|fields|hooks|report|steps))\.ts$/.test(source)
    ),
  ).toEqual([]);
  // A function of zod's that takes its helpers as an object, `z.catch` for one, makes this 13 kB: see src/base/zod.ts.
  const helpers = sources.find(([source]) => source.endsWith("zod/v4/core/util.js"));
  expect(helpers?.[1]).toBeLessThan(8_000);
  const parts = sources.map(([source]) => partOf(source));
  expect(parts).toContain("zod");
  expect(parts).not.toContain("yaml");
  expect(parts, "its config has no pattern").not.toContain("re2js");
  expect(parts, "nor arithmetic or conversions").not.toContain("@marcbachmann/cel-js");
});
