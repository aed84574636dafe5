import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { textEntries } from "../json.ts";
import { layerOf } from "../layers.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, ReportAnswer } from "../report.ts";
import { codeOf, json, YES_OR_NO_PARTS } from "../writers.ts";

/**
 * `heptiolabs/healthcheck` for Go: `{}` by default, so that only the code counts (200 ready, 503 not_ready).
 * With `?full=1` it is a flat map of required checks, each `OK` (ready) or an error's text (not_ready).
 *
 * `{}` makes no claim in other dialects, so it is recognised only as this library writes it: on `/ready` or
 * `/live`, with 200 or 503, `application/json; charset=utf-8` and a line feed. The map is recognised only
 * with `?full=1`.
 */
export const heptio: Dialect = {
  name: "heptio",
  recognise(answer) {
    const { url, status, headers, json } = answer;
    if (status !== 200 && status !== 503) return false;
    if (headers.get("content-type") !== TYPE) return false;
    if (!["ready", "live"].includes(lastSegment(url))) return false;
    const checks = textEntries(json);
    return checks !== undefined && (checks.length > 0 ? isFull(answer) : answer.text === "{}\n");
  },
  read(answer) {
    const checks = textEntries(answer.json);
    if (!checks || (answer.status !== 200 && answer.status !== 503)) return null;
    return {
      claims: [codeClaim(answer.status)],
      subsystems: checks.map(([name, text]) => ({
        name,
        state: text === "OK" ? "ready" : "not_ready",
        layer: layerOf(name),
        required: true,
        message: text === "OK" ? undefined : text,
      })),
    };
  },
  expresses: YES_OR_NO_PARTS,
  write({ name, state, reason, subsystems }) {
    const checks = subsystems.map(({ name, state, message }) => [
      name,
      state === "ready" ? "OK" : message ?? "not ready",
    ]);
    const own = isServing(state) ? "OK" : reason ?? "not ready";
    const written = json(codeOf(state), Object.fromEntries([[name, own], ...checks]), TYPE);
    return { ...written, body: `${written.body}\n` };
  },
};

const TYPE = "application/json; charset=utf-8";

function isFull({ url }: ReportAnswer): boolean {
  return url.searchParams.get("full") === "1";
}
