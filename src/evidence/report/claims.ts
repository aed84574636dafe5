import { codeClaim } from "./status_code.ts";
import type { Claim, ReportState } from "./report.ts";

/** A claim made by a word in the body. */
export function bodyClaim(state: ReportState, raw: string): Claim {
  return { source: "body", state, raw };
}

/**
 * The claim of a status code in dialects whose 2xx only means that the request was answered (a management
 * API, a status page): none for 2xx, else the code's own.
 */
export function errorClaims(status: number): Claim[] {
  return status >= 200 && status <= 299 ? [] : [codeClaim(status)];
}

/**
 * Like {@linkcode errorClaims} for a public status page, whose own failures say nothing about the service.
 */
export function pageErrorClaims(status: number): Claim[] {
  return errorClaims(status).map((claim) => ({ ...claim, state: "unreadable" }));
}
