import { Buffer } from "node:buffer";

/** RFC 9113 section 4.1. */
const HEADER_BYTES = 9;
/** The default maximum (RFC 9113 section 4.2). */
export const MAX_FRAME_BYTES = 16_384;

/** Frame types (RFC 9113 section 6). */
export const TYPES = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;

/** Flags (RFC 9113 section 6); `ack` is for SETTINGS and PING. */
export const FLAGS = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** One frame of HTTP/2. */
export interface Http2Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

export function encodeFrame(type: number, payload: Uint8Array, { flags = 0, stream = 0 } = {}): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** 32-bit numbers in network order. */
export function encodeWords(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

/** Settings (RFC 9113 section 6.5.1): identifiers and values. */
export function encodeSettings(...pairs: [number, number][]): Buffer {
  const bytes = Buffer.allocUnsafe(6 * pairs.length);
  pairs.forEach(([id, value], i) => {
    bytes.writeUInt16BE(id, 6 * i);
    bytes.writeUInt32BE(value, 6 * i + 2);
  });
  return bytes;
}

/** Splits a peer's bytes into frames, whatever the chunks. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames completed by `chunk`. Throws if one is longer than allowed. */
  *read(chunk: Buffer): Generator<Http2Frame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEADER_BYTES) {
      const length = bytes.readUIntBE(0, 3);
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes: longer than HTTP/2 allows`);
      const end = HEADER_BYTES + length;
      if (bytes.length < end) break;
      const [type, flags] = [bytes.readUInt8(3), bytes.readUInt8(4)];
      const stream = bytes.readUInt32BE(5) & 0x7fffffff;
      const payload = bytes.subarray(HEADER_BYTES, end);
      bytes = bytes.subarray(end);
      yield { type, flags, stream, payload };
    }
    this.#rest = bytes;
  }
}

/** A payload without padding (RFC 9113 section 6.1) and priority (section 6.2). Throws if they exceed it. */
export function contentOf({ type, flags, payload }: Http2Frame): Buffer {
  const padding = (flags & FLAGS.padded) !== 0 ? payload[0] ?? Infinity : 0;
  const start = Number((flags & FLAGS.padded) !== 0) +
    (type === TYPES.headers && (flags & FLAGS.priority) !== 0 ? 5 : 0);
  if (start + padding > payload.length) throw new Error("a frame's padding is longer than the frame");
  return payload.subarray(start, payload.length - padding);
}
