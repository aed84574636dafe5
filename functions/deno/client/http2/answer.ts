import { Buffer } from "node:buffer";
import { MAX_INTERIM, TOO_MANY_INTERIM } from "../interim.ts";
import type { Incoming } from "../incoming.ts";
import { contentOf, FLAGS, type Http2Frame, TYPES } from "./frames.ts";
import { type Field, headDecoder } from "./hpack.ts";

/** RFC 9113 section 8.2.1. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FORBIDDEN = /[\0\r\n]/;

/** Puts the frames of an answer together (RFC 9113 section 8.1): interim heads, the head, the body, trailers. */
export class AnswerReader {
  readonly #incoming: Incoming;
  readonly #hasBody: boolean;
  readonly #resume: () => void;
  readonly #decode = headDecoder();
  /** The parts of a head that is not complete. */
  #head: Buffer[] | undefined;
  #endsWithHead = false;
  #headed = false;
  #interim = 0;
  /** Bytes of the body: as many as the head says, and as many as have come. */
  #declared = NaN;
  #received = 0;

  /** `resume` lets the connection be read on. */
  constructor(incoming: Incoming, { method, resume }: { method: string; resume: () => void }) {
    this.#incoming = incoming;
    this.#hasBody = method !== "HEAD";
    this.#resume = resume;
  }

  /** RFC 9113 section 6.10: nothing but its next part may follow a head that is not complete. */
  get isInHead(): boolean {
    return this.#head !== undefined;
  }

  /** HEADERS or CONTINUATION. Throws where it is no HTTP/2. */
  readHead(frame: Http2Frame): void {
    if (frame.type === TYPES.headers) {
      this.#head = [contentOf(frame)];
      this.#endsWithHead = (frame.flags & FLAGS.endStream) !== 0;
    } else if (this.#head) this.#head.push(frame.payload);
    else throw new Error("CONTINUATION of no head");
    if ((frame.flags & FLAGS.endHeaders) === 0) return;
    const block = Buffer.concat(this.#head);
    this.#head = undefined;
    const fields = this.#decode(block);
    if (!this.#headed) return this.#takeHead(fields);
    this.#incoming.onTrailers(rawOf(fields));
    this.#end();
  }

  /** DATA. Throws where it is no HTTP/2; answers whether more of the body is wanted now. */
  readData(frame: Http2Frame): boolean {
    if (!this.#headed) throw new Error("a body before its head");
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

/** The status, and what are fields (RFC 9113 sections 8.2 and 8.3). Throws where a head is malformed. */
function split(fields: Field[]): { status: number; lines: Field[] } {
  const [first, ...lines] = fields;
  if (first?.name !== ":status" || !/^\d{3}$/.test(first.value)) throw new Error("a head without a status");
  return { status: Number(first.value), lines };
}

/** Field lines as a parser gives them. Throws where one is malformed. */
function rawOf(lines: Field[]): Buffer[] {
  const odd = lines.find(({ name, value }) => !NAME.test(name) || FORBIDDEN.test(value));
  if (odd) throw new Error("a field that HTTP/2 does not allow");
  return lines.flatMap(({ name, value }) => [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")]);
}
