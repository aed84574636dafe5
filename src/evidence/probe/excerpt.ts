/** Picks the most informative parts of a request and its answer. */
import { oneLine } from "../../base/text.ts";
import type { StepExchange, StepFailure } from "./step_kind.ts";

/** Request headers to keep; any other may be a credential. */
export const SENT_HEADERS: readonly string[] = [
  "accept",
  "accept-language",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "origin",
  "range",
  "user-agent",
  "x-assay-run",
];

/**
 * Answer headers to keep: those that identify the server or explain the answer, without cookies and other
 * credentials.
 */
export const TELLING_HEADERS: readonly string[] = [
  "content-type",
  "content-length",
  "content-encoding",
  "retry-after",
  "server",
  "via",
  "www-authenticate",
  "allow",
  "age",
  "cache-control",
  "date",
  "cf-ray",
  "x-request-id",
];

const HEADER_CHARS = 120;

/** The named headers, redacted, each on one line. */
export function pick(
  headers: Iterable<[string, string]>,
  names: readonly string[],
  redact: (text: string) => string,
): Record<string, string> {
  const wanted = [...headers].filter(([name]) => names.includes(name.toLowerCase()));
  return Object.fromEntries(wanted.map(([name, value]) => [name, oneLine(redact(value), HEADER_CHARS)]));
}

/** Removes the query and fragment of a redirect's location, which may hold a session. */
export const withoutQuery = (location: string): string => location.replace(/[?#].*$/s, "?…");

const SENTENCE_CHARS = 160;
/** A longer body is not searched for an error message. */
const SENTENCE_BODY_CHARS = 64 * 1024;

/**
 * The answer's own error message: from JSON (GraphQL, RFC 9457 or common fields), a page's title, or the
 * first line of plain text.
 */
export function sentenceIn(
  { status, headers, text }: NonNullable<StepExchange["answer"]>,
): string | undefined {
  if (status === undefined || text.length > SENTENCE_BODY_CHARS) return undefined;
  const trimmed = text.trim();
  const said = /^[{[]/.test(trimmed)
    ? messageIn(trimmed, status)
    : status >= 400
    ? lineIn(trimmed)
    : undefined;
  const type = headers.get("content-type") ?? "";
  return said && !/octet-stream|image|audio|video|zip/.test(type) ? oneLine(said, SENTENCE_CHARS) : undefined;
}

function messageIn(json: string, status: number): string | undefined {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { errors, error, message, detail, title } = body;
  const graphql = textIn(firstOf(errors), "message");
  if (status < 400) return graphql;
  const candidates = [
    graphql,
    detail,
    textIn(error, "message"),
    message,
    error,
    textIn(firstOf(errors), "detail"),
    title,
  ];
  return candidates.find((text): text is string => typeof text === "string" && text.trim() !== "");
}

const firstOf = (value: unknown): unknown => Array.isArray(value) ? value[0] : undefined;

function textIn(value: unknown, key: string): string | undefined {
  const inner = typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
  return typeof inner === "string" ? inner : undefined;
}

const HTML = /^\s*<(!doctype|html|head|body)/i;

function lineIn(text: string): string | undefined {
  if (HTML.test(text)) return /<title[^>]*>\s*([^<]+?)\s*<\/title>/i.exec(text)?.[1];
  const line = text.split(/\r?\n/, 1)[0]!.trim();
  // deno-lint-ignore no-control-regex -- a line with control characters is not text
  return line === "" || /[\x00-\x08\ufffd]/.test(line) ? undefined : line;
}

/** How much text on either side of the place is considered. */
const REACH_CHARS = 4096;

/**
 * An excerpt of a body, on one line of at most `most` bytes (UTF-8, as JSON), around the value that the
 * failed expectation read.
 */
export function excerptOf(
  text: string,
  fault: StepFailure,
  { redact, most }: { redact: (text: string) => string; most: number },
): string {
  const middle = placeOf(text, fault);
  const from = Math.max(0, middle - REACH_CHARS);
  const to = middle + REACH_CHARS;
  // Redact before cutting, so that no part of a secret remains at the edges.
  const clean = oneLineOf(redact(text.slice(from, to)));
  const place = placeOf(clean, fault);
  const start = Math.max(0, Math.min(place - Math.floor(most / 3), clean.length - most));
  const shown = start > 0 ? `…${clean.slice(start).replace(/^[\uDC00-\uDFFF]/, "")}` : clean;
  return fit(shown, most, to < text.length);
}

const oneLineOf = (text: string) => text.replace(/[\p{Cc}\s]+/gu, " ");

/** The longest prefix of a text that fits, with "…" if something is cut. */
function fit(text: string, most: number, isCutAlready: boolean): string {
  const fits = (candidate: string) =>
    new TextEncoder().encode(JSON.stringify(candidate)).byteLength - 2 <= most;
  const whole = isCutAlready ? `${text}…` : text;
  if (fits(whole)) return whole;
  let [least, most_] = [0, text.length];
  while (least < most_) {
    const middle = Math.ceil((least + most_) / 2);
    if (fits(`${text.slice(0, middle)}…`)) least = middle;
    else most_ = middle - 1;
  }
  return least === 0 ? "" : `${text.slice(0, least).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The position of the failed value: found by searching for the keys of its path in order. */
function placeOf(text: string, { detail, values = {} }: StepFailure): number {
  const paths = [/^[\w.[\]'"]+/.exec(detail)?.[0] ?? "", ...Object.keys(values)];
  const path = paths.find((path) => /^body\b/.test(path)) ?? "";
  let place = 0;
  for (const [name] of path.replace(/^body/, "").matchAll(/[A-Za-z_$][\w$-]*/g)) {
    const at = text.indexOf(`"${name}"`, place);
    if (at < 0) break;
    place = at;
  }
  return place;
}
