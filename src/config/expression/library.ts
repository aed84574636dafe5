/**
 * The operators and functions of CEL's library, for values that were computed before. A Worker bundles it only
 * if its config names one.
 */
import { Environment, EvaluationError, type ParseResult, TypeError } from "@marcbachmann/cel-js";
import { type Apply, type ExpressionFunction, type Library, OF_RUN } from "./scope.ts";
import { Unmet } from "./value.ts";

/** Arithmetic of mixed ints and doubles: JSON numbers are doubles, literals and sizes are ints. */
const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

/** Registers mixed arithmetic and CEL's conversions of timestamps to RFC 3339 text and epoch seconds. */
export function extendStandard(environment: Environment): Environment {
  environment.registerFunction(
    "string(google.protobuf.Timestamp): string",
    (at: Date) => at.toISOString().replace(".000Z", "Z"),
  );
  environment.registerFunction(
    "int(google.protobuf.Timestamp): int",
    (at: Date) => BigInt(Math.floor(at.getTime() / 1000)),
  );
  for (const [op, apply] of Object.entries(ARITHMETIC)) {
    const handler = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b));
    environment.registerOperator(`double ${op} int: double`, handler);
    environment.registerOperator(`int ${op} double: double`, handler);
    if (op === "%") environment.registerOperator(`double % double: double`, handler);
  }
  return environment;
}

const NO_FUNCTIONS: readonly ExpressionFunction[] = [];
const libraries = new WeakMap<readonly ExpressionFunction[], Library>();

/** The library with these functions in addition to CEL's own. */
export function libraryOf(functions = NO_FUNCTIONS): Library {
  const library = libraries.get(functions) ?? makeLibrary(functions);
  libraries.set(functions, library);
  return library;
}

function makeLibrary(functions: readonly ExpressionFunction[]): Library {
  let environment: Environment | undefined;
  const parse = (text: string) => (environment ??= environmentWith(functions)).parse(text);
  const known = new Map<string, Apply>();
  return {
    parse: (source) => parse(source).ast,
    apply(text) {
      const apply = known.get(text) ?? applyTo(parse(text));
      known.set(text, apply);
      return apply;
    },
  };
}

/** Operands were checked before, so they may have any type. */
function environmentWith(functions: readonly ExpressionFunction[]): Environment {
  const options = { unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false };
  const environment = extendStandard(new Environment(options));
  for (const { name, takes, gives, apply } of functions) {
    const types = OF_RUN.has(name) ? ["string", ...takes] : takes;
    environment.registerFunction(`${name}(${types.join(", ")}): ${gives}`, apply);
  }
  return environment;
}

const applyTo = (program: ParseResult): Apply => (...values) => {
  try {
    return program(Object.fromEntries(values.map((value, i) => [`v${i}`, value])));
  } catch (error) {
    throw asUnmet(error);
  }
};

const TYPE_ERROR =
  /unsupported_type|type_mismatch|_conversion_error|invalid_(condition|logical|list|comprehension|timestamp|duration)/;

/** "no such overload: dyn<double> + string" -> "+ cannot take number and string". */
const plainTypes = (summary: string) =>
  summary.replace(/dyn<((?:[\w.]|, |<[\w., ]*>)+)>/g, "$1")
    .replace(/<[\w., <>]*>|google\.protobuf\./g, "")
    .replace(/\b(u?int|double)\b(?!\()/g, "number")
    .replace(/^no such overload: (\w+) (\S+) /, "$2 cannot take $1 and ")
    .replace(/^no such overload: (\W)/, "$1 cannot take ")
    .replace("found no matching overload for", "cannot call");

/** An error of the library's with its reason, in plain words. */
function asUnmet(error: unknown): unknown {
  if (!(error instanceof EvaluationError || error instanceof TypeError)) return error;
  const { code, summary } = error;
  if (/overload/.test(code)) return new Unmet("type", plainTypes(summary));
  const reason = code === "no_such_key" || code === "index_out_of_bounds"
    ? "missing"
    : TYPE_ERROR.test(code)
    ? "type"
    : "error";
  return new Unmet(reason, summary.replace(/ (type|conversion) error/, ""));
}
