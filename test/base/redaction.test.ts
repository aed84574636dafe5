import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactor } from "../../src/base/redaction.ts";

const hex = (text: string) => Buffer.from(text).toString("hex");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const escapeEach = (text: string, escape: (code: number) => string) =>
  Array.from(text, (char) => escape(char.codePointAt(0)!)).join("");
const percentEach = (text: string) => hex(text).replace(/../g, "%$&");

/** How a target may write a text: each spelling, as the standard of its format has it. */
const SPELLINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  "upper case": (text) => text.toUpperCase(),
  "lower case": (text) => text.toLowerCase(),
  "percent, upper case": (text) => encodeURIComponent(text),
  "percent, lower case": (text) =>
    encodeURIComponent(text).replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()),
  "percent, each byte": percentEach,
  "percent, twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  form: (text) => new URLSearchParams({ "": text }).toString().slice(1),
  "a URL's path": (text) => encodeURI(text),
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  "JSON with escaped slashes": (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "JSON in JSON": (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  "\\u of each": (text) =>
    Array.from({ length: text.length }, (_, i) => `\\u${hex4(text.charCodeAt(i))}`).join(""),
  "\\U of each, upper case": (text) =>
    Array.from({ length: text.length }, (_, i) => `\\u${hex4(text.charCodeAt(i)).toUpperCase()}`).join(""),
  "HTML, named": (text) =>
    text.replace(
      /[&<>"']/g,
      (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[char]!,
    ),
  "HTML, decimal": (text) => escapeEach(text, (code) => `&#${code};`),
  "HTML, hex": (text) => escapeEach(text, (code) => `&#x${code.toString(16)};`),
  hex,
  "HEX": (text) => hex(text).toUpperCase(),
  base64,
  "base64, one byte later": (text) => base64(`:${text}`),
  "base64, two bytes later": (text) => base64(`u:${text}`),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 in a URL": (text) => encodeURIComponent(base64(text)),
  "base64 in JSON": (text) => base64(text).replaceAll("/", "\\/"),
};

const hex4 = (code: number) => code.toString(16).padStart(4, "0");

/** Undoes a spelling by the platform's own means; what base64 has lost at its edges is not asked for. */
const READINGS: ((text: string) => string)[] = [
  (text) => text,
  (text) => decodeLoosely(text),
  (text) => Buffer.from(text, "base64").toString("latin1"),
  (text) => Buffer.from(text, "hex").toString("latin1"),
];

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const character = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(..."abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789") },
  { weight: 4, arbitrary: fc.constantFrom(..."-_/+=.:~!@#$%^&*()[]{}<>\"'\\ |;,?") },
  { weight: 1, arbitrary: fc.constantFrom(..."üßé→字🔑") },
);
const secretOf = (minLength: number, maxLength: number) =>
  fc.string({ unit: character, minLength, maxLength })
    .filter((secret) => !/\s{2}|^\s|\s$|https?:/.test(secret) && new Set(secret).size > 5);
const around = fc.constantFrom("", "a line: ", '{"error":"', "<p>", "?t=", "é: ", "Bearer ");

/** All that stands in the text, in base64 and hex at any alignment, in lower case. */
function readings(text: string): string {
  const shifted = [0, 1, 2, 3].map((at) => text.slice(at));
  return shifted.flatMap((one) => READINGS.map((read) => read(one))).join("\n").toLowerCase();
}

test("10,000 spellings of secrets leave nothing of them", () => {
  fc.assert(
    fc.property(
      secretOf(8, 60),
      fc.constantFrom(...Object.keys(SPELLINGS)),
      around,
      around,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (secret, spelling, before, after, share) => {
        const size = [...secret].length;
        const isLong = secret.length >= 16;
        const start = isLong ? Math.floor(share * Math.max(0, size - 12)) : 0;
        const piece = isLong ? [...secret].slice(start).join("") : secret;
        const spelled = SPELLINGS[spelling]!(piece);
        const clean = redactor([secret])(`${before}${spelled}${after}`);
        expect(clean, spelling).toContain("***");
        // Nothing of the spelling is left but what base64 mixes with its neighbours.
        const rest = clean.slice(before.length, clean.length - after.length).replace("***", "").replace(
          /(=|%3D)+$/,
          "",
        );
        expect(rest.length, `${spelling}: ${clean}`).toBeLessThanOrEqual(4);
        const windows = Array.from(
          { length: Math.max(1, piece.length - 11) },
          (_, i) => piece.slice(i, i + 12),
        );
        const seen = readings(clean);
        for (const window of windows.filter((window) => window.length >= 8)) {
          expect(seen).not.toContain(window.toLowerCase());
        }
      },
    ),
    { numRuns: 10_000 },
  );
}, 240_000);

test("ordinary text is left as it is", () => {
  fc.assert(
    fc.property(secretOf(16, 40), fc.string({ maxLength: 300 }), (secret, text) => {
      fc.pre(!text.toLowerCase().includes(secret.slice(0, 4).toLowerCase()));
      expect(redactor([secret])(text)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

describe("what is a piece of a secret", () => {
  const redact = redactor(["0123456789abcdefXYZ-tail", "eight-ch", "pin7"]);

  test.each([
    ["twelve characters in the middle of a long one", "got 456789abcdef!", "got ***!"],
    ["eleven are none", "got 456789abcde!", "got 456789abcde!"],
    ["pieces that overlap, and what is between others", "3456789abcdefXYZ, 0123456789ab", "***, ***"],
    ["a short one whole, in any case", "EIGHT-CH eight-c!", "*** eight-c!"],
    ["one under eight only as it stands", "pin7 PIN7 %70in7", "*** PIN7 ***"],
  ])("%s", (_, text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  test("a URL's scheme is nobody's secret, its whole is", () => {
    const clean = redactor(["https://hooks.example/T0/B0"]);
    expect(clean("https://hooks.shop and https://hooks.example/T0/B0 or hooks.example/T0/B0")).toBe(
      "https://hooks.shop and *** or ***",
    );
  });
});
