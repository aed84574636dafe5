import type { AnswerHeaders } from "../../../../base/ports.ts";
import type { HttpRequest } from "../../../../base/http/client.ts";

/** What to do after an answer: keep it, follow a redirect, or fail because the redirect is broken. */
export type Redirect = { kind: "keep" } | { kind: "follow"; request: HttpRequest } | {
  kind: "broken";
  detail: string;
};

const KEEP: Redirect = { kind: "keep" };

/** Fetch standard, "redirect status". */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The only headers that may be sent to another origin. */
const HARMLESS = ["user-agent", "accept"];

/** Headers about a body or an unsafe method, which are removed when a redirect turns into a GET. */
const OF_THE_BODY = ["content-type", "content-length", "content-encoding", "idempotency-key"];

/**
 * Where the answer to `request` leads, with `left` hops allowed. A step that allows none from the start
 * (`allowed` 0) keeps its 3xx for the expectations. Header names of `request` are in lower case.
 */
export function redirect(
  request: HttpRequest,
  { status, headers }: { status: number; headers: AnswerHeaders },
  { allowed, left }: { allowed: number; left: number },
): Redirect {
  if (allowed === 0 || !REDIRECTS.has(status)) return KEEP;
  const location = headers.get("location");
  if (location === null) return KEEP;
  if (left === 0) return { kind: "broken", detail: `more than ${allowed} redirects` };
  const url = URL.parse(location, request.url);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    return { kind: "broken", detail: `status ${status} leads to no http or https URL` };
  }
  return redirectTo(request, status, url);
}

function redirectTo(request: HttpRequest, status: number, url: URL): Redirect {
  const toGet = status === 303 ? request.method !== "HEAD" : status <= 302 && request.method === "POST";
  const next: HttpRequest = toGet
    ? { url, method: "GET", headers: omit(request.headers, OF_THE_BODY) }
    : { ...request, url };
  if (url.origin === request.url.origin) return { kind: "follow", request: next };
  if (next.body !== undefined) {
    return { kind: "broken", detail: `status ${status} would carry the request body to ${url.origin}` };
  }
  return { kind: "follow", request: { ...next, headers: pick(next.headers, HARMLESS) } };
}

function omit(headers: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function pick(headers: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
