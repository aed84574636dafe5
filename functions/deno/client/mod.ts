/**
 * The HTTP client of Deno. It pins a name (pins.ts), dials one of its addresses (dial.ts), adds TLS (tls.ts)
 * and parses the answer with undici (connection.ts, incoming.ts). Connections are kept for 15 s (pool.ts).
 * Servers that speak only HTTP/2 have their own reader (http2/).
 */
import { guardFetch, hostOf } from "../../../src/base/http/guard.ts";
import { Connection } from "./connection.ts";
import { deployFetch } from "./deploy.ts";
import type { OpenSocket } from "./dial.ts";
import { opener } from "./open.ts";
import { type Pin, pinning, type Resolve, systemResolve } from "./pins.ts";
import { Pool } from "./pool.ts";
import {
  type Answer,
  type ExchangeTrace,
  type Fetch,
  type FetchOptions,
  LimitExceeded,
  Refused,
} from "../../../src/base/ports.ts";

export { dial } from "./dial.ts";

/** Options of `connector`: all but `allowPrivate` are for tests. */
export interface ConnectorOptions {
  allowPrivate: boolean;
  /** Resolves a host name, best address first. Default: the system's resolver, `/etc/hosts` included. */
  resolve?: Resolve;
  /** Steady time in ms. */
  now?: () => number;
  /** PEM of a certificate authority to trust in addition to the system's. */
  ca?: string;
  /** Opens a TCP connection to an address. */
  open?: OpenSocket;
}

/** An exchange, the pool key of its connection, and the pin of its host. */
interface Anew extends FetchOptions {
  key: string;
  pin: Pin;
  trace: ExchangeTrace;
}

/** Errors that a retry would repeat: the request cannot be sent, or its answer exceeds our limits. */
const isOurs = (error: unknown) => error instanceof Refused || error instanceof LimitExceeded;

/** The safe methods that checks use (RFC 9110 section 9.2.1): repeating them does no harm. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * The guarded Fetch port of Deno. A host name is resolved once, and for 30 s only its allowed addresses are
 * used, so that a changing DNS answer (rebinding) has no effect.
 */
export function connector(
  { allowPrivate, resolve = systemResolve, now = () => performance.now(), ca, open }: ConnectorOptions,
): Fetch {
  const pinOf = pinning({ resolve, now });
  if (Deno.env.has("DENO_DEPLOY")) return guardFetch(deployFetch({ allowPrivate, pinOf }), allowPrivate);
  const openLine = opener({ allowPrivate, now, ca, open });
  const pool = new Pool();

  /** Sends over a new connection, which is kept for reuse with HTTP/1.1. */
  async function sendAnew(url: URL, { key, pin, trace, ...outgoing }: Anew): Promise<Answer> {
    const protocols = outgoing.http2 ? ["h2"] : undefined;
    const { line, times } = await openLine(url, key, pin, { ...outgoing, protocols });
    Object.assign(trace, times);
    if (line.facts.protocol === "2" || outgoing.http2) {
      // Loaded on demand: few servers need it.
      const { sendOverHttp2 } = await import("./http2/mod.ts");
      const facts = { ...line.facts, protocol: "2" };
      return await sendOverHttp2(url, { ...outgoing, trace, ...line, facts, now });
    }
    const connection = new Connection({
      ...line,
      now,
      onIdle: () => pool.put(key, connection),
      onClose: () => pool.delete(connection),
    });
    return await connection.send(url, outgoing, trace);
  }

  return guardFetch(async (url, outgoing) => {
    const { tls, http2 } = outgoing;
    const key = tls || http2 ? JSON.stringify([url.origin, tls, http2]) : url.origin;
    const trace: ExchangeTrace = { requests: 1, dnsMs: 0, connectMs: 0, tlsMs: 0 };
    let pin = pinOf(hostOf(url), outgoing.signal);
    if (pin instanceof Promise) {
      const began = now();
      pin = await pin;
      trace.dnsMs = now() - began;
    }
    const kept = pool.take(key, pin.addresses);
    if (kept) {
      try {
        return await kept.send(url, outgoing, trace);
      } catch (error) {
        const isGone = kept.unanswered && !outgoing.signal.aborted && !isOurs(error);
        if (!isGone || !SAFE.has(outgoing.method)) throw error;
        trace.requests++; // the connection was probably closed while idle
      }
    }
    return await sendAnew(url, { ...outgoing, key, pin, trace });
  }, allowPrivate);
}
