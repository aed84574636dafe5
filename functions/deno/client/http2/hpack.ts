import hpack from "hpack.js";
import { Buffer } from "node:buffer";
import { LimitExceeded } from "../../../../src/base/ports.ts";
import { MAX_HEADER_LINES, MAX_QUIET_BYTES } from "../bounds.ts";

/** A field line with one character per byte. */
export interface Field {
  name: string;
  value: string;
}

/** The default table size (RFC 7541 section 4.2). */
const TABLE_BYTES = 4_096;

/**
 * Decodes successive heads from HPACK (RFC 7541). Throws if the bytes are invalid, LimitExceeded if a head is
 * too large.
 */
export function headDecoder(): (block: Buffer) => Field[] {
  const decompressor = hpack.decompressor.create({ table: { maxSize: TABLE_BYTES } });
  let failed = false;
  decompressor.on("error", () => failed = true);
  return (block) => {
    decompressor.write(block);
    decompressor.execute();
    if (failed) throw new Error("the headers are not valid HPACK");
    const fields: Field[] = [];
    let bytes = 0;
    for (let field: Field | null; (field = decompressor.read()); fields.push(field)) {
      // A field in the table costs the sender one byte, so the decoded size is bounded.
      if (
        fields.length > MAX_HEADER_LINES ||
        (bytes += field.name.length + field.value.length) > MAX_QUIET_BYTES
      ) {
        throw new LimitExceeded(
          `the answer has more than ${MAX_HEADER_LINES} header lines, or 192 kB of them`,
        );
      }
    }
    return fields;
  };
}

/** Encodes a head in HPACK without using the dynamic table. */
export function encodeHead(fields: Field[]): Buffer {
  const compressor = hpack.compressor.create({ table: { maxSize: TABLE_BYTES } });
  compressor.write(fields.map((field) => ({ ...field, incremental: false })));
  return compressor.read() ?? Buffer.alloc(0);
}
