import { QuotaExceeded } from "./quota.ts";
import { edgeError, isPlatformError, mayBeEdgeError } from "./edge_errors.ts";
import { messageOf } from "../error_message.ts";
import {
  type Answer,
  type AnswerBody,
  type AnswerHeaders,
  atMost,
  type Clock,
  ConfigFault,
  type ExchangeTrace,
  type Fetch,
  LimitExceeded,
  Refused,
} from "../ports.ts";
import { Cache } from "../cache.ts";

/** The User-Agent of every request that Assay sends. */
export const USER_AGENT = "assay/1 (+readiness probe)";

/** The result of one HTTP exchange. `bytes` has at most `capBytes`; `truncated`: there was more. */
export type Exchange =
  | AnswerBody & {
    kind: "answer";
    status: number;
    headers: AnswerHeaders;
    trace: ExchangeTrace;
    /** The beginning of an unread body, if `excerptBytes` requested it. */
    excerpt?: Uint8Array<ArrayBuffer>;
    /** ms from the request to the response headers. */
    headersMs: number;
    /** ms from the request to the end of the body. */
    totalMs: number;
  }
  | { kind: "failure"; reason: TransportReason; detail: string; totalMs: number };

/**
 * `refused`: our guard refused the request. `timeout`, `network`: no complete answer. `body`: the body broke
 * off after the headers. `cancelled`: the caller gave up. `blocked`: Cloudflare blocks us. `platform`:
 * Cloudflare did not send our request (edge_errors.ts), or our quota is used up (quota.ts). `limit`: the
 * answer exceeded our limits. `config`: our own settings are faulty.
 */
export type TransportReason =
  | "refused"
  | "timeout"
  | "network"
  | "body"
  | "cancelled"
  | "blocked"
  | "platform"
  | "limit"
  | "config";

/** One request of a journey step, a report source or a webhook. */
export interface HttpRequest {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  http2?: boolean;
}

/** `request` with one more header. */
export const withHeader = (request: HttpRequest, name: string, value: string): HttpRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});

/** The limits of an exchange, and the wanted part of its answer. */
export interface ExchangeOptions {
  /** For the whole exchange, the body included. */
  deadlineMs: number;
  /** The maximum of the body to read. 0: none, and the exchange ends at the headers. */
  capBytes: number | ((head: ExchangeHead) => number);
  /**
   * If `capBytes` is 0: how many bytes to keep for display, as far as they come at once. They do not affect
   * the result.
   */
  excerptBytes?: (head: ExchangeHead) => number;
  /** Accept an endless event stream as far as it has come shortly before the deadline. */
  isStreamTaken?: boolean;
  signal?: AbortSignal;
}

/** An answer's head. */
export type ExchangeHead = Pick<Exchange & { kind: "answer" }, "status" | "headers" | "trace">;

/**
 * One HTTP exchange under a deadline that covers the body. The timer starts here, so call it only once a
 * connection slot is held. Never throws. It settles at its deadline, or when `signal` aborts, whatever the
 * transport does.
 */
export async function exchange(
  { clock, fetch }: { clock: Clock; fetch: Fetch },
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<Exchange> {
  const { deadlineMs, signal } = options;
  const began = clock.elapsed();
  const elapsed = () => clock.elapsed() - began;
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let cut: Exchange | undefined;
  let disarmCut: (() => void) | undefined;
  const end = (reason: TransportReason, detail: string) => {
    if (cut) return;
    const failure: Exchange = cut = { kind: "failure", reason, detail, totalMs: elapsed() };
    abort.abort();
    // Deferred, so that a transport that obeys the signal has released its connection before the caller
    // continues.
    disarmCut = clock.after(0, () => resolve(failure));
  };
  const cancel = () => end("cancelled", "gave up before the answer was complete");
  const disarm = clock.after(
    Math.max(0, deadlineMs),
    () => end("timeout", `no complete answer within ${Math.round(deadlineMs)} ms`),
  );
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    if (cut) return cut;
    attempt({ clock, fetch, abort, elapsed }, request, options).then((came) => resolve(cut ?? came));
    return await promise;
  } finally {
    disarm();
    disarmCut?.();
    signal?.removeEventListener("abort", cancel);
  }
}

/** The share of the deadline after which an event stream is cut. */
const ENOUGH = 0.9;

/** How long (ms) an unread body may take to end, so that its connection can be kept. */
const DROP_MS = 1_000;

/** Made once: an abort without a reason makes an exception with a stack, for each request. */
const DROPPED = new DOMException("an unread body took too long", "AbortError");

/** The maximum time (ms) for an excerpt. */
const EXCERPT_MS = 500;

interface Attempt {
  clock: Clock;
  fetch: Fetch;
  abort: AbortController;
  /** ms since the request. */
  elapsed: () => number;
}

