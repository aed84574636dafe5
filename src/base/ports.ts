import type { SendMail, SendPlatformMail } from "./mail.ts";

/** All that Assay asks of the world. `functions/` binds these to a runtime; tests bind them to `test/world/`. */

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
  /** Aborted once the caller has given up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
  /** By HTTP/2 alone, over http by prior knowledge (RFC 9113 section 3.3). A Worker's fetch takes no notice. */
  http2?: boolean;
}

/** What is special about TLS to one target. */
export interface TlsSettings {
  /** PEM; added to the certificate authorities that are trusted anyway. */
  ca?: string;
  /** The client's certificate, PEM. */
  cert?: string;
  /** The key of `cert`, PEM. */
  key?: string;
  /** In place of the URL's host: SNI, and the name that the certificate must hold. */
  serverName?: string;
  /** Certificates are not checked. */
  insecure?: boolean;
}

/** What a transport measured of one exchange, times in ms. Absent: it cannot tell, as a Worker's fetch cannot. */
export interface ExchangeTrace {
  /** On the wire: 1, or 2 where a kept connection had gone and the request was repeated. */
  requests: number;
  /** Looking up the name; absent on a kept connection, as are the next two. */
  dnsMs?: number;
  /** Connecting. */
  connectMs?: number;
  /** The TLS handshake. */
  tlsMs?: number;
  /** From the request until the first byte of the answer. */
  firstByteMs?: number;
  /** `1.1` or `2`. */
  protocol?: string;
  /** The IP address that answered. */
  remoteAddress?: string;
  /** The server's, over https. */
  certificate?: PeerCertificate;
}

/** The certificate that a server showed. */
export interface PeerCertificate {
  /** Epoch ms. */
  notAfter: number;
  /** Who issued it. */
  issuer: string;
  /** The names that it is good for. */
  names: string[];
}

/** The fields of an answer. Values are text (UTF-8, else Latin-1), so not every one fits a `Headers`, which satisfies this. */
export interface AnswerHeaders {
  /** The value by name, in any case; several lines are joined. */
  get(name: string): string | null;
  /** Whether there is such a header. */
  has(name: string): boolean;
  /** One entry for each `set-cookie` line. */
  getSetCookie(): string[];
  /** Names in lower case with their values. */
  [Symbol.iterator](): Iterator<[string, string]>;
}

/** An answer whose headers have come. At most one of `read` and `drop` is called, once. */
export interface Answer {
  /** 0 to 999. */
  status: number;
  headers: AnswerHeaders;
  trace: ExchangeTrace;
  /**
   * The body without its content coding, at most `capBytes` of it; what has come, and `truncated`, once `enough` aborts. Rejects if
   * it breaks off.
   */
  read(capBytes: number, enough?: AbortSignal): Promise<AnswerBody>;
  /** Drops the body: at most 64 KiB of it are drained in the background, then the connection is closed. Never throws. */
  drop(): void;
}

/** What was read of a body; `truncated`: there was more. */
export interface AnswerBody {
  bytes: Uint8Array<ArrayBuffer>;
  truncated: boolean;
  /** What came behind it; only HTTP/2's are read. */
  trailers?: AnswerHeaders;
}

/**
 * One exchange with one URL. It never follows a redirect, never answers from a cache, throws `Refused` for an
 * address that Assay must not ask, `LimitExceeded` for an answer that is too much for us, and anything else for a
 * transport failure.
 */
export type Fetch = (url: URL, outgoing: FetchOptions) => Promise<Answer>;

/** Where a connection leads. */
export interface Endpoint {
  /** A name or address as a parsed URL has it; IPv6 without brackets. */
  host: string;
  port: number;
  /** TCP, TLS over it, or UDP: there each read and each write is one datagram. */
  over: "tcp" | "tls" | "udp";
}

/** How a connection is made. */
export interface DialOptions {
  /** Aborts once the caller has given up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
  /** Application protocols (ALPN) to offer, the best first. Default: none. */
  protocols?: string[];
}

