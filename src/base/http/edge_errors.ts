import type { AnswerHeaders } from "../ports.ts";

/**
 * Cloudflare's answers in a target's place. A Worker's fetch does not throw when an origin fails: it returns
 * a synthetic answer with `server: cloudflare` and the text `error code: NNNN`. Bot challenges are answers,
 * too. None of these come from the target, nor do errors about our own invocation. The whole table:
 * docs/cloudflare.md.
 */

/**
 * Who caused a synthetic answer: the `network` between us and the target (decided by the controls), our
 * `platform`, or a `blocked` prober.
 */
export type Attribution = "network" | "platform" | "blocked";

/** Codes of Cloudflare's "1xxx errors" page that concern the calling Worker, not the target. */
const PLATFORM: Record<string, string> = {
  "1003": "a Worker may not ask an IP address",
  "1019": "the Worker asks itself in a loop",
  "1021": "the Worker may not ask this host",
  "1024": "the Worker may not ask Cloudflare's own addresses",
  "1042": "a Worker may not ask another Worker of its own zone",
};

/**
 * The target's zone blocks this prober: banned address, browser, network or country, a firewall rule, a rate
 * limit.
 */
const BLOCKED = new Set(["1005", "1006", "1007", "1008", "1009", "1010", "1012", "1015", "1020"]);

/**
 * Statuses that only Cloudflare's edge returns: the origin refused, timed out, failed TLS, or has no address.
 */
const isEdgeStatus = (status: number) => status >= 520 && status <= 530;

/** Whether the body must be read to decide. */
export function mayBeEdgeError(status: number, headers: Pick<AnswerHeaders, "get">): boolean {
  return status >= 400 && headers.get("server")?.toLowerCase() === "cloudflare";
}

/** The failure behind a synthetic answer; null: the answer is the target's own. `text` may be cut. */
export function edgeError(
  status: number,
  headers: Pick<AnswerHeaders, "get">,
  text: () => string,
): { reason: Attribution; detail: string } | null {
  if (headers.get("cf-mitigated") === "challenge") {
    return { reason: "blocked", detail: `${status}: the target's bot protection challenges this prober` };
  }
  if (!mayBeEdgeError(status, headers)) return null;
  const code = /^error code: (\d{3,4})\s*$/.exec(text())?.[1];
  if (code === undefined) return null;
  if (code in PLATFORM) return { reason: "platform", detail: `Cloudflare error ${code}: ${PLATFORM[code]}` };
  if (BLOCKED.has(code)) {
    return { reason: "blocked", detail: `Cloudflare error ${code}: the target's zone keeps this prober out` };
  }
  if (!isEdgeStatus(status)) return null;
  return { reason: "network", detail: `Cloudflare error ${code} (${status}) in place of an answer` };
}

/**
 * The beginnings, in lower case, of errors that a Worker's fetch throws about the calling invocation: its
 * limits, its object, its code. From Cloudflare's pages on errors and limits of Workers and Durable Objects.
 * `Network connection lost.` and `internal error; reference = ...` are excluded: a target that closes the
 * connection, or whose name does not resolve, causes the same errors.
 */
const PLATFORM_MESSAGES = [
  "too many subrequests",
  "too many api requests by single worker invocation",
  "subrequest depth limit exceeded",
  "worker exceeded ",
  "response closed due to connection limit",
  "the workers runtime canceled this request",
  "the script will never generate a response",
  "the execution context ",
  "cannot perform i/o on behalf of a different ",
  "durable object",
  "internal error in durable object storage",
  "internal error while starting up durable object storage",
  // From TCP sockets. Cloudflare uses the same words for its own addresses and for a closed port.
  "tcp loop detected",
  "connections to port 25 are prohibited",
];

/**
 * Whether an error message is Cloudflare's about our invocation. Only its beginning counts: the rest may
 * contain a URL of the target.
 */
export function isPlatformError(message: string): boolean {
  const text = message.toLowerCase();
  return PLATFORM_MESSAGES.some((beginning) => text.startsWith(beginning));
}
