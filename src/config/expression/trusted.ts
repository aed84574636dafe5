/** Expressions and templates of a config that was checked when it was compiled: each is parsed at its first use, and none is checked again. */
import { parseTrusted } from "./evaluate.ts";
import { Condition, type Expectation, jsonValueOf, type Program, programOf } from "./expectation.ts";
import type { Language } from "./scope.ts";
import { type Template, templateOf } from "./template.ts";

/** Makes it at the first call. */
function once<T extends object>(make: () => T): () => T {
  let value: T | undefined;
  return () => value ??= make();
}

/** A condition. */
export const trustExpectation = (source: string, language: Language): Expectation =>
  new Condition(source, [], language, once(() => parseTrusted(source, language)));

/** The source of a captured value. */
export const trustProgram = (source: string, language: Language): Program =>
  programOf(source, language, once(() => parseTrusted(source, language)));

/** A text without `{{ }}` needs nothing; what is in them is parsed when they are filled. */
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
