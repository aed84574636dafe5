import {
  compileExpectation,
  compileProgram,
  compileTemplate,
  credulous,
  type Expectation,
  ExpressionError,
  type Program,
  type Template,
} from "./expression/mod.ts";
import type { Note, Path } from "./problem.ts";

/** Compiles each distinct text once and notes what is wrong with it, at each place where it stands. */
export interface Compiler {
  expectation(source: string, captures: readonly string[], path: Path): Expectation[];
  program(source: string, captures: readonly string[], path: Path): Program[];
  template(source: string, captures: readonly string[], path: Path): Template;
  /** The names of hostile answers that all of these (one at least) would let pass. */
  credulous(expectations: readonly Expectation[]): string[];
}

/** A compiler for one config. A text that does not compile gives nothing (a template: its bare text). */
export function compiler(note: Note): Compiler {
  const fooled = new Map<Expectation, string[]>();
  const expectation = remember(compileExpectation, note);
  const program = remember(compileProgram, note);
  const template = remember(compileTemplate, note);
  const empty = compileTemplate("", []);
  return {
    expectation: (...args) => expectation(...args) ?? [],
    program: (...args) => program(...args) ?? [],
    template: (...args) => template(...args)?.[0] ?? empty,
    credulous: (expectations) =>
      expectations.map((one) => {
        const answers = fooled.get(one) ?? credulous([one]);
        fooled.set(one, answers);
        return answers;
      }).reduce((all, some) => all.filter((answer) => some.includes(answer))),
  };
}

type Compile<T> = (source: string, captures: readonly string[]) => T;

function remember<T>(compile: Compile<T>, note: Note) {
  const cache = new Map<string, [T] | ExpressionError>();
  return (source: string, captures: readonly string[], path: Path): [T] | undefined => {
    // Which captures there are decides nothing in a text that names none.
    const key = source.includes("captures") ? JSON.stringify([source, captures]) : source;
    const result = cache.get(key) ?? attempt(compile, source, captures);
    cache.set(key, result);
    if (!(result instanceof ExpressionError)) return result;
    const { message, start: offset, expected, found, suggestion } = result;
    note({ path, offset, message, expected, found, suggestion });
  };
}

function attempt<T>(compile: Compile<T>, source: string, captures: readonly string[]): [T] | ExpressionError {
  try {
    return [compile(source, captures)];
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}
