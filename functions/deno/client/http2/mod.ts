/**
 * One exchange over HTTP/2 (RFC 9113) per connection, because few servers speak only HTTP/2. Frames are
 * parsed here, not by `node:http2`: on Deno 2.9 malformed frames crash the process (SIGSEGV), and a prober
 * must survive any target.
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Answer, ExchangeTrace, FetchOptions } from "../../../../src/base/ports.ts";
import { type ConnectionOptions, requestFields } from "../connection.ts";
import { Incoming } from "../incoming.ts";
import { AnswerReader } from "./answer.ts";
import { FrameBounds } from "./bounds.ts";
import { encodeFrame, FLAGS, FrameReader, type Http2Frame, TYPES } from "./frames.ts";
import { RequestWriter, STREAM } from "./request.ts";

/** An exchange and its own connection. */
export type Http2Options =
  & FetchOptions
  & { trace: ExchangeTrace }
  & Pick<ConnectionOptions, "socket" | "facts" | "now">;

/** Error codes by number (RFC 9113 section 7). */
const ERRORS = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/**
 * Sends a request and closes the connection after the answer. Rejects with the signal's reason if that
 * aborts.
 */
export function sendOverHttp2(url: URL, options: Http2Options): Promise<Answer> {
  const { socket, facts, now, method, body, signal, trace } = options;
  const giveUp = () => incoming.fail(signal.reason);
  const close = () => {
    signal.removeEventListener("abort", giveUp);
    socket.destroy();
  };
  const incoming = new Incoming({
    method,
    trace: Object.assign(trace, facts),
    now,
    begin() {},
    ignoreLength() {},
    close,
    over: close,
  });
  if (signal.aborted) {
    giveUp();
    return incoming.answer;
  }
  signal.addEventListener("abort", giveUp, { once: true });
  socket.on("error", (error) => incoming.fail(error)).on("close", () => incoming.closed());
  const { host, ...fields } = Object.fromEntries(requestFields(url, options.headers));
  const path = url.pathname + url.search;
  // RFC 9113 section 8.3.1.
  const head = {
    ":method": method,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": host!,
    ":path": path,
  };
  const request = new RequestWriter(socket, { ...head, ...fields }, body);
  incoming.onConnect();
  converse(options, request, incoming);
  return incoming.answer;
}

/** Reads frames until the exchange is over. */
function converse({ socket, method }: Http2Options, request: RequestWriter, incoming: Incoming): void {
  const answer = new AnswerReader(incoming, { method, resume: () => void socket.resume() });
  const reader = new FrameReader();
  const bounds = new FrameBounds();
  const takers = takersOf(socket, request, answer);
  let isFirst = true;
  const take = (frame: Http2Frame) => {
    bounds.count(frame);
    if (isFirst && frame.type !== TYPES.settings) throw new Error("no SETTINGS frame: not HTTP/2");
    if (answer.isInHead && frame.type !== TYPES.continuation) throw new Error("an incomplete header block");
    isFirst = false;
    takers[frame.type]?.(frame); // unknown frame types are ignored (RFC 9113 section 5.5)
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const frame of reader.read(chunk)) {
        take(frame);
        if (socket.destroyed) return;
      }
    } catch (error) {
      incoming.fail(error);
    }
  });
}

/** The handlers of frames by type. Each throws if its frame ends the exchange. */
function takersOf(
  socket: Socket,
  request: RequestWriter,
  answer: AnswerReader,
): Record<number, (frame: Http2Frame) => void> {
  return {
    [TYPES.headers]: (frame) => answer.readHead(ours(frame)),
    [TYPES.continuation]: (frame) => answer.readHead(ours(frame)),
    [TYPES.data](frame) {
      if (!answer.readData(ours(frame))) socket.pause();
    },
    [TYPES.settings]: (frame) => request.readSettings(frame),
    [TYPES.window]: (frame) => request.readWindow(frame),
    [TYPES.ping]({ flags, payload }) {
      if (payload.length !== 8) throw new Error("malformed PING frame");
      if ((flags & FLAGS.ack) === 0) socket.write(encodeFrame(TYPES.ping, payload, { flags: FLAGS.ack }));
    },
    [TYPES.reset]({ stream, payload }) {
      if (stream === STREAM) throw new Error(`the server reset the stream: ${errorIn(payload, 0)}`);
    },
    [TYPES.goAway]({ payload }) {
      if (payload.length < 8) throw new Error("malformed GOAWAY frame");
      // The server may still answer streams up to the given one (RFC 9113 section 6.8).
      if (payload.readUInt32BE(0) < STREAM) {
        throw new Error(`the server sent GOAWAY: ${errorIn(payload, 4)}`);
      }
    },
    [TYPES.push]() {
      throw new Error("the server pushed an answer although push is disabled");
    },
  };
}

function ours(frame: Http2Frame): Http2Frame {
  if (frame.stream !== STREAM) throw new Error(`a frame of stream ${frame.stream}, which was not opened`);
  return frame;
}

function errorIn(payload: Buffer, at: number): string {
  if (payload.length < at + 4) return "no code";
  const code = payload.readUInt32BE(at);
  return ERRORS[code] ?? `code ${code}`;
}
