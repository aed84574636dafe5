import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { textOf } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([["true", "ready"], ["false", "not_ready"]]);

/**
 * etcd's `/health`: JSON under text/plain, whose `health` is the text "true" or "false", 200 or 503. The `reason` (RAFT NO
 * LEADER, ALARM NOSPACE) is kept in the claim. `/livez` and `/readyz` are in the dialect `k8s`.
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
