/** What the writers of the dialects share. */
import { isServing } from "./merge.ts";
import type { Expresses, ReportState, WriteOutput } from "./report.ts";

/** A dialect that can say yes or no; `degraded` is a yes with the mark that any HTTP answer may carry. */
export const YES_OR_NO: Expresses = { whole: ["ready", "degraded", "not_ready"] };

/** The same, of parts as well: a part has no mark. */
export const YES_OR_NO_PARTS: Expresses = { ...YES_OR_NO, parts: ["ready", "not_ready"] };

/** The code by which a caller that looks at nothing else sends traffic or does not. */
export const codeOf = (state: ReportState, refusal = 503): number => isServing(state) ? 200 : refusal;

/** An answer in JSON. */
export function json(status: number, value: unknown, type = "application/json"): WriteOutput {
  return { status, headers: { "content-type": type }, body: JSON.stringify(value) };
}

/** An answer in text; `headers` are added to its content type. */
export function plainText(status: number, body: string, headers: Record<string, string> = {}): WriteOutput {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}
