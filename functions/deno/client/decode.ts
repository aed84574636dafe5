import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";

/**
 * The maximum number of codings of one body: more do not occur, and each multiplies the work and the size.
 */
const MAX_CODINGS = 3;

interface Inflated {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

type Inflate = (
  input: Buffer,
  options: { info: true; maxOutputLength: number },
  done: (error: Error | null, result: Inflated) => void,
) => void;

/** Undoes one coding. */
type Decoder = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

/** By coding (RFC 9110 section 8.4.1, RFC 7932, RFC 8878). */
const DECODERS: Record<string, Decoder> = {
  gzip,
  "x-gzip": gzip,
  deflate: (bytes, maxBytes) => inflate(isZlib(bytes) ? zlib.inflate : zlib.inflateRaw, bytes, maxBytes),
  br: (bytes, maxBytes) => inflateToEnd(zlib.brotliDecompress, bytes, maxBytes),
  zstd: (bytes, maxBytes) => inflateToEnd(zlib.zstdDecompress, bytes, maxBytes),
};

/** The codings of `content-encoding` in the order applied, without `identity`. */
export function codingsOf(header: string | null): string[] {
  const names = (header ?? "").toLowerCase().split(",").map((name) => name.trim());
  return names.filter((name) => name !== "" && name !== "identity");
}

/**
 * Decodes a whole body; null: it is longer than `maxBytes`. With an unknown coding the body stays as it is.
 * An empty body is empty under any coding, as in answers to HEAD. Throws if a coding is broken, or if there
 * are more than three.
 */
export async function decode(
  body: Uint8Array<ArrayBuffer>,
  codings: string[],
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (codings.length > MAX_CODINGS) throw new Error(`${codings.length} content codings on one body`);
  if (codings.some((name) => !(name in DECODERS))) return body;
  let bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  try {
    for (const name of codings.toReversed()) {
      if (bytes.length > 0) bytes = await DECODERS[name]!(bytes, maxBytes) as Buffer<ArrayBuffer>;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
  return bytes;
}

/** Uses the callback form, because Deno's synchronous one does not report broken brotli. */
function inflateInfo(how: unknown, bytes: Buffer, maxBytes: number): Promise<Inflated> {
  return new Promise((resolve, reject) =>
    (how as Inflate)(
      bytes,
      { info: true, maxOutputLength: Math.max(1, maxBytes) },
      (error, result) => error ? reject(error) : resolve(result),
    )
  );
}

async function inflate(how: unknown, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  return (await inflateInfo(how, bytes, maxBytes)).buffer;
}

const SENTINEL = Buffer.from([0]);

/**
 * Detects truncation, which Deno does not report for these codings: a complete body leaves the appended byte
 * unread.
 */
async function inflateToEnd(how: unknown, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const { buffer, engine } = await inflateInfo(how, Buffer.concat([bytes, SENTINEL]), maxBytes);
  if (engine.bytesWritten > bytes.length) throw new Error("unexpected end of the coded body");
  return buffer;
}

/**
 * Ignores bytes after the end, as browsers and curl do. Deno rejects them, so this inflates the part before
 * them.
 */
async function gzip(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await inflate(zlib.gunzip, bytes, maxBytes);
  } catch (error) {
    if (!(error instanceof Error && error.message === "incorrect header check") || !isGzip(bytes)) {
      throw error;
    }
    const start = gzipHeaderEnd(bytes);
    const { buffer, engine } = await inflateInfo(zlib.inflateRaw, bytes.subarray(start), maxBytes);
    const end = start + engine.bytesWritten;
    if (bytes.length < end + 8 || bytes.readUInt32LE(end) !== zlib.crc32(buffer)) throw error;
    return buffer;
  }
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

/** The end of the gzip header (RFC 1952 section 2.3). */
function gzipHeaderEnd(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let end = 10;
  if (flags & 4) end += 2 + (bytes[end] ?? 0) + 256 * (bytes[end + 1] ?? 0);
  for (const flag of [8, 16]) if (flags & flag) end = bytes.indexOf(0, end) + 1 || bytes.length;
  return flags & 2 ? end + 2 : end;
}

/**
 * Whether a body is a zlib stream (RFC 1950 section 2.2). Some servers send raw deflate under the same name.
 */
const isZlib = (bytes: Buffer) =>
  (bytes[0]! & 0x0f) === 8 && bytes.length > 1 && bytes.readUInt16BE(0) % 31 === 0;
