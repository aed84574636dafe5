/**
 * Generates the table of kinds for one Worker, so that the bundle holds only the kinds that its config names.
 */
import { fileURLToPath } from "node:url";
import type { Config } from "../../src/config/config.ts";
import type { LoadedConfig } from "../../src/config/mod.ts";
import type { Route } from "../../src/config/routes.ts";
import { needsLibrary } from "../../src/config/expression/evaluate.ts";
import { namesFunction } from "../../src/config/expression/functions.ts";
import { namesPattern } from "../../src/config/expression/pattern.ts";
import { mayGroup } from "../../src/engine/notify/grouping.ts";
import { findSink } from "../../src/engine/notify/sink.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import type { StepKind } from "../../src/evidence/probe/step_kind.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";

const fileOf = (path: string) => new URL(`../../${path}`, import.meta.url);

const TABLES = {
  stores: "functions/deno/kinds.ts",
  sinks: "src/engine/notify/sinks/mod.ts",
  steps: "src/evidence/probe/steps/mod.ts",
  auths: "src/evidence/probe/auth/mod.ts",
  translations: "src/web/page/texts/mod.ts",
};

/** The file of each port that a step kind may need. */
const PORTS: Record<NonNullable<StepKind["needs"]>, string> = {
  dial: "functions/cloudflare/dial.ts",
  openWebSocket: "functions/cloudflare/web_socket.ts",
};

/** Whether a config has a step that needs this port. */
const namesStepFor = (port: StepKind["needs"]) => {
  const kinds = new Set(STEP_KINDS.filter(({ needs }) => needs === port).map(({ kind }) => kind));
  return ({ checks }: Config) =>
    checks.some(({ journey, cleanup }) => [...journey, ...cleanup].some(({ kind }) => kinds.has(kind)));
};

/** Whether any prober has a `url`. */
function namesUrl({ regions }: Config): boolean {
  return regions.some(({ probers }) => probers.some(({ kind }) => kind === "remote"));
}

/** Modules that few configs need: the export, its file, and whether a config needs it. */
const OPTIONAL: [
  name: string,
  path: string,
  isUsed: (config: Config, trees: LoadedConfig["trees"]) => boolean,
][] = [
  ["compileCron", "src/config/cron.ts", namesCron],
  ["zoneFault", "src/config/zone_fault.ts", namesCron],
  ["readMaintenance", "src/config/maintenance.ts", ({ maintenance }) => maintenance.length > 0],
  ["readRoutes", "src/config/routes.ts", ({ routes }) => routes !== undefined],
  ["applyQuietHours", "src/engine/notify/quiet.ts", ({ routes = [] }) => routes.some(isQuiet)],
  ["readHooks", "src/config/hooks.ts", ({ hooks }) => hooks.github !== undefined],
  ["readTls", "src/config/tls.ts", ({ targets }) => targets.some(({ tls }) => tls)],
  [
    "readConverge",
    "src/config/converge.ts",
    ({ checks }) => checks.some(({ converge, version }) => converge ?? version),
  ],
  ["patternsFor", "src/config/expression/pattern.ts", (config) => namesPattern(stepsOf(config))],
  [
    "libraryOf",
    "src/config/expression/library.ts",
    (_, trees) => [...trees.values()].some(needsLibrary),
  ],
  ["functions", "src/config/expression/functions.ts", (config) => namesFunction(stepsOf(config))],
  [
    "signRequest",
    "src/evidence/report/sigv4.ts",
    ({ checks }) =>
      checks.some(({ report }) => report?.sources.some((source) => "aws" in source && source.aws)),
  ],
  ["authorizeReport", "src/engine/prober/report_auth.ts", (config) => authsOfReports(config).length > 0],
  [
    "pushedReports",
    "src/web/api/routes/pushed_reports.ts",
    ({ checks }) => checks.some(({ report }) => report?.sources.some(({ kind }) => kind === "pushed")),
  ],
  ["dialler", PORTS.dial, namesStepFor("dial")],
  ["webSockets", PORTS.openWebSocket, namesStepFor("openWebSocket")],
  ["remoteProber", "src/engine/prober/remote.ts", namesUrl],
  ["roundsRoutes", "src/web/api/routes/rounds.ts", namesUrl],
  ["acknowledgeLinks", "src/web/page/acknowledge.tsx", ({ publicUrl }) => publicUrl !== undefined],
  ["slo", "src/web/page/objective.tsx", ({ checks }) => checks.some(({ slo }) => slo !== undefined)],
  ["timely", "src/engine/notify/timely.ts", ({ routes = [] }) => routes.some(isTimely)],
  ["grouping", "src/engine/notify/grouping.ts", isGrouped],
  ["heartbeat", "src/engine/notify/heartbeat.ts", ({ heartbeat }) => heartbeat !== undefined],
  ["githubHook", "src/web/api/routes/github.ts", ({ hooks }) => hooks.github !== undefined],
];

