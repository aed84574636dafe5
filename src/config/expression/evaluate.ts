/**
 * Evaluates the trees of expressions. Nothing passes over an error, as CEL's own `||`, `&&`, `all` and `exists`
 * do where the other side decides.
 */
import { compileNode, type Context } from "./compile_node.ts";
import type { Language, Patterns, Scope } from "./scope.ts";
import { namesIn, type Node } from "./tree.ts";
import { Unmet, type Value } from "./value.ts";

/** Computes the value of an expression. Throws if it has none. */
export type Compute = (scope: Scope) => unknown;

/** An expression that can be evaluated: its tree and language, its value, and the names that it reads. */
export interface Parsed {
  tree: Node;
  language: Language;
  compute: Compute;
  reads: ReadonlySet<string>;
}

/** Compiles the tree of a checked expression. */
export const parsedOf = (tree: Node, language: Language): Parsed => ({
  tree,
  language,
  compute: compileTree(tree, language),
  reads: namesIn(tree),
});

function lacking(): never {
  throw new Error("this deployment was made without a part that an expression needs: deploy again");
}

/** Compiles a tree, or a part of one outside of macros. */
export function compileTree(tree: Node, { libraryOf, functions, patterns }: Language): Compute {
  const compute = compileNode(tree, {
    names: [],
    apply: libraryOf?.(functions).apply ?? lacking,
    patterns: () => patterns ?? lacking(),
  });
  return (scope) => compute(scope, []);
}

const NO_PATTERNS: Patterns = { prepare: () => undefined, find: () => false, capture: () => "" };

/** Whether an expression has an operation of CEL's library. */
export function needsLibrary(tree: Node): boolean {
  let needs = false;
  const apply: Context["apply"] = () => {
    needs = true;
    return () => undefined;
  };
  compileNode(tree, { names: [], apply, patterns: () => NO_PATTERNS });
  return needs;
}

/** The value of an expression; null counts as one. Never throws. */
export function evaluate(compute: Compute, scope: Scope): Value {
  try {
    return { ok: true, value: compute(scope) };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

/** Why there is no value. */
export const failureOf = (error: unknown) =>
  error instanceof Unmet
    ? { reason: error.reason, detail: error.message }
    : { reason: "error" as const, detail: String(error) };
