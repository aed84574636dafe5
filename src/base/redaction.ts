/** Finds secrets in a text in any encoding a target may echo them in, and masks them. */

/** Shorter values would mask ordinary text: they are no secrets. */
const SHORTEST = 4;
/** Values of at least this length are found in every encoding; shorter ones only verbatim. */
export const WHOLE_LENGTH = 8;
/** From this length on, any piece of PIECE characters reveals a value. */
const LONG = 16;
const PIECE = 12;
/**
 * The maximum number of views of a text. Text may be escaped several times on its way, but deeper nesting
 * does not occur.
 */
const MOST_VIEWS = 12;

/** The UTF-8 bytes that a text stands for; byte i comes from `start(i)` to `end(i)` of the text. */
interface View {
  bytes: string;
  start(i: number): number;
  end(i: number): number;
}

/** The texts that reveal a secret, by the hash of their first three characters. */
type Pieces = (string[] | undefined)[];

/**
 * Masks each of `values` of 4 characters or more. From 8 characters on, a value is also found escaped for
 * URLs, HTML or JSON, in any case, in hex, and in base64 at any alignment; from 16 on, so is any piece of 12
 * characters.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const known = [...new Set(values)].filter((value) => value.length >= SHORTEST);
  const short = known.filter((value) => value.length < WHOLE_LENGTH).map(utf8);
  const forms = [...new Set(known.filter((value) => value.length >= WHOLE_LENGTH).flatMap(formsOf))];
  const { plain, encoded } = piecesOf(forms);
  const beginnings = [...short, ...forms.map((form) => utf8(form).toLowerCase())];
  if (known.length === 0) return (text) => text;
  return (text) => {
    const marks = new Uint8Array(text.length);
    for (const view of escapedViews(text)) {
      const lower = { ...view, bytes: view.bytes.toLowerCase() };
      const base64 = { ...view, bytes: view.bytes.replaceAll("-", "+").replaceAll("_", "/") };
      for (const value of short) markWhole(view, value, marks);
      markPieces(lower, plain, marks);
      markPieces(base64, encoded, marks, /[A-Za-z0-9+/]/);
      markBeginnings(lower, beginnings, marks);
    }
    return marks.includes(1) ? blank(text, marks) : text;
  };
}

/** The forms a value may take before it is escaped: on one line, or form-encoded. */
function formsOf(value: string): string[] {
  const flat = value.replace(/[\p{Cc}\s]+/gu, " ");
  const cases = [value, flat].flatMap((form) => [form, form.toLowerCase(), form.toUpperCase()]);
  return cases.flatMap((form) => [form, form.replaceAll(" ", "+")]);
}

/** The beginning of any URL is not secret. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Fragments that reveal these forms: in lower case, in hex, and in base64 at each of its three alignments.
 */
function piecesOf(forms: readonly string[]): { plain: Pieces; encoded: Pieces } {
  const plain: Pieces = new Array(HEADS);
  const encoded: Pieces = new Array(HEADS);
  const add = (pieces: Pieces, piece: string) => {
    const head = pieces[headOf(piece, 0)] ??= [];
    if (!head.includes(piece)) head.push(piece);
  };
  for (const form of forms) {
    for (const piece of cutIn(form)) {
      add(plain, piece.toLowerCase());
      add(plain, Array.from(piece, hexOf).join(""));
      for (let before = 0; before < 3; before++) add(encoded, base64Of(piece, before));
    }
  }
  return { plain, encoded };
}

/** What to search of a form: the whole, or every piece of a long one. A scheme is no piece. */
function cutIn(form: string): string[] {
  const bytes = utf8(form);
  const scheme = SCHEME.exec(bytes)?.[0].length ?? 0;
  const whole = form.length < LONG || scheme > 0 ? [bytes] : [];
  if (form.length < LONG) return whole;
  const count = Math.max(0, bytes.length - PIECE - scheme + 1);
  return [...whole, ...Array.from({ length: count }, (_, i) => bytes.slice(scheme + i, scheme + i + PIECE))];
}

