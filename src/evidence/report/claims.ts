import { codeClaim } from "./status_code.ts";
import type { Claim, ReportState } from "./report.ts";

/** A word in the body. */
export function bodyClaim(state: ReportState, raw: string): Claim {
  return { source: "body", state, raw };
}

/**
 * The code's claim where a dialect's 2xx only says that the question was answered (a management API, a status page):
 * none then, and its own otherwise.
 */
export function errorClaims(status: number): Claim[] {
  return status >= 200 && status <= 299 ? [] : [codeClaim(status)];
}

/** The same for a public status page: one that fails itself says nothing of the service. */
export function pageErrorClaims(status: number): Claim[] {
  return errorClaims(status).map((claim) => ({ ...claim, state: "unreadable" }));
}
