/** Checks and compiles expressions and templates; `trusted.ts` compiles those that were checked before. */
import { typeCheck } from "./check.ts";
import { ExpressionError } from "./error.ts";
import { type Parsed, parsedOf } from "./evaluate.ts";
import { captureOf, Condition, type Expectation, jsonValueOf, type Program } from "./expectation.ts";
import { libraryOf } from "./library.ts";
import type { Language, Scope } from "./scope.ts";
import { type Template, templateOf } from "./template.ts";
import { withArticle } from "./wording.ts";

function compile(
  source: string,
  language: Language,
  captures: readonly string[],
): Parsed & { type: string } {
  const { tree, type } = typeCheck(source, language, captures);
  language.parsed?.set(source, tree);
  return { ...parsedOf(tree, { ...language, libraryOf }), type };
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
  const { tree: { start, end }, type } = parsed;
  if (type !== "bool" && type !== "dyn") {
    const mistake = { start, end, expected: "a bool", found: withArticle(type) };
    throw new ExpressionError("An expectation must be a condition", mistake);
  }
  return new Condition(source, captures, () => parsed);
}

/** Compiles a capture. Throws `ExpressionError`. */
export function compileProgram(source: string, captures: readonly string[], language: Language): Program {
  const parsed = compile(source, language, captures);
  return captureOf(source, () => parsed);
}

/** Language of templates without an answer and without patterns. */
const PLAIN: Language = { variables: {} };

/** Compiles a template over `captures`, `run`, `now` and what `language` adds. Throws `ExpressionError`. */
export const compileTemplate = (source: string, captures: readonly string[], language = PLAIN): Template =>
  templateOf(source, (hole, offset) => compileHole(hole, offset, captures, language));

/** Compiles one expression; `offset` is its start in the template. */
function compileHole(source: string, offset: number, captures: readonly string[], language: Language) {
  try {
    const parsed = compile(source, language, captures);
    return { source: source.trim(), fill: (scope: Scope) => jsonValueOf(parsed, scope) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(error.message, {
      ...error,
      start: error.start + offset,
      end: error.end + offset,
    });
  }
}
