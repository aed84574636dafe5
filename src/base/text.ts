/** At most `most` UTF-16 units of `text`, with `mark` in place of what was cut; never half of a surrogate pair. */
export function ellipsize(text: string, most = 200, mark = "…"): string {
  return text.length <= most ? text : cut(text, most, mark);
}

/** `text` on one line: each run of control characters and white space is one space. Cut as by {@linkcode ellipsize}. */
export function oneLine(text: string, most: number, mark = "…"): string {
  // However long the text is, a bounded part of it is looked at.
  const line = text.slice(0, 4 * most).replace(/[\p{Cc}\s]+/gu, " ");
  return line.length <= most && text.length <= 4 * most ? line : cut(line, most, mark);
}

const cut = (text: string, most: number, mark: string) =>
  `${text.slice(0, most - mark.length).replace(/[\uD800-\uDBFF]$/, "")}${mark}`;

/** How `fit` writes each code point, and what a text counts. Default: as it is, by UTF-16 units. */
export interface FitOptions {
  escape?: (char: string) => string;
  measure?: (text: string) => number;
}

/** As much of `text` as measures at most `most`, with "…" for what was cut: never half of a code point or of an escape. */
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

/** The length of `text` in bytes of UTF-8. */
export const utf8Length = (text: string): number => new TextEncoder().encode(text).byteLength;
