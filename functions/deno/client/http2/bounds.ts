import { MAX_QUIET_BYTES } from "../bounds.ts";
import { type Http2Frame, TYPES } from "./frames.ts";
import { LimitExceeded } from "../../../../src/base/ports.ts";

/** Limits of one head as sent; decoded, it has the limits of any head. */
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_HEAD_FRAMES = 16;
/** The maximum number of pings, settings, window updates, empty bodies and the like per answer. */
const MAX_QUIET_FRAMES = 500;

/** Bounds the cost of frames that carry no content. */
export class FrameBounds {
  #headFrames = 0;
  #headBytes = 0;
  #quietFrames = 0;
  #quietBytes = 0;

  /** Throws LimitExceeded above a limit. */
  count({ type, payload: { length } }: Http2Frame): void {
    if (type === TYPES.data && length > 0) return;
    if (type === TYPES.headers) this.#headFrames = this.#headBytes = 0;
    if (type === TYPES.headers || type === TYPES.continuation) this.#countHead(length);
    else if (++this.#quietFrames > MAX_QUIET_FRAMES) {
      throw new LimitExceeded(`stopped reading: more than ${MAX_QUIET_FRAMES} frames without head or body`);
    }
    if ((this.#quietBytes += length) > MAX_QUIET_BYTES) {
      throw new LimitExceeded("stopped reading: more than 192 kB of framing without a body");
    }
  }

  #countHead(length: number): void {
    if (++this.#headFrames > MAX_HEAD_FRAMES) {
      throw new LimitExceeded(`the head of the answer is in more than ${MAX_HEAD_FRAMES} frames`);
    }
    if ((this.#headBytes += length) > MAX_HEAD_BYTES) {
      throw new LimitExceeded("the head of the answer takes more than 64 kB of HTTP/2");
    }
  }
}
