import type { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import { MAX_HEADER_LINES, MAX_QUIET_BYTES } from "./bounds.ts";
import { codingsOf, decode } from "./decode.ts";
import { growing } from "../../../src/base/http/growing.ts";
import { fieldLines } from "./headers.ts";
import {
  type Answer,
  type AnswerHeaders,
  type ExchangeTrace,
  LimitExceeded,
  Refused,
} from "../../../src/base/ports.ts";

const MAX_CHUNKS = 20_000;
/** The maximum of a body that is held unread, or drained when dropped. */
const HELD_BYTES = 65_536;
/** How long (ms) a dropped body may take. */
const DROP_MS = 1_000;

const OTHER_PROTOCOL = "another protocol (101) in place of an answer";
const CLOSED = "the connection closed before ";

/** Statuses without a body (RFC 9110 section 6.4.1, and 205). */
const BODILESS = new Set([204, 205, 304]);

type Body = Awaited<ReturnType<Answer["read"]>>;

export interface IncomingOptions {
  method: string;
  trace: ExchangeTrace;
  /** Steady time in ms. */
  now: () => number;
  /** The request is being sent. */
  begin: () => void;
  /** Ignore the head's content-length. */
  ignoreLength: () => void;
  /** Ends the connection. */
  close: () => void;
  /** The exchange has ended, successfully or not, and releases the connection. */
  over: () => void;
}

/**
 * Builds one answer from the parser's events. The head resolves `answer`; the body is held, read or dropped
 * as the caller asks.
 */
export class Incoming implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  readonly #options: IncomingOptions;
  readonly #head = Promise.withResolvers<Answer>();
  readonly #whole = growing(Infinity);
  #sentAt = 0;
  #headed = false;
  #over = false;
  /** The answer is complete. */
  #complete = false;
  #bodiless = false;
  #failure: { error: unknown } | undefined;
  #chunks = 0;
  #limit = HELD_BYTES;
  #trailers: AnswerHeaders | undefined;
  #reading: { resolve: (whole: boolean) => void; reject: (error: unknown) => void } | undefined;
  #dropping = false;
  #resume: (() => void) | undefined;

  constructor(options: IncomingOptions) {
    this.#options = options;
    this.answer = this.#head.promise;
  }

  /** The number of parser events so far: the head and each piece of the body. */
  get eventCount(): number {
    return Number(this.#headed) + this.#chunks;
  }

  onConnect(): void {
    this.#sentAt = this.#options.now();
    this.#options.begin();
  }

  onResponseStarted(): void {
    this.#options.trace.firstByteMs ??= this.#options.now() - this.#sentAt;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (this.#over) return true;
    if (status === 101) return this.#end(new Error(OTHER_PROTOCOL));
    if (status < 200) return this.#end(new Error(`answered with a status of ${status}`));
    if (raw.length > 2 * MAX_HEADER_LINES) {
      return this.#end(new LimitExceeded(`the answer has more than ${MAX_HEADER_LINES} header lines`));
    }
    if (raw.reduce((sum, { length }) => sum + length, 0) > MAX_QUIET_BYTES) {
      return this.#end(new LimitExceeded("the headers of the answer are larger than 192 kB"));
    }
    this.onResponseStarted();
    this.#headed = true;
    this.#bodiless = BODILESS.has(status) || this.#options.method === "HEAD";
    this.#resume = resume;
    const headers = fieldLines(raw);
    if (headers.has("transfer-encoding")) this.#options.ignoreLength();
    this.#head.resolve({
      status,
      headers,
      trace: this.#options.trace,
      read: (capBytes, enough) => {
        enough?.addEventListener("abort", () => this.#cut(), { once: true });
        return this.#read(capBytes, codingsOf(headers.get("content-encoding")));
      },
      drop: () => this.#drop(),
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (this.#bodiless) return this.#end(new Error(`${CLOSED}the end of the body`));
    if (++this.#chunks > MAX_CHUNKS) {
      return this.#end(new LimitExceeded(`stopped reading: the body came in more than ${MAX_CHUNKS} pieces`));
    }
    const room = this.#limit - this.#whole.size();
    if (this.#reading && chunk.byteLength > room) {
      this.#whole.add(chunk.subarray(0, room));
      this.#reading.resolve(false);
      return this.#end();
    }
    if (this.#dropping && chunk.byteLength > room) return this.#end();
    this.#whole.add(chunk);
    return this.#reading !== undefined || chunk.byteLength < room;
  }

  /** Trailers, before the body is complete. */
  onTrailers(raw: Buffer[]): void {
    this.#trailers = fieldLines(raw);
  }

  onComplete(): void {
    if (this.#over) return;
    this.#complete = true;
    this.#reading?.resolve(true);
    this.#finish();
  }

  onError(error: Error): void {
    this.fail(error);
  }

  /** The connection was closed. */
  closed(): void {
    this.fail(new Error(CLOSED + (this.#headed ? "the end of the body" : "an answer")));
  }

  /** Ends the exchange and its connection; pending reads of head or body reject with `error`. */
  fail(error: unknown): void {
    if (!this.#over) this.#end(plain(error, this.#headed));
  }

  /**
   * Ends the exchange and the connection; without `error` by our own decision. Returns false, which stops the
   * parser.
   */
  #end(error?: unknown): false {
    this.#failure = { error };
    this.#finish();
    this.#options.close();
    this.#head.promise.catch(() => {}); // the caller may be gone
    this.#head.reject(error);
    this.#reading?.reject(error);
    return false;
  }

  #finish(): void {
    this.#over = true;
    this.#options.over();
  }

  async #read(capBytes: number, codings: string[]): Promise<Body> {
    if (this.#bodiless) {
      this.#closeUnlessComplete();
      return { bytes: this.#whole.bytes(), truncated: false, trailers: this.#trailers };
    }
    // Incompressible data grows a little under a coding.
    this.#limit = codings.length === 0 ? capBytes : capBytes + (capBytes >> 3) + 1_024;
    const whole = await this.#readToEnd();
    const bytes = this.#whole.bytes();
    const trailers = this.#trailers;
    if (codings.length === 0) return { bytes: bytes.subarray(0, capBytes), truncated: !whole, trailers };
    const decoded = whole ? await decode(bytes, codings, capBytes) : null;
    return { bytes: decoded ?? bytes.subarray(0, 0), truncated: decoded === null, trailers };
  }

  /** Ends the body with what has come so far. */
  #cut(): void {
    if (this.#over) return;
    this.#reading?.resolve(false);
    this.#end();
  }

  /** Whether the body ends within the limit. */
  #readToEnd(): Promise<boolean> | boolean {
    const fits = this.#whole.size() <= this.#limit;
    if (this.#complete) return fits;
    if (this.#failure) throw this.#failure.error;
    if (!fits) return this.#end();
    const { promise, ...reading } = Promise.withResolvers<boolean>();
    this.#reading = reading;
    this.#resume?.();
    return promise;
  }

  #drop(): void {
    if (this.#bodiless) return this.#closeUnlessComplete();
    if (this.#over) return;
    if (this.#whole.size() >= HELD_BYTES) return void this.#end();
    this.#dropping = true;
    const timer = setTimeout(() => this.#over || this.#end(), DROP_MS);
    Deno.unrefTimer(timer);
  }

  #closeUnlessComplete(): void {
    if (!this.#over) this.#end();
  }
}

/** Translates undici's errors. */
function plain(error: unknown, headed: boolean): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "UND_ERR_SOCKET":
      if (error.message === "bad upgrade") return new Error(OTHER_PROTOCOL);
      return new Error(CLOSED + (headed ? "the end of the body" : "an answer"), { cause: error });
    case "UND_ERR_INVALID_ARG":
    case "UND_ERR_NOT_SUPPORTED":
      return new Refused(`Cannot send this request: ${error.message}`);
  }
  return error;
}
