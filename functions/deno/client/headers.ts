import type { Buffer } from "node:buffer";
import type { AnswerHeaders } from "../../../src/base/ports.ts";

/** Header fields from a parser's list: name, value, name, value. */
export const fieldLines = (raw: Buffer[]): AnswerHeaders => new FieldLines(raw);

/** Lists instead of a map: most answers have few lines, hardly any of which is read. */
class FieldLines implements AnswerHeaders {
  readonly #names: string[];
  readonly #values: string[];

  constructor(raw: Buffer[]) {
    const count = raw.length >> 1;
    this.#names = new Array(count);
    this.#values = new Array(count);
    for (let i = 0; i < count; i++) {
      this.#names[i] = latin1(raw[2 * i]!).toLowerCase();
      this.#values[i] = textOf(raw[2 * i + 1]!).trim();
    }
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase();
    const first = this.#names.indexOf(wanted);
    if (first < 0) return null;
    return first === this.#names.lastIndexOf(wanted) ? this.#values[first]! : this.#all(wanted).join(", ");
  }

  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  getSetCookie(): string[] {
    return this.#all("set-cookie");
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    const byName = Map.groupBy(this.#names.keys(), (line) => this.#names[line]!);
    for (const [name, lines] of byName) {
      const values = lines.map((line) => this.#values[line]!);
      if (name !== "set-cookie") yield [name, values.join(", ")];
      else for (const value of values) yield [name, value];
    }
  }

  #all(name: string): string[] {
    return this.#values.filter((_, line) => this.#names[line] === name);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * RFC 9110 section 5.5 allows non-ASCII bytes and names no charset: read as UTF-8 if valid, else as Latin-1.
 */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return latin1(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** Nearly all names and values are shorter; longer ones would need too many arguments. */
const SHORT = 128;

/** Avoids a runtime call per name and value, which would cost more than all other work on them. */
const latin1 = (bytes: Buffer): string =>
  bytes.length <= SHORT
    ? String.fromCharCode.apply(null, bytes as unknown as number[])
    : bytes.toString("latin1");

function isAscii(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}
