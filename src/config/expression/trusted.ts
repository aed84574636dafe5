/**
 * Expressions and templates of a compiled config: each is parsed at its first use, and never checked again.
 */
import { parseTrusted } from "./evaluate.ts";
import { Condition, type Expectation, jsonValueOf, type Program, programOf } from "./expectation.ts";
import type { Language } from "./scope.ts";
import { type Template, templateOf } from "./template.ts";

/** Calls `make` once, at the first call. */
function once<T extends object>(make: () => T): () => T {
  let value: T | undefined;
  return () => value ??= make();
}

/** A condition that was checked before. */
export const trustExpectation = (source: string, language: Language): Expectation =>
  new Condition(source, [], language, once(() => parseTrusted(source, language)));

/** A capture that was checked before. */
export const trustProgram = (source: string, language: Language): Program =>
  programOf(source, language, once(() => parseTrusted(source, language)));

/** A template that was checked before; its expressions are parsed when they are first filled in. */
export const trustTemplate = (source: string, language: Language): Template =>
  templateOf(source, (hole) => {
    const parsed = once(() => parseTrusted(hole, language));
    return {
      source: hole.trim(),
      fill(scope) {
        const { ast, program } = parsed();
        return jsonValueOf(ast, program, scope, language);
      },
    };
  });
