import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import {
  encodeFrame,
  encodeSettings,
  encodeWords,
  FLAGS,
  type Http2Frame,
  MAX_FRAME_BYTES,
  TYPES,
} from "./frames.ts";
import { encodeHead } from "./hpack.ts";

/** The connection preface (RFC 9113 section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** Settings (RFC 9113 section 6.5.2). */
const ENABLE_PUSH = 2, INITIAL_WINDOW_SIZE = 4;
const FIRST_WINDOW = 65_535;
/** The maximum: each connection carries one answer, and TCP has its own window. */
const OUR_WINDOW = 2 ** 31 - 1;
const SETTING_BYTES = 6;

/** The only stream of a connection. */
export const STREAM = 1;

/** Sends a request: the head at once, the body as the server's windows allow (RFC 9113 section 5.2). */
export class RequestWriter {
  readonly #socket: Socket;
  #unsent: Buffer;
  #connectionWindow = FIRST_WINDOW;
  #streamWindow = FIRST_WINDOW;
  #initialWindow = FIRST_WINDOW;

  constructor(socket: Socket, fields: Record<string, string>, body: string | Uint8Array | undefined) {
    this.#socket = socket;
    this.#unsent = Buffer.from(body ?? "");
    const ours = encodeSettings([ENABLE_PUSH, 0], [INITIAL_WINDOW_SIZE, OUR_WINDOW]);
    socket.write(Buffer.concat([
      PREFACE,
      encodeFrame(TYPES.settings, ours),
      encodeFrame(TYPES.window, encodeWords(OUR_WINDOW - FIRST_WINDOW)),
      ...this.#head(fields),
    ]));
    this.#sendBody();
  }

  /** Handles the server's SETTINGS. Throws if the frame is malformed. */
  readSettings({ flags, stream, payload }: Http2Frame): void {
    const length = (flags & FLAGS.ack) !== 0 ? payload.length : payload.length % SETTING_BYTES;
    if (stream !== 0 || length !== 0) throw new Error("malformed SETTINGS frame");
    if ((flags & FLAGS.ack) !== 0) return;
    for (let at = 0; at < payload.length; at += SETTING_BYTES) {
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const window = payload.readUInt32BE(at + 2);
      this.#streamWindow += window - this.#initialWindow;
      this.#initialWindow = window;
    }
    this.#socket.write(encodeFrame(TYPES.settings, Buffer.alloc(0), { flags: FLAGS.ack }));
    this.#sendBody();
  }

  /** Handles WINDOW_UPDATE. Throws if the frame is malformed. */
  readWindow({ stream, payload }: Http2Frame): void {
    if (payload.length !== 4) throw new Error("malformed WINDOW_UPDATE frame");
    const more = payload.readUInt32BE(0) & 0x7fffffff;
    if (stream === 0) this.#connectionWindow += more;
    if (stream === STREAM) this.#streamWindow += more;
    this.#sendBody();
  }

  #head(fields: Record<string, string>): Buffer[] {
    const block = encodeHead(Object.entries(fields).map(([name, value]) => ({ name, value })));
    const starts = Array.from(
      { length: Math.ceil(block.length / MAX_FRAME_BYTES) },
      (_, i) => i * MAX_FRAME_BYTES,
    );
    return starts.map((start) => {
      const part = block.subarray(start, start + MAX_FRAME_BYTES);
      const endHeaders = start + part.length === block.length ? FLAGS.endHeaders : 0;
      const endStream = start === 0 && this.#unsent.length === 0 ? FLAGS.endStream : 0;
      const type = start === 0 ? TYPES.headers : TYPES.continuation;
      return encodeFrame(type, part, { flags: endHeaders | endStream, stream: STREAM });
    });
  }

  #sendBody(): void {
    while (this.#unsent.length > 0) {
      const most = Math.min(this.#connectionWindow, this.#streamWindow, MAX_FRAME_BYTES);
      if (most <= 0) return;
      const part = this.#unsent.subarray(0, most);
      this.#unsent = this.#unsent.subarray(part.length);
      this.#connectionWindow -= part.length;
      this.#streamWindow -= part.length;
      const flags = this.#unsent.length === 0 ? FLAGS.endStream : 0;
      this.#socket.write(encodeFrame(TYPES.data, part, { flags, stream: STREAM }));
    }
  }
}
