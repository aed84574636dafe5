/**
 * Combines the reports of several sources. Only sources with a claim can decide: a silent one (`unreachable`,
 * `unreadable`, `unknown`) never makes the whole ready, starting, draining or not_ready.
 *
 *     sources                    worst             all               any
 *     all serve                  worst             worst             best
 *     some serve, some refuse    worst             worst             best
 *     some serve, some silent    worst claim       unknown           best claim
 *     some refuse, some silent   worst claim       worst claim       best claim
 *     all silent                 unreadable if any is (something answered), else unreachable, else unknown
 *
 * Serving is `ready` or `degraded`; refusing is `starting`, `draining` or `not_ready`. Liveness sources count
 * only if all sources are such.
 */
import type { ClaimRule, PushedSource, ReportConfig } from "../../config/config.ts";
import { isNoClaim, isServing, rank } from "./merge.ts";
import { limitParts } from "./group.ts";
import type { Report, ReportState, SourceReport } from "./report.ts";

/** Limit of claims, and of contradictions, over all sources. */
const MAX_KEPT = 500;

/** Prepares a report for combining, by marking its contents with the name of its source. */
export function withSource(source: string, report: Report): Report {
  const { state, phase, question, dialect, httpStatus, reason } = report;
  return {
    ...report,
    sources: [{ name: source, state, phase, question, dialect, httpStatus, reason }],
    claims: report.claims.map((claim) => ({ ...claim, from: source })),
    contradictions: report.contradictions.map((text) => `${source}: ${text}`),
    subsystems: report.subsystems.map((part) => ({ ...part, name: `${source}/${part.name}` })),
  };
}

/**
 * Combines reports that went through {@linkcode withSource} or were combined before; the grouping does not
 * matter. Pure.
 */
export function combineSources(rule: ClaimRule, reports: readonly [Report, ...Report[]]): Report {
  const sources = reports.flatMap((report) => report.sources ?? []);
  const began = Math.min(...reports.map(({ at }) => at));
  const ended = Math.max(...reports.map(({ at, durationMs }) => at + durationMs));
  const times = reports.flatMap(({ reportedAt }) => reportedAt ?? []);
  const waits = reports.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return {
    ...decide(rule, sources),
    dialect: [...new Set(sources.map(({ dialect }) => dialect))].join(", "),
    confidence: CONFIDENCE.find((one) => reports.some(({ confidence }) => confidence === one))!,
    claims: reports.flatMap(({ claims }) => claims).slice(0, MAX_KEPT),
    contradictions: reports.flatMap(({ contradictions }) => contradictions).slice(0, MAX_KEPT),
    subsystems: limitParts(reports.flatMap(({ subsystems }) => subsystems)),
    version: reports.find(({ version }) => version !== undefined)?.version,
    ...(times.length > 0 && { reportedAt: Math.min(...times) }),
    ...(waits.length > 0 && { retryAfterMs: Math.max(...waits) }),
    at: began,
    durationMs: ended - began,
    sources,
  };
}

/**
 * The claim of a check: combines a prober's report of the asked sources (null if there are none) with the
 * pushed reports. A single source is returned as it is. `pushed` must return a report for each pushed source,
 * or {@linkcode unknownReport} if nothing was pushed.
 */
export function combineWithPushed(
  { sources, rule }: ReportConfig,
  asked: Report | null,
  pushed: (source: PushedSource) => Report,
): Report | null {
  const sent = sources.filter((source) => source.kind === "pushed");
  const [first, ...rest] = sent;
  if (!first) return asked;
  if (sources.length === 1) return pushed(first);
  const others = rest.map((source) => withSource(source.name, pushed(source)));
  return combineSources(rule, [withSource(first.name, pushed(first)), ...others, ...asked ? [asked] : []]);
}

/** An `unknown` report, for a source without a claim at `at` (epoch ms). */
export function unknownReport(question: Report["question"], at: number, reason: string): Report {
  return {
    state: "unknown",
    dialect: "auto",
    confidence: "declared",
    question,
    claims: [],
    contradictions: [],
    subsystems: [],
    reason,
    at,
    durationMs: 0,
  };
}

/** From the weakest to the strongest. */
const CONFIDENCE = ["code", "recognised", "declared"] as const;

/**
 * The state of the whole if no source makes a claim. `unreadable` comes first, because then at least
 * something answered.
 */
const NO_CLAIM_ORDER: readonly ReportState[] = ["unreadable", "unreachable", "unknown"];

type ClaimDecision = Pick<Report, "state" | "phase" | "question" | "reason">;

function decide(rule: ClaimRule, sources: readonly SourceReport[]): ClaimDecision {
  const claiming = sources.filter(({ question }) => question !== "liveness");
  const counted = claiming.length > 0 ? claiming : sources;
  const state = stateOf(rule, counted.map((source) => source.state));
  const deciding = counted.filter((source) => source.state === state);
  const isUnclear = state === "not_ready" && deciding.every(({ phase }) => phase === "unclear");
  const asked = new Set(counted.map(({ question }) => question));
  return {
    state,
    question: asked.size === 1 ? counted[0]!.question : "aggregate",
    ...(isUnclear && { phase: "unclear" }),
    ...(isNoClaim(state) && { reason: noClaimReason(counted) }),
  };
}

function stateOf(rule: ClaimRule, states: readonly ReportState[]): ReportState {
  const speaking = states.filter((state) => !isNoClaim(state)).toSorted((a, b) => rank(a) - rank(b));
  const [best] = speaking;
  const worst = speaking.at(-1);
  if (!best || !worst) return NO_CLAIM_ORDER.find((state) => states.includes(state)) ?? "unknown";
  if (rule === "any") return best;
  return rule === "all" && isServing(worst) && speaking.length < states.length ? "unknown" : worst;
}

function noClaimReason(sources: readonly SourceReport[]): string {
  const silent = sources.filter(({ state }) => isNoClaim(state));
  const listed = silent.slice(0, 3).map(({ name, state, reason }) =>
    `${name} ${state}${reason ? ` (${reason.slice(0, 60)})` : ""}`
  );
  const more = silent.length - listed.length;
  return `sources: ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
