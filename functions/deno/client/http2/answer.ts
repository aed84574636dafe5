import { Buffer } from "node:buffer";
import { MAX_INTERIM, TOO_MANY_INTERIM } from "../interim.ts";
import type { Incoming } from "../incoming.ts";
import { contentOf, FLAGS, type Http2Frame, TYPES } from "./frames.ts";
import { type Field, headDecoder } from "./hpack.ts";

/** A valid field name (RFC 9113 section 8.2.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FORBIDDEN = /[\0\r\n]/;

/** Assembles an answer from frames (RFC 9113 section 8.1): interim heads, head, body, trailers. */
export class AnswerReader {
  readonly #incoming: Incoming;
  readonly #hasBody: boolean;
  readonly #resume: () => void;
  readonly #decode = headDecoder();
  /** The parts of an incomplete head. */
  #head: Buffer[] | undefined;
  #endsWithHead = false;
  #headed = false;
  #interim = 0;
  /** The body's size in bytes: declared, and received so far. */
  #declared = NaN;
  #received = 0;

  /** `resume` continues reading from the connection. */
  constructor(incoming: Incoming, { method, resume }: { method: string; resume: () => void }) {
    this.#incoming = incoming;
    this.#hasBody = method !== "HEAD";
    this.#resume = resume;
  }

  /** While a head is incomplete, only its next part may follow (RFC 9113 section 6.10). */
  get isInHead(): boolean {
    return this.#head !== undefined;
  }

  /** Handles HEADERS and CONTINUATION. Throws on a protocol error. */
  readHead(frame: Http2Frame): void {
    if (frame.type === TYPES.headers) {
      this.#head = [contentOf(frame)];
      this.#endsWithHead = (frame.flags & FLAGS.endStream) !== 0;
    } else if (this.#head) this.#head.push(frame.payload);
    else throw new Error("CONTINUATION without HEADERS");
    if ((frame.flags & FLAGS.endHeaders) === 0) return;
    const block = Buffer.concat(this.#head);
    this.#head = undefined;
    const fields = this.#decode(block);
    if (!this.#headed) return this.#takeHead(fields);
    this.#incoming.onTrailers(rawOf(fields));
    this.#end();
  }

  /** Handles DATA. Throws on a protocol error; returns whether to continue reading. */
  readData(frame: Http2Frame): boolean {
    if (!this.#headed) throw new Error("DATA before HEADERS");
    const content = contentOf(frame);
    this.#received += content.length;
    const goOn = content.length === 0 || this.#incoming.onData(content);
    if ((frame.flags & FLAGS.endStream) !== 0) this.#end();
    return goOn;
  }

  #takeHead(fields: Field[]): void {
    const { status, lines } = split(fields);
    this.#incoming.onResponseStarted();
    if (status >= 100 && status < 200 && status !== 101 && !this.#endsWithHead) {
      if (++this.#interim > MAX_INTERIM) throw new Error(TOO_MANY_INTERIM);
      return;
    }
    this.#headed = true;
    const length = lines.find(({ name }) => name === "content-length")?.value;
    if (this.#hasBody && status !== 304) this.#declared = Number(length ?? NaN);
    this.#incoming.onHeaders(status, rawOf(lines), this.#resume);
    if (this.#endsWithHead) this.#end();
  }

  #end(): void {
    const [declared, received] = [this.#declared, this.#received];
    if (Number.isNaN(declared) || declared === received) return this.#incoming.onComplete();
    throw new Error(`a body of ${received} bytes for a length of ${declared}`);
  }
}

/** Splits a head into status and fields (RFC 9113 sections 8.2 and 8.3). Throws if it is malformed. */
function split(fields: Field[]): { status: number; lines: Field[] } {
  const [first, ...lines] = fields;
  if (first?.name !== ":status" || !/^\d{3}$/.test(first.value)) {
    throw new Error("HEADERS without a valid :status");
  }
  return { status: Number(first.value), lines };
}

/** Field lines in a parser's format. Throws if one is malformed. */
function rawOf(lines: Field[]): Buffer[] {
  const odd = lines.find(({ name, value }) => !NAME.test(name) || FORBIDDEN.test(value));
  if (odd) throw new Error("a header field that HTTP/2 does not allow");
  return lines.flatMap(({ name, value }) => [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")]);
}
