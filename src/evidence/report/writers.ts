/** Shared by the dialects that write. */
import { isServing } from "./merge.ts";
import type { Expresses, ReportState, WriteOutput } from "./report.ts";

/** For dialects with only yes and no; `degraded` is a yes with the header `x-envoy-degraded`. */
export const YES_OR_NO: Expresses = { whole: ["ready", "degraded", "not_ready"] };

/** The same with parts, which cannot carry that header. */
export const YES_OR_NO_PARTS: Expresses = { ...YES_OR_NO, parts: ["ready", "not_ready"] };

/** The status code for callers that only look at the code. */
export const codeOf = (state: ReportState, refusal = 503): number => isServing(state) ? 200 : refusal;

/** An answer in JSON. */
export function json(status: number, value: unknown, type = "application/json"): WriteOutput {
  return { status, headers: { "content-type": type }, body: JSON.stringify(value) };
}

/** An answer in text; `headers` are added to its content type. */
export function plainText(status: number, body: string, headers: Record<string, string> = {}): WriteOutput {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}
