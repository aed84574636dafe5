import hpack from "hpack.js";
import { Buffer } from "node:buffer";
import { LimitExceeded } from "../../../../src/base/ports.ts";
import { MAX_HEADER_LINES, MAX_QUIET_BYTES } from "../bounds.ts";

/** A field line: each character is one byte. */
export interface Field {
  name: string;
  value: string;
}

/** RFC 7541 section 4.2: the size of a peer's table unless a setting changes it. */
const TABLE_BYTES = 4_096;

/** The fields of one head after the other, from HPACK (RFC 7541). Throws where the bytes are none, LimitExceeded where it is too large. */
export function headDecoder(): (block: Buffer) => Field[] {
  const decompressor = hpack.decompressor.create({ table: { maxSize: TABLE_BYTES } });
  let failed = false;
  decompressor.on("error", () => failed = true);
  return (block) => {
    decompressor.write(block);
    decompressor.execute();
    if (failed) throw new Error("the head is no HPACK");
    const fields: Field[] = [];
    let bytes = 0;
    for (let field: Field | null; (field = decompressor.read()); fields.push(field)) {
      // A line that stands in the table is one byte to send again.
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

/** A head in HPACK, for a server that has no table yet: nothing is put into one. */
export function encodeHead(fields: Field[]): Buffer {
  const compressor = hpack.compressor.create({ table: { maxSize: TABLE_BYTES } });
  compressor.write(fields.map((field) => ({ ...field, incremental: false })));
  return compressor.read() ?? Buffer.alloc(0);
}
