import { iso } from "../../../base/time.ts";
import { codeClaim } from "../status_code.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, Layer, ReportState, Subsystem } from "../report.ts";
import { newestOf } from "../time.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The words of the draft, section 3.1; any other is `unknown`. */
const STATES = new Map<string, ReportState>([
  ["pass", "ready"],
  ["ok", "ready"],
  ["up", "ready"],
  ["warn", "degraded"],
  ["fail", "not_ready"],
  ["error", "not_ready"],
  ["down", "not_ready"],
]);

const LAYERS = new Map<unknown, Layer>([["datastore", "dependency"], ["system", "process"]]);

/**
 * `application/health+json` (draft-inadarei-api-health-check-06). Checks are not required: the draft allows
 * `pass` with a failing check, which therefore degrades the whole at most. A check without a `status` is only
 * a measurement, and is left out.
 */
export const healthJson: Dialect = {
  name: "health+json",
  recognise({ headers, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return false;
    if (headers.get("content-type")?.startsWith("application/health+json")) return true;
    if (typeof json.releaseId === "string" || typeof json.serviceId === "string") return true;
    const checks = isRecord(json.checks) ? Object.values(json.checks) : [];
    return checks.length > 0 && checks.every(Array.isArray);
  },
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const checks = isRecord(json.checks) ? Object.entries(json.checks) : [];
    const nodes = checks.flatMap(([key, value]) => nodesOf(key, value));
    const version = json.version ?? json.releaseId;
    return {
      claims: [codeClaim(status), { source: "body", state: stateOf(json.status), raw: json.status }],
      subsystems: nodes.flatMap(partOf),
      version: typeof version === "string" ? version : undefined,
      reportedAt: newestOf(nodes.map(({ check }) => check.time)),
    };
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "degraded", "not_ready"] },
  write({ name, state, reason, at, version, subsystems }) {
    const checks = subsystems.map(({ name, state, message }) => [
      name,
      [{ status: WORDS[state], time: iso(at), output: message }],
    ]);
    const body = {
      status: WORDS[state],
      version,
      serviceId: name,
      output: reason,
      checks: Object.fromEntries(checks),
    };
    return json(codeOf(state), body, "application/health+json");
  },
};

const WORDS: Partial<Record<ReportState, string>> = { ready: "pass", degraded: "warn", not_ready: "fail" };

interface Node {
  name: string;
  check: Record<string, unknown>;
}

function stateOf(word: string): ReportState {
  return STATES.get(word.trim().toLowerCase()) ?? "unknown";
}

/** A key may hold several nodes, named by `componentId`, `node` or index. */
function nodesOf(key: string, value: unknown): Node[] {
  const checks = (Array.isArray(value) ? value : [value]).filter(isRecord);
  if (checks.length === 1) return checks.map((check) => ({ name: key, check }));
  return checks.map((check, i) => ({ name: `${key}/${idOf(check) ?? i}`, check }));
}

function idOf({ componentId, node }: Record<string, unknown>): string | undefined {
  return [componentId, node].find((id) => typeof id === "string");
}

function partOf({ name, check }: Node): Subsystem[] {
  if (typeof check.status !== "string") return [];
  return [{
    name,
    state: stateOf(check.status),
    layer: LAYERS.get(check.componentType) ?? layerOf(name),
    required: false,
    message: typeof check.output === "string" && check.output !== "" ? check.output : undefined,
  }];
}
