import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";

/** More codings of one body do not occur; each multiplies the work (and the size) of the one before. */
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

/** Undoes one coding. `whole` says that `bytes` is all of it; else what is there is enough. */
type Decoder = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

/** RFC 9110 section 8.4.1, RFC 7932, RFC 8878. */
const DECODERS: Record<string, Decoder> = {
  gzip,
  "x-gzip": gzip,
  deflate: (bytes, maxBytes) => inflate(isZlib(bytes) ? zlib.inflate : zlib.inflateRaw, bytes, maxBytes),
  br: (bytes, maxBytes) => inflateToEnd(zlib.brotliDecompress, bytes, maxBytes),
  zstd: (bytes, maxBytes) => inflateToEnd(zlib.zstdDecompress, bytes, maxBytes),
};

/** The codings of `content-encoding` in the order they were applied; `identity` is none. */
export function codingsOf(header: string | null): string[] {
  const names = (header ?? "").toLowerCase().split(",").map((name) => name.trim());
  return names.filter((name) => name !== "" && name !== "identity");
}

/**
 * Undoes the codings of a whole body; null: it is longer than `maxBytes`. An unknown coding leaves the body as it is. No body is none
 * under any coding, as the answer to HEAD shows. Throws if a coding is broken, or if there are more than three.
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

/** The callback form: in Deno the synchronous one says nothing of broken brotli. */
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

/** In Deno a cut body of these codings is no error. One that has ended leaves a byte behind it alone. */
async function inflateToEnd(how: unknown, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const { buffer, engine } = await inflateInfo(how, Buffer.concat([bytes, SENTINEL]), maxBytes);
  if (engine.bytesWritten > bytes.length) throw new Error("unexpected end of the coded body");
  return buffer;
}

/** Bytes after the end are let pass, as browsers and curl do; in Deno they are an error, so they are cut off and what is left is inflated. */
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

/** RFC 1952 section 2.3. */
function gzipHeaderEnd(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let end = 10;
  if (flags & 4) end += 2 + (bytes[end] ?? 0) + 256 * (bytes[end + 1] ?? 0);
  for (const flag of [8, 16]) if (flags & flag) end = bytes.indexOf(0, end) + 1 || bytes.length;
  return flags & 2 ? end + 2 : end;
}

/** RFC 1950 section 2.2; what is no zlib stream is the raw deflate that some servers send under this name. */
const isZlib = (bytes: Buffer) =>
  (bytes[0]! & 0x0f) === 8 && bytes.length > 1 && bytes.readUInt16BE(0) % 31 === 0;
