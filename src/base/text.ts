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
