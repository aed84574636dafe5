import { type Buffer, isAscii } from "node:buffer";
import type { AnswerHeaders } from "../../../src/base/ports.ts";

/** The field lines of an answer, as a parser gives them: name, value, name, value. */
export function fieldLines(raw: Buffer[]): AnswerHeaders {
  const byName = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toString("latin1").toLowerCase();
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
  if (isAscii(bytes)) return bytes.toString("latin1");
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
