/** Compiles the nodes of a tree. */
import {
  at,
  contains,
  factor,
  hasKey,
  itemsOf,
  operand,
  ordering,
  same,
  search,
  sizeOf,
  term,
  truth,
} from "./operations.ts";
import { type Apply, OF_RUN, type Patterns, type Scope } from "./scope.ts";
import { isMacro, type Node, sourceOf } from "./tree.ts";
import { kindOf, toMap, Unmet } from "./value.ts";

/** Computes a node. `bound` has the values of the names that macros bind around it, the innermost last. */
export type ComputeNode = (scope: Scope, bound: readonly unknown[]) => unknown;

/** What a node is compiled with. */
export interface Context {
  /** The names that macros bind around it, the innermost last. */
  names: readonly string[];
  /** An operation of CEL's library. */
  apply(text: string): Apply;
  patterns(): Patterns;
}

/** What checks an operand of each kind of arithmetic. */
const ARITHMETIC = { "+": term, "-": term, "%": term, "*": factor, "/": factor };

const isNull = (node: Node) => node.op === "value" && node.args === null;

/** Compiles a node. */
export function compileNode(node: Node, context: Context): ComputeNode {
  const compile = (part: Node) => compileNode(part, context);
  switch (node.op) {
    case "value": {
      const literal = node.args;
      // A packed tree has no bytes and no unsigned ints.
      return typeof literal === "object" && literal !== null
        ? constant(sourceOf(node), context)
        : () => literal;
    }
    case "id":
      return named(node.args, context);
    case ".": {
      const [holder, key] = [compile(node.args[0]), node.args[1]];
      return (scope, bound) => at(holder(scope, bound), key);
    }
    case "[]":
      return pairwise(at, node.args, context);
    case "!_": {
      const value = compile(node.args);
      return (scope, bound) => !truth(value(scope, bound));
    }
    case "-_":
      return negated(node.args, context);
    case "&&":
      return decided(node.args, context, false);
    case "||":
      return decided(node.args, context, true);
    case "?:": {
      const [condition, yes, no] = node.args.map(compile) as [ComputeNode, ComputeNode, ComputeNode];
      return (scope, bound) => (truth(condition(scope, bound)) ? yes : no)(scope, bound);
    }
    case "==":
    case "!=": {
      const literalNull = node.args.some(isNull);
      const equal = node.op === "==";
      return pairwise((left, right) => same(left, right, literalNull) === equal, node.args, context);
    }
    case "in": {
      const literalNull = node.args.some(isNull);
      return pairwise((item, holder) => contains(item, holder, literalNull), node.args, context);
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return pairwise(ordering(node.op), node.args, context);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%": {
      const check = ARITHMETIC[node.op];
      const apply = context.apply(`v0 ${node.op} v1`);
      return pairwise((left, right) => apply(check(left), check(right)), node.args, context);
    }
    case "list": {
      const items = node.args.map(compile);
      return (scope, bound) => items.map((item) => item(scope, bound));
    }
    case "map": {
      const entries = node.args.map((pair) => pair.map(compile) as [ComputeNode, ComputeNode]);
      return (scope, bound) =>
        toMap(Object.fromEntries(entries.map(([key, value]) => [key(scope, bound), value(scope, bound)])));
    }
    case "call":
      return call(node.args[0], node.args[1], context);
    case "rcall":
      return isMacro(node) ? macro(...node.args, context) : method(...node.args, context);
    case ".?":
    case "[?]":
      throw new Error("Cannot evaluate optional access as the grammar does not enable it");
  }
}

function pairwise(
  apply: (left: unknown, right: unknown) => unknown,
  [first, second]: readonly [Node, Node],
  context: Context,
): ComputeNode {
  const [left, right] = [compileNode(first, context), compileNode(second, context)];
  return (scope, bound) => apply(left(scope, bound), right(scope, bound));
}

/** A variable, a name that a macro binds, or a constant of the library, such as a type. */
function named(name: string, context: Context): ComputeNode {
  const index = context.names.lastIndexOf(name);
  if (index >= 0) return (_, bound) => bound[index];
  if (TYPES.has(name)) return constant(name, context);
  return (scope) => {
    const value = (scope as unknown as Record<string, unknown>)[name];
    if (value === undefined) throw new Unmet("error", `${name} has no value`);
    return value;
  };
}

function constant(text: string, { apply }: Context): ComputeNode {
  const value = apply(text);
  return () => value();
}

/** The library's constants. */
const TYPES: ReadonlySet<string> = new Set(
  ["bool", "bytes", "double", "google", "int", "list", "map", "null_type", "string", "type", "uint"],
);

