/** Frames of HTTP/2 (RFC 9113 section 4.1), and heads in HPACK (RFC 7541) without its tables. */
const TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  rst: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
  unknown: 0xbb,
} as const;

/** `end` is END_STREAM, and ACK of SETTINGS and PING; `done` is END_HEADERS; `padded` is PADDED. */
const FLAGS = { end: 1, done: 4, padded: 8 } as const;

/** What a frame is made of. */
export interface FrameOptions {
  flags?: (keyof typeof FLAGS)[];
  /** Default 1: the first request of a client. */
  stream?: number;
  /** In place of the payload's own. */
  length?: number;
}

/** One frame. */
export function frame(
  type: keyof typeof TYPES,
  payload: string | Uint8Array = "",
  { flags = [], stream = 1, length }: FrameOptions = {},
): Uint8Array {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(9);
  header.writeUIntBE(length ?? bytes.length, 0, 3);
  header[3] = TYPES[type];
  header[4] = flags.reduce((sum, flag) => sum | FLAGS[flag], 0);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, bytes]);
}

/** A HEADERS frame with all of a head: pairs of names and values. */
export const headers = (fields: [string, string][], flags: FrameOptions["flags"] = []): Uint8Array =>
  frame("headers", block(fields), { flags: [...flags, "done"] });

/** Field lines, each "without indexing, new name" (RFC 7541 section 6.2.2). */
export const block = (fields: [string, string][]): Uint8Array =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));

/** A field line that goes into the table, where it is number 62 (RFC 7541 section 6.2.1). */
export const indexed = (name: string, value: string): Uint8Array =>
  Buffer.concat([Buffer.of(0x40), literal(name), literal(value)]);

/** RFC 7541 section 5.2, without Huffman's code. */
function literal(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** RFC 7541 section 5.1. */
function integer(value: number, bits: number): Uint8Array {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push(left % 128 + 128);
  return Buffer.of(...bytes, left);
}

/** One setting (RFC 9113 section 6.5.1). */
export function setting(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

/** Numbers of four bytes each. */
export const words = (...values: number[]): Uint8Array =>
  Buffer.concat(values.map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  }));
