import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([["ok", "ready"], ["failed", "not_ready"]]);
const PATH = /\/api\/(health\/checks|healthchecks|aliveness-test)\//;

/**
 * RabbitMQ's `/api/health/checks/*`: `{status: ok}` 200 or `{status: failed, reason}` 503, recognised by the
 * path because `{status: ok}` is common. Alarms are parts. `ready-to-serve-clients` stays ok while a memory
 * alarm blocks all publishers, so check `alarms` too. Without credentials it answers 401: unreadable.
 */
export const rabbitmq: Dialect = {
  name: "rabbitmq",
  recognise: ({ url, json }) => PATH.test(url.pathname) && isRecord(json) && STATES.has(json.status),
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const raw = [json.status, textOf(json.reason)].filter(Boolean).join(": ");
    return {
      claims: [codeClaim(status), bodyClaim(STATES.get(json.status) ?? "unknown", raw)],
      subsystems: records(json.alarms).map(({ node, resource }) => ({
        name: `alarm/${scalar(node)}/${scalar(resource)}`,
        state: "not_ready",
        layer: "policy",
        required: true,
      })),
    };
  },
};
