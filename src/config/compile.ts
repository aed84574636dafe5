import { compileExpectation, compileProgram, compileTemplate } from "./expression/compile.ts";
import { ExpressionError } from "./expression/error.ts";
import { type Expectation, type Language, vacuousPasses } from "./expression/mod.ts";
import {
  type AnswerCompiler,
  type AnswerShape,
  type Compiler,
  type CompilerOptions,
  languageOf,
  NO_ANSWER,
} from "./compiler.ts";
import type { Note, Path } from "./problem.ts";

/** A compiler for one config. A text that does not compile gives nothing, or for a template an empty one. */
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
    // A text that does not use captures compiles the same whatever captures exist.
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
