import { readAuth } from "./auth.ts";
import type { Check, Quorum, StepAuth, Target } from "./config.ts";
import type { Checks } from "./checks.ts";
import type { Compiler } from "./compiler.ts";
import type { CheckDraft } from "./draft.ts";
import type { ConfigAuthKind, ConfigStepKind } from "./kinds.ts";
import type { Runtime } from "./runtime.ts";
import { parseDuration } from "./schema/duration.ts";
import { readJourney } from "./journey.ts";
import type { Note, Path } from "./problem.ts";
import type { KindsAndReaders } from "./readers.ts";
import { readReport } from "./report.ts";
import { readQuorum, type Voters } from "./rules.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { type CronReader, everyFault, readTiming, type TimingContext } from "./timing.ts";
import { unique } from "./duplicates.ts";
import type { Environment } from "./secret_values.ts";
import { noteLacking } from "./lacking.ts";

/** Context of all targets. */
export interface TargetContext
  extends Pick<KindsAndReaders, "zoneFault" | "readConverge" | "readTls" | "tlsFault"> {
  dialects: readonly string[];
  steps: readonly ConfigStepKind[];
  auths: readonly ConfigAuthKind[];
  turns: number;
  cron: CronReader;
  env: Environment["env"];
  allowPrivate: boolean;
  /** The runtime of the probers, if known. */
  runtime?: Runtime;
  compiler: Compiler;
  checks?: Checks;
  note: Note;
}

interface CheckDefaults extends TargetContext, TimingContext {
  trace?: boolean;
  traceUrl?: string;
  auth?: StepAuth;
  quorum: Quorum;
  voters: Voters;
}

type TargetDraft = NonNullable<NonNullable<Draft<RawConfig>["targets"]>[number]>;

/** Reads targets and their checks, and fills in defaults. Digests stay empty. */
export function readTargets(draft: Draft<RawConfig>, common: TargetContext): Target[] {
  const { targets = [], defaults = {}, regions, traceUrl } = draft;
  const { note } = common;
  const count = regions?.length ?? ("regions" in draft ? Infinity : 1);
  const voters = { count, words: "regions" };
  const standard: Quorum = { open: "majority", resolve: "majority", minReporting: Math.floor(count / 2) + 1 };
  const quorum = readQuorum(defaults.quorum, standard, voters, { path: ["defaults", "quorum"], note });
  const fault = everyFault(defaults.every);
  if (fault) note({ path: ["defaults", "every"], ...fault });
  const inherited = { ...common, traceUrl, defaults, quorum, voters };
  const noteDuplicate = unique("target", note);
  return targets.flatMap((target, i) => {
    noteDuplicate(target?.id, ["targets", i, "id"]);
    return target ? [readTarget(target, ["targets", i], inherited)] : [];
  });
}

function readTarget(draft: TargetDraft, path: Path, inherited: CheckDefaults): Target {
  const { id = "", name = id, url = "", labels = {} } = draft;
  const { allowPrivate, readTls, checks, note } = inherited;
  checks?.address(draft.url, [...path, "url"], { prefix: true, allowPrivate }, note);
  const noteDuplicate = unique("check", note);
  const tls = readTls?.(draft.tls, [...path, "tls"], inherited);
  if (draft.tls && !readTls) noteLacking("tls", [...path, "tls"], note);
  const origins = readHosts(draft.hosts, [...path, "hosts"], inherited);
  const target: Target = {
    id,
    name,
    url,
    labels: labels as Record<string, string>,
    dependsOn: (draft.dependsOn ?? []).filter((other) => other !== undefined),
    origins,
    tls,
    checks: [],
  };
  const auth = readSharedAuth(draft.auth, target, path, inherited);
  for (const [i, check] of (draft.checks ?? []).entries()) {
    if (!check) continue;
    const at = [...path, "checks", i];
    noteDuplicate("id" in check ? check.id : "default", "id" in check ? [...at, "id"] : at);
    target.checks.push(readCheck(check, target, at, { ...inherited, auth, trace: draft.trace }));
  }
  checks?.order(target, [...path, "checks"], note);
  return target;
}

function readHosts(
  hosts: TargetDraft["hosts"],
  path: Path,
  { allowPrivate, checks, note }: CheckDefaults,
): string[] {
  return (hosts ?? []).flatMap((host, i) => {
    if (host === undefined) return [];
    const url = host.includes("://") ? host : `https://${host}`;
    checks?.address(url, [...path, i], { prefix: true, allowPrivate }, note);
    return URL.parse(url)?.origin ?? [];
  });
}

/** Reads the auth of a target, check or report at `path`. It cannot use captures. */
function readSharedAuth(
  draft: TargetDraft["auth"],
  { url, origins }: Target,
  path: Path,
  inherited: CheckDefaults,
): StepAuth | undefined {
  const context = {
    ...inherited,
    path: [...path, "auth"],
    baseUrl: url,
    origins,
    timeoutMs: 0,
    captures: [],
  };
  const auth = readAuth(draft, inherited.auths, context);
  return auth && { ...auth, isInherited: true };
}

function readCheck(draft: CheckDraft, target: Target, path: Path, inherited: CheckDefaults): Check {
  const { checks, note, voters } = inherited;
  const { id = "default", contract, scope = "global", latencyBudget } = draft;
  const timing = readTiming(draft, path, inherited);
  const { timeoutMs } = timing;
  checks?.ignored(draft, timeoutMs, path, note);
  checks?.unused(draft, path, note);
  return {
    key: `${target.id}/${id}`,
    id,
    target,
    contract,
    ...(draft.optional && { optional: true as const }),
    ...(draft.after !== undefined && { after: `${target.id}/${draft.after}` }),
    ...inherited.readConverge?.(draft, { path, note }),
    ...(draft.slo !== undefined && { slo: shareOf(draft.slo) }),
    report: readReport(draft, path, {
      ...inherited,
      readAuth: (auth, at) => readSharedAuth(auth, target, at, inherited),
    }),
    ...readJourney(draft, {
      ...inherited,
      path,
      timeoutMs,
      baseUrl: target.url,
      origins: target.origins,
      auth: draft.auth === undefined ? inherited.auth : readSharedAuth(draft.auth, target, path, inherited),
    }),
    evidence: { body: (draft.evidence ?? inherited.defaults.evidence)?.body ?? true },
    latencyBudgetMs: latencyBudget === undefined ? undefined : parseDuration(latencyBudget),
    quorum: readQuorum(draft.quorum, inherited.quorum, voters, { path: [...path, "quorum"], note }),
    scope,
    ...severityOf(draft.severity ?? inherited.defaults.severity),
    ...(draft.trace ?? inherited.trace) && { trace: { url: inherited.traceUrl } },
    ...timing,
    digest: "",
  };
}

const severityOf = (severity: Check["severity"]) => severity && severity !== "critical" ? { severity } : {};

/** Converts a percentage to a share, rounded to millionths because 99.9 / 100 is not exactly 0.999. */
const shareOf = (percentage: string) => Math.round(Number(percentage.replace("%", "")) * 10_000) / 1_000_000;
