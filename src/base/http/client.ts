import { QuotaExceeded } from "./quota.ts";
import { edgeError, isPlatformError } from "./edge_errors.ts";
import { messageOf } from "../error_message.ts";
import {
  type AnswerBody,
  type AnswerHeaders,
  type Clock,
  type ExchangeTrace,
  type Fetch,
  LimitExceeded,
  Refused,
} from "../ports.ts";
import { Cache } from "../cache.ts";

/** The User-Agent of every request that Assay sends. */
export const USER_AGENT = "assay/1 (+readiness probe)";

/** What one HTTP exchange came to. `bytes` is at most `capBytes` long; `truncated` says that there was more. */
export type Exchange =
  | AnswerBody & {
    kind: "answer";
    status: number;
    headers: AnswerHeaders;
    trace: ExchangeTrace;
    /** ms from the request to the response headers. */
    headersMs: number;
    /** ms from the request to the end of the body. */
    totalMs: number;
  }
  | { kind: "failure"; reason: TransportReason; detail: string; totalMs: number };

/**
 * `refused`: the guard would not let us ask (our own decision). `timeout`, `network`: no complete answer. `body`: the
 * headers came, the body broke off. `cancelled`: our caller gave up. `blocked`: Cloudflare keeps us out. `platform`: it
 * would not ask for us (edge_errors.ts), or no request is left to us (quota.ts). `limit`: it was more than we take.
 */
export type TransportReason =
  | "refused"
  | "timeout"
  | "network"
  | "body"
  | "cancelled"
  | "blocked"
  | "platform"
  | "limit";

/** One request, as a journey step, a report source or a webhook states it. */
export interface HttpRequest {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** A transport that heeds its signal gives its connection back within this; whoever waits for one finds it free. */
const GRACE_MS = 100;

/**
 * One HTTP exchange under a deadline that covers the body, with at most `capBytes` of it read.
 * The timer is armed here, so call it only once a connection slot is held. Never throws, and is settled at its
 * deadline, or when `signal` aborts; a transport that does not heed that is left behind 100 ms later.
 */
export async function exchange(
  { clock, fetch }: { clock: Clock; fetch: Fetch },
  request: HttpRequest,
  { deadlineMs, capBytes, signal }: { deadlineMs: number; capBytes: number; signal?: AbortSignal },
): Promise<Exchange> {
  const began = clock.elapsed();
  const elapsed = () => clock.elapsed() - began;
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let cut: Exchange | undefined;
  const end = (reason: TransportReason, detail: string) => {
    if (cut) return;
    const failure: Exchange = cut = { kind: "failure", reason, detail, totalMs: elapsed() };
    disarm();
    disarm = clock.after(GRACE_MS, () => resolve(failure));
    abort.abort();
  };
  const late = `no complete answer within ${Math.round(deadlineMs)} ms`;
  let disarm = clock.after(Math.max(0, deadlineMs), () => end("timeout", late));
  const cancel = () => end("cancelled", "gave up before the answer was complete");
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    if (cut) return cut;
    attempt(fetch, request, { capBytes, signal: abort.signal, elapsed }).then((came) => resolve(cut ?? came));
    return await promise;
  } finally {
    disarm();
    signal?.removeEventListener("abort", cancel);
  }
}

interface Attempt {
  capBytes: number;
  signal: AbortSignal;
  /** ms since the request. */
  elapsed: () => number;
}

/** Never rejects: nobody listens any more once the exchange is settled. */
async function attempt(
  fetch: Fetch,
  request: HttpRequest,
  { capBytes, signal, elapsed }: Attempt,
): Promise<Exchange> {
  let answered = false;
  try {
    const { url, method, headers, body } = request;
    const answer = await fetch(url, { method, headers, body, signal });
    if (signal.aborted) {
      answer.drop();
      throw signal.reason;
    }
    answered = true;
    const headersMs = elapsed();
    const { status, headers: sent, trace } = answer;
    const read = await answer.read(capBytes);
    const instead = edgeError(status, sent, () => utf8.decode(read.bytes.subarray(0, 64)));
    if (instead) return { kind: "failure", ...instead, totalMs: elapsed() };
    return { kind: "answer", status, headers: sent, trace, ...read, headersMs, totalMs: elapsed() };
  } catch (error) {
    return { kind: "failure", ...failureOf(error, answered), totalMs: elapsed() };
  }
}

function failureOf(error: unknown, answered: boolean): { reason: TransportReason; detail: string } {
  if (error instanceof Refused) return { reason: "refused", detail: error.message };
  const detail = messageOf(error);
  if (error instanceof LimitExceeded) return { reason: "limit", detail };
  if (error instanceof QuotaExceeded || isPlatformError(detail)) return { reason: "platform", detail };
  return { reason: answered ? "body" : "network", detail };
}

const utf8 = new TextDecoder();
/** A path under a base URL, whose own path stays in front; an absolute URL stands for itself. Null: it makes no URL. */
export function resolveUrl(base: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const root = rootOf(base);
  return root === null ? null : URL.parse(path.startsWith("/") ? root + path : `${root}/${path}`);
}

const roots = new Cache<string, string | null>({ max: 10_000 });

/** A base URL without query, fragment and last slashes. Parsing costs more than a look-up, and few bases serve many requests. */
const rootOf = (base: string) =>
  roots.getOrSet(base, () => {
    const url = URL.parse(base);
    return url && url.origin + url.pathname.replace(/\/+$/, "");
  });
