import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { scalar, textOf } from "../json.ts";
import { layerOf } from "../layers.ts";
import { lastSegment } from "../question.ts";
import type { Question } from "../../../config/question.ts";
import type { Claim, Dialect, Layer, Reading, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** `UNAVAILABLE`: an expected check has not reported yet. `UNKNOWN`: a check never ran. */
const STATES = new Map<string, ReportState>([
  ["RUNNING", "ready"],
  ["UNKNOWN", "starting"],
  ["UNAVAILABLE", "starting"],
  ["TERMINATING", "draining"],
]);

/** The whole has the first of these states that any required check has. */
const ORDER: readonly ReportState[] = ["starting", "not_ready", "draining", "unknown"];

const LAYERS: readonly [pattern: RegExp, layer: Layer][] = [
  [/\.service$|^envoy\.server$/, "process"],
  [/^storage\.|^zero\.connect$/, "dependency"],
  [/^databroker\.(sync\.|cluster)|^xds\./, "state"],
  [/^config\.|^identity-provider\.|^zero\.bootstrap|^routes\.reachable$/, "policy"],
];

const QUESTIONS = new Map<string, Question>([["startupz", "startup"], ["healthz", "liveness"]]);

/**
 * Pomerium's health server (pkg/health/http.go; port 28080), JSON under text/plain: `/startupz`, `/readyz`,
 * `/healthz` with a map of checks, and `/status` (always 200) with `statuses` and the names of the required
 * `checks`.
 *
 * A check with an `error` keeps its former status, so the error is read first: `RUNNING` with an error is
 * not_ready and a contradiction. Any required check UNKNOWN, UNAVAILABLE or absent: starting; else any error:
 * not_ready; else any TERMINATING: draining; else ready. Checks that are not in `checks` are not required.
 * `/startupz` asks about the start, `/healthz` about liveness, where a terminating check with 200 is normal.
 */
export const pomerium: Dialect = {
  name: "pomerium",
  recognise: ({ json }) => isStatus(json) || isProbe(json),
  read({ url, status, json }) {
    if (isStatus(json)) return statusOf(json, status);
    if (!isProbe(json)) return null;
    const question = QUESTIONS.get(lastSegment(url));
    const parts = Object.entries(json).map(([name, check]) => partOf(name, check, true));
    const allowed = question && status === 200
      ? parts.map((part) => part.state === "draining" ? { ...part, state: "ready" as const } : part)
      : parts;
    return { claims: [...claimsOf(allowed, json), codeClaim(status)], subsystems: allowed, question };
  },
};

type Checks = Record<string, unknown>;

function isStatus(json: unknown): json is { statuses: Checks; checks: unknown[] } {
  return isRecord(json) && isRecord(json.statuses) && Array.isArray(json.checks);
}

function isProbe(json: unknown): json is Checks {
  const checks = isRecord(json) ? Object.values(json) : [];
  return checks.length > 0 && checks.every((check) => isRecord(check) && STATES.has(scalar(check.status)));
}

function statusOf({ statuses, checks }: { statuses: Checks; checks: unknown[] }, status: number): Reading {
  const required = new Set(checks.map(scalar));
  const names = [...new Set([...required, ...Object.keys(statuses)])];
  const parts = names.map((name) => partOf(name, statuses[name], required.has(name)));
  return { claims: [...claimsOf(parts, statuses), ...errorClaims(status)], subsystems: parts };
}

function partOf(name: string, check: unknown, required: boolean): Subsystem {
  const word = isRecord(check) ? scalar(check.status) : undefined;
  const message = isRecord(check) ? textOf(check.error) : "has not reported";
  const state = word === undefined ? "starting" : STATES.get(word) ?? "unknown";
  const isFailing = message !== undefined && (state !== "starting" || !required);
  const layer = LAYERS.find(([pattern]) => pattern.test(name))?.[1] ?? layerOf(name);
  return { name, state: isFailing ? "not_ready" : state, layer, required, message };
}

/** The claim of the required checks, and a `RUNNING` claim if a check has it despite an error. */
function claimsOf(parts: Subsystem[], checks: Checks): Claim[] {
  const required = parts.filter((part) => part.required);
  if (required.length === 0) return [bodyClaim("unknown", "no required checks")];
  const state = ORDER.find((state) => required.some((part) => part.state === state)) ?? "ready";
  const part = required.find((part) => part.state === state);
  if (!part || state === "ready") return [bodyClaim("ready", "RUNNING")];
  const claim = bodyClaim(state, `${part.name}: ${part.message ?? state}`);
  const check = checks[part.name];
  const isBelied = state === "not_ready" && isRecord(check) && check.status === "RUNNING";
  return isBelied ? [claim, bodyClaim("ready", `${part.name} RUNNING`)] : [claim];
}
