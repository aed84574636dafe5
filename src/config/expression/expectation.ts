import { evaluate, failureOf, type Parsed } from "./evaluate.ts";
import { explain } from "./explain.ts";
import type { Scope } from "./scope.ts";
import { toJson, type Value, type ValueReason } from "./value.ts";

/** A compiled capture. A missing or null value is not ok. */
export interface Program {
  source: string;
  /** Names of the variables it reads. */
  reads: ReadonlySet<string>;
  run(scope: Scope): Value;
}

/** Why an expectation does not hold. */
export interface Mismatch {
  expression: string;
  reason: "false" | ValueReason;
  /** One line, at most 300 characters. */
  detail: string;
  /** Sub-expressions and their printed values, each at most 100 characters. */
  values: Record<string, string>;
}

/** A compiled condition. `test` never throws and returns null if it holds. */
export interface Expectation {
  source: string;
  /** Names of the variables it reads. */
  reads: ReadonlySet<string>;
  test(scope: Scope): Mismatch | null;
}

/** An expectation that remembers which captures it may use. */
export class Condition implements Expectation {
  readonly #parsed: () => Parsed;

  constructor(readonly source: string, readonly captures: readonly string[], parsed: () => Parsed) {
    this.#parsed = parsed;
  }

  get reads(): ReadonlySet<string> {
    return this.#parsed().reads;
  }

  test(scope: Scope): Mismatch | null {
    const parsed = this.#parsed();
    const value = evaluate(parsed.compute, scope);
    if (value.ok && value.value === true) return null;
    return { expression: this.source, ...explain(parsed, scope, "bool") };
  }
}

/** Makes a capture of a parsed expression. */
export const captureOf = (source: string, parsed: () => Parsed): Program => ({
  source,
  get reads() {
    return parsed().reads;
  },
  run: (scope) => jsonValueOf(parsed(), scope),
});

/** The value of an expression as JSON, or one line that says why there is none. Never throws. */
export function jsonValueOf(parsed: Parsed, scope: Scope): Value {
  const value = evaluate(parsed.compute, scope);
  if (!value.ok || value.value === null) {
    const { reason, detail } = explain(parsed, scope, "value");
    return { ok: false, reason: reason === "false" ? "error" : reason, detail };
  }
  try {
    return { ok: true, value: toJson(value.value) };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}
