import type { Buffer } from "node:buffer";
import type { AnswerHeaders } from "../../../src/base/ports.ts";

/** The field lines of an answer, as a parser gives them: name, value, name, value. */
export function fieldLines(raw: Buffer[]): AnswerHeaders {
  const byName = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = latin1(raw[i]!).toLowerCase();
    const value = textOf(raw[i + 1]!).trim();
    const values = byName.get(name);
    if (values) values.push(value);
    else byName.set(name, [value]);
  }
  return {
    get: (name) => byName.get(name.toLowerCase())?.join(", ") ?? null,
    has: (name) => byName.has(name.toLowerCase()),
    getSetCookie: () => [...byName.get("set-cookie") ?? []],
    *[Symbol.iterator]() {
      for (const [name, values] of byName) {
        if (name !== "set-cookie") yield [name, values.join(", ")];
        else for (const value of values) yield [name, value];
      }
    },
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** RFC 9110 section 5.5 allows bytes past ASCII and names no charset: UTF-8 is what is meant, Latin-1 what was. */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return latin1(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** As long as nearly every name and value; a longer one is not worth so many arguments. */
const SHORT = 128;

/** A call of the runtime for each name and value would cost more than all else that is done with them. */
const latin1 = (bytes: Buffer): string =>
  bytes.length <= SHORT
    ? String.fromCharCode.apply(null, bytes as unknown as number[])
    : bytes.toString("latin1");

function isAscii(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}