/** Never rejects, because nothing handles it once the exchange is settled. */
async function attempt(
  { clock, fetch, abort, elapsed }: Attempt,
  { url, method, headers, body, http2 }: HttpRequest,
  { deadlineMs, capBytes, excerptBytes, isStreamTaken }: ExchangeOptions,
): Promise<Exchange> {
  const { signal } = abort;
  let answered = false;
  try {
    const answer = await fetch(url, { method, headers, body, http2, signal });
    if (signal.aborted) {
      answer.drop();
      throw signal.reason;
    }
    answered = true;
    const headersMs = elapsed();
    const { status, headers: sent, trace } = answer;
    const head = { status, headers: sent, trace };
    const wanted = typeof capBytes === "number" ? capBytes : capBytes(head);
    const most = mayBeEdgeError(status, sent) ? Math.max(wanted, EDGE_BYTES) : wanted;
    const shown = most === 0 && excerptBytes ? excerptBytes(head) : 0;
    if (shown > 0) {
      const withinMs = Math.min(EXCERPT_MS, (deadlineMs - headersMs) / 2);
      const excerpt = await readExcerpt(answer, shown, { clock, abort, withinMs });
      return { kind: "answer", ...head, ...NOTHING, excerpt, headersMs, totalMs: headersMs };
    }
    if (most === 0) {
      answer.drop();
      clock.after(DROP_MS, () => abort.abort(DROPPED));
    }
    const read = most === 0
      ? NOTHING
      : isStreamTaken && isEventStream(sent)
      ? await readStream(answer, most, { clock, withinMs: deadlineMs * ENOUGH - headersMs })
      : await answer.read(most);
    const instead = edgeError(status, sent, () => utf8.decode(read.bytes.subarray(0, EDGE_BYTES)));
    if (instead) return { kind: "failure", ...instead, totalMs: elapsed() };
    const { bytes, truncated, trailers } = wanted > 0 ? read : NOTHING;
    const totalMs = elapsed();
    return { kind: "answer", status, headers: sent, trace, bytes, truncated, trailers, headersMs, totalMs };
  } catch (error) {
    return { kind: "failure", ...transportFailure(error, answered), totalMs: elapsed() };
  }
}

/** Reads an event stream to its end, or as far as it comes in time. */
async function readStream(
  answer: Answer,
  most: number,
  { clock, withinMs }: { clock: Clock; withinMs: number },
): Promise<AnswerBody> {
  const enough = new AbortController();
  const disarm = clock.after(Math.max(0, withinMs), () => enough.abort());
  return await answer.read(most, enough.signal).finally(disarm);
}

/** Reads the beginning of a body, as far as it comes in time; never rejects. */
async function readExcerpt(
  answer: Answer,
  most: number,
  { clock, abort, withinMs }: Pick<Attempt, "clock" | "abort"> & { withinMs: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const enough = new AbortController();
  const disarm = clock.after(withinMs * ENOUGH, () => enough.abort());
  const reading = answer.read(most, enough.signal).catch(() => NOTHING);
  const read = await atMost(clock, withinMs, reading, () => NOTHING);
  disarm();
  if (read.truncated || read === NOTHING) abort.abort();
  return read.bytes;
}

/** Bytes that are enough to recognise Cloudflare's own pages. */
const EDGE_BYTES = 64;

const NOTHING: AnswerBody = { bytes: new Uint8Array(0), truncated: false };

/** Whether an answer is a stream of server-sent events (HTML standard, section 9.2). */
export const isEventStream = (headers: AnswerHeaders): boolean =>
  /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");

/** Classifies a transport's error; `answered`: the headers had arrived. */
export function transportFailure(
  error: unknown,
  answered: boolean,
): { reason: TransportReason; detail: string } {
  if (error instanceof Refused) return { reason: "refused", detail: error.message };
  const detail = messageOf(error);
  if (error instanceof LimitExceeded) return { reason: "limit", detail };
  if (error instanceof ConfigFault) return { reason: "config", detail };
  if (error instanceof QuotaExceeded || isPlatformError(detail)) return { reason: "platform", detail };
  return { reason: answered ? "body" : "network", detail };
}

const utf8 = new TextDecoder();
/** Resolves a path under a base URL, whose own path is kept; an absolute URL stands alone. Null: invalid. */
export function resolveUrl(base: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const root = baseOf(base)?.root;
  return root === undefined ? null : URL.parse(path.startsWith("/") ? root + path : `${root}/${path}`);
}

const resolved = new WeakMap<object, { base: string; path: string; url: URL | null }>();

/** Like `resolveUrl`, cached for an `asker` that repeats it: the URL is shared and must not be changed. */
export function resolveFixedUrl(asker: object, base: string, path: string): URL | null {
  const known = resolved.get(asker);
  if (known?.base === base && known.path === path) return known.url;
  const url = resolveUrl(base, path);
  resolved.set(asker, { base, path, url });
  return url;
}

/**
 * Whether a URL has the origin of a base URL. Run ids and keys must not go to other origins. False if `url` holds
 * a user name.
 */
export const isSameOrigin = (base: string, { href }: URL): boolean => {
  const known = baseOf(base);
  return known !== null && href.startsWith(known.start);
};

/** A base URL; `root` is it without query, fragment and trailing slashes. */
interface Base {
  root: string;
  /** What every URL of its origin starts with. */
  start: string;
}

const bases = new Cache<string, Base | null>({ max: 10_000 });

/** Cached, because few bases serve many requests. */
const baseOf = (base: string): Base | null =>
  bases.getOrSet(base, () => {
    const url = URL.parse(base);
    return url && { root: url.origin + url.pathname.replace(/\/+$/, ""), start: `${url.origin}/` };
  });