/** The `auth` of all report sources. */
const authsOfReports = ({ checks }: Config) =>
  checks.flatMap(({ report }) =>
    report?.sources.flatMap((source) => source.kind === "asked" ? source.auth ?? [] : []) ?? []
  );

/** Whether a check or a maintenance window is scheduled by cron. */
function namesCron({ checks, maintenance }: Config): boolean {
  return checks.some(({ schedule }) => "cron" in schedule) ||
    maintenance.some(({ times }) => "cron" in times);
}

/** Whether a route or one below it has quiet hours. */
function isQuiet({ quietHours, routes }: Route): boolean {
  return quietHours !== undefined || routes.some(isQuiet);
}

/** Whether a route or one below it escalates or repeats. */
function isTimely({ escalate, repeatMs, routes }: Route): boolean {
  return escalate.length > 0 || repeatMs !== undefined || routes.some(isTimely);
}

/** The translation that the public page needs; every bundle has English. */
const translationsOf = ({ page: { language } }: Config) => language === "en" ? [] : [language];

/** Whether incidents may be grouped. */
function isGrouped({ webhooks, routes }: Config): boolean {
  return webhooks.some(({ kind }) => mayGroup(findSink(SINKS, kind), routes));
}

/** Everything that may contain an expression. */
const stepsOf = ({ checks }: Config) => checks.map(({ journey, cleanup }) => [journey, cleanup]);

/** An export of a source file. */
interface Import {
  name: string;
  file: URL;
}

/** The source of `kinds.ts` for a config. */
export async function workerKinds(
  { config, trees }: Pick<LoadedConfig, "config" | "trees">,
): Promise<string> {
  const dialects = { name: "DIALECTS", file: fileOf("src/evidence/report/mod.ts") };
  const object = { name: "objectKind", file: fileOf("functions/cloudflare/sqlite.ts") };
  const shared = (await rowsOf("stores", new Set([config.store.kind]))).filter(({ row }) => row.variables);
  const stores = shared.length > 0 ? shared : [object];
  const sinks = await rowsOf("sinks", new Set(config.webhooks.map(({ kind }) => kind)));
  const walked = config.checks.flatMap(({ journey, cleanup }) => [...journey, ...cleanup]);
  const steps = await rowsOf("steps", new Set(walked.map(({ kind }) => kind)));
  const authSettings = [...walked.flatMap(({ auth }) => auth ?? []), ...authsOfReports(config)];
  const auths = await rowsOf("auths", new Set(authSettings.map(({ kind }) => kind)));
  const translations = await rowsOf("translations", new Set(translationsOf(config)));
  const rare = OPTIONAL.filter(([, , isUsed]) => isUsed(config, trees)).map(([name, path]) => ({
    name,
    file: fileOf(path),
  }));
  const imports = [dialects, ...stores, ...sinks, ...steps, ...auths, ...translations, ...rare];
  const names = (rows: Import[]) => `[${rows.map(({ name }) => name).join(", ")}]`;
  return [
    ...imports.map(({ name, file }) => `import { ${name} } from ${JSON.stringify(fileURLToPath(file))};`),
    "export const KINDS = {",
    "  dialects: DIALECTS,",
    `  stores: ${names(stores)},`,
    `  sinks: ${names(sinks)},`,
    `  steps: ${names(steps)},`,
    `  auths: ${names(auths)},`,
    `  translations: ${names(translations)},`,
    ...rare.map(({ name }) => `  ${name},`),
    "};\n",
  ].join("\n");
}

/** The modules of each step kind that a config names, as paths in this repository. */
export async function stepModules({ checks }: Config): Promise<Map<string, string[]>> {
  const walked = checks.flatMap(({ journey, cleanup }) => [...journey, ...cleanup]);
  const rows = await rowsOf("steps", new Set(walked.map(({ kind }) => kind)));
  return new Map(rows.map(({ file, row: { kind = "", needs } }) => {
    const own = file.href.slice(fileOf("").href.length);
    return [kind, needs ? [own, PORTS[needs]] : [own]];
  }));
}

/**
 * The rows of a table that have these kinds. A table is a file that imports each of its rows by name, one per
 * line.
 */
async function rowsOf(table: keyof typeof TABLES, kinds: ReadonlySet<string>) {
  const at = fileOf(TABLES[table]);
  const text = await Deno.readTextFile(at);
  const imports = [...text.matchAll(/^import \{ (\w+) \} from "(\.[^"]+)";$/gm)];
  const rows = await Promise.all(imports.map(async ([, name = "", path = ""]) => {
    const file = new URL(path, at);
    const row: { kind?: string; variables?: readonly string[]; needs?: StepKind["needs"] } =
      (await import(file.href))[name];
    return { name, file, row };
  }));
  const found = rows.filter(({ row }) => row.kind !== undefined && kinds.has(row.kind));
  const missing = kinds.difference(new Set(found.map(({ row }) => row.kind!)));
  if (missing.size === 0) return found;
  throw new Error(
    `Cannot bundle ${[...missing].join(", ")} as ${TABLES[table]} has no import line for it`,
  );
}
