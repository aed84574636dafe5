import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, Reading, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The words of `/up`, and of its page. */
const WHOLE = new Map<unknown, ReportState>([
  ["up", "ready"],
  ["down", "not_ready"],
  ["Application up", "ready"],
  ["Application experiencing problems", "not_ready"],
]);

/** The words of a check's result (`Spatie\Health\Enums\Status`). */
const CHECK = new Map<unknown, ReportState>([
  ["ok", "ready"],
  ["warning", "degraded"],
  ["failed", "not_ready"],
  ["crashed", "not_ready"],
  ["skipped", "unknown"],
]);

const PAGE = />\s*(Application up|Application experiencing problems)\s*</;

/**
 * Laravel's `/up`, and `spatie/laravel-health`.
 *
 * | body | state | code |
 * |---|---|---|
 * | `status: up`, page `Application up` | ready | 200, in maintenance too |
 * | `status: down`, page `Application experiencing problems` | not_ready | 500 |
 * | `checkResults`: the worst of `ok`, `warning`, `failed` and `crashed` | ready, degraded, not_ready | 200 always, by default |
 * | `checkResults`: none but `skipped`, or none | unknown | 200 |
 * | `healthy: true` | ready | 200 |
 * | anything else, or nothing, if declared | not_ready | 5xx |
 *
 * Version 0 of the package adds a `status`, `ok` or `failing`. The JSON of `/up` is recognised only on that
 * path. Results come from a store: `finishedAt` is their time, and their 2xx makes no claim. A skipped check
 * is not required. `checkResults` may be a list or, once sorted, a map.
 */
export const laravel: Dialect = {
  name: "laravel",
  recognise({ url, text, json }) {
    if (!isRecord(json)) return /^\s*</.test(text) && PAGE.test(text);
    if (resultsOf(json)) return "finishedAt" in json;
    const [only, ...more] = Object.entries(json);
    if (!only || more.length > 0) return false;
    return only[0] === "healthy"
      ? typeof only[1] === "boolean"
      : only[0] === "status" && WHOLE.has(only[1]) && lastSegment(url) === "up";
  },
  read(answer) {
    const results = isRecord(answer.json) ? resultsOf(answer.json) : undefined;
    if (results) return fromResults(answer, results);
    const code = codeClaim(answer.status);
    const raw = wordOf(answer);
    if (raw === undefined) return answer.status >= 500 ? { claims: [code] } : null;
    return { claims: [code, bodyClaim(stateOf(raw), raw)] };
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "degraded", "not_ready"] },
  write({ name, state, reason, at, subsystems }) {
    const result = (name: string, state: ReportState, why = "") => ({
      name,
      label: name,
      notificationMessage: why,
      shortSummary: state,
      status: state === "ready" ? "ok" : state === "degraded" ? "warning" : "failed",
      meta: [],
    });
    const checkResults = [
      result(name, state, reason),
      ...subsystems.map((part) => result(part.name, part.state, part.message)),
    ];
    const finishedAt = at === undefined ? null : Math.floor(at / 1000);
    return json(codeOf(state), { finishedAt, checkResults });
  },
};

function wordOf({ text, json }: ReportAnswer): string | undefined {
  if (!isRecord(json)) return json === undefined ? PAGE.exec(text)?.[1] : undefined;
  return typeof json.healthy === "boolean" ? `healthy: ${json.healthy}` : firstText(json.status);
}

function stateOf(raw: string): ReportState {
  if (raw === "healthy: true") return "ready";
  return raw === "healthy: false" ? "not_ready" : WHOLE.get(raw) ?? "unknown";
}

function resultsOf({ checkResults }: Record<string, unknown>): unknown[] | undefined {
  return typeof checkResults === "object" && checkResults !== null ? Object.values(checkResults) : undefined;
}

function fromResults({ status, json }: ReportAnswer, results: unknown[]): Reading {
  const subsystems = results.map(partOf);
  const counted = subsystems.filter((part) => part.required);
  const bad = (["not_ready", "unknown", "degraded"] as const)
    .find((state) => counted.some((part) => part.state === state));
  const state = counted.length === 0 ? "unknown" : bad ?? "ready";
  const { finishedAt, status: word } = isRecord(json) ? json : {};
  const whole = typeof word === "string" ? [bodyClaim(stateOfWord(word) ?? "unknown", word)] : [];
  return {
    claims: [...errorClaims(status), ...whole, bodyClaim(state, `${results.length} results`)],
    subsystems,
    reportedAt: typeof finishedAt === "number" ? finishedAt * 1000 : undefined,
  };
}

function partOf(result: unknown, index: number): Subsystem {
  const { name, label, status, notificationMessage, shortSummary } = isRecord(result) ? result : {};
  const title = firstText(name, label) ?? String(index);
  return {
    name: title,
    state: CHECK.get(status) ?? "unknown",
    layer: layerOf(title),
    required: status !== "skipped",
    message: firstText(notificationMessage, shortSummary),
  };
}
