import type { Claim, ReportState } from "./report.ts";

/**
 * The claims of status codes; the first matching row decides, and a code without a row is `unreadable`. So a
 * redirect, a login wall (401, 403), a wrong path (404) and throttling (429) make no claim either way.
 */
const CODES: readonly [from: number, to: number, state: ReportState][] = [
  [200, 299, "ready"],
  [408, 408, "not_ready"],
  [425, 425, "starting"],
  [501, 501, "unreadable"],
  [500, 599, "not_ready"],
];

/** The state that an HTTP status code claims by itself. */
export function stateOfCode(status: number): ReportState {
  return CODES.find(([from, to]) => from <= status && status <= to)?.[2] ?? "unreadable";
}

/** The claim that an HTTP status code makes by itself. */
export function codeClaim(status: number): Claim {
  return { source: "code", state: stateOfCode(status), raw: String(status) };
}