const hexOf = (byte: string) => byte.charCodeAt(0).toString(16).padStart(2, "0");

/**
 * The base64 characters (RFC 4648 section 4) that these bytes determine alone, after `before` other bytes.
 */
function base64Of(bytes: string, before: number): string {
  const whole = btoa("\0".repeat(before) + bytes).replaceAll("=", "");
  const last = Math.floor((before + bytes.length) * 8 / 6);
  return whole.slice(Math.ceil(before * 8 / 6), last);
}

const HEADS = 1 << 14;
const headOf = (bytes: string, at: number) =>
  (bytes.charCodeAt(at) << 9 ^ bytes.charCodeAt(at + 1) << 5 ^ bytes.charCodeAt(at + 2)) & HEADS - 1;

function markPieces({ bytes, start, end }: View, pieces: Pieces, marks: Uint8Array, edge?: RegExp): void {
  for (let at = 0; at < bytes.length - 2; at++) {
    const candidates = pieces[headOf(bytes, at)];
    if (!candidates) continue;
    for (const piece of candidates) {
      if (!bytes.startsWith(piece, at)) continue;
      const last = at + piece.length - 1;
      // The base64 characters next to the piece may hold some of its bits, too.
      const from = edge?.test(bytes[at - 1] ?? "") ? at - 1 : at;
      marks.fill(1, start(from), end(edge?.test(bytes[last + 1] ?? "") ? last + 1 : last));
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

/** Marks a value's prefix where the text was cut inside it: at the end, or before "…". */
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

/**
 * The text as it is, and after undoing each kind of escape separately: a secret may look like an escape of
 * another kind.
 */
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

/** As one character per byte. */
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
  const view = growing({ bytes: text, start: itself, end: next });
  for (const { 0: run, index } of text.matchAll(/[^\0-\x7f]/gu)) {
    view.put(utf8(run), index, index + run.length);
  }
  return view.view();
}

/** Builds a view from another one by replacing some bytes. */
function growing(before: View) {
  /** Where each part begins here, and where it comes from. A replaced part counts as one position. */
  const parts: { at: number; from: number; to: number; isCopy: boolean }[] = [];
  let bytes = "";
  let done = 0;
  const add = (text: string, from: number, to: number, isCopy: boolean) => {
    if (text === "") return;
    parts.push({ at: bytes.length, from, to, isCopy });
    bytes += text;
  };
  const partAt = (i: number) => {
    let [least, most] = [0, parts.length - 1];
    while (least < most) {
      const middle = (least + most + 1) >> 1;
      if (parts[middle]!.at <= i) least = middle;
      else most = middle - 1;
    }
    return parts[least]!;
  };
  return {
    put(text: string, from: number, to: number): void {
      add(before.bytes.slice(done, from), done, from, true);
      add(text, from, to, false);
      done = to;
    },
    view(): View {
      add(before.bytes.slice(done), done, before.bytes.length, true);
      return {
        bytes,
        start(i) {
          const { at, from, isCopy } = partAt(i);
          return before.start(isCopy ? from + i - at : from);
        },
        end(i) {
          const { at, from, to, isCopy } = partAt(i);
          return before.end(isCopy ? from + i - at : to - 1);
        },
      };
    },
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

function unescapeView(before: View, escape: RegExp): View | null {
  const view = growing(before);
  let isSame = true;
  for (const match of before.bytes.matchAll(escape)) {
    view.put(meaningOf(match.groups!), match.index, match.index + match[0].length);
    isSame = false;
  }
  return isSame ? null : view.view();
}

/** The bytes of one escape. */
function meaningOf({ byte, hex, decimal, sign, high, low }: Partial<Record<string, string>>): string {
  if (byte) return String.fromCharCode(parseInt(byte, 16));
  if (high && low) return utf8(String.fromCharCode(parseInt(high, 16), parseInt(low, 16)));
  if (sign) return utf8(NAMED[sign.toLowerCase()] ?? sign);
  const code = decimal ? Number(decimal) : parseInt(hex!, 16);
  return code > 0x10ffff ? "" : utf8(String.fromCodePoint(code));
}
