import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([["ok", "ready"], ["unavailable", "not_ready"], [
  "error",
  "not_ready",
]]);

/** Errors of the server itself, which identify answers other than `ok`. */
const ERRORS = /JetStream|NATS|ready for connections|meta (layer|leader)/i;

/** Sent in lame duck mode, and before the listener is up: a shutdown or a start. */
const UNCLEAR = /failed to be ready for connections/;

/**
 * NATS server `/healthz`: `{status: ok}` with 200 is ready (not recognised, because it is common, but plain
 * HTTP reads it the same). `unavailable` with 503 and `error` with 500 are not_ready, with an `error` or, for
 * `?details=true`, a list of `errors`, whose entries are parts. A start and lame duck mode both say "failed
 * to be ready for connections": `phase: unclear`.
 */
export const nats: Dialect = {
  name: "nats",
  recognise: ({ json }) =>
    isRecord(json) && STATES.has(json.status) &&
    (ERRORS.test(textOf(json.error) ?? "") ||
      records(json.errors).some(({ type }) => typeof type === "string")),
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const error = textOf(json.error);
    return {
      claims: [
        codeClaim(status),
        bodyClaim(STATES.get(json.status) ?? "unknown", [json.status, error].filter(Boolean).join(": ")),
      ],
      subsystems: records(json.errors).map(({ type, error }, i) => ({
        name: textOf(type) ?? scalar(i),
        state: "not_ready",
        layer: "state",
        required: true,
        message: textOf(error),
      })),
      phase: UNCLEAR.test(error ?? "") ? "unclear" : undefined,
    };
  },
};