function negated(node: Node, context: Context): ComputeNode {
  if (node.op === "value" && typeof node.args === "number") return () => -(node.args as number);
  if (node.op === "value" && typeof node.args === "bigint") return () => -(node.args as bigint);
  const [value, apply] = [compileNode(node, context), context.apply("-v0")];
  return (scope, bound) => apply(operand(value(scope, bound)));
}

/** `&&` and `||`: the left side decides if it has this value. */
function decided([first, second]: readonly [Node, Node], context: Context, deciding: boolean): ComputeNode {
  const [left, right] = [compileNode(first, context), compileNode(second, context)];
  return (scope, bound) => truth(left(scope, bound)) === deciding ? deciding : truth(right(scope, bound));
}

function call(name: string, args: readonly Node[], context: Context): ComputeNode {
  const first = args[0];
  if (name === "has" && first?.op === ".") {
    const [holder, key] = [compileNode(first.args[0], context), first.args[1]];
    return (scope, bound) => hasKey(holder(scope, bound), key);
  }
  if (name === "dyn") return compileNode(first!, context);
  if (name === "regexCapture") return searched("capture", args, context);
  const values = args.map((arg) => compileNode(arg, context));
  if (name === "size") return on(sizeOf, values);
  const operands = OF_RUN.has(name) ? [runId, ...values] : values;
  return operation(`${name}(${operands.map((_, i) => `v${i}`).join(", ")})`, operands, context);
}

const runId = ({ run }: Scope) => run.id;

/** A function of values. */
function on(apply: Apply, values: readonly ComputeNode[]): ComputeNode {
  return (scope, bound) => apply(...values.map((value) => value(scope, bound)));
}

/** An operation of the library. */
function operation(text: string, operands: readonly ComputeNode[], context: Context): ComputeNode {
  const apply = context.apply(text);
  return on((...values) => apply(...values.map(operand)), operands);
}

/** A search for a pattern. One that is written out is compiled once. */
function searched(how: "find" | "capture", nodes: readonly Node[], context: Context): ComputeNode {
  const patterns = context.patterns();
  const pattern = nodes[1];
  if (pattern?.op === "value" && typeof pattern.args === "string") patterns.prepare(pattern.args);
  return on(search(patterns[how]), nodes.map((node) => compileNode(node, context)));
}

/** Methods of texts that need no library. */
const OF_TEXT: Record<string, (text: string, part: string) => boolean> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

function method(name: string, receiver: Node, args: readonly Node[], context: Context): ComputeNode {
  if (name === "matches") return searched("find", [receiver, ...args], context);
  const values = [receiver, ...args].map((node) => compileNode(node, context));
  if (name === "size") return on(sizeOf, values);
  const ofText = OF_TEXT[name];
  if (!ofText) return operation(`v0.${name}(${args.map((_, i) => `v${i + 1}`).join(", ")})`, values, context);
  return on((...operands) => {
    const [text, part] = operands.map(operand);
    if (typeof text === "string" && typeof part === "string") return ofText(text, part);
    throw new Unmet("type", `cannot call '${kindOf(text)}.${name}(${kindOf(part)})'`);
  }, values);
}

/** What the number of items that a condition holds for says. */
const QUANTIFIERS: Record<string, (held: number, all: number) => boolean> = {
  all: (held, all) => held === all,
  exists: (held) => held > 0,
  exists_one: (held) => held === 1,
};

function macro(
  name: string,
  receiver: Node,
  [variable, first, second]: readonly Node[],
  context: Context,
): ComputeNode {
  const inner = { ...context, names: [...context.names, sourceOf(variable!)] };
  if (name === "bind") {
    const [value, body] = [compileNode(first!, context), compileNode(second!, inner)];
    return (scope, bound) => body(scope, [...bound, value(scope, bound)]);
  }
  const items = compileNode(receiver, context);
  const each = compileNode(first!, inner);
  const transform = second ? compileNode(second, inner) : undefined;
  return (scope, bound) => {
    const all = itemsOf(items(scope, bound));
    const mapped = (compute: ComputeNode, list: readonly unknown[]) =>
      list.map((item) => compute(scope, [...bound, item]));
    if (name === "map" && !transform) return mapped(each, all);
    // Every item is tested, so that one bad item fails the whole, whatever the order.
    const holds = mapped(each, all).map(truth);
    const held = all.filter((_, i) => holds[i]);
    if (transform) return mapped(transform, held);
    return name === "filter" ? held : QUANTIFIERS[name]!(held.length, all.length);
  };
}
