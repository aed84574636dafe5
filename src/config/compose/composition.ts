import { closest } from "../../base/closest.ts";
import type { Path, Problem } from "../problem.ts";
import type { Origins } from "./origins.ts";

/** Context of all stages of composition. */
export interface Composition {
  origins: Origins;
  /** Reports a mistake at `path` below `root`. */
  fail(root: unknown, path: Path, problem: CompositionMistake): void;
}

/** A mistake before its position is known. */
export interface CompositionMistake extends Pick<Problem, "message" | "expected" | "found" | "suggestion"> {
  at?: "key" | "value";
}

/** Fields of a finding about an unknown name, with a suggestion. */
export const hint = (
  found: string,
  names: readonly string[],
): Pick<CompositionMistake, "found" | "expected" | "suggestion"> => ({
  found,
  expected: names.length > 0 ? `one of: ${names.join(", ")}` : "none is defined",
  suggestion: closest(found, names),
});
