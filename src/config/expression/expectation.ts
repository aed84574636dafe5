import type { ASTNode, ParseResult } from "@marcbachmann/cel-js";
import { ExpressionError } from "./check.ts";
import { compile } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import { explain } from "./explain.ts";
import type { Language, Scope } from "./scope.ts";
import { expressionFailure } from "./strict.ts";
import { withArticle } from "./wording.ts";
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

/** Returns an expression's tree and program, parsed at the first call. */
export type Parsed = () => { ast: ASTNode; program: ParseResult; reads: ReadonlySet<string> };

/** An expectation that remembers which captures it may use. */
export class Condition implements Expectation {
  readonly #parsed: Parsed;

  constructor(
    readonly source: string,
    readonly captures: readonly string[],
    readonly language: Language,
    parsed: Parsed,
  ) {
    this.#parsed = parsed;
  }

  get reads(): ReadonlySet<string> {
    return this.#parsed().reads;
  }

  test(scope: Scope): Mismatch | null {
    const { ast, program } = this.#parsed();
    const value = evaluate(program, scope);
    if (value.ok && value.value === true) return null;
    return { expression: this.source, ...explain(ast, scope, this.language, "bool") };
  }
}

/**
 * Compiles a condition. `captures` are names captured by earlier steps; `language` defines the variables.
 * Throws `ExpressionError`.
 */
export function compileExpectation(
  source: string,
  captures: readonly string[],
  language: Language,
): Expectation {
  const parsed = compile(source, language, captures);
  const { ast, type } = parsed;
  if (type !== "bool" && type !== "dyn") {
    const place = { start: ast.start, end: ast.end };
    throw new ExpressionError("An expectation must be a condition", {
      ...place,
      expected: "a bool",
      found: withArticle(type),
    });
  }
  return new Condition(source, captures, language, () => parsed);
}

/** Compiles a capture. Throws `ExpressionError`. */
export function compileProgram(source: string, captures: readonly string[], language: Language): Program {
  const parsed = compile(source, language, captures);
  return programOf(source, language, () => parsed);
}

/** Makes a program from a parsed expression. */
export const programOf = (source: string, language: Language, parsed: Parsed): Program => ({
  source,
  get reads() {
    return parsed().reads;
  },
  run(scope) {
    const { ast, program } = parsed();
    return jsonValueOf(ast, program, scope, language);
  },
});

/** The value of a program as JSON, or one line that says why there is none. Never throws. */
export function jsonValueOf(
  ast: ASTNode,
  program: ParseResult,
  scope: Scope,
  language: Language,
): Value {
  const value = evaluate(program, scope);
  if (!value.ok || value.value === null) {
    const { reason, detail } = explain(ast, scope, language, "value");
    return { ok: false, reason: reason === "false" ? "error" : reason, detail };
  }
  try {
    return { ok: true, value: toJson(value.value) };
  } catch (error) {
    return { ok: false, ...expressionFailure(error) };
  }
}
