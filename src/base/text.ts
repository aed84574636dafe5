/** At most `most` UTF-16 units of `text`, with `mark` for the cut rest; never splits a surrogate pair. */
export function ellipsize(text: string, most = 200, mark = "…"): string {
  return text.length <= most ? text : cut(text, most, mark);
}

/**
 * `text` on one line: runs of control characters and white space become one space. Cut as by {@linkcode
 * ellipsize}.
 */
export function oneLine(text: string, most: number, mark = "…"): string {
  // Reads a bounded part of the text, however long it is.
  const line = text.slice(0, 4 * most).replace(/[\p{Cc}\s]+/gu, " ");
  return line.length <= most && text.length <= 4 * most ? line : cut(line, most, mark);
}

const cut = (text: string, most: number, mark: string) =>
  `${text.slice(0, most - mark.length).replace(/[\uD800-\uDBFF]$/, "")}${mark}`;

/** How `fit` writes each code point and measures text. Default: unchanged, in UTF-16 units. */
export interface FitOptions {
  escape?: (char: string) => string;
  measure?: (text: string) => number;
}

/**
 * The longest prefix of `text` that measures at most `most`, with "…" for the cut rest; never splits a code
 * point or an escape.
 */
export function fit(
  text: string,
  most: number,
  { escape = (char) => char, measure = (text) => text.length }: FitOptions = {},
): string {
  const room = most - measure("…");
  let [whole, kept, size] = ["", "", 0];
  for (const char of text.toWellFormed()) {
    const piece = escape(char);
    size += measure(piece);
    if (size > most) return `${kept}…`;
    whole += piece;
    if (size <= room) kept = whole;
  }
  return whole;
}

/** Replaces characters that XML 1.0 does not allow (production 2, Char) with spaces. */
export const xmlText = (text: string): string =>
  text.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, " ");

/** The length of `text` in bytes of UTF-8. */
export const utf8Length = (text: string): number => new TextEncoder().encode(text).byteLength;
