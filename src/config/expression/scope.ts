import type { Node } from "./tree.ts";
import { toMap } from "./value.ts";

/** Where a step of a journey ran. `slot` is epoch ms (an int in CEL). */
export interface Run {
  id: string;
  slot: number;
  prober: string;
  region: string;
  target: string;
  check: string;
}

/** Values that every expression and template may use. */
export interface Facts {
  captures: Record<string, unknown>;
  run: Run;
  /** Epoch ms; a timestamp in CEL. */
  now: number;
}

/** CEL types of variables. */
export type Variables = Readonly<Record<string, string>>;

/** The engine of `matches`, with RE2 syntax, as CEL defines it. */
export interface Patterns {
  /** Compiles a literal pattern, once, and returns its fault if it has one. */
  prepare(pattern: string): { expected: string; found: string } | undefined;
  /** Whether `text` contains a match. Throws `Unmet` if the pattern is invalid or would take too long. */
  find(text: string, pattern: string): boolean;
  /**
   * The match of the first group, or the whole match without groups. Throws `Unmet` also if there is no
   * match.
   */
  capture(text: string, pattern: string): string;
}

/** A function in addition to CEL's own. */
export interface ExpressionFunction {
  name: string;
  /** CEL types of its arguments. */
  takes: readonly string[];
  gives: string;
  // deno-lint-ignore no-explicit-any -- its arguments are of these types; the library checks them
  apply(...args: any[]): unknown;
}

/** Functions that get the run's id as an additional first argument. */
export const OF_RUN: ReadonlySet<string> = new Set(["uuid", "random"]);

/** Throws `Unmet` if it has no value for these operands. */
export type Apply = (...operands: unknown[]) => unknown;

/** CEL's own operators and functions. */
export interface Library {
  parse(source: string): Node;
  /** An operation on operands named `v0`, `v1` and so on, such as `v0 + v1`. */
  apply(text: string): Apply;
}

/**
 * Variables and functions of expressions. Environments are cached by object, so use one constant object each.
 */
export interface Language {
  variables: Variables;
  /** Variables that only another runtime has, for the error message. */
  absent?: Variables;
  /** Absent if this bundle has no pattern engine. */
  patterns?: Patterns;
  functions?: readonly ExpressionFunction[];
  /** Absent if this bundle has no library. */
  libraryOf?: (functions: Language["functions"]) => Library;
  /** Receives the tree of each expression that is compiled, by its source. */
  parsed?: Map<string, Node>;
  /** Trees of expressions that were compiled before, by their source, as `packTree` makes them. */
  trees?: Readonly<Record<string, string>>;
}

/**
 * Facts as CEL values: ints are bigints, maps are objects. Subclasses add the variables of an answer as
 * getters. The answer must never change, because values read from it are cached.
 */
export class Scope {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }
  get captures() {
    return toMap(this.#facts.captures);
  }
  get now() {
    return new Date(this.#facts.now);
  }
  get run() {
    return { ...this.#facts.run, slot: BigInt(this.#facts.run.slot) };
  }
}
