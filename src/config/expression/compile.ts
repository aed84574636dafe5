import type { ParseResult } from "@marcbachmann/cel-js";
import { ExpressionError, typeCheck } from "./check.ts";
import { compileStrict } from "./evaluate.ts";
import { namesIn } from "./rewrite.ts";
import type { Language } from "./scope.ts";
import { expressionFailure } from "./strict.ts";

/** Checks an expression and compiles it to a program that fails closed. Throws `ExpressionError`. */
export function compile(source: string, language: Language, captures: readonly string[]) {
  const { ast, type } = typeCheck(source, language, captures);
  const place = { start: 0, end: source.length };
  let program: ParseResult;
  try {
    program = compileStrict(ast, language);
  } catch {
    throw new ExpressionError("expression is nested too deep", place);
  }
  // Report expressions that can only fail now, not at run time.
  const { error } = program.check();
  if (error) throw new ExpressionError(expressionFailure(error).detail, place);
  return { ast, type, program, reads: namesIn(ast) };
}
