import type { AnswerHeaders } from "../../base/ports.ts";
import { interpret, type Interpretation, readAt, type ReadOptions, type ReadReport } from "./read.ts";
import type { Dialect, ReportAnswer } from "./report.ts";

/** Longer answers are read anew each time: 10,000 of them would be more memory than the CPU is worth. */
const MAX_CHARS = 4_000;

/** An answer, and what it said. */
interface Known {
  status: number;
  text: string;
  /** The headers that decided: their values by name. */
  headers: ReadonlyMap<string, string | null>;
  options: Pick<ReadOptions, "dialect" | "question" | "select">;
  dialects: readonly Dialect[];
  interpretation: Interpretation;
}

/** By URL object: a source asks one and the same again and again. */
const lastOf = new WeakMap<URL, Known>();

/**
 * Like {@linkcode read}, but interprets an answer only if it differs from the last one of its URL in status,
 * text, or a header that was looked at. Most answers repeat, and recognising their dialect is a good part of
 * what they cost.
 */
export function cachedRead(
  answer: Omit<ReportAnswer, "json">,
  options: ReadOptions,
  dialects: readonly Dialect[],
): ReadReport {
  const last = lastOf.get(answer.url);
  if (last && isRepeated(last, answer, options, dialects)) {
    return readAt(last.interpretation, answer.headers, options);
  }
  const headers = new WatchedHeaders(answer.headers);
  const interpretation = interpret({ ...answer, headers }, options, dialects);
  const { url, status, text } = answer;
  const { dialect, question, select } = options;
  const known = { status, text, headers: headers.seen, options: { dialect, question, select }, dialects };
  if (headers.isListed || text.length > MAX_CHARS) lastOf.delete(url);
  else lastOf.set(url, { ...known, interpretation });
  return readAt(interpretation, answer.headers, options);
}

function isRepeated(
  last: Known,
  { status, text, headers }: Omit<ReportAnswer, "json">,
  { dialect, question, select }: ReadOptions,
  dialects: readonly Dialect[],
): boolean {
  const { options } = last;
  if (status !== last.status || text !== last.text || dialects !== last.dialects) return false;
  if (dialect !== options.dialect || question !== options.question || select !== options.select) return false;
  for (const [name, value] of last.headers) if (headers.get(name) !== value) return false;
  return true;
}

/** Notes which headers are looked at. */
class WatchedHeaders implements AnswerHeaders {
  readonly seen = new Map<string, string | null>();
  /** All of them were looked at. */
  isListed = false;
  readonly #headers: AnswerHeaders;

  constructor(headers: AnswerHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers.get(name);
    this.seen.set(name, value);
    return value;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  getSetCookie(): string[] {
    this.isListed = true;
    return this.#headers.getSetCookie();
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    this.isListed = true;
    return this.#headers[Symbol.iterator]();
  }
}
