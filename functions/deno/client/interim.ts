import { Buffer } from "node:buffer";

/** The maximum number of interim answers (1xx) to one request; one or two are usual. */
export const MAX_INTERIM = 100;
export const TOO_MANY_INTERIM = `answered 1xx more than ${MAX_INTERIM} times in place of an answer`;
/** The maximum head of one interim answer. */
const MAX_HEAD_BYTES = 65_536;

const NOTHING = Buffer.alloc(0);

/** The length of `HTTP/1.1 100`. */
const STATUS_END = 12;
const INTERIM = /^HTTP\/\d\.\d 1\d\d/;
const CR = 13, LF = 10;

/**
 * Removes interim answers (RFC 9110 section 15.2) before the parser, which rejects an unrequested `100
 * Continue`. A protocol switch (101) is left in.
 */
export class InterimFilter {
  #where: "start" | "inside" | "answer" = "answer";
  #held: Buffer = NOTHING;
  #count = 0;
  #headBytes = 0;

  /** Call it when a request is sent: the next byte starts an answer. */
  begin(): void {
    this.#where = "start";
    this.#held = NOTHING;
    this.#count = 0;
  }

  /** The part of `chunk` for the parser; null: nothing yet. Throws if there are too many interim answers. */
  sift(chunk: Buffer): Buffer | null {
    if (this.#isAnswer()) return chunk;
    let rest: Buffer | null = this.#held.length ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = NOTHING;
    while (rest) {
      rest = this.#where === "inside" ? this.#skipHead(rest) : this.#begun(rest);
      if (this.#isAnswer()) return rest;
    }
    return null;
  }

  #isAnswer = () => this.#where === "answer";

  /** Decides what starts here; null: too few bytes yet. */
  #begun(bytes: Buffer): Buffer | null {
    let start = 0;
    while (bytes[start] === CR || bytes[start] === LF) start++;
    if (bytes.length - start < STATUS_END) {
      this.#held = bytes.subarray(start);
      return null;
    }
    const line = bytes.toString("latin1", start, start + STATUS_END);
    if (!INTERIM.test(line) || line.endsWith("101")) {
      this.#where = "answer";
      return bytes;
    }
    if (++this.#count > MAX_INTERIM) throw new Error(TOO_MANY_INTERIM);
    this.#where = "inside";
    this.#headBytes = 0;
    return bytes.subarray(start + STATUS_END);
  }

  /** The bytes after the empty line; null: it has not come yet. */
  #skipHead(bytes: Buffer): Buffer | null {
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      const next = bytes[at + 1] === CR ? at + 2 : at + 1;
      if (next >= bytes.length) return this.#hold(bytes, at);
      if (bytes[next] !== LF) continue;
      this.#where = "start";
      return bytes.subarray(next + 1);
    }
    return this.#hold(bytes, bytes.length);
  }

  #hold(bytes: Buffer, from: number): null {
    this.#headBytes += from;
    if (this.#headBytes > MAX_HEAD_BYTES) throw new Error("answered 1xx with endless headers");
    this.#held = bytes.subarray(from);
    return null;
  }
}
