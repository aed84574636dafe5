import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { MERGE, nameOf, Origins, type SourceText } from "./compose/origins.ts";
import { type Path, pathText, type Problem } from "./problem.ts";

/** A YAML text as a value, which is absent if the text could not be read. */
export interface YamlReading {
  value?: Record<string, unknown>;
  problems: Problem[];
}

/** Options: the file's name, and the registry of positions. */
export interface YamlOptions {
  file?: string;
  origins?: Origins;
}

type Fail = (offset: number, problem: Partial<Problem> & { message: string }) => void;

// The yaml package counts uses of an anchor, multiplied by the aliases inside it.
const MAX_ALIASES = 10_000;

// About 20,000 checks, which take seconds and half a gigabyte to read.
const MAX_MIB = 4;
const MIB = 1 << 20;

// The first fault usually causes the others.
const MAX_FAULTS = 20;

const WORDS: Record<string, string> = {
  TAB_AS_INDENT: "a tab cannot indent YAML; use spaces",
  MULTIPLE_DOCS: "more than one YAML document; a config has one",
  NON_STRING_KEY: "a key must be a text; a value that starts with { needs quotes",
};

/** Reads one YAML document (1.2, core schema, with merge keys) and registers positions. Never throws. */
export function readYaml(text: string, { file, origins = new Origins() }: YamlOptions = {}): YamlReading {
  const source: SourceText = { file, text, lines: new LineCounter(), aliases: new Map() };
  const problems: Problem[] = [];
  const place = (offset: number) => {
    const { line, col } = source.lines.linePos(offset);
    return {
      ...file !== undefined && { file },
      ...line === 0 ? { line: 1, column: 1 } : { line, column: col },
    };
  };
  const fail: Fail = (offset, problem) =>
    void problems.push({ severity: "error", ...place(offset), path: "config", ...problem });
  if (text.length > MAX_MIB * MIB) {
    fail(0, {
      message: "this document is too large",
      expected: `at most ${MAX_MIB} MiB`,
      found: `${(text.length / MIB).toFixed(1)} MiB`,
    });
    return { problems };
  }
  try {
    return { ...readDocument(source, origins, fail), problems };
  } catch (error) {
    fail(0, { message: whyUnreadable(error) });
    return { problems };
  }
}

function whyUnreadable(error: unknown): string {
  if (error instanceof ReferenceError) return "its aliases multiply this document too often";
  if (error instanceof RangeError) return "this document is nested too deeply";
  return "this is not a YAML document";
}

function readDocument(source: SourceText, origins: Origins, fail: Fail): Pick<YamlReading, "value"> {
  const { text, lines, aliases } = source;
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    merge: true,
  });
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS);
  if (faults.some(({ message }) => message.includes("call stack"))) throw new RangeError("nested too deeply");
  for (const { code, message, pos } of faults) fail(pos[0], { message: WORDS[code] ?? message });
  if (faults.length > 0) return {};
  const root = document.contents;
  if (!isMap(root)) {
    const found = isSeq(root) ? "a list" : isEmpty(root) ? "nothing" : "one value";
    fail(root?.range?.[0] ?? 0, {
      message: "not a config",
      expected: "a map with version, targets and more",
      found,
    });
    return {};
  }
  if (!inspect(root, { aliases, anchors: new Map(), fail }, [], [])) return {};
  const value: Record<string, unknown> = document.toJS({ maxAliasCount: MAX_ALIASES });
  origins.register(value, root, source);
  return { value };
}

const isEmpty = (node: unknown) => !node || (isScalar(node) && node.value === null);

interface Inspection {
  aliases: Map<Alias, Node>;
  anchors: Map<string, Node>;
  fail: Fail;
}

/** Reports duplicate keys and invalid aliases. False if an alias makes the value unusable. */
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
    if (name === MERGE) inspectMerge(value, seen, [...path, name]);
    if (keys.has(name)) {
      const offset = isScalar(key) ? key.range?.[0] ?? 0 : 0;
      seen.fail(offset, {
        path: pathText([...path, name]),
        message: "this key appears twice in one map",
        found: name,
      });
    }
    keys.add(name);
    return inspect(value, seen, [...path, name], inside);
  }).every(Boolean);
}

/** Only maps can be merged into a map. */
function inspectMerge(value: unknown, { anchors, fail }: Inspection, path: Path): void {
  const merged = isSeq(value) ? value.items : [value];
  for (const item of merged) {
    const node = isAlias(item) ? anchors.get(item.source) : item;
    if (isMap(node) || (isAlias(item) && !node)) continue;
    const offset = (item as Node | null)?.range?.[0] ?? 0;
    fail(offset, {
      path: pathText(path),
      message: "not a map, so it cannot be merged",
      expected: "an alias of a map",
    });
  }
}

function inspectAlias(
  alias: Alias,
  { aliases, anchors, fail }: Inspection,
  path: Path,
  above: readonly Node[],
) {
  const target = anchors.get(alias.source);
  const message = !target ? "no earlier anchor has this name" : "this alias is inside its own anchor";
  if (target && !above.includes(target)) {
    aliases.set(alias, target);
    return true;
  }
  fail(alias.range?.[0] ?? 0, { path: pathText(path), message, found: `*${alias.source}` });
  return false;
}
