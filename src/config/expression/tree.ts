/** Syntax trees of expressions. */

type Pair = readonly [Node, Node];

/** What each operator stands over. */
type Parts =
  & {
    /** An object is bytes or an unsigned int. */
    value: string | number | bigint | boolean | null | object;
    id: string;
    ".": readonly [Node, string];
    ".?": readonly [Node, string];
    "[]": Pair;
    "[?]": Pair;
    call: readonly [string, readonly Node[]];
    rcall: readonly [string, Node, readonly Node[]];
    list: readonly Node[];
    map: readonly Pair[];
    "?:": readonly [Node, Node, Node];
    "!_": Node;
    "-_": Node;
  }
  & { [Operator in BinaryOperator]: Pair };

/** An operator with two operands. */
export type BinaryOperator = "&&" | "||" | "==" | "!=" | "in" | Ordering | Arithmetic;
export type Ordering = "<" | "<=" | ">" | ">=";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** A node as the library parses it. `start` and `end` are offsets in `input`, the whole expression. */
export type Node = {
  [Operator in keyof Parts]: {
    readonly op: Operator;
    readonly args: Parts[Operator];
    readonly start: number;
    readonly end: number;
    readonly input: string;
  };
}[keyof Parts];

/** Macros with a receiver. Their first argument is a name, not a value. */
const MACROS = new Set(["all", "exists", "exists_one", "map", "filter", "bind"]);

/** Whether `node` is a call of a macro with a receiver, such as `list.all(x, ...)`. */
export function isMacro(node: Node): boolean {
  return node.op === "rcall" && node.args[2].length > 1 && MACROS.has(node.args[0]);
}

/** The nodes directly below `node`, in the order in which they are evaluated. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}

/** The names in an expression, including those that macros bind. */
export function namesIn(node: Node, names = new Set<string>()): Set<string> {
  if (node.op === "id") names.add(node.args);
  for (const child of childrenOf(node)) namesIn(child, names);
  return names;
}

/** The part of the source that is this node. */
export const sourceOf = ({ input, start, end }: Node): string => input.slice(start, end);

/** A tree as text, from which `unpackTree` makes it again. */
export const packTree = (tree: Node): string =>
  JSON.stringify(tree, (_key, part) => {
    if (typeof part === "bigint") return { int: String(part) };
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    // A literal that is neither JSON nor an int: the library reads its text again.
    return "op" in part ? { [part.op]: [part.start, part.end, part.args] } : {};
  });

/** The tree of `input` that was packed. */
export const unpackTree = (packed: string, input: string): Node =>
  JSON.parse(packed, (_key, part) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const [op] = Object.keys(part);
    if (op === undefined) return part;
    if (op === "int") return BigInt(part.int);
    const [start, end, args] = part[op];
    return { op, start, end, args, input };
  });
