import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from "yaml";
import { type Locate, type Path, pathText, type Problem } from "./problem.ts";

/** A YAML text as a plain value; `value` is absent if the text could not be read. */
export interface YamlReading {
  value?: unknown;
  locate: Locate;
  problems: Problem[];
}

type Fail = (offset: number, problem: Partial<Problem> & { message: string }) => void;

// The yaml package counts the uses of an anchor times the aliases inside it.
const MAX_ALIASES = 10_000;

// 20,000 checks; their reading takes seconds and half a gigabyte.
const MAX_MIB = 4;
const MIB = 1 << 20;

// The first slip makes most of the others.
const MAX_FAULTS = 20;

const WORDS: Record<string, string> = {
  TAB_AS_INDENT: "a tab cannot indent YAML; use spaces",
  MULTIPLE_DOCS: "more than one YAML document; a config is one",
  NON_STRING_KEY: "a key must be a text; a value that starts with { needs quotes",
};

/** Reads one YAML document (1.2, core schema) and keeps the positions of what it read. Never throws. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? { line: 1, column: 1 } : { line, column: col };
  };
  const fail: Fail = (offset, problem) =>
    void problems.push({ severity: "error", ...place(offset), path: "config", ...problem });
  if (text.length > MAX_MIB * MIB) {
    fail(0, {
      message: "this document is too large",
      expected: `at most ${MAX_MIB} MiB`,
      found: `${(text.length / MIB).toFixed(1)} MiB`,
    });
    return { locate: () => undefined, problems };
  }
  try {
    const reading = readDocument(text, lines, fail);
    return { ...reading, locate: (...args) => place(reading.offsetOf(...args)), problems };
  } catch (error) {
    fail(0, { message: whyUnreadable(error) });
    return { locate: () => undefined, problems };
  }
}

function whyUnreadable(error: unknown): string {
  if (error instanceof ReferenceError) return "its aliases multiply this document too often";
  if (error instanceof RangeError) return "this document is nested too deeply";
  return "this is no YAML document";
}

function readDocument(text: string, lines: LineCounter, fail: Fail) {
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const aliases = new Map<Alias, Node>();
  const offsetOf = offsetFinder(document, aliases, text);
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS);
  if (faults.some(({ message }) => message.includes("call stack"))) throw new RangeError("nested too deeply");
  for (const { code, message, pos } of faults) fail(pos[0], { message: WORDS[code] ?? message });
  if (faults.length > 0) return { offsetOf };
  const root = document.contents;
  if (!isMap(root)) {
    const found = isSeq(root) ? "a list" : isEmpty(root) ? "nothing" : "one value";
    fail(root?.range?.[0] ?? 0, {
      message: "not a config",
      expected: "a map with version, targets and more",
      found,
    });
    return { offsetOf };
  }
  const sound = inspect(root, { aliases, anchors: new Map(), fail }, [], []);
  return sound ? { offsetOf, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown } : { offsetOf };
}

const isEmpty = (node: unknown) => !node || (isScalar(node) && node.value === null);

interface Inspection {
  aliases: Map<Alias, Node>;
  anchors: Map<string, Node>;
  fail: Fail;
}

/** Notes duplicate keys and bad aliases; false if an alias makes the value unusable. */
function inspect(node: unknown, seen: Inspection, path: Path, above: readonly Node[]): boolean {
  if (isAlias(node)) return inspectAlias(node, seen, path, above);
  if (isScalar(node) && node.anchor) seen.anchors.set(node.anchor, node);
  if (!isMap(node) && !isSeq(node)) return true;
  if (node.anchor) seen.anchors.set(node.anchor, node);
  const inside = [...above, node];
  if (isSeq(node)) {
    return node.items.map((item, i) => inspect(item, seen, [...path, i], inside)).every(Boolean);
  }
  const keys = new Set<string>();
  return node.items.map(({ key, value }) => {
    const name = nameOf(key);
    if (keys.has(name)) {
      const offset = isScalar(key) ? key.range?.[0] ?? 0 : 0;
      seen.fail(offset, {
        path: pathText([...path, name]),
        message: "this key stands twice in one map",
        found: name,
      });
    }
    keys.add(name);
    return inspect(value, seen, [...path, name], inside);
  }).every(Boolean);
}

function inspectAlias(
  alias: Alias,
  { aliases, anchors, fail }: Inspection,
  path: Path,
  above: readonly Node[],
) {
  const target = anchors.get(alias.source);
  const message = !target ? "no anchor of this name stands above" : "this alias stands inside its own anchor";
  if (target && !above.includes(target)) {
    aliases.set(alias, target);
    return true;
  }
  fail(alias.range?.[0] ?? 0, { path: pathText(path), message, found: `*${alias.source}` });
  return false;
}

const nameOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** Finds the offset of a key or value, or of the nearest thing above it that is there. */
function offsetFinder(document: Document, aliases: Map<Alias, Node>, text: string) {
  const pairs = new Map<YAMLMap, Map<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string) => {
    const known = pairs.get(map) ?? new Map(map.items.map((pair) => [nameOf(pair.key), pair]));
    pairs.set(map, known);
    return known.get(key);
  };
  const resolve = (node: unknown) => isAlias(node) ? aliases.get(node) : node;
  return (path: Path, at: "key" | "value", offset?: number): number => {
    let node: unknown = document.contents;
    let key: unknown = undefined;
    for (const step of path) {
      const holder = resolve(node);
      const pair = isMap(holder) ? pairOf(holder, String(step)) : undefined;
      const item: unknown = isSeq(holder) ? holder.items[Number(step)] : pair?.value;
      if (item === undefined) return start(node);
      [key, node] = [pair?.key, item];
    }
    const value = resolve(node);
    if (key && (at === "key" || isUnwritten(value))) return start(key);
    if (offset === undefined || !isScalar(value) || value !== node) return start(node);
    return start(node) + offsetInSource(value, text, offset);
  };
}

const start = (node: unknown) => (node as Node | null)?.range?.[0] ?? 0;
const isUnwritten = (node: unknown) => !node || (isScalar(node) && node.value === null && !node.source);

// One character as written in quotes.
const QUOTED_CHARACTER = { QUOTE_DOUBLE: /\\x..|\\u.{4}|\\U.{8}|\\.|./g, QUOTE_SINGLE: /''|./g };

/** Where the `offset`th character of a scalar stands in its source: 0 for block and multi-line scalars. */
function offsetInSource({ type, range }: Scalar, text: string, offset: number): number {
  const source = range ? text.slice(range[0], range[1]) : "";
  if (source.includes("\n")) return 0;
  if (type === Scalar.PLAIN) return offset;
  if (type !== Scalar.QUOTE_DOUBLE && type !== Scalar.QUOTE_SINGLE) return 0;
  const pieces = source.slice(1, -1).match(QUOTED_CHARACTER[type]) ?? [];
  return 1 + pieces.slice(0, offset).join("").length;
}
