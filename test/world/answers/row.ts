/** One row of the matrix: what is asked, what is answered, and what must come of it on each runtime. */
import type { Play } from "./play.ts";

/** What `exchange` must say. A text that is left out may be any. */
export type Expected =
  | { status: number; text?: string; truncated?: boolean; location?: string | null; requests?: number }
  | { reason: ExpectedReason | ExpectedReason[]; detail: RegExp };

type ExpectedReason = "timeout" | "network" | "body" | "limit";

/** See the file's head. */
export interface Row {
  name: string;
  /** Absent: `door` does all there is to see, and answers `ok` if it comes to that. */
  play?: Play;
  /** The server answers once it has the head of the request. */
  early?: boolean;
  /** Default: `http` or `https`, by scheme. */
  door?: string;
  /** Default: both. */
  schemes?: readonly ("http" | "https")[];
  /** Default GET. */
  method?: string;
  body?: string;
  /** The row that is asked first, over the same connection. */
  kept?: string;
  /** How often the server must see the request; default 1. */
  seen?: number;
  deno: Expected;
  /** What its `fetch` makes of it over http, where that differs: but for the words of a failure. Null: it has no end there. */
  workerd?: Expected | null;
}

/** A head: lines, and the empty line after them. */
export const head = (...lines: string[]): string => [...lines, "", ""].join("\r\n");

/** A plain answer. */
export const OK = `${head("HTTP/1.1 200 OK", "content-length: 2")}ok`;

/** What comes of it. */
export const IS_OK = { status: 200, text: "ok", truncated: false } as const;

/** What workerd says of whatever it cannot read. */
export const IS_LOST = { reason: "network", detail: /Network connection lost/ } as const;

/** The deadline of a row passes. */
export const IS_LATE = { reason: "timeout", detail: /no complete answer within/ } as const;

/** No answer: the reason may be worded in several ways, by runtime and scheme. */
export const breaks = (detail: RegExp, reason: ExpectedReason | ExpectedReason[] = "network"): Expected => ({
  reason,
  detail,
});

/** Answers with the same bytes each time. */
export const sends = (...pieces: (string | Uint8Array)[]): Play => () => pieces.map((send) => ({ send }));
