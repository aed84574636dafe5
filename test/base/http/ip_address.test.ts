import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { isWithin, parseAddress, parseRange, purposeOf } from "../../../src/base/http/ip_address.ts";

/** The second opinion. */
const reference = (text: string) => ipaddr.process(text).range();

const ranges = Object.values({
  ...(ipaddr.IPv4 as unknown as Ranges).prototype.SpecialRanges,
  ...(ipaddr.IPv6 as unknown as Ranges).prototype.SpecialRanges,
}).flatMap((rows) => (Array.isArray(rows[0]) ? rows : [rows]) as [ipaddr.IPv4 | ipaddr.IPv6, number][]);

interface Ranges {
  prototype: { SpecialRanges: Record<string, [unknown, number] | [unknown, number][]> };
}

/** The text of an address of so many bytes. */
const textOf = (bytes: number[]) => ipaddr.fromByteArray(bytes).toString();

/** The first and the last address of each range, and those beside it. */
const EDGES = ranges.flatMap(([start, length]) => {
  const bytes = start.toByteArray();
  const last = bytes.map((byte, i) => byte | (255 >> Math.min(8, Math.max(0, length - 8 * i))));
  const beside = (bytes: number[], step: number) => {
    const next = [...bytes];
    for (let i = next.length - 1; i >= 0; i--) {
      next[i]! += step;
      if (next[i]! >= 0 && next[i]! <= 255) return [next];
      next[i] = step > 0 ? 0 : 255;
    }
    return [];
  };
  return [bytes, last, ...beside(bytes, -1), ...beside(last, 1)].map(textOf);
});

describe("purposeOf", () => {
  test("is what ipaddr.js says, on both sides of the edges of all its ranges", () => {
    const own = EDGES.map((text) => [text, purposeOf(parseAddress(text)!)]);
    expect(own).toEqual(EDGES.map((text) => [text, reference(text)]));
  });

  test.each([4, 16])("is what ipaddr.js says of any address of %i bytes", (length) => {
    const address = fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) =>
      textOf([...bytes])
    );
    fc.assert(fc.property(address, (text) => {
      expect(purposeOf(parseAddress(text)!)).toBe(reference(text));
    }));
  });
});

describe("parseAddress", () => {
  test.each([
    ["1.2.3.4", 32, 0x01020304n],
    ["::ffff:1.2.3.4", 32, 0x01020304n],
    ["::FFFF:102:304", 32, 0x01020304n],
    ["::", 128, 0n],
    ["1::", 128, 1n << 112n],
    ["::1.2.3.4", 128, 0x01020304n],
    ["fe80::1%eth0", 128, (0xfe80n << 112n) + 1n],
    ["1:2:3:4:5:6:7:8", 128, 0x00010002000300040005000600070008n],
  ])("%s", (text, bits, value) => {
    expect(parseAddress(text)).toEqual({ bits, value });
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "010.0.0.1",
    "0x7f.1",
    "1.2.3.4 ",
    "shop.example",
    "1:2:3",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "[::1]",
    "::1]/x[",
    "::1]@shop.example",
    "::g",
    "::ffff:1.2.3.256",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

test("parseRange refuses what is no CIDR notation", () => {
  for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "/8", "a/8"]) {
    expect(() => parseRange(text)).toThrow("not a range");
  }
});

test("isWithin keeps the two families apart", () => {
  expect(isWithin(parseAddress("10.0.0.1")!, [parseRange("::/0")])).toBe(false);
  expect(isWithin(parseAddress("::1")!, [parseRange("0.0.0.0/0")])).toBe(false);
  expect(isWithin(parseAddress("10.0.0.1")!, [parseRange("0.0.0.0/0")])).toBe(true);
});
