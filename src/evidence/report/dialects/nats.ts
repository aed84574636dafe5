import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([["ok", "ready"], ["unavailable", "not_ready"], [
  "error",
  "not_ready",
]]);

/** Errors of the server itself, by which an answer that is no `ok` is recognised. */
const ERRORS = /JetStream|NATS|ready for connections|meta (layer|leader)/i;

/** In lame duck mode, and before the listener is up: a start or a shutdown. */
const UNCLEAR = /failed to be ready for connections/;

/**
 * NATS server `/healthz`: `{status: ok}` 200 (recognised as anybody's `ok`, and read the same), `unavailable` 503 and
 * `error` 500 not_ready, with `error` or, with `?details=true`, a list `errors`, whose entries are parts. "failed to be ready
 * for connections" is what a start and a lame duck both say: `phase: unclear`.
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
