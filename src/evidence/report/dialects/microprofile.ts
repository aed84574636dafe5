import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { codeOf, json, YES_OR_NO_PARTS } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** MicroProfile's two words, and those that `@cloudnative/health` adds; any other is `unknown`. */
const STATES = new Map<unknown, ReportState>([
  ["UP", "ready"],
  ["DOWN", "not_ready"],
  ["STARTING", "starting"],
  ["STOPPING", "draining"],
  ["STOPPED", "draining"],
  ["UNKNOWN", "unknown"],
]);

/** Last path segments where DOWN without any check only occurs before the checks are deployed. */
const EARLY = new Set(["ready", "readiness", "readyz", "started", "startup"]);

/**
 * MicroProfile Health (SmallRye, Quarkus, Open Liberty ...), Tomcat's `HealthCheckValve` and
 * `@cloudnative/health`: a status and a list of checks. Version 1 of the specification says `outcome` and
 * `state` instead of `status`.
 *
 * | word | state | usual code |
 * |---|---|---|
 * | `UP` | ready | 200 |
 * | `DOWN` | not_ready | 503; 500 if a check could not be asked |
 * | `DOWN`, no checks, asked for `ready` or `started` | starting | 503 |
 * | `STARTING` | starting | 503 |
 * | `STOPPING`, `STOPPED` | draining | 503 |
 *
 * Any other word is `unknown`. The whole is the AND of its checks, so each is required; names may repeat. On
 * any other path, DOWN without checks may also be a Tomcat whose application failed to deploy.
 */
export const microprofile: Dialect = {
  name: "microprofile",
  recognise({ json }) {
    if (!isRecord(json) || !Array.isArray(json.checks)) return false;
    return /^[A-Z]+$/.test(wordOf(json) ?? "") && json.checks.every(isCheck);
  },
  read({ url, status, json }: ReportAnswer) {
    const raw = isRecord(json) ? wordOf(json) : undefined;
    if (!isRecord(json) || !Array.isArray(json.checks) || raw === undefined) return null;
    const isEarly = raw === "DOWN" && json.checks.length === 0 && EARLY.has(lastSegment(url));
    const state = isEarly ? "starting" : STATES.get(raw) ?? "unknown";
    return {
      claims: [codeClaim(status), bodyClaim(state, isEarly ? "DOWN, no checks" : raw)],
      subsystems: json.checks.map(partOf),
      question: lastSegment(url) === "started" ? "startup" : undefined,
    };
  },
  expresses: YES_OR_NO_PARTS,
  write({ name, state, reason, subsystems }) {
    const check = (name: string, state: ReportState, why?: string) => ({
      name,
      status: isServing(state) ? "UP" : "DOWN",
      ...(why && { data: { reason: why } }),
    });
    const checks = [
      check(name, state, reason),
      ...subsystems.map((part) => check(part.name, part.state, part.message)),
    ];
    return json(codeOf(state), { status: isServing(state) ? "UP" : "DOWN", checks });
  },
};

function wordOf({ status, outcome, state }: Record<string, unknown>): string | undefined {
  return firstText(status, outcome, state);
}

function isCheck(check: unknown): boolean {
  return isRecord(check) && typeof check.name === "string" && wordOf(check) !== undefined;
}

function partOf(check: unknown, index: number): Subsystem {
  const { name, data, ...rest } = isRecord(check) ? check : {};
  const { reason, error, message } = isRecord(data) ? data : {};
  const label = firstText(name) ?? String(index);
  return {
    name: label,
    state: STATES.get(wordOf(rest)) ?? "unknown",
    layer: layerOf(label),
    required: true,
    message: firstText(reason, error, message),
  };
}
