/** What compiles the expressions of a config: `compile.ts` with checks, `trusted.ts` without. */
import type { Expectation, HostileAnswer, Language, Program, Template, Variables } from "./expression/mod.ts";
import type { Path } from "./problem.ts";

/** The shape of the answers of one step kind. */
export interface AnswerShape {
  /** CEL types of the variables of expectations and captures. */
  readonly scope: Variables;
  /** Further variables that a Worker cannot measure. */
  readonly measured?: Variables;
  /** Answers of unhealthy services: an expectation that passes them proves little. */
  readonly hostile: readonly HostileAnswer[];
}

/** Compiles each distinct text once, and reports its faults at each place where it is used. */
export interface Compiler {
  template(source: string, captures: readonly string[], path: Path): Template;
  over(answers: AnswerShape): AnswerCompiler;
}

/** Compiles expressions over answers of one kind. */
export interface AnswerCompiler {
  expectation(source: string, captures: readonly string[], path: Path): Expectation[];
  program(source: string, captures: readonly string[], path: Path): Program[];
  /**
   * The names of hostile answers that pass all of these expectations, of which there must be at least one.
   */
  vacuousPasses(expectations: readonly Expectation[]): string[];
}

/** Options of a compiler. */
export interface CompilerOptions extends Omit<Language, "variables" | "absent"> {
  /** Whether any prober is a Worker. */
  isWorker?: boolean;
}

/** The language of expressions over answers of this shape. */
export function languageOf(
  { scope, measured }: AnswerShape,
  { isWorker, ...options }: CompilerOptions,
): Language {
  const variables = isWorker ? scope : { ...scope, ...measured };
  return { variables, absent: isWorker ? measured : undefined, ...options };
}

/** Templates are filled before there is an answer. */
export const NO_ANSWER: AnswerShape = { scope: {}, hostile: [] };
