import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { codingsOf, decode } from "../../../../functions/deno/client/decode.ts";

const TEXT = "hello ".repeat(1_000);
const bytes = (text: string | Buffer) => new Uint8Array(Buffer.from(text as string));
const coded: Record<string, Buffer> = {
  gzip: zlib.gzipSync(TEXT),
  "x-gzip": zlib.gzipSync(TEXT),
  deflate: zlib.deflateSync(TEXT),
  "raw deflate": zlib.deflateRawSync(TEXT),
  br: zlib.brotliCompressSync(TEXT),
  zstd: zlib.zstdCompressSync(TEXT),
};

async function undo(body: Buffer, header: string, maxBytes = TEXT.length) {
  const decoded = await decode(bytes(body), codingsOf(header), maxBytes);
  return decoded && new TextDecoder().decode(decoded);
}

describe.each(Object.keys(coded))("decode %s", (name) => {
  const header = name.replace("raw ", "");

  test("undoes it, up to the very size that is allowed", async () => {
    expect(await undo(coded[name]!, header)).toBe(TEXT);
    expect(await undo(coded[name]!, header.toUpperCase())).toBe(TEXT);
    expect(await undo(coded[name]!, header, TEXT.length - 1)).toBeNull();
  });

  test("takes no body as none", async () => {
    expect(await undo(Buffer.alloc(0), header)).toBe("");
  });

  test("throws when it is cut off, or is something else", async () => {
    await expect(undo(coded[name]!.subarray(0, -6), header)).rejects.toThrow();
    await expect(undo(Buffer.from("<html>this is no coded body at all</html>"), header)).rejects.toThrow();
  });
});

test("several codings are undone from the last to the first, at most three", async () => {
  const twice = zlib.brotliCompressSync(zlib.gzipSync(TEXT));
  expect(await undo(twice, "gzip, identity, br")).toBe(TEXT);
  await expect(undo(twice, "gzip, gzip, gzip, br")).rejects.toThrow("4 content codings");
});

test("a coding that nobody knows leaves the body as it is", async () => {
  expect(await undo(Buffer.from("hello"), "rot13")).toBe("hello");
});

describe("decode gzip", () => {
  test("lets bytes after the end pass", async () => {
    expect(await undo(Buffer.concat([coded.gzip!, Buffer.from("\r\nxx")]), "gzip")).toBe(TEXT);
  });

  test("reads several members", async () => {
    expect(await undo(Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b")]), "gzip")).toBe("ab");
  });
});
