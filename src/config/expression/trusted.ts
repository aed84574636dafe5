/**
 * Expressions and templates of a compiled config: each is compiled at its first use, and never checked again.
 */
import { type Parsed, parsedOf } from "./evaluate.ts";
import { captureOf, Condition, type Expectation, jsonValueOf, type Program } from "./expectation.ts";
import type { Language } from "./scope.ts";
import { type Template, templateOf } from "./template.ts";
import { unpackTree } from "./tree.ts";

/** The expression, compiled at the first call. */
function once(source: string, language: Language): () => Parsed {
  let parsed: Parsed | undefined;
  return () => parsed ??= parsedOf(treeOf(source, language), language);
}

function treeOf(source: string, { trees = {}, libraryOf, functions }: Language) {
  if (Object.hasOwn(trees, source)) return unpackTree(trees[source]!, source);
  if (libraryOf) return libraryOf(functions).parse(source);
  throw new Error(`this deployment was made without '${source}': deploy again`);
}

/** A condition that was checked before. */
export const trustExpectation = (source: string, language: Language): Expectation =>
  new Condition(source, [], once(source, language));

/** A capture that was checked before. */
export const trustProgram = (source: string, language: Language): Program =>
  captureOf(source, once(source, language));

/** A template that was checked before. */
export const trustTemplate = (source: string, language: Language): Template =>
  templateOf(source, (hole) => {
    const parsed = once(hole, language);
    return { source: hole.trim(), fill: (scope) => jsonValueOf(parsed(), scope) };
  });
