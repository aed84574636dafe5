import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  Scalar,
  type YAMLMap,
} from "yaml";
import type { Path } from "../problem.ts";

/** A source text, with its file name if it has one. */
export interface SourceText {
  file?: string;
  text: string;
  lines: LineCounter;
  aliases: Map<Alias, Node>;
}

/** A node in a source text. */
export interface Place {
  source: SourceText;
  node: unknown;
}

/** The places of an entry of a map or list: its value, and its key in a map. */
export interface Entry {
  key?: Place;
  value: Place;
}

/** The position of a problem. */
export interface Position {
  file?: string;
  line: number;
  column: number;
}

interface Holder {
  self: Place;
  entries?: Map<string, Entry>;
}

/** Maps each part of a composed config to its place in the source texts. */
export class Origins {
  readonly #holders = new WeakMap<object, Holder>();

  /** Registers the places of a value and everything below it, which were made from a node. */
  register(value: unknown, node: unknown, source: SourceText): void {
    const resolved = isAlias(node) ? source.aliases.get(node) : node;
    if (typeof value !== "object" || value === null || this.#holders.has(value)) return;
    this.#holders.set(value, { self: { source, node } });
    const entries = entriesOf(resolved, source);
    for (const [key, item] of Object.entries(value)) {
      const place = entries.get(key)?.value;
      if (place) this.register(item, place.node, place.source);
    }
  }

  /** The entry of `key` in a map or list. */
  entry(holder: object, key: string | number): Entry | undefined {
    const known = this.#holders.get(holder);
    if (!known) return undefined;
    known.entries ??= entriesOf(resolve(known.self), known.self.source);
    return known.entries.get(String(key));
  }

  /** The place of a map or list. */
  self(holder: object): Place | undefined {
    return this.#holders.get(holder)?.self;
  }

  /** Registers a map or list made from others, with its own place and those of its entries. */
  made<Value extends object>(
    value: Value,
    self: Place | undefined,
    entries: [string | number, Entry | undefined][],
  ): Value {
    if (!self) return value;
    const known = entries.flatMap(([key, entry]): [string, Entry][] => entry ? [[String(key), entry]] : []);
    this.#holders.set(value, { self, entries: new Map(known) });
    return value;
  }

  /**
   * Source text of the scalar at `path` below `root`, unless it was filled in. Shows `1.10` as written, not
   * as 1.1.
   */
  textOf(root: unknown, path: Path): string | undefined {
    const holder = path.slice(0, -1).reduce<unknown>(
      (at, step) => (at as Record<string, unknown>)?.[step],
      root,
    );
    const place = typeof holder === "object" && holder !== null
      ? this.entry(holder, path.at(-1) ?? "")?.value
      : undefined;
    const node = place && resolve(place);
    return isScalar(node) && node.value === (holder as Record<string, unknown>)[path.at(-1)!]
      ? node.source
      : undefined;
  }

  /** The position of the value at `path` below `root`, or of its nearest written ancestor. */
  locate(root: unknown, path: Path, at: "key" | "value", offset?: number): Position | undefined {
    if (typeof root !== "object" || root === null) return undefined;
    let place = this.#holders.get(root)?.self;
    let key: Place | undefined;
    let value: unknown = root;
    for (const step of path) {
      const entry = typeof value === "object" && value !== null ? this.entry(value, step) : undefined;
      if (!entry) return place && positionOf(place);
      [key, place] = [entry.key, entry.value];
      value = (value as Record<string | number, unknown>)[step];
    }
    if (!place) return undefined;
    const node = resolve(place);
    if (key && (at === "key" || isUnwritten(node))) return positionOf(key);
    const isWritten = isScalar(node) && node === place.node && node.value === value;
    return positionOf(
      place,
      offset !== undefined && isWritten ? offsetInSource(node, place.source.text, offset) : 0,
    );
  }
}

/** Line and column of a place, or of the character `behind` characters after its start. */
export function positionOf({ source, node }: Place, behind = 0): Position {
  const { line, col } = source.lines.linePos(start(node) + behind);
  const position = line === 0 ? { line: 1, column: 1 } : { line, column: col };
  return source.file === undefined ? position : { file: source.file, ...position };
}

const resolve = ({ source, node }: Place) => isAlias(node) ? source.aliases.get(node) : node;
const start = (node: unknown) => (node as Node | null | undefined)?.range?.[0] ?? 0;
const isUnwritten = (node: unknown) => !node || (isScalar(node) && node.value === null && !node.source);

/** The text of a key. */
export const nameOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** YAML 1.1 merge key. */
export const MERGE = "<<";

function entriesOf(node: unknown, source: SourceText): Map<string, Entry> {
  if (isSeq(node)) {
    return new Map(node.items.map((item, i) => [String(i), { value: { source, node: item } }]));
  }
  return isMap(node) ? pairsOf(node, source) : new Map();
}

function pairsOf(map: YAMLMap, source: SourceText): Map<string, Entry> {
  const own = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (nameOf(key) !== MERGE) {
      own.set(nameOf(key), { key: { source, node: key }, value: { source, node: value } });
    } else {
      for (const [name, entry] of mergedInto(value, source)) if (!merged.has(name)) merged.set(name, entry);
    }
  }
  return new Map([...merged, ...own]);
}

function mergedInto(value: unknown, source: SourceText): [string, Entry][] {
  const node = isAlias(value) ? source.aliases.get(value) : value;
  if (isSeq(node)) return node.items.flatMap((item) => mergedInto(item, source));
  return isMap(node) ? [...pairsOf(node, source)] : [];
}

// One character in a quoted scalar.
const QUOTED_CHARACTER = { QUOTE_DOUBLE: /\\x..|\\u.{4}|\\U.{8}|\\.|./g, QUOTE_SINGLE: /''|./g };

/** Offset in the source of the `offset`th character of a scalar; 0 for block and multi-line scalars. */
function offsetInSource({ type, range }: Scalar, text: string, offset: number): number {
  const source = range ? text.slice(range[0], range[1]) : "";
  if (source.includes("\n")) return 0;
  if (type === Scalar.PLAIN) return offset;
  if (type !== Scalar.QUOTE_DOUBLE && type !== Scalar.QUOTE_SINGLE) return 0;
  const pieces = source.slice(1, -1).match(QUOTED_CHARACTER[type]) ?? [];
  return 1 + pieces.slice(0, offset).join("").length;
}
