/**
 * One length-prefixed message: 1 byte of flags, 4 of length, then the payload (in gRPC, gRPC-Web and Connect
 * streams).
 */
export interface Frame {
  flags: number;
  payload: string;
}

const MAX_FRAMES = 64;

/** The frames in a text with one character per byte; undefined if a frame is incomplete. */
export function framesOf(text: string): Frame[] | undefined {
  const frames: Frame[] = [];
  let at = 0;
  while (at < text.length) {
    if (at + 5 > text.length || frames.length === MAX_FRAMES) return undefined;
    const length = [1, 2, 3, 4].reduce((sum, i) => sum * 256 + text.charCodeAt(at + i), 0);
    const payload = text.slice(at + 5, at + 5 + length);
    if (payload.length < length) return undefined;
    frames.push({ flags: text.charCodeAt(at), payload });
    at += 5 + length;
  }
  return frames;
}

/**
 * Encodes a Protocol Buffers message with one text field; empty for an empty text, as in proto3. `field` is
 * at most 15.
 */
export function textField(field: number, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0) return bytes;
  return new Uint8Array([field * 8 + 2, ...varintOf(bytes.length), ...bytes]);
}

function varintOf(value: number): number[] {
  return value < 0x80 ? [value] : [value % 0x80 + 0x80, ...varintOf(Math.floor(value / 0x80))];
}

/** Decodes a base64 body in which each chunk may be padded (`application/grpc-web-text`). */
export function decodeChunkedBase64(text: string): string | undefined {
  try {
    return (text.match(/[A-Za-z0-9+/]+={0,2}/g) ?? []).map((chunk) => atob(chunk)).join("");
  } catch {
    return undefined;
  }
}

/** The varint and length-delimited fields of a Protocol Buffers message; undefined if it has any other. */
export function fieldsOf(message: string): { field: number; value: number | string }[] | undefined {
  const fields: { field: number; value: number | string }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; at < message.length && scale < 2 ** 35; scale *= 128) {
      const byte = message.charCodeAt(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < message.length) {
    const key = varint();
    const value = varint();
    if (Number.isNaN(key) || Number.isNaN(value) || ![0, 2].includes(key % 8)) return undefined;
    if (key % 8 === 2 && at + value > message.length) return undefined;
    fields.push({ field: Math.floor(key / 8), value: key % 8 === 2 ? message.slice(at, at + value) : value });
    if (key % 8 === 2) at += value;
  }
  return fields;
}
