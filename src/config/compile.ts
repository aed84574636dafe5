import {
  compileExpectation,
  compileProgram,
  compileTemplate,
  type Expectation,
  ExpressionError,
  type ExpressionFunction,
  type HostileAnswer,
  type Language,
  type Patterns,
  type Program,
  type Template,
  vacuousPasses,
  type Variables,
} from "./expression/mod.ts";
import type { Note, Path } from "./problem.ts";

/** What answers of one kind are made of. */
export interface AnswerShape {
  /** CEL types of what an expectation or capture may name. */
  readonly scope: Variables;
  /** The same, of what no Worker can tell. */
  readonly measured?: Variables;
  /** Answers of services that are not well: an expectation that lets them pass proves little. */
  readonly hostile: readonly HostileAnswer[];
}

/** Compiles each distinct text once and notes what is wrong with it, at each place where it stands. */
export interface Compiler {
  template(source: string, captures: readonly string[], path: Path): Template;
  over(answers: AnswerShape): AnswerCompiler;
}

/** The same for expressions over answers of one kind. */
export interface AnswerCompiler {
  expectation(source: string, captures: readonly string[], path: Path): Expectation[];
  program(source: string, captures: readonly string[], path: Path): Program[];
  /** The names of hostile answers that all of these (one at least) would let pass. */
  vacuousPasses(expectations: readonly Expectation[]): string[];
}

/** What a compiler has and may use. */
export interface CompilerOptions {
  patterns?: Patterns;
  functions?: readonly ExpressionFunction[];
  /** Some prober asks by a Worker's fetch. */
  isWorker?: boolean;
}

/** What expressions over such answers may name. */
export function languageOf(
  { scope, measured }: AnswerShape,
  { patterns, functions, isWorker }: CompilerOptions,
): Language {
  const variables = isWorker ? scope : { ...scope, ...measured };
  return { variables, absent: isWorker ? measured : undefined, patterns, functions };
}

/** Templates have no answer yet. */
export const NO_ANSWER: AnswerShape = { scope: {}, hostile: [] };

/** A compiler for one config. A text that does not compile gives nothing (a template: its bare text). */
export function compiler(note: Note, options: CompilerOptions): Compiler {
  const plain = languageOf(NO_ANSWER, options);
  const template = memoizeCompile((source, captures) => compileTemplate(source, captures, plain), note);
  const empty = compileTemplate("", []);
  const known = new Map<AnswerShape, AnswerCompiler>();
  return {
    template: (...args) => template(...args)?.[0] ?? empty,
    over(answers) {
      const one = known.get(answers) ?? answerCompiler(languageOf(answers, options), answers.hostile, note);
      known.set(answers, one);
      return one;
    },
  };
}

function answerCompiler(language: Language, hostile: AnswerShape["hostile"], note: Note): AnswerCompiler {
  const known = new Map<Expectation, string[]>();
  const compileOver = <T>(compile: (source: string, captures: readonly string[], language: Language) => T) =>
    memoizeCompile((source, captures) => compile(source, captures, language), note);
  const expectation = compileOver(compileExpectation);
  const program = compileOver(compileProgram);
  return {
    expectation: (...args) => expectation(...args) ?? [],
    program: (...args) => program(...args) ?? [],
    vacuousPasses: (expectations) =>
      expectations.map((one) => {
        const answers = known.get(one) ?? vacuousPasses([one], hostile);
        known.set(one, answers);
        return answers;
      }).reduce((all, some) => all.filter((answer) => some.includes(answer))),
  };
}

type Compile<T> = (source: string, captures: readonly string[]) => T;

function memoizeCompile<T>(compile: Compile<T>, note: Note) {
  const cache = new Map<string, [T] | ExpressionError>();
  return (source: string, captures: readonly string[], path: Path): [T] | undefined => {
    // Which captures there are decides nothing in a text that names none.
    const key = source.includes("captures") ? JSON.stringify([source, captures]) : source;
    const result = cache.get(key) ?? tryCompile(compile, source, captures);
    cache.set(key, result);
    if (!(result instanceof ExpressionError)) return result;
    const { message, start: offset, expected, found, suggestion } = result;
    note({ path, offset, message, expected, found, suggestion });
  };
}

function tryCompile<T>(
  compile: Compile<T>,
  source: string,
  captures: readonly string[],
): [T] | ExpressionError {
  try {
    return [compile(source, captures)];
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}
