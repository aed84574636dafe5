import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { firstText } from "../json.ts";
import type { Dialect } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { json, YES_OR_NO } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

const SHEDDING = "FST_UNDER_PRESSURE";

/**
 * `@fastify/under-pressure`: its error, which every route returns while it sheds load, and its status route.
 *
 * | body | state | code |
 * |---|---|---|
 * | `code: FST_UNDER_PRESSURE` | not_ready, the message kept in the claim | 503, with `Retry-After` |
 * | `status: ok` | ready | 200 |
 * | `status:` any word of its own `healthCheck` | as in the shared vocabulary, else unknown | 200 |
 *
 * Only the error is recognised: the status route's `{"status":"ok"}` is common, and left to `http`.
 */
export const underPressure: Dialect = {
  name: "under-pressure",
  recognise: ({ json }) => isRecord(json) && json.code === SHEDDING,
  read({ status, json }) {
    if (!isRecord(json)) return null;
    const code = codeClaim(status);
    if (json.code === SHEDDING) {
      const raw = [SHEDDING, firstText(json.message)].filter((text) => text !== undefined).join(": ");
      return { claims: [code, bodyClaim("not_ready", raw)] };
    }
    if (typeof json.status !== "string") return null;
    return { claims: [code, bodyClaim(stateOfWord(json.status) ?? "unknown", json.status)] };
  },
  expresses: YES_OR_NO,
  write({ state, reason = "Service Unavailable" }) {
    if (isServing(state)) return json(200, { status: "ok" });
    const written = json(503, {
      code: SHEDDING,
      error: "Service Unavailable",
      message: reason,
      statusCode: 503,
    });
    return { ...written, headers: { ...written.headers, "retry-after": "10" } };
  },
};
