import { QuotaExceeded } from "./quota.ts";
import { edgeError, isPlatformError } from "./edge_errors.ts";
import { messageOf } from "../error_message.ts";
import { type Clock, type Fetch, Refused } from "../ports.ts";
import { Cache } from "../cache.ts";

/** The User-Agent of every request that Assay sends. */
export const USER_AGENT = "assay/1 (+readiness probe)";

/** What one HTTP exchange came to. `bytes` is at most `capBytes` long; `truncated` says that there was more. */
export type Exchange =
  | {
    kind: "answer";
    status: number;
    headers: Headers;
    bytes: Uint8Array;
    truncated: boolean;
    /** ms from the request to the response headers. */
    headersMs: number;
    /** ms from the request to the end of the body. */
    totalMs: number;
  }
  | { kind: "failure"; reason: TransportReason; detail: string; totalMs: number };

/**
 * `refused`: the guard would not let us ask (our own decision). `timeout`, `network`: no complete answer. `body`: the
 * headers came, the body broke off. `cancelled`: our caller gave up. `blocked`: Cloudflare keeps us out. `platform`: it
 * would not ask for us (edge_errors.ts), no request is left to us (quota.ts), or reading on was too much work for us.
 */
export type TransportReason =
  | "refused"
  | "timeout"
  | "network"
  | "body"
  | "cancelled"
  | "blocked"
  | "platform";

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
    const response = await fetch(url, { method, headers, body, signal });
    if (signal.aborted) {
      await response.body?.cancel();
      throw signal.reason;
    }
    answered = true;
    const headersMs = elapsed();
    const read = await readBody(response, capBytes, signal);
    if (!read) return { kind: "failure", reason: "platform", detail: TOO_MANY_CHUNKS, totalMs: elapsed() };
    const { status, headers: sent } = response;
    const instead = edgeError(status, sent, () => utf8.decode(read.bytes.subarray(0, 64)));
    if (instead) return { kind: "failure", ...instead, totalMs: elapsed() };
    return { kind: "answer", status, headers: sent, ...read, headersMs, totalMs: elapsed() };
  } catch (error) {
    return { kind: "failure", ...failureOf(error, answered), totalMs: elapsed() };
  }
}

function failureOf(error: unknown, answered: boolean): { reason: TransportReason; detail: string } {
  if (error instanceof Refused) return { reason: "refused", detail: error.message };
  const detail = messageOf(error);
  if (error instanceof QuotaExceeded || isPlatformError(detail)) return { reason: "platform", detail };
  return { reason: answered ? "body" : "network", detail };
}

const utf8 = new TextDecoder();
const EMPTY = new Uint8Array(0);

/** Of one body, empty ones included. A whole report (64 KiB) may come byte by byte; past that it is only work for us. */
const MAX_CHUNKS = 1 << 17;
const TOO_MANY_CHUNKS = `stopped reading: the body came in more than ${MAX_CHUNKS} pieces`;

/** Reads to the end (a cancelled body costs the connection) unless it is longer than `capBytes`. Null: too many chunks. */
async function readBody(response: Response, capBytes: number, signal: AbortSignal) {
  // Before `body` is touched: a runtime reads a body that nobody has looked at without building a stream.
  if (isFetched(response) && isDeclaredWithin(response.headers, capBytes)) {
    return { bytes: new Uint8Array(await response.arrayBuffer()), truncated: false };
  }
  if (!response.body) return { bytes: EMPTY, truncated: false };
  const reader = response.body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", giveUp, { once: true });
  const body = growing(capBytes);
  try {
    for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
      const { value, done } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) return { bytes: body.bytes(), truncated: false };
      if (body.add(value)) continue;
      giveUp();
      return { bytes: body.bytes(), truncated: true };
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  giveUp();
  return null;
}

/** Fetch standard: only what a runtime fetched has a URL. The stream of any other is for us to read, chunk by chunk. */
const isFetched = (response: Response) => response.url !== "";

/** A length under a `content-encoding` or beside a `transfer-encoding` (RFC 9112 section 6.3) says nothing. */
function isDeclaredWithin(headers: Headers, capBytes: number): boolean {
  const declared = Number(headers.get("content-length") ?? NaN);
  return declared <= capBytes && !headers.has("content-encoding") && !headers.has("transfer-encoding");
}

/** The first `capBytes` of what is added, as a copy: a chunk of one byte may hold a runtime's whole buffer of 64 KiB. */
function growing(capBytes: number) {
  let whole = EMPTY;
  let size = 0;
  return {
    bytes: () => whole.subarray(0, size),
    /** Whether all of it had room. */
    add(chunk: Uint8Array): boolean {
      const end = Math.min(size + chunk.byteLength, capBytes);
      if (end > whole.byteLength) {
        const wider = new Uint8Array(Math.min(capBytes, Math.max(end, 2 * whole.byteLength)));
        wider.set(whole.subarray(0, size));
        whole = wider;
      }
      const fits = chunk.subarray(0, end - size);
      whole.set(fits, size);
      size = end;
      return fits.byteLength === chunk.byteLength;
    },
  };
}

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
