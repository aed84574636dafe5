import { compileTree, evaluate, type Parsed } from "./evaluate.ts";
import type { Scope } from "./scope.ts";
import { childrenOf, isMacro, type Node, sourceOf } from "./tree.ts";
import { print, type Value, type ValueReason } from "./value.ts";
import { oneLine } from "../../base/text.ts";

/** Why an expression did not hold or had no value. */
export interface Explanation {
  reason: "false" | ValueReason;
  /** One line, at most 300 characters. */
  detail: string;
  /** Sub-expressions and their printed values. */
  values: Record<string, string>;
}

const SHOWN_LEAVES = 12;

/** Explains why `tree` was not true (`wanted` is `bool`) or had no value, by evaluating its parts again. */
export function explain({ tree, language }: Parsed, scope: Scope, wanted: "bool" | "value"): Explanation {
  const known = new Map<Node, Value>();
  const valueOf = (part: Node): Value => {
    const value = known.get(part) ?? evaluate(compileTree(part, language), scope);
    known.set(part, value);
    return value;
  };
  const { reason, detail } = wanted === "bool" ? explainFalse(tree, valueOf) : explainMissing(tree, valueOf);
  const leaves = leavesOf(tree, valueOf).slice(0, SHOWN_LEAVES);
  const values = Object.fromEntries(
    leaves.map((leaf) => [oneLine(sourceOf(leaf), 100), printValue(valueOf(leaf))]),
  );
  return { reason, detail: oneLine(detail, 300), values };
}

type ValueOf = (node: Node) => Value;
type Cause = { reason: "false" | ValueReason; detail: string };

const holds = (value: Value) => value.ok && value.value === true;

/** Descends to the operand that decided: the first of `&&` that is not true, both of `||`. */
function explainFalse(node: Node, valueOf: ValueOf): Cause {
  if (node.op === "&&") return explainFalse(node.args[holds(valueOf(node.args[0])) ? 1 : 0], valueOf);
  if (node.op === "||") {
    const left = explainFalse(node.args[0], valueOf);
    if (left.reason !== "false") return left;
    const right = explainFalse(node.args[1], valueOf);
    if (right.reason !== "false") return right;
    return { reason: "false", detail: [...new Set([left.detail, right.detail])].join(" and ") };
  }
  if (node.op === "?:") {
    const condition = valueOf(node.args[0]);
    if (condition.ok && typeof condition.value === "boolean") {
      return explainFalse(node.args[condition.value ? 1 : 2], valueOf);
    }
    return explainFalse(node.args[0], valueOf);
  }
  const value = valueOf(node);
  if (value.ok && value.value === false) return { reason: "false", detail: describe(node, valueOf) };
  if (value.ok && value.value !== null) {
    return { reason: "type", detail: `${describe(node, valueOf)}: not a bool` };
  }
  return explainMissing(node, valueOf);
}

/** Descends to the first part without a value. */
function explainMissing(node: Node, valueOf: ValueOf): Cause {
  const value = valueOf(node);
  if (value.ok) return { reason: "null", detail: describe(node, valueOf) };
  for (const part of partsOf(node, valueOf)) {
    if (!valueOf(part).ok) return explainMissing(part, valueOf);
  }
  const { reason, detail } = value;
  if (reason === "parse") return { reason, detail };
  const access = node.op === "." || node.op === "[]";
  if (reason === "missing" && access) return { reason, detail: `${sourceOf(node)} is missing` };
  const inputs = partsOf(node, valueOf).flatMap((part) => leavesOf(part, valueOf));
  const seen = sentence(inputs, valueOf) || sourceOf(node);
  const nullSeen = reason === "null" && inputs.some((leaf) => isNull(valueOf(leaf)));
  return { reason, detail: nullSeen ? seen : `${seen}: ${detail}` };
}

const isNull = (value: Value) => value.ok && value.value === null;

/** The parts of `node` that were evaluated and can be evaluated separately. */
function partsOf(node: Node, valueOf: ValueOf): readonly Node[] {
  if (node.op === "rcall" && isMacro(node)) {
    return node.args[0] === "bind" ? [node.args[2][1]!] : [node.args[1]];
  }
  if (node.op === "call" && node.args[0] === "has") return childrenOf(node.args[1][0]!);
  if (node.op === "&&") return node.args.slice(0, holds(valueOf(node.args[0])) ? 2 : 1);
  if (node.op === "||") {
    const left = valueOf(node.args[0]);
    return node.args.slice(0, left.ok && left.value === false ? 2 : 1);
  }
  if (node.op !== "?:") return childrenOf(node);
  const condition = valueOf(node.args[0]);
  if (!condition.ok || typeof condition.value !== "boolean") return [node.args[0]];
  return [node.args[0], node.args[condition.value ? 1 : 2]];
}

/** The sub-expressions worth showing: paths, calls, and the inputs of boolean methods. */
function leavesOf(node: Node, valueOf: ValueOf): Node[] {
  switch (node.op) {
    case "value":
      return [];
    case "id":
    case ".":
    case "[]":
      return [node];
    case "call":
      return isLiteral(node) ? [] : [node];
    case "rcall": {
      const value = valueOf(node);
      if (value.ok && typeof value.value !== "boolean") return [node];
      const inputs = partsOf(node, valueOf).flatMap((part) => leavesOf(part, valueOf));
      return inputs.length ? inputs : [node];
    }
    default:
      return childrenOf(node).flatMap((child) => leavesOf(child, valueOf));
  }
}

function isLiteral(node: Node): boolean {
  return node.op === "value" || (node.op !== "id" && childrenOf(node).every(isLiteral));
}

function describe(node: Node, valueOf: ValueOf): string {
  return sentence(leavesOf(node, valueOf), valueOf) || `${sourceOf(node)} is ${printValue(valueOf(node))}`;
}

function sentence(leaves: readonly Node[], valueOf: ValueOf): string {
  const facts = leaves.map((leaf) => `${sourceOf(leaf)} is ${printValue(valueOf(leaf))}`);
  return [...new Set(facts)].join(", ");
}

function printValue(value: Value): string {
  if (value.ok) return print(value.value);
  return value.reason === "missing" ? "missing" : `without value: ${value.detail}`.slice(0, 100);
}
