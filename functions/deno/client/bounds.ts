import type { Buffer } from "node:buffer";
import { LimitExceeded } from "../../../src/base/ports.ts";

/** The maximum size of a head, and of bytes without content: chunk sizes, their extensions, trailers. */
export const MAX_QUIET_BYTES = 192 * 1024;
/** The maximum number of header lines. */
export const MAX_HEADER_LINES = 1_000;
/**
 * The maximum number of folded lines (obs-fold, RFC 9112 section 5.2): for each the parser copies the whole
 * field.
 */
export const MAX_FOLDED_LINES = 50;
const CR = 13, LF = 10, SPACE = 32, TAB = 9;

/**
 * Bounds input that costs parsing but carries no content: the parser has no limit for most of it, or an
 * expensive one.
 */
export class Bounds {
  #quietBytes = 0;
  #eventCount = -1;
  #lines = 0;
  #folded = 0;
  /** Bytes of the current line. */
  #lineBytes = 0;
  #inHead = false;

  /** Call it when a request is sent. */
  begin(): void {
    this.#eventCount = -1;
    this.#lines = this.#folded = this.#lineBytes = 0;
    this.#inHead = true;
  }

  /** Counts received bytes; `eventCount`: parser events so far. Throws LimitExceeded above the limit. */
  count(bytes: number, eventCount: number): void {
    if (eventCount !== this.#eventCount) this.#quietBytes = 0;
    this.#eventCount = eventCount;
    if (this.#quietBytes > MAX_QUIET_BYTES) {
      throw new LimitExceeded(
        eventCount === 0
          ? "the headers of the answer are larger than 192 kB"
          : "stopped reading: more than 192 kB of framing without a body",
      );
    }
    this.#quietBytes += bytes;
  }

  /** Counts the lines of a head. Throws LimitExceeded above the limit. */
  countLines(chunk: Buffer): void {
    let start = 0;
    for (let at; this.#inHead && (at = chunk.indexOf(LF, start)) >= 0; start = at + 1) {
      const length = this.#lineBytes + at - start - Number(chunk[at - 1] === CR);
      const isFolded = this.#lineBytes === 0 && (chunk[start] === SPACE || chunk[start] === TAB);
      this.#lineBytes = 0;
      if (isFolded && ++this.#folded > MAX_FOLDED_LINES) {
        throw new LimitExceeded(`the answer folds its headers over more than ${MAX_FOLDED_LINES} lines`);
      }
      if (length <= 0 && this.#lines > 0) this.#inHead = false;
      else if (length > 0 && ++this.#lines > MAX_HEADER_LINES + 1) {
        throw new LimitExceeded(`the answer has more than ${MAX_HEADER_LINES} header lines`);
      }
    }
    this.#lineBytes += chunk.length - start;
  }
}
