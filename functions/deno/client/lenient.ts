import type { Socket } from "node:net";

/**
 * What browsers and curl accept: Content-Length together with Transfer-Encoding, `Transfer-Encoding:
 * identity`, bare line feeds in heads, folded lines, control characters in values, HTTP/1.2, spaces after a
 * chunk size.
 */
const FLAGS = [
  "headers",
  "chunked_length",
  "transfer_encoding",
  "version",
  "optional_cr_before_lf",
  "spaces_after_chunk_size",
];

/**
 * undici has no option for this, but its parser exports llhttp's switches. They are internal, so the version
 * is pinned and a test checks them.
 */
export function makeLenient(socket: Socket): void {
  const parser = parserOf(socket);
  if (!parser) return;
  for (const flag of FLAGS) parser.llhttp[`llhttp_set_lenient_${flag}`]?.(parser.ptr, 1);
}

/** A length is meaningless with a transfer coding (RFC 9112 section 6.3), but undici would enforce it. */
export function ignoreLength(socket: Socket): void {
  const parser = parserOf(socket);
  if (parser) parser.contentLength = "";
}

function parserOf(socket: Socket): Parser | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "parser");
  const parser: unknown = symbol && Reflect.get(socket, symbol);
  return isParser(parser) ? parser : undefined;
}

interface Parser {
  ptr: number;
  contentLength: string;
  llhttp: Record<string, ((ptr: number, on: 0 | 1) => void) | undefined>;
}

const isParser = (value: unknown): value is Parser =>
  typeof value === "object" && value !== null && "ptr" in value && "llhttp" in value;
