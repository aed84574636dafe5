import type { ASTNode } from "@marcbachmann/cel-js";

/** Macros with a receiver. Their first argument is a name, not a value. */
const MACROS = new Set(["all", "exists", "exists_one", "map", "filter", "bind"]);

/** Functions that get the run's id as an additional first argument. */
export const OF_RUN: ReadonlySet<string> = new Set(["uuid", "random"]);

/** Whether `node` is a call of a macro with a receiver, such as `list.all(x, ...)`. */
export function isMacro(node: ASTNode): boolean {
  return node.op === "rcall" && node.args[2].length > 1 && MACROS.has(node.args[0]);
}

/** The nodes directly below `node`, in the order in which they are evaluated. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
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
export function namesIn(node: ASTNode, names = new Set<string>()): Set<string> {
  if (node.op === "id") names.add(node.args);
  for (const child of childrenOf(node)) namesIn(child, names);
  return names;
}

/**
 * CEL source for `node` that fails closed. Errors are not swallowed, as CEL's own `||`, `&&`, `all` and
 * `exists` do when the other side decides. Comparisons require equal kinds, and no null reaches the library's
 * operators.
 */
export function rewrite(node: ASTNode): string {
  switch (node.op) {
    case "value":
      return node.input.slice(node.start, node.end);
    case "id":
      return node.args;
    case ".":
      return `at(${rewrite(node.args[0])}, "${node.args[1]}")`;
    case "[]":
      return `at(${rewrite(node.args[0])}, ${rewrite(node.args[1])})`;
    case "!_":
      return `(!${truth(node.args)})`;
    case "-_":
      return `(-${operand(node.args)})`;
    case "&&":
      return `(${truth(node.args[0])} ? ${truth(node.args[1])} : false)`;
    case "||":
      return `(${truth(node.args[0])} ? true : ${truth(node.args[1])})`;
    case "?:":
      return `(${truth(node.args[0])} ? ${rewrite(node.args[1])} : ${rewrite(node.args[2])})`;
    case "==":
      return `eq(${list(node.args)})`;
    case "!=":
      return `(!eq(${list(node.args)}))`;
    case "in":
      return `within(${list(node.args)})`;
    case "list":
      return `[${list(node.args)}]`;
    case "map":
      return `{${node.args.map(([key, value]) => `${rewrite(key)}: ${rewrite(value)}`).join(", ")}}`;
    case "call":
      return call(node.args[0], node.args[1]);
    case "rcall":
      return isMacro(node) ? macro(...node.args) : method(...node.args);
    case ".?":
    case "[?]":
      throw new Error("Cannot rewrite optional access as the grammar does not enable it");
    default:
      return `(${operand(node.args[0], node.op)} ${node.op} ${operand(node.args[1], node.op)})`;
  }
}

/** Functions that check the operands of arithmetic. */
const ARITHMETIC: Record<string, string> = {
  "+": "term",
  "-": "term",
  "%": "term",
  "*": "factor",
  "/": "factor",
};

const list = (nodes: readonly ASTNode[]) => nodes.map(rewrite).join(", ");
const truth = (node: ASTNode) => `truth(${rewrite(node)})`;
const operand = (node: ASTNode, operator = "") =>
  node.op === "value" ? rewrite(node) : `${ARITHMETIC[operator] ?? "operand"}(${rewrite(node)})`;

function call(name: string, args: readonly ASTNode[]): string {
  const first = args[0];
  if (name === "has" && first?.op === ".") return `has_key(${rewrite(first.args[0])}, "${first.args[1]}")`;
  if (name === "size") return `size_of(${list(args)})`;
  if (name === "dyn") return `(${list(args)})`;
  if (name === "regexCapture") return `captured(${list(args)})`;
  const run = OF_RUN.has(name) ? [`at(run, "id")`] : [];
  return `${name}(${[...run, ...args.map((arg) => operand(arg))].join(", ")})`;
}

function method(name: string, receiver: ASTNode, args: readonly ASTNode[]): string {
  if (name === "size") return `size_of(${rewrite(receiver)})`;
  if (name === "matches") return `finds(${list([receiver, ...args])})`;
  return `${operand(receiver)}.${name}(${args.map((arg) => operand(arg)).join(", ")})`;
}

function macro(name: string, receiver: ASTNode, [variable, ...rest]: readonly ASTNode[]): string {
  const bound = rewrite(variable!);
  if (name === "bind") return `cel.bind(${bound}, ${list(rest)})`;
  const items = `each(${rewrite(receiver)})`;
  const [first, second] = rest as [ASTNode, ASTNode?];
  // `filter` evaluates every item, so that one bad item fails the whole, whatever the order.
  if (name === "all") return `(size_of(${items}.filter(${bound}, !${truth(first)})) == 0)`;
  if (name === "exists") return `(size_of(${items}.filter(${bound}, ${truth(first)})) > 0)`;
  if (second) return `${items}.map(${bound}, ${truth(first)}, ${rewrite(second)})`;
  return `${items}.${name}(${bound}, ${name === "map" ? rewrite(first) : truth(first)})`;
}
