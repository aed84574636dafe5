import type { ASTNode, Environment, ParseResult } from "@marcbachmann/cel-js";
import { ExpressionError, typeCheck, type Vocabulary } from "./check.ts";
import { rewrite } from "./rewrite.ts";
import type { Scope } from "./scope.ts";
import { failureOf, strictEnvironment } from "./strict.ts";
import type { Value } from "./value.ts";

let environment: Environment | undefined;

/** A checked expression in the form that fails closed. */
export function compileStrict(node: ASTNode): ParseResult {
  environment ??= strictEnvironment();
  return environment.parse(rewrite(node));
}

/** What a strict program comes to; null is a value here. Never throws. */
export function evaluate(program: ParseResult, scope: Scope): Value {
  try {
    return { ok: true, value: program(scope) };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

/** A checked expression, its type, and the program that fails closed. Throws `ExpressionError`. */
export function compile(source: string, vocabulary: Vocabulary, captures: readonly string[]) {
  const { ast, type } = typeCheck(source, vocabulary, captures);
  const place = { start: 0, end: source.length };
  let program: ParseResult;
  try {
    program = compileStrict(ast);
  } catch {
    throw new ExpressionError("expression is nested too deep", place);
  }
  // What can only ever fail is better known now than at night.
  const { error } = program.check();
  if (error) throw new ExpressionError(failureOf(error).detail, place);
  return { ast, type, program };
}