/** One connection. At most one `read` waits at a time. */
export interface Line {
  /** What was measured while it was made, as far as the runtime can tell. */
  trace: Omit<ExchangeTrace, "requests">;
  /** What the handshake came to, where the runtime can tell. */
  security?: LineSecurity;
  /** The next bytes; null: the peer has ended. Rejects if the connection breaks, or its signal aborts. */
  read(): Promise<Uint8Array | null>;
  /** Settles once the runtime has taken the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Never throws. */
  close(): void;
}

/** What a TLS handshake came to. */
export interface LineSecurity {
  /** As OpenSSL writes it: `TLSv1.3`. */
  version: string;
  /** As OpenSSL names it. */
  cipher: string;
  /** By ALPN; absent: none was agreed on. */
  protocol?: string;
  /** Why the certificate is not to be trusted, in OpenSSL's words; absent: it is. */
  distrust?: string;
  /** The server's certificate first, then its issuers, as far as they are known. */
  chain: ChainedCertificate[];
}

/** One certificate of a chain. */
export interface ChainedCertificate {
  subject: string;
  issuer: string;
  /** The names and addresses that it is good for. */
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
 * Connects to one endpoint. Throws `Refused` for an address that Assay must not ask, and anything else for a transport failure. It sends nothing
 * by itself but what TLS takes.
 */
export type Dial = (to: Endpoint, options: DialOptions) => Promise<Line>;

/** How a WebSocket is opened. */
export interface WebSocketOptions {
  headers: Record<string, string>;
  /** Subprotocols to offer, the best first. */
  protocols: readonly string[];
  /** A longer message is more than we take. */
  maxBytes: number;
  /** Aborts once the caller has given up; the connection is then closed. */
  signal: AbortSignal;
  tls?: TlsSettings;
}

/** An open WebSocket (RFC 6455). At most one `receive` waits at a time. */
export interface Channel {
  trace: Omit<ExchangeTrace, "requests">;
  /** The subprotocol that the server chose; empty: none. */
  protocol: string;
  /** The next message; null: it is closed. Throws `LimitExceeded` for one that is too long, and else if the connection breaks. */
  receive(): Promise<string | Uint8Array | null>;
  /** With which code it was closed; absent: it is open, or broke off. */
  readonly closeCode?: number;
  send(text: string): void;
  /** Never throws. */
  close(): void;
}

/** Thrown where a server gives an answer in place of a WebSocket. */
export class NotUpgraded extends Error {
  override readonly name = "NotUpgraded";
  constructor(readonly status: number) {
    super(`status ${status} in place of a WebSocket`);
  }
}

/** Opens a WebSocket at an http or https URL. Throws `Refused` and `NotUpgraded`, and anything else for a transport failure. */
export type OpenWebSocket = (url: URL, options: WebSocketOptions) => Promise<Channel>;

/** A number in [0, 1). */
export type Random = () => number;

/** Structured lines for the operator. Values must already be free of secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The only place that knows secret values. */
export interface Secrets {
  /** Replaces each `${env:NAME}` by its value. Throws if one is not set. */
  reveal(text: string): string;
  /** Replaces each known secret value by `***`. */
  redact(text: string): string;
}

/** What a prober, a settler and a deliverer share. */
export interface Ports {
  clock: Clock;
  fetch: Fetch;
  random: Random;
  log: Log;
  secrets: Secrets;
  /** Absent: no step of this build needs connections of its own. */
  dial?: Dial;
  /** Absent: no step of this build opens one. */
  openWebSocket?: OpenWebSocket;
  /** Absent: this runtime opens no connection to a mail server. */
  sendMail?: SendMail;
  /** Absent: this platform sends no mail. */
  sendPlatformMail?: SendPlatformMail;
}

/** What stands in our own config or environment cannot be used: never a statement about the target's health. */
export class ConfigFault extends Error {
  override readonly name = "ConfigFault";
}

/** An address that Assay must not ask (see `guard.ts`): never a statement about the target's health. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** A limit of ours was reached, as by too many header lines or chunks: never a statement about the target's health. */
export class LimitExceeded extends Error {
  override readonly name = "LimitExceeded";
}

/** What `work` comes to, or what `late` makes (or throws) once `ms` have passed: what comes of it after that is dropped. */
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
