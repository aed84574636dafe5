/**
 * Shrinks a screenshot to a PNG (ISO/IEC 15948) of at most 256 colours, about a third of the browser's size.
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST_COLOURS = 256;
/** Bytes per pixel by colour type: RGB and RGBA. */
const PIXEL_BYTES: Record<number, number> = { 2: 3, 6: 4 };
const INDEXED = 3;

/** Returns the same picture with a palette. Throws unless it is 8-bit RGB or RGBA without interlacing. */
export function reducePalette(png: Uint8Array): Uint8Array {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, MOST_COLOURS).map(([colour]) =>
    colour
  );
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const rows = new Uint8Array((width + 1) * height);
  pixels.forEach((colour, i) => {
    const place = places.get(colour) ?? nearest(palette, colour);
    places.set(colour, place);
    rows[i + Math.floor(i / width) + 1] = place;
  });
  const size = new DataView(new ArrayBuffer(13));
  [width, height].forEach((side, i) => size.setUint32(4 * i, side));
  size.setUint8(8, 8);
  size.setUint8(9, INDEXED);
  return join([
    new Uint8Array(SIGNATURE),
    chunk("IHDR", new Uint8Array(size.buffer)),
    chunk("PLTE", new Uint8Array(palette.flatMap((colour) => channels(colour)))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

const channels = (
  colour: number,
): [number, number, number] => [colour >> 16, colour >> 8 & 255, colour & 255];

function nearest(palette: readonly number[], colour: number): number {
  const distance = (other: number) =>
    channels(other).reduce((sum, value, i) => sum + (value - channels(colour)[i]!) ** 2, 0);
  return palette.reduce((best, other, i) => distance(other) < distance(palette[best]!) ? i : best, 0);
}

/** Decodes a PNG to one number per pixel, 0xRRGGBB. */
function decode(png: Uint8Array): { width: number; height: number; pixels: number[] } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const data: Uint8Array[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += view.getUint32(at) + 12) {
    const name = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    if (name === "IDAT") data.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const [width, height, step] = [view.getUint32(16), view.getUint32(20), PIXEL_BYTES[png[25]!]];
  if (png[24] !== 8 || step === undefined || png[28] !== 0) {
    throw new Error("not an 8-bit RGB or RGBA PNG without interlacing");
  }
  const bytes = unfilter(inflateSync(join(data)), { stride: width * step, height, step });
  const pixels = Array.from(
    { length: width * height },
    (_, i) => bytes[i * step]! << 16 | bytes[i * step + 1]! << 8 | bytes[i * step + 2]!,
  );
  return { width, height, pixels };
}

/** Undoes the filters of the rows (section 9). */
function unfilter(
  raw: Uint8Array,
  { stride, height, step }: { stride: number; height: number; step: number },
): Uint8Array {
  const bytes = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const predict = PREDICTORS[raw[y * (stride + 1)]!]!;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= step ? bytes[at - step]! : 0;
      const up = y > 0 ? bytes[at - stride]! : 0;
      const corner = x >= step && y > 0 ? bytes[at - stride - step]! : 0;
      bytes[at] = raw[y * (stride + 1) + 1 + x]! + predict(left, up, corner);
    }
  }
  return bytes;
}

const PREDICTORS: ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [left, up, corner].map((value) => Math.abs(guess - value)) as [
    number,
    number,
    number,
  ];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const body = join([new TextEncoder().encode(name), data]);
  const [length, sum] = [data.length, crc32(body)].map((value) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, value);
    return new Uint8Array(view.buffer);
  });
  return join([length!, body, sum!]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
