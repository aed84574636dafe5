import { refusal } from "../../src/base/http/guard.ts";
import { describe } from "../../src/config/problem.ts";
import { fail, USAGE } from "./terminal.ts";

/** The address as a URL. Exits 3 if Assay does not ask it: that is no fault of the service. */
export function targetUrl(address: string, allowPrivate: boolean): URL {
  const url = URL.parse(address);
  if (!url) fail(USAGE, `Not a URL: ${describe(address, [])}`);
  const refused = refusal(url, allowPrivate);
  if (refused) failRefused(refused, !refusal(url, true));
  return url;
}

/** Exits 3 with what Assay does not ask; `mayAllow`: --allow-private would allow it. */
export const failRefused = (refused: string, mayAllow: boolean): never =>
  fail(USAGE, `${refused}${mayAllow ? ". Add --allow-private to allow it" : ""}`);

const CAUSES: Record<string, string> = {
  ECONNREFUSED: "the connection was refused: nothing listens there",
  ECONNRESET: "the connection was closed before the answer",
  ENOTFOUND: "there is no such host name",
  EAI_AGAIN: "the host name could not be looked up",
  EHOSTUNREACH: "there is no route to this host",
  ENETUNREACH: "there is no route to this network",
};

/** `network: connect ECONNREFUSED ...` in words, with the original in brackets. Other reasons are unchanged. */
export function plainCause(reason: string): string {
  const [, detail, code] = /^network: (.*?\b(E[A-Z_]{5,})\b.*)/s.exec(reason) ?? [];
  return code && Object.hasOwn(CAUSES, code) ? `${CAUSES[code]} (${detail})` : reason;
}
