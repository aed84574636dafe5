import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * The names of `HealthStatus`, and its numbers, which old JSON writers send: 0 is `Unhealthy`, not a success.
 */
const STATES = new Map<unknown, ReportState>([
  ["Healthy", "ready"],
  [2, "ready"],
  ["Degraded", "degraded"],
  [1, "degraded"],
  ["Unhealthy", "not_ready"],
  [0, "not_ready"],
]);

/**
 * ASP.NET Core health checks: the default writer's `text/plain` of one word, or the JSON of
 * `UIResponseWriter` (Xabaril/AspNetCore.Diagnostics.HealthChecks) with `entries`, or that of Microsoft's
 * documentation with `results`.
 *
 * | word | state | usual code |
 * |---|---|---|
 * | `Healthy`, 2 | ready | 200 |
 * | `Degraded`, 1 | degraded | 200 |
 * | `Unhealthy`, 0 | not_ready | 503 |
 *
 * Any other word is `unknown`. The whole is the worst of its entries, so each is required. If all entries are
 * tagged `live` and none `ready`, the question is liveness. `{}` is a null report, which makes no claim.
 */
export const aspnetcore: Dialect = {
  name: "aspnetcore",
  recognise({ text, json }) {
    if (!isRecord(json)) return STATES.has(text.trim());
    if (typeof json.status === "number" && typeof json.totalDuration !== "string") return false;
    return STATES.has(json.status) && entriesOf(json) !== undefined;
  },
  read({ status, text, json }) {
    const word = isRecord(json) ? json.status : text.trim();
    if (isRecord(json) ? !["string", "number"].includes(typeof word) : !STATES.has(word)) return null;
    const entries = isRecord(json) ? entriesOf(json) ?? [] : [];
    return {
      claims: [codeClaim(status), bodyClaim(STATES.get(word) ?? "unknown", String(word))],
      subsystems: entries.map(([name, entry]) => partOf(name, isRecord(entry) ? entry : {})),
      question: isLiveness(entries.map(([, entry]) => entry)) ? "liveness" : undefined,
    };
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "degraded", "not_ready"] },
  write({ state, reason, subsystems, ...rest }) {
    const entry = (state: ReportState, description?: string) => ({
      data: {},
      description,
      duration: ZERO,
      status: wordOf(state),
      tags: [],
    });
    const entries = [
      [rest.name, entry(state, reason)],
      ...subsystems.map(({ name, state, message }) => [name, entry(state, message)]),
    ];
    const body = { status: wordOf(state), totalDuration: ZERO, entries: Object.fromEntries(entries) };
    return json(codeOf(state), body);
  },
};

const ZERO = "00:00:00";

function wordOf(state: ReportState): string {
  return state === "ready" ? "Healthy" : state === "degraded" ? "Degraded" : "Unhealthy";
}

type Entry = Record<string, unknown>;

function entriesOf({ entries, results }: Entry): [string, unknown][] | undefined {
  const found = [entries, results].find(isRecord);
  return found && Object.entries(found);
}

function partOf(name: string, entry: Entry): Subsystem {
  const message = firstText(entry.exception, entry.description);
  return {
    name,
    state: STATES.get(entry.status) ?? "unknown",
    layer: layerOf(name),
    required: true,
    message,
  };
}

function isLiveness(entries: unknown[]): boolean {
  const isTagged = (entry: unknown, tag: string) =>
    isRecord(entry) && Array.isArray(entry.tags) && entry.tags.includes(tag);
  return entries.length > 0 && entries.every((entry) => isTagged(entry, "live") && !isTagged(entry, "ready"));
}
