import type { ASTNode, Environment, ParseResult } from "@marcbachmann/cel-js";
import { namesIn, rewrite } from "./rewrite.ts";
import type { Language, Scope } from "./scope.ts";
import { expressionFailure, strictEnvironment } from "./strict.ts";
import type { Value } from "./value.ts";

const environments = new WeakMap<Language, Environment>();

function environmentOf(language: Language): Environment {
  const environment = environments.get(language) ?? strictEnvironment(language);
  environments.set(language, environment);
  return environment;
}

/** Compiles a checked expression to the form that fails closed. */
export const compileStrict = (node: ASTNode, language: Language): ParseResult =>
  environmentOf(language).parse(rewrite(node));

/** Parses an expression that was checked before: its tree, its program, and the names it reads. */
export function parseTrusted(source: string, language: Language) {
  const { ast } = environmentOf(language).parse(source);
  return { ast, program: compileStrict(ast, language), reads: namesIn(ast) };
}

/** Evaluates a strict program; null counts as a value. Never throws. */
export function evaluate(program: ParseResult, scope: Scope): Value {
  try {
    return { ok: true, value: program(scope) };
  } catch (error) {
    return { ok: false, ...expressionFailure(error) };
  }
}
