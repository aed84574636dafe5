import type { SendMail, SendPlatformMail } from "./mail.ts";

/** What Assay needs from its environment: `functions/` binds it to a runtime, tests to `test/world/`. */

/** Wall time, steady time and timers. */
export interface Clock {
  /** Wall time, ms since the epoch. It may step in either direction. */
  now(): number;
  /** Steady time in ms; only differences mean anything. */
  elapsed(): number;
  /** Calls `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}

/** One HTTP request as it leaves Assay. */
export interface FetchOptions {
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** Aborts when the caller gives up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
  /** Use HTTP/2 only, over http by prior knowledge (RFC 9113 section 3.3). A Worker's fetch ignores it. */
  http2?: boolean;
}

/** TLS settings for one target. */
export interface TlsSettings {
  /** PEM; trusted in addition to the default certificate authorities. */
  ca?: string;
  /** The client's certificate, PEM. */
  cert?: string;
  /** The key of `cert`, PEM. */
  key?: string;
  /** Replaces the URL's host as SNI and as the name that the certificate must contain. */
  serverName?: string;
  /** Do not verify certificates. */
  insecure?: boolean;
}

/** What a transport measured of one exchange, ms. Absent: not measurable, as with a Worker's fetch. */
export interface ExchangeTrace {
  /** Requests sent: 1, or 2 if a kept connection was closed and the request was repeated. */
  requests: number;
  /** The DNS lookup; absent on a kept connection, like the next two. */
  dnsMs?: number;
  /** The TCP connect. */
  connectMs?: number;
  /** The TLS handshake. */
  tlsMs?: number;
  /** From the request to the first byte of the answer. */
  firstByteMs?: number;
  /** `1.1` or `2`. */
  protocol?: string;
  /** The IP address that answered. */
  remoteAddress?: string;
  /** The server's certificate, over https. */
  certificate?: PeerCertificate;
}

/** A server's certificate. */
export interface PeerCertificate {
  /** Epoch ms. */
  notAfter: number;
  /** The issuer's name. */
  issuer: string;
  /** The names it is valid for. */
  names: string[];
}

/**
 * The header fields of an answer. Values are text (UTF-8, else Latin-1). `Headers` implements this, but
 * cannot hold every such value.
 */
export interface AnswerHeaders {
  /** The value by name, case-insensitive; several lines are joined. */
  get(name: string): string | null;
  /** Whether there is such a header. */
  has(name: string): boolean;
  /** One entry for each `set-cookie` line. */
  getSetCookie(): string[];
  /** Names in lower case with their values. */
  [Symbol.iterator](): Iterator<[string, string]>;
}

/** An answer whose headers have arrived. At most one of `read` and `drop` may be called, once. */
export interface Answer {
  /** 0 to 999. */
  status: number;
  headers: AnswerHeaders;
  trace: ExchangeTrace;
  /**
   * The decoded body, at most `capBytes` of it. Once `enough` aborts: what has arrived so far, and
   * `truncated`. Rejects if the body breaks off.
   */
  read(capBytes: number, enough?: AbortSignal): Promise<AnswerBody>;
  /** Drains at most 64 KiB of the body in the background, then closes the connection. Never throws. */
  drop(): void;
}

/** The part of a body that was read; `truncated`: there was more. */
export interface AnswerBody {
  bytes: Uint8Array<ArrayBuffer>;
  truncated: boolean;
  /** Trailers; read only over HTTP/2. */
  trailers?: AnswerHeaders;
}

/**
 * One exchange with one URL. It never follows redirects and never answers from a cache. Throws `Refused` for
 * an address that Assay must not request, `LimitExceeded` for an answer above our limits, and any other error
 * for a transport failure.
 */
export type Fetch = (url: URL, outgoing: FetchOptions) => Promise<Answer>;

/** The peer of a connection. */
export interface Endpoint {
  /** A name or address as in a parsed URL, but IPv6 without brackets. */
  host: string;
  port: number;
  /** The transport. Over UDP each read and each write is one datagram. */
  over: "tcp" | "tls" | "udp";
}

export interface DialOptions {
  /** Aborts once the caller has given up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
  /** Application protocols (ALPN) to offer, preferred first. Default: none. */
  protocols?: string[];
}

/** One connection. At most one `read` may be pending. */
export interface Line {
  /** What was measured while connecting, as far as the runtime can tell. */
  trace: Omit<ExchangeTrace, "requests">;
  /** The TLS handshake's result, if the runtime can tell. */
  security?: LineSecurity;
  /** The next bytes; null: the peer ended. Rejects if the connection breaks or its signal aborts. */
  read(): Promise<Uint8Array | null>;
  /** Settles once the runtime has accepted the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Never throws. */
  close(): void;
}

/** The result of a TLS handshake. */
export interface LineSecurity {
  /** As OpenSSL writes it: `TLSv1.3`. */
  version: string;
  /** As OpenSSL names it. */
  cipher: string;
  /** The ALPN protocol; absent: none was negotiated. */
  protocol?: string;
  /** Why the certificate is not trusted, in OpenSSL's words; absent: it is. */
  distrust?: string;
  /** The server's certificate, then its issuers as far as known. */
  chain: ChainedCertificate[];
}

/** One certificate of a chain. */
export interface ChainedCertificate {
  subject: string;
  issuer: string;
  /** The names and addresses it is valid for. */
  names: string[];
  /** Epoch ms. */
  notBefore: number;
  /** Epoch ms. */
  notAfter: number;
  /** SHA-256, hexadecimal digits. */
  fingerprint: string;
  serialNumber: string;
}

/**
 * Connects to one endpoint. Throws `Refused` for an address that Assay must not contact, and any other error
 * for a transport failure. Sends only what TLS requires.
 */
export type Dial = (to: Endpoint, options: DialOptions) => Promise<Line>;

export interface WebSocketOptions {
  headers: Record<string, string>;
  /** Subprotocols to offer, preferred first. */
  protocols: readonly string[];
  /** Longer messages exceed our limit. */
  maxBytes: number;
  /** Aborts once the caller has given up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
}

/** An open WebSocket (RFC 6455). At most one `receive` may be pending. */
export interface Channel {
  trace: Omit<ExchangeTrace, "requests">;
  /** The subprotocol the server chose; empty: none. */
  protocol: string;
  /**
   * The next message; null: it is closed. Throws `LimitExceeded` for a message that is too long, and any
   * other error if the connection breaks.
   */
  receive(): Promise<string | Uint8Array | null>;
  /** The close code; absent: it is open, or broke off. */
  readonly closeCode?: number;
  send(text: string): void;
  /** Never throws. */
  close(): void;
}

/** The server answered without upgrading to a WebSocket. */
export class NotUpgraded extends Error {
  override readonly name = "NotUpgraded";
  constructor(readonly status: number) {
    super(`status ${status} in place of a WebSocket`);
  }
}

/** Opens a WebSocket at an http(s) URL. Throws `Refused`, `NotUpgraded`, or else for a transport failure. */
export type OpenWebSocket = (url: URL, options: WebSocketOptions) => Promise<Channel>;

/** A number in [0, 1). */
export type Random = () => number;

/** Structured log lines. Values must already be free of secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The only access to secret values. */
export interface Secrets {
  /** Replaces each reference, such as `${env:NAME}`, by its value. Throws if one is not set. */
  reveal(text: string): string;
  /** Replaces each known secret value by `***`. */
  redact(text: string): string;
}

/** The ports that probers, settler and deliverer share. */
export interface Ports {
  clock: Clock;
  fetch: Fetch;
  random: Random;
  log: Log;
  secrets: Secrets;
  /** Absent: no step of this build opens connections. */
  dial?: Dial;
  /** Absent: no step of this build opens a WebSocket. */
  openWebSocket?: OpenWebSocket;
  /** Absent: this runtime cannot reach mail servers. */
  sendMail?: SendMail;
  /** Absent: the platform has no mail service. */
  sendPlatformMail?: SendPlatformMail;
}

/** A fault in our own config or environment; says nothing about the target's health. */
export class ConfigFault extends Error {
  override readonly name = "ConfigFault";
}

/** An address that Assay must not contact (see `guard.ts`); says nothing about the target's health. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** A limit of ours was reached, such as too many header lines; says nothing about the target's health. */
export class LimitExceeded extends Error {
  override readonly name = "LimitExceeded";
}

/** Settles as `work` does, or after `ms` as `late` does; the result of `work` is then dropped. */
export async function atMost<T>(clock: Clock, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let disarm = () => {};
  const bound = new Promise<T>((resolve) => {
    disarm = clock.after(ms, () => resolve(Promise.try(late)));
  });
  return await Promise.race([work, bound]).finally(disarm);
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
