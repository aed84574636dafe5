/** Reads of hashes and lists in Redis, with their shapes checked. */
import * as z from "../../base/zod.ts";
import { validateShape } from "../schema.ts";
import type { Commands } from "./client.ts";
import { inflate } from "./values.ts";

/** Answer of HMGET. */
export const TEXTS: z.ZodMiniType<(string | null)[]> = z.array(z.nullable(z.string()));
const STRINGS = z.array(z.string());
/** Packed texts per request, because Upstash also limits the size of an answer. */
const CHUNK = 100;

/** Reads over one database. */
export class Reader {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /** The strings that a command answers. `what` names them in errors; default: the command's key. */
  async strings(command: string[], what = `key ${command[1]}`): Promise<string[]> {
    return validateShape(STRINGS, await this.#commands.ask(command), what);
  }

  /** Fields and values of a hash. */
  async entries(key: string, what?: string): Promise<[string, string][]> {
    const flat = await this.strings(["HGETALL", key], what);
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
  }

  /** Values of these fields of a hash; null if a field is missing. */
  async fields(key: string, fields: string[]): Promise<(string | null)[]> {
    if (fields.length === 0) return [];
    return validateShape(TEXTS, await this.#commands.ask(["HMGET", key, ...fields]), `key ${key}`);
  }

  /** Unpacked values of these fields of a hash. Throws if one is missing. */
  async packed(key: string, fields: string[]): Promise<string[]> {
    const texts: string[] = [];
    for (let at = 0; at < fields.length; at += CHUNK) {
      const chunk = fields.slice(at, at + CHUNK);
      const packed = await this.fields(key, chunk);
      texts.push(
        ...await Promise.all(chunk.map((field, i) => inflate(packed[i] ?? "?", `field ${field} of ${key}`))),
      );
    }
    return texts;
  }
}

/** The words of a text; none if there is no text. */
export const wordsOf = (text: string | null | undefined): string[] => text?.split(" ").filter(Boolean) ?? [];
