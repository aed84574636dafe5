import { deflateSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { reducePalette } from "../../../scripts/screenshots/palette.ts";

const HEAD = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const [RED, BLUE] = [[255, 0, 0], [0, 0, 255]];

/** Length, name, data and a checksum that is not looked at. */
function chunk(name: string, data: Uint8Array): number[] {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, data.length);
  return [...length, ...new TextEncoder().encode(name), ...data, 0, 0, 0, 0];
}

const png = (colourType: number, rows: number[]) =>
  new Uint8Array([
    ...HEAD,
    ...chunk("IHDR", new Uint8Array([0, 0, 0, 2, 0, 0, 0, 2, 8, colourType, 0, 0, 0])),
    ...chunk("IDAT", deflateSync(new Uint8Array(rows))),
    ...chunk("IEND", new Uint8Array(0)),
  ]);

function chunksOf(bytes: Uint8Array): Record<string, Uint8Array> {
  const view = new DataView(bytes.buffer);
  const found: Record<string, Uint8Array> = {};
  for (let at = HEAD.length; at < bytes.length; at += view.getUint32(at) + 12) {
    const name = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    found[name] = bytes.slice(at + 8, at + 8 + view.getUint32(at));
  }
  return found;
}

// Two rows of red and blue: as they are, each from the one beside it, or from the one above.
test.each([
  ["none", [0, ...RED!, ...BLUE!, 0, ...RED!, ...BLUE!]],
  ["sub", [1, ...RED!, 1, 0, 255, 1, ...RED!, 1, 0, 255]],
  ["up", [0, ...RED!, ...BLUE!, 2, 0, 0, 0, 0, 0, 0]],
  ["average", [0, ...RED!, ...BLUE!, 3, 128, 0, 0, 129, 0, 128]],
  ["paeth", [0, ...RED!, ...BLUE!, 4, 0, 0, 0, 0, 0, 0]],
])("reducePalette gives a picture filtered by %s its palette and each pixel its place", (_, rows) => {
  const { IHDR, PLTE, IDAT } = chunksOf(reducePalette(png(2, rows)));
  expect([...IHDR!]).toEqual([0, 0, 0, 2, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
  expect([...PLTE!]).toEqual([...RED!, ...BLUE!]);
  expect([...inflateSync(IDAT!)]).toEqual([0, 0, 1, 0, 0, 1]);
});

test("reducePalette refuses a picture in shades of grey", () => {
  expect(() => reducePalette(png(0, [0, 1, 2, 0, 1, 2]))).toThrow("not an 8-bit RGB or RGBA PNG");
});
