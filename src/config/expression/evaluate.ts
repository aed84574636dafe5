import type { ASTNode, Environment, ParseResult } from "@marcbachmann/cel-js";
import { ExpressionError, typeCheck } from "./check.ts";
import { rewrite } from "./rewrite.ts";
import type { Language, Scope } from "./scope.ts";
import { failureOf, strictEnvironment } from "./strict.ts";
import type { Value } from "./value.ts";

const environments = new WeakMap<Language, Environment>();

/** A checked expression in the form that fails closed. */
export function compileStrict(node: ASTNode, language: Language): ParseResult {
  const environment = environments.get(language) ?? strictEnvironment(language);
  environments.set(language, environment);
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
export function compile(source: string, language: Language, captures: readonly string[]) {
  const { ast, type } = typeCheck(source, language, captures);
  const place = { start: 0, end: source.length };
  let program: ParseResult;
  try {
    program = compileStrict(ast, language);
  } catch {
    throw new ExpressionError("expression is nested too deep", place);
  }
  // What can only ever fail is better known now than at night.
  const { error } = program.check();
  if (error) throw new ExpressionError(failureOf(error).detail, place);
  return { ast, type, program };
}
