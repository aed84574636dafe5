import { entriesOf, isMap, Unmet } from "./value.ts";
import { oneLine } from "../../base/text.ts";

/** Where a step of a journey ran. `slot` is epoch ms (an int in CEL). */
export interface Run {
  id: string;
  slot: number;
  prober: string;
  region: string;
  target: string;
  check: string;
}

/**
 * What an expression may see. In templates only `captures`, `run` and `now` are visible. The answer in it must never
 * change: what was read from it once is kept.
 */
export interface Facts {
  status: number;
  headers: Headers;
  text: string;
  durationMs: number;
  captures: Record<string, unknown>;
  run: Run;
  /** Epoch ms; a timestamp in CEL. */
  now: number;
}

/** What a template may see. */
export type TemplateFacts = Pick<Facts, "captures" | "run" | "now">;

/** Levels of lists and maps that a body may have; deeper ones are refused, so that nothing later recurses without end. */
const BODY_LEVELS = 100;

/** Facts as CEL values, each made when it is first asked for: ints are bigints, maps are objects. */
export class Scope {
  #facts: Facts;
  #body?: { value: unknown } | { unmet: Unmet };
  #headerValues?: Record<string, string[]>;
  #headers?: Record<string, string>;

  constructor(facts: Facts) {
    this.#facts = facts;
  }
  get status() {
    return BigInt(this.#facts.status);
  }
  get text() {
    return this.#facts.text;
  }
  get durationMs() {
    return this.#facts.durationMs;
  }
  get captures() {
    return this.#facts.captures;
  }
  get now() {
    return new Date(this.#facts.now);
  }
  get run() {
    return { ...this.#facts.run, slot: BigInt(this.#facts.run.slot) };
  }
  get headerValues() {
    return this.#headerValues ??= gather(this.#facts.headers);
  }
  get headers() {
    return this.#headers ??= firstValues(this.headerValues);
  }
  /** Throws `Unmet` with reason `parse` if the text is not JSON. */
  get body() {
    this.#body ??= parse(this.#facts.text);
    if ("unmet" in this.#body) throw this.#body.unmet;
    return this.#body.value;
  }
}

const scopes = new WeakMap<TemplateFacts, Scope>();

/** The scope of `facts`; the same facts share one, so that a body is parsed once. */
export function scopeOf(facts: TemplateFacts): Scope {
  const known = scopes.get(facts);
  if (known) return known;
  // A template is compiled against fewer variables, so it never asks for the facts that are not there.
  const scope = new Scope(facts as Facts);
  scopes.set(facts, scope);
  return scope;
}

function parse(text: string): { value: unknown } | { unmet: Unmet } {
  try {
    const value: unknown = JSON.parse(text, text.includes('"constructor"') ? reviveConstructor : undefined);
    if (isWithinDepth(value, BODY_LEVELS)) return { value };
    return { unmet: new Unmet("parse", `body is nested deeper than ${BODY_LEVELS} levels`) };
  } catch {
    const seen = text.trim() === "" ? "it is empty" : `starts with '${oneLine(text.trimStart(), 60)}'`;
    return { unmet: new Unmet("parse", `body is not JSON: ${seen}`) };
  }
}

/** The library tells types by `constructor`, so an object with a field of that name becomes a Map. */
function reviveConstructor(_key: string, value: unknown): unknown {
  return isMap(value) && Object.hasOwn(value, "constructor") ? new Map(entriesOf(value)) : value;
}

function isWithinDepth(value: unknown, levels: number): boolean {
  const items = Array.isArray(value) ? value : isMap(value) ? entriesOf(value) : undefined;
  if (!items) return true;
  if (levels === 0) return false;
  return items.every((item) => isWithinDepth(item, levels - 1));
}

/** Fetch joins repeated headers with ", " itself; only `set-cookie` arrives as several. */
function gather(headers: Headers): Record<string, string[]> {
  const gathered: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) (gathered[name] ??= []).push(value);
  return gathered;
}

function firstValues(values: Record<string, string[]>): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const name of Object.keys(values)) headers[name] = values[name]![0]!;
  return headers;
}
