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

/** A checked expression in the form that fails closed. */
export const compileStrict = (node: ASTNode, language: Language): ParseResult =>
  environmentOf(language).parse(rewrite(node));

/** An expression that was checked before, in both forms, and the names in it. */
export function parseTrusted(source: string, language: Language) {
  const { ast } = environmentOf(language).parse(source);
  return { ast, program: compileStrict(ast, language), reads: namesIn(ast) };
}

/** What a strict program comes to; null is a value here. Never throws. */
export function evaluate(program: ParseResult, scope: Scope): Value {
  try {
    return { ok: true, value: program(scope) };
  } catch (error) {
    return { ok: false, ...expressionFailure(error) };
  }
}
