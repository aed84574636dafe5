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

/** What every expression may see, templates too. */
export interface Facts {
  captures: Record<string, unknown>;
  run: Run;
  /** Epoch ms; a timestamp in CEL. */
  now: number;
}

/** CEL types of the names that an answer adds. */
export type Variables = Readonly<Record<string, string>>;

/** The engine behind `matches`, in the syntax of RE2, by which CEL defines it. */
export interface Patterns {
  /** What is wrong with a pattern that an expression writes out, if anything is. */
  mistake(pattern: string): { expected: string; found: string } | undefined;
  /** Whether `pattern` is found anywhere in `text`. Throws `Unmet` if it is none, or if that would take too long. */
  find(text: string, pattern: string): boolean;
  /** What its first group matched, or without groups the whole match. Throws `Unmet` as well if there is no match. */
  capture(text: string, pattern: string): string;
}

/** A function that CEL has not. */
export interface ExpressionFunction {
  name: string;
  /** CEL types of its arguments. */
  takes: readonly string[];
  gives: string;
  // deno-lint-ignore no-explicit-any -- its arguments are of these types; the library checks them
  apply(...args: any[]): unknown;
}

/** What expressions of one kind may name. One constant object each, for environments are kept by it. */
export interface Language {
  variables: Variables;
  /** What another runtime could tell as well: named where an expression asks for it. */
  absent?: Variables;
  /** Absent: this build has none. */
  patterns?: Patterns;
  functions?: readonly ExpressionFunction[];
}

/**
 * Facts as CEL values: ints are bigints, maps are objects. What an answer adds, a subclass adds as getters. The answer in
 * it must never change: what was read from it once is kept.
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
