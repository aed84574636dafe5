import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { textOf } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([["true", "ready"], ["false", "not_ready"]]);

/**
 * etcd's `/health`: JSON as text/plain, where `health` is the text "true" with 200, or "false" with 503. The
 * claim keeps the `reason` (RAFT NO LEADER, ALARM NOSPACE). `/livez` and `/readyz` are in the dialect `k8s`.
 */
export const etcd: Dialect = {
  name: "etcd",
  recognise: ({ json }) =>
    isRecord(json) && STATES.has(json.health) &&
    Object.keys(json).every((key) => /^(health|reason)$/.test(key)),
  read({ status, json }) {
    if (!isRecord(json) || typeof json.health !== "string") return null;
    const reason = textOf(json.reason);
    const raw = reason ? `${json.health}: ${reason}` : json.health;
    return { claims: [codeClaim(status), bodyClaim(STATES.get(json.health) ?? "unknown", raw)] };
  },
};
