/** Finds secrets in a text in whatever spelling a target may echo them, and blanks them. */

/** Shorter values would blank out ordinary text: they are no secrets. */
const SHORTEST = 4;
/** From so many characters on a value is found in every spelling; a shorter one only as it stands. */
export const WHOLE_LENGTH = 8;
/** From here on any piece of a value gives it away. */
const LONG = 16;
const PIECE = 12;
/** What was escaped is escaped again by whoever passes it on; in more ways than this nobody does. */
const MOST_VIEWS = 12;

/** A text as the bytes (UTF-8) that it stands for; byte i was written from `start(i)` to `end(i)` of the text. */
interface View {
  bytes: string;
  start(i: number): number;
  end(i: number): number;
}

/** The byte sequences of one length that give a secret away, in lower case. */
interface Pieces {
  length: number;
  all: Set<string>;
  /** What their first three bytes hash to. */
  heads: Uint8Array;
}

/**
 * Blanks each of `values` of 4 characters or more. From 8 on a value is found also escaped for URLs, HTML or JSON, in any case, in
 * hex and in base64 at any alignment; from 16 on so is any piece of 12 characters.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const known = [...new Set(values)].filter((value) => value.length >= SHORTEST);
  const short = known.filter((value) => value.length < WHOLE_LENGTH).map(utf8);
  const forms = [...new Set(known.filter((value) => value.length >= WHOLE_LENGTH).flatMap(formsOf))];
  const pieces = piecesOf(forms);
  const beginnings = [...short, ...forms.map((form) => utf8(form).toLowerCase())];
  if (known.length === 0) return (text) => text;
  return (text) => {
    const marks = new Uint8Array(text.length);
    for (const view of escapedViews(text)) {
      const lower = { ...view, bytes: view.bytes.toLowerCase() };
      for (const value of short) markWhole(view, value, marks);
      markPieces(lower, pieces, marks);
      markBeginnings(lower, beginnings, marks);
      if (pieces.length === 0) continue;
      for (const decoded of encodedViews(view)) markPieces(decoded, pieces, marks);
    }
    return blank(text, marks);
  };
}

/** What a value may have become before it was escaped: one line, or part of a form. */
function formsOf(value: string): string[] {
  const flat = value.replace(/[\p{Cc}\s]+/gu, " ");
  const cases = [value, flat].flatMap((form) => [form, form.toLowerCase(), form.toUpperCase()]);
  return cases.flatMap((form) => [form, form.replaceAll(" ", "+")]);
}

/** Where any URL begins, which is nobody's secret. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

function piecesOf(forms: readonly string[]): Pieces[] {
  const byLength = new Map<number, Set<string>>();
  const add = (piece: string) =>
    byLength.set(piece.length, (byLength.get(piece.length) ?? new Set()).add(piece));
  for (const form of forms) {
    const bytes = utf8(form).toLowerCase();
    const scheme = SCHEME.exec(bytes)?.[0].length ?? 0;
    if (form.length < LONG || scheme > 0) add(bytes);
    if (form.length < LONG) continue;
    for (let at = scheme; at + PIECE <= bytes.length; at++) add(bytes.slice(at, at + PIECE));
  }
  return [...byLength].map(([length, all]) => {
    const heads = new Uint8Array(HEADS);
    for (const piece of all) heads[headOf(piece, 0)] = 1;
    return { length, all, heads };
  });
}

const HEADS = 4096;
const headOf = (bytes: string, at: number) =>
  (bytes.charCodeAt(at) * 961 + bytes.charCodeAt(at + 1) * 31 + bytes.charCodeAt(at + 2)) % HEADS;

function markPieces({ bytes, start, end }: View, pieces: readonly Pieces[], marks: Uint8Array): void {
  for (const { length, all, heads } of pieces) {
    for (let at = 0; at + length <= bytes.length; at++) {
      if (heads[headOf(bytes, at)] === 0 || !all.has(bytes.slice(at, at + length))) continue;
      marks.fill(1, start(at), end(at + length - 1));
    }
  }
}

function markWhole({ bytes, start, end }: View, value: string, marks: Uint8Array): void {
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
    marks.fill(1, start(at), end(at + value.length - 1));
  }
}

/** "…" in UTF-8. */
const ELLIPSIS = "\u00e2\u0080\u00a6";

/** The beginning of a value where a text was cut in the middle of it: at its end, or before "…". */
function markBeginnings({ bytes, start, end }: View, values: readonly string[], marks: Uint8Array): void {
  for (const value of values) {
    if (!bytes.includes(value.slice(0, SHORTEST))) continue;
    for (let length = value.length - 1; length >= SHORTEST; length--) {
      const beginning = value.slice(0, length);
      if (bytes.endsWith(beginning)) marks.fill(1, start(bytes.length - length), end(bytes.length - 1));
      const cut = bytes.indexOf(beginning + ELLIPSIS);
      if (cut >= 0) marks.fill(1, start(cut), end(cut + length - 1));
    }
  }
}

function blank(text: string, marks: Uint8Array): string {
  let clean = "";
  let at = 0;
  while (at < text.length) {
    const from = marks.indexOf(1, at);
    if (from < 0) break;
    const to = marks.indexOf(0, from);
    clean += `${text.slice(at, from)}***`;
    at = to < 0 ? text.length : to;
  }
  return clean + text.slice(at);
}

