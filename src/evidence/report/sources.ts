/**
 * What several sources come to. Only sources that speak can decide; one that is silent (`unreachable`, `unreadable`, `unknown`) is no
 * verdict of the service, so it never makes the whole ready, starting, draining or not_ready.
 *
 *     sources                    worst             all               any
 *     all serve                  worst             worst             best
 *     some serve, some refuse    worst             worst             best
 *     some serve, some silent    worst that speaks unknown           best that speaks
 *     some refuse, some silent   worst that speaks worst that speaks best that speaks
 *     all silent                 unreadable if any is (something answered), else unreachable, else unknown
 *
 * To serve is `ready` or `degraded`; to refuse is `starting`, `draining` or `not_ready`. A source that was asked about liveness counts only if all were.
 */
import type { ClaimRule, PushedSource, ReportConfig } from "../../config/config.ts";
import { isNoClaim, isServing, rank } from "./merge.ts";
import { limitParts } from "./group.ts";
import type { Report, ReportState, SourceReport } from "./report.ts";

/** Claims and contradictions that are kept of all sources together. */
const MAX_KEPT = 500;

/** A report as one of several: all that is in it carries the name of its source. */
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
 * One report of reports that are {@linkcode toFailure} or combined already: in any grouping the same. At least one. Pure.
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
 * The claim of a check: what a prober brought of the sources that it asked (null: none are asked) and what was pushed. A single source
 * stands for itself. `pushed` must have a report for each pushed source: {@linkcode unknownReport} where there is none.
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

/** The report of a source that has nothing to say at `at` (epoch ms): `unknown`. */
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

/** The weakest first. */
const CONFIDENCE = ["code", "recognised", "declared"] as const;

/** The state of the whole if no source makes a claim: where one answered, not everything is down. */
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
