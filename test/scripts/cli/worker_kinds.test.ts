import { expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { workerKinds } from "../../../scripts/cli/worker_kinds.ts";
import type { Target } from "../../../src/config/config.ts";
import { load, type LoadedConfig } from "../../../src/config/mod.ts";

const BARE = ["DIALECTS", "objectKind", "httpStep"];

/** The config of one check with these lines at its top. */
async function configOf(top = "", every = "1m", expectation = "status == 200"): Promise<LoadedConfig> {
  const text = `
version: 1
${top}
targets:
  - id: shop
    url: https://shop.example
    checks: [{ id: c, ${
    every.includes("*") ? `cron: "${every}"` : `every: ${every}`
  }, journey: [{ expect: "${expectation}" }] }]
`;
  return await load({ kind: "yaml", text }, { kinds: KINDS });
}

/** The config of no optional kind, but for these settings of its target. */
async function withTarget(settings: Partial<Target>): Promise<LoadedConfig> {
  const { config, ...loaded } = await configOf();
  const targets = config.targets.map((target) => ({ ...target, ...settings }));
  return { ...loaded, config: { ...config, targets } };
}

const capturing = (setting: string) =>
  configOf("", "1m", `status == 200", capture: { v: { value: body.v, ${setting} } }, name: "a`);

const importsIn = (text: string) => [...text.matchAll(/^import \{ (\w+) \} from /gm)].map(([, name]) => name);

test.each<[string, Promise<LoadedConfig>, string[]]>([
  ["no optional kind", configOf(), BARE],
  ["a store that is shared", configOf("store: { upstash: {} }"), ["DIALECTS", "upstashKind", "httpStep"]],
  ["a store of another runtime", configOf("store: { memory: {} }"), BARE],
  ["a webhook", configOf('webhooks: [{ id: a, url: "https://a.example", secret: "${env:A}" }]'), [
    "DIALECTS",
    "objectKind",
    "standardWebhooks",
    "httpStep",
  ]],
  ["cron", configOf("", "*/5 * * * *"), [...BARE, "compileCron", "zoneFault"]],
  [
    "maintenance by cron",
    configOf('maintenance: [{ id: m, match: { target: "*" }, reason: r, cron: "0 2 * * *", duration: 1h }]'),
    [...BARE, "compileCron", "zoneFault", "readMaintenance"],
  ],
  [
    "maintenance after deployments",
    configOf('maintenance: [{ id: m, match: { target: "*" }, reason: r, afterDeployment: 5m }]'),
    [...BARE, "readMaintenance"],
  ],
  ["a target that depends on another", withTarget({ dependsOn: ["till"] }), BARE],
  [
    "hooks of GitHub",
    configOf('hooks: { github: { secret: "${env:A}", rules: [{ repository: a/b, target: shop }] } }'),
    [...BARE, "readHooks", "githubHook"],
  ],
  ["TLS settings", withTarget({ tls: { insecure: true } }), [...BARE, "readTls"]],
  ["a capture that must agree", capturing("converge: 5m"), [...BARE, "readConverge"]],
  ["a capture of the version", capturing("version: true"), [...BARE, "readConverge"]],
  [
    "routes",
    configOf('webhooks: [{ id: a, kind: slack, url: "${env:A}" }]\nroutes: [{ sinks: [a] }]'),
    ["DIALECTS", "objectKind", "slack", "httpStep", "readRoutes", "grouping"],
  ],
  [
    "quiet hours below a rule",
    configOf(
      'webhooks: [{ id: a, kind: slack, url: "${env:A}" }]\nroutes: [{ routes: [{ sinks: [a], quietHours: { from: "22:00", until: "07:00" } }] }]',
    ),
    ["DIALECTS", "objectKind", "slack", "httpStep", "readRoutes", "applyQuietHours", "grouping"],
  ],
  ["a pattern", configOf("", "1m", "text.matches('a')"), [...BARE, "patternsFor"]],
  ["a group of a pattern", configOf("", "1m", "regexCapture(text, '(a)') == 'a'"), [...BARE, "patternsFor"]],
  ["auth", configOf("", "1m", 'status == 200", auth: { bearer: "${env:A}" }, name: "a'), [
    ...BARE,
    "bearerAuth",
  ]],
  [
    "a pushed source",
    configOf(
      "",
      "1m",
      'status == 200" }], report: { push: { token: "${env:PUSH}", ttl: 5m } }, cleanup: [{ expect: "status == 200',
    ),
    [
      ...BARE,
      "pushedReports",
    ],
  ],
  [
    "a prober with a url",
    configOf(
      'regions: [weur, { id: far, probers: [{ id: far, url: "https://far.example", token: "${env:A}" }] }]',
    ),
    [...BARE, "remoteProber", "roundsRoutes"],
  ],
  ["a heartbeat", configOf("heartbeat: { url: https://hc.example/a }"), [...BARE, "heartbeat"]],
  ["a public URL", configOf("publicUrl: https://assay.example"), [...BARE, "acknowledgeLinks"]],
  [
    "an escalation below a rule",
    configOf(
      'webhooks: [{ id: a, kind: slack, url: "${env:A}" }]\nroutes: [{ routes: [{ sinks: [a], escalate: [{ after: 5m, sinks: [a] }] }] }]',
    ),
    ["DIALECTS", "objectKind", "slack", "httpStep", "readRoutes", "timely", "grouping"],
  ],
  [
    "a rule that reminds",
    configOf(
      'webhooks: [{ id: a, kind: slack, url: "${env:A}" }]\nroutes: [{ sinks: [a], repeatInterval: 4h }]',
    ),
    ["DIALECTS", "objectKind", "slack", "httpStep", "readRoutes", "timely", "grouping"],
  ],
  ["a function", configOf("", "1m", "base64(text) == 'YQ=='"), [...BARE, "libraryOf", "functions"]],
  ["arithmetic", configOf("", "1m", "body.used / body.size < 0.9"), [...BARE, "libraryOf"]],
  ["a time", configOf("", "1m", "now - timestamp(body.at) < duration('5m')"), [...BARE, "libraryOf"]],
  [
    "a rarer method in a template",
    configOf("", "1m", 'status == 200", request: { path: "/{{ run.id.upperAscii() }}" }, name: "a'),
    [...BARE, "libraryOf"],
  ],
  [
    "comparisons, logic, paths, macros and parts of texts",
    configOf("", "1m", "status in [200, 204] && (text.contains('a') || body.items.all(i, i.n >= -1.5))"),
    BARE,
  ],
])("a Worker whose config has %s bundles just that", async (_, config, names) => {
  expect(importsIn(await workerKinds(await config))).toEqual(names);
});

test("a kind without a row is an error, never left out", async () => {
  const { config, trees } = await configOf();
  const webhooks = [{ id: "a", kind: "pigeon", events: ["*"], settings: {} }];
  await expect(workerKinds({ config: { ...config, webhooks }, trees })).rejects.toThrow(
    /^Cannot bundle pigeon as .*sinks\/mod\.ts/,
  );
});
