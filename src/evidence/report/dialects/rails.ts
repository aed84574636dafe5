import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, ReportAnswer, ReportState } from "../report.ts";
import { newestOf } from "../time.ts";
import { codeOf, YES_OR_NO } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The page's colours and the JSON's words. */
const STATES = new Map<unknown, ReportState>([
  ["green", "ready"],
  ["red", "not_ready"],
  ["up", "ready"],
  ["down", "not_ready"],
]);

/**
 * Rails' `/up` (`Rails::HealthController`, since 7.1): a page with only a colour, or JSON since 8.
 *
 * | body | state | code |
 * |---|---|---|
 * | `background-color: green`, `status: up` | ready | 200 |
 * | `background-color: red`, `status: down` | not_ready | 500 |
 * | anything else, or nothing, if declared | not_ready | 5xx |
 *
 * It only shows that the application booted. The JSON is recognised on `/up`, by its `timestamp`.
 */
export const rails: Dialect = {
  name: "rails",
  recognise: (answer) => wordOf(answer) !== undefined && (!isRecord(answer.json) || isOwnJson(answer)),
  read(answer) {
    const raw = wordOf(answer);
    const code = codeClaim(answer.status);
    if (raw === undefined) return answer.status >= 500 ? { claims: [code] } : null;
    return {
      claims: [code, bodyClaim(STATES.get(raw) ?? "unknown", raw)],
      reportedAt: isRecord(answer.json) ? newestOf([answer.json.timestamp]) : undefined,
    };
  },
  expresses: YES_OR_NO,
  write: ({ state }) => ({
    status: codeOf(state, 500),
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!DOCTYPE html><html><body style="background-color: ${
      isServing(state) ? "green" : "red"
    }"></body></html>`,
  }),
};

/** The page has 73 bytes; a longer page with a colour is another one. */
function wordOf({ text, json }: ReportAnswer): string | undefined {
  if (isRecord(json)) return typeof json.status === "string" ? json.status : undefined;
  return text.length <= 128 ? /<body style="background-color: (green|red)">/.exec(text)?.[1] : undefined;
}

function isOwnJson({ url, json }: ReportAnswer): boolean {
  if (!isRecord(json) || lastSegment(url) !== "up") return false;
  return STATES.has(json.status) && typeof json.timestamp === "string" &&
    Object.keys(json).length === 2;
}
