import type { Buffer } from "node:buffer";
import { LimitExceeded } from "../../../src/base/ports.ts";

/** Of a head; and of bytes without content: chunk sizes, their extensions, trailers. */
export const MAX_QUIET_BYTES = 192 * 1024;
/** Of a head. */
export const MAX_HEADER_LINES = 1_000;
/** Lines that go on with the field before (obs-fold, RFC 9112 section 5.2): for each the parser copies the field anew. */
export const MAX_FOLDED_LINES = 50;
const CR = 13, LF = 10, SPACE = 32, TAB = 9;

/** Bounds what the parser is fed without saying anything: it has no bound of its own on most of that, or a dear one. */
export class Bounds {
  #quietBytes = 0;
  #told = -1;
  #lines = 0;
  #folded = 0;
  /** Of the line that is not over. */
  #lineBytes = 0;
  #inHead = false;

  /** A request is sent. */
  begin(): void {
    this.#told = -1;
    this.#lines = this.#folded = this.#lineBytes = 0;
    this.#inHead = true;
  }

  /** Counts wire bytes; `told`: how many parser events came so far. Throws LimitExceeded past the bound. */
  count(bytes: number, told: number): void {
    if (told !== this.#told) this.#quietBytes = 0;
    this.#told = told;
    if (this.#quietBytes > MAX_QUIET_BYTES) {
      throw new LimitExceeded(
        told === 0
          ? "the headers of the answer are larger than 192 kB"
          : "stopped reading: more than 192 kB of framing without a body",
      );
    }
    this.#quietBytes += bytes;
  }

  /** Counts the lines of a head. Throws LimitExceeded past the bound. */
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
