import { Spent } from "./allowance.ts";
import { isOurs, synthetic } from "./cloudflare.ts";
import { type Clock, type Fetch, Refused } from "./ports.ts";

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
 * would not ask for us (cloudflare.ts), or no request is left to us (allowance.ts).
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
export interface Request {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * One HTTP exchange under a deadline that covers the body, with at most `capBytes` of it read.
 * The timer is armed here, so call it only once a connection slot is held. Never throws, and never waits for a
 * transport that does not heed its signal: at the deadline, or when `signal` aborts, it is settled.
 */
export async function exchange(
  { clock, fetch }: { clock: Clock; fetch: Fetch },
  request: Request,
  { deadlineMs, capBytes, signal }: { deadlineMs: number; capBytes: number; signal?: AbortSignal },
): Promise<Exchange> {
  const began = clock.elapsed();
  const elapsed = () => clock.elapsed() - began;
  const abort = new AbortController();
  const { promise: cut, resolve } = Promise.withResolvers<Exchange>();
  const end = (reason: TransportReason, detail: string) => {
    resolve({ kind: "failure", reason, detail, totalMs: elapsed() });
    abort.abort();
  };
  const cancel = () => end("cancelled", "gave up before the answer was complete");
  const disarm = clock.after(
    Math.max(0, deadlineMs),
    () => end("timeout", `no complete answer within ${Math.round(deadlineMs)} ms`),
  );
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    if (signal?.aborted) cancel();
    else attempt(fetch, request, { capBytes, signal: abort.signal, elapsed }).then(resolve);
    return await cut;
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
  request: Request,
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
    const { status, headers: sent } = response;
    const instead = synthetic(status, sent, () => utf8.decode(read.bytes.subarray(0, 64)));
    if (instead) return { kind: "failure", ...instead, totalMs: elapsed() };
    return { kind: "answer", status, headers: sent, ...read, headersMs, totalMs: elapsed() };
  } catch (error) {
    return { kind: "failure", ...thrown(error, answered), totalMs: elapsed() };
  }
}

function thrown(error: unknown, answered: boolean): { reason: TransportReason; detail: string } {
  if (error instanceof Refused) return { reason: "refused", detail: error.message };
  const detail = messageOf(error);
  if (error instanceof Spent || isOurs(detail)) return { reason: "platform", detail };
  return { reason: answered ? "body" : "network", detail };
}

const utf8 = new TextDecoder();
const EMPTY = new Uint8Array(0);

/** Reads to the end (a cancelled body costs the connection) unless it is longer than `capBytes`. */
async function readBody(response: Response, capBytes: number, signal: AbortSignal) {
  // Before `body` is touched: a runtime reads a body that nobody has looked at without building a stream.
  if (isDeclaredWithin(response.headers, capBytes)) {
    return { bytes: new Uint8Array(await response.arrayBuffer()), truncated: false };
  }
  if (!response.body) return { bytes: EMPTY, truncated: false };
  const reader = response.body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", giveUp, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size <= capBytes) {
      const { value, done } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) return { bytes: join(chunks, size), truncated: false };
      chunks.push(value);
      size += value.byteLength;
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  giveUp();
  return { bytes: join(chunks, size).subarray(0, capBytes), truncated: true };
}

/** A length under a `content-encoding` or beside a `transfer-encoding` (RFC 9112 section 6.3) says nothing. */
function isDeclaredWithin(headers: Headers, capBytes: number): boolean {
  const declared = Number(headers.get("content-length") ?? NaN);
  return declared <= capBytes && !headers.has("content-encoding") && !headers.has("transfer-encoding");
}

function join(chunks: Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** A path under a base URL, whose own path stays in front; an absolute URL stands for itself. Null: it makes no URL. */
export function under(base: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const root = rootOf(base);
  return root === null ? null : URL.parse(path.startsWith("/") ? root + path : `${root}/${path}`);
}

const CACHED = 10_000;
const roots = new Map<string, string | null>();

/** A base URL without query, fragment and last slashes. Parsing costs more than a look-up, and few bases serve many requests. */
function rootOf(base: string): string | null {
  const known = roots.get(base);
  if (known !== undefined) return known;
  const url = URL.parse(base);
  const root = url && url.origin + url.pathname.replace(/\/+$/, "");
  if (roots.size >= CACHED) roots.clear();
  roots.set(base, root);
  return root;
}

/** All of a URL after its host, and credentials before it: runtimes print whole URLs, and these may hold secrets. */
const URL_TAIL = /(https?:\/\/)(?:[^\s/?#@]*@)?([^\s/?#)"']*)[^\s)"']*/gi;

/** The message of anything thrown, causes included, URLs cut to their origin, on one line of at most 300 characters. */
export function messageOf(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error, depth = 0; e !== undefined && depth < 4; depth++) {
    parts.push(e instanceof Error ? e.message : String(e));
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ").replace(URL_TAIL, "$1$2").replace(/\s+/g, " ").slice(0, 300);
}