/** The text as it stands, and what it comes to when escapes are undone: of each kind by itself, for a secret may look like one of another. */
function escapedViews(text: string): View[] {
  const views = [plainView(text)];
  const known = new Set([text]);
  for (let i = 0; i < views.length && views.length < MOST_VIEWS; i++) {
    for (const escape of ESCAPES) {
      const next = unescapeView(views[i]!, escape);
      if (!next || known.has(next.bytes)) continue;
      known.add(next.bytes);
      views.push(next);
    }
  }
  return views;
}

const ASCII = /^[\0-\x7f]*$/;
const encoder = new TextEncoder();

/** As one character a byte. */
function utf8(text: string): string {
  return ASCII.test(text) ? text : binary(encoder.encode(text));
}

function binary(bytes: Iterable<number>): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const itself = (i: number) => i;
const next = (i: number) => i + 1;

function plainView(text: string): View {
  if (ASCII.test(text)) return { bytes: text, start: itself, end: next };
  const view = growing();
  let at = 0;
  for (const char of text) {
    view.add(utf8(char), at, at + char.length);
    at += char.length;
  }
  return view.view();
}

/** A view in the making. */
function growing() {
  const starts: number[] = [], ends: number[] = [];
  let bytes = "";
  return {
    /** Bytes that were all written from `start` to `end`. */
    add(more: string, start: number, end: number): void {
      for (let i = 0; i < more.length; i++) {
        starts.push(start);
        ends.push(end);
      }
      bytes += more;
    },
    view: (): View => ({ bytes, start: (i) => starts[i]!, end: (i) => ends[i]! }),
  };
}

/** Escapes of URLs, of HTML, and of JSON. */
const ESCAPES = [
  /%(?<byte>[0-9a-f]{2})/gi,
  /&(?:#x0*(?<hex>[0-9a-f]{1,6})|#0*(?<decimal>\d{1,7})|(?<sign>amp|lt|gt|quot|apos|nbsp));?/gi,
  /\\u(?<high>d[89ab][0-9a-f]{2})\\u(?<low>d[c-f][0-9a-f]{2})|\\(?:u(?<hex>[0-9a-f]{4})|x(?<byte>[0-9a-f]{2})|(?<sign>[/\\"'nrtbf]))/gi,
];
const NAMED: Record<string, string> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" },
  ...{ n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" },
};

function unescapeView({ bytes, start, end }: View, escape: RegExp): View | null {
  const view = growing();
  let at = 0;
  const copyTo = (to: number) => {
    for (; at < to; at++) view.add(bytes[at]!, start(at), end(at));
  };
  for (const match of bytes.matchAll(escape)) {
    const after = match.index + match[0].length;
    copyTo(match.index);
    view.add(meaningOf(match.groups!), start(match.index), end(after - 1));
    at = after;
  }
  if (at === 0) return null;
  copyTo(bytes.length);
  return view.view();
}

/** The bytes of one escape. */
function meaningOf({ byte, hex, decimal, sign, high, low }: Partial<Record<string, string>>): string {
  if (byte) return String.fromCharCode(parseInt(byte, 16));
  if (high && low) return utf8(String.fromCharCode(parseInt(high, 16), parseInt(low, 16)));
  if (sign) return utf8(NAMED[sign.toLowerCase()] ?? sign);
  const code = decimal ? Number(decimal) : parseInt(hex!, 16);
  return code > 0x10ffff ? "" : utf8(String.fromCodePoint(code));
}

/** What stands in base64 or hex, in lower case: nobody knows where it begins, so at every alignment. */
function* encodedViews(view: View): Generator<View> {
  for (const { 0: run, index } of view.bytes.matchAll(/[A-Za-z0-9+/_-]{11,}/g)) {
    for (let phase = 0; phase < 4; phase++) yield decodeRun(view, run.slice(phase), index + phase, 6);
  }
  for (const { 0: run, index } of view.bytes.matchAll(/[0-9A-Fa-f]{16,}/g)) {
    for (let phase = 0; phase < 2; phase++) yield decodeRun(view, run.slice(phase), index + phase, 4);
  }
}

function decodeRun({ start, end }: View, run: string, index: number, bits: 4 | 6): View {
  const codes = new Uint8Array(Math.floor(run.length * bits / 8));
  let held = 0, count = 0, at = 0;
  for (let i = 0; at < codes.length; i++) {
    held = held << bits | digitOf(run.charCodeAt(i), bits);
    count += bits;
    if (count < 8) continue;
    count -= 8;
    codes[at++] = held >> count;
    held &= (1 << count) - 1;
  }
  return {
    bytes: binary(codes).toLowerCase(),
    start: (i) => start(index + Math.floor(i * 8 / bits)),
    end: (i) => end(index + Math.floor((i * 8 + 7) / bits)),
  };
}

/** RFC 4648 sections 4, 5 and 8. */
function digitOf(code: number, bits: 4 | 6): number {
  if (code >= 97) return code - 97 + (bits === 6 ? 26 : 10);
  if (code >= 65 && code !== 95) return code - 65 + (bits === 6 ? 0 : 10);
  if (code === 95) return 63;
  if (code >= 48) return code - 48 + (bits === 6 ? 52 : 0);
  return code === 47 ? 63 : 62;
}
