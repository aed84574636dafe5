import type { Claim, Reading, ReportState, Subsystem } from "./report.ts";

/**
 * From best to worst. `draining` is worse than `starting`, because it may be a failed start that is being
 * taken down.
 */
const SEVERITY: readonly ReportState[] = [
  "ready",
  "degraded",
  "unknown",
  "unreadable",
  "unreachable",
  "starting",
  "draining",
  "not_ready",
];

/**
 * Whether a state means that the service takes traffic. Only `serving` and `refusing` can contradict each
 * other.
 */
const SIDE: Record<ReportState, "serving" | "refusing" | "silent"> = {
  ready: "serving",
  degraded: "serving",
  unknown: "silent",
  unreadable: "silent",
  unreachable: "silent",
  starting: "refusing",
  draining: "refusing",
  not_ready: "refusing",
};

/** The merged claims of one answer; `reason` is only set if there is no claim. */
export interface MergedClaims {
  state: ReportState;
  contradictions: string[];
  reason?: string;
}

/**
 * The worst claim wins, with two exceptions. A word replaces a status code on the same side, because it is
 * more precise (`draining` with 503), unless the code itself means `degraded`, as Consul's 429. And if a
 * claim refuses, the parts change nothing.
 */
export function mergeClaims({ claims, subsystems = [] }: Reading): MergedClaims {
  const words = claims.filter((claim) => claim.source !== "code");
  const decisive = claims.filter((claim) =>
    claim.source !== "code" || claim.state === "degraded" || !words.some((word) => agree(word, claim))
  );
  const own = worst(decisive.map((claim) => claim.state));
  const contradictions = disagreement(claims);
  if (SIDE[own] === "refusing") return { state: own, contradictions };

  const required = subsystems.filter((part) => part.required);
  const refusing = required.filter((part) => SIDE[part.state] === "refusing");
  const above = decisive.find((claim) => SIDE[claim.state] === "serving");
  if (above && refusing.length > 0) contradictions.push(`${describeClaim(above)} over ${list(refusing)}`);

  const optional = subsystems.some((part) => !part.required && isWanting(part.state))
    ? ["degraded" as const]
    : [];
  const state = worst([own, ...required.map((part) => part.state), ...optional]);
  if (SIDE[state] !== "silent") return { state, contradictions };
  return { state, contradictions, reason: reasonFor(state, claims, required) };
}

/** The position of a state from best to worst. */
export const rank = (state: ReportState): number => SEVERITY.indexOf(state);

/** Whether a state claims to take traffic. */
export const isServing = (state: ReportState): boolean => SIDE[state] === "serving";

/** Whether a state claims to take no traffic. */
export const isRefusing = (state: ReportState): boolean => SIDE[state] === "refusing";

/** Whether a state makes no claim. */
export const isNoClaim = (state: ReportState): boolean => SIDE[state] === "silent";

/** The worst of several states; `unreadable` if there are none. */
export function worst(states: readonly ReportState[]): ReportState {
  if (states.length === 0) return "unreadable";
  return states.reduce((a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a));
}

function agree(a: Claim, b: Claim): boolean {
  return SIDE[a.state] === SIDE[b.state];
}

function isWanting(state: ReportState): boolean {
  return state === "degraded" || SIDE[state] === "refusing";
}

function disagreement(claims: Claim[]): string[] {
  const serving = claims.find((claim) => SIDE[claim.state] === "serving");
  const refusing = claims.find((claim) => SIDE[claim.state] === "refusing");
  if (!serving || !refusing) return [];
  return [claims.filter((claim) => claim === serving || claim === refusing).map(describeClaim).join(", ")];
}

/** Describes a claim: "code 503 says not_ready". */
export function describeClaim({ source, state, raw }: Claim): string {
  return source === "code" ? `code ${raw} says ${state}` : `${source} says ${state} (${raw})`;
}

function list(parts: Subsystem[]): string {
  const shown = parts.slice(0, 3).map((part) => `${part.name} ${part.state}`).join(", ");
  return parts.length > 3 ? `${shown} and ${parts.length - 3} more` : shown;
}

function reasonFor(state: ReportState, claims: Claim[], required: Subsystem[]): string {
  const claim = claims.find((claim) => claim.state === state);
  if (claim) return `${claim.source}: ${claim.raw}`;
  const part = required.find((part) => part.state === state);
  return part ? `subsystem: ${part.name}` : "no claim";
}
