import { type ASTNode, Environment, EvaluationError, TypeError } from "@marcbachmann/cel-js";
import type { Language } from "./scope.ts";
import { OF_RUN } from "./rewrite.ts";
import { entriesOf, equal, isMap, kindOf, Unmet, type ValueReason } from "./value.ts";

/** Arguments of a macro of the library (its README, "Custom macros"). */
interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
}
interface Evaluator {
  run(node: ASTNode, context: unknown): unknown;
}
/** `literalNull`: one operand is a literal null. */
type Apply = (left: unknown, right: unknown, literalNull: boolean) => unknown;

/**
 * Functions that rewritten expressions call instead of the library's fail-open operators. They are macros,
 * because the library derives a type from every nested value passed to a function, and never releases it.
 */
const STRICT: [signature: string, apply: Apply][] = [
  ["at(ast, ast): dyn", at],
  ["eq(ast, ast): bool", same],
  ["within(ast, ast): bool", contains],
  ["has_key(ast, ast): bool", hasKey],
  ["size_of(ast): int", sizeOf],
  ["truth(ast): bool", truth],
  ["each(ast): dyn", each],
  ["operand(ast): same", operand],
  ["term(ast): same", term],
  ["factor(ast): same", factor],
];

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

const SCALARS = ["int", "double", "string", "bool"];

/** The environment of rewritten expressions. Types were checked before, so almost everything is dynamic. */
export function strictEnvironment({ variables, patterns, functions = [] }: Language): Environment {
  const limits = { maxDepth: 100_000, maxAstNodes: 1_000_000 };
  const environment = extendStandard(new Environment({ homogeneousAggregateLiterals: false, limits }));
  for (const [name, type] of Object.entries(variables)) {
    environment.registerVariable(name, SCALARS.includes(type) ? type : "dyn");
  }
  for (const name of ["captures", "run", "now"]) environment.registerVariable(name, "dyn");
  for (const [signature, apply] of STRICT) register(environment, signature, apply);
  for (const { name, takes, gives, apply } of functions) {
    const types = OF_RUN.has(name) ? ["string", ...takes] : takes;
    environment.registerFunction(`${name}(${types.join(", ")}): ${gives}`, apply);
  }
  if (patterns) {
    register(environment, "finds(ast, ast): bool", search(patterns.find));
    register(environment, "captured(ast, ast): string", search(patterns.capture));
  }
  return environment;
}

function register(environment: Environment, signature: string, apply: Apply) {
  const same = signature.endsWith(": same");
  const type = signature.split(": ")[1]!;
  environment.registerFunction(signature.replace(": same", ": dyn"), ({ args }: { args: ASTNode[] }) => {
    const [left, right] = args as [ASTNode, ASTNode?];
    const literalNull = args.some((node) => node.op === "value" && node.args === null);
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, context: unknown) {
        const types = args.map((node) => checker.check(node, context));
        return same ? types[0] : checker.getType(type);
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
        const value = evaluator.run(left, context);
        return apply(value, right && evaluator.run(right, context), literalNull);
      },
    };
  });
}

function at(holder: unknown, key: unknown): unknown {
  const found = lookUp(holder, key);
  if (found === undefined) throw new Unmet("missing", `${String(key)} is missing`);
  return found;
}

function lookUp(holder: unknown, key: unknown): unknown {
  if (holder === null) throw new Unmet("null", "null has no fields");
  if (Array.isArray(holder)) {
    if (kindOf(key) !== "number") throw new Unmet("type", "not a map");
    return holder[Number(key)];
  }
  if (!isMap(holder)) throw new Unmet("type", "not a map");
  if (typeof key !== "string") throw new Unmet("type", `a ${kindOf(key)} cannot be a key of a map`);
  if (holder instanceof Map) return holder.get(key);
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function same(left: unknown, right: unknown, literalNull: boolean): boolean {
  if (literalNull) return left === right;
  const kind = kindOf(left);
  if (kind === "null" || kind !== kindOf(right)) {
    throw new Unmet("type", `cannot compare ${kind} with ${kindOf(right)}`);
  }
  assertFinite(left);
  assertFinite(right);
  return equal(left, right);
}

/** In a list, `item` must be of the kind of at least one element; in a map it must be a key. */
function contains(item: unknown, holder: unknown, literalNull: boolean): boolean {
  const kind = kindOf(item);
  const comparable = Array.isArray(holder)
    ? literalNull ||
      (kind !== "null" && (holder.length === 0 || holder.some((one) => kindOf(one) === kind)))
    : isMap(holder) && kind === "string";
  if (!comparable) throw new Unmet("type", `cannot look for ${kind} in this ${kindOf(holder)}`);
  assertFinite(item);
  return Array.isArray(holder) ? holder.some((one) => equal(item, one)) : lookUp(holder, item) !== undefined;
}

function hasKey(holder: unknown, key: unknown): boolean {
  if (!isMap(holder)) throw new Unmet("type", "not a map");
  return lookUp(holder, key) !== undefined;
}

function sizeOf(value: unknown): bigint {
  if (value === null) throw new Unmet("null", "null has no size");
  if (typeof value === "string") return characters(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length);
  if (isMap(value)) return BigInt(entriesOf(value).length);
  throw new Unmet("type", `a ${kindOf(value)} has no size`);
}

/** CEL counts code points. */
function characters(text: string): bigint {
  let count = 0;
  for (let i = 0; i < text.length; i += text.codePointAt(i)! > 0xffff ? 2 : 1) count++;
  return BigInt(count);
}

function truth(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new Unmet(value === null ? "null" : "type", "not a bool");
}

function each(value: unknown): unknown {
  if (Array.isArray(value) || isMap(value)) return value;
  throw new Unmet(value === null ? "null" : "type", "neither a list nor a map");
}

const search = (find: (text: string, pattern: string) => unknown): Apply => (text, pattern) => {
  if (typeof text === "string" && typeof pattern === "string") return find(text, pattern);
  const other = typeof text === "string" ? pattern : text;
  throw new Unmet(text === null ? "null" : "type", `cannot match a ${kindOf(other)}`);
};

/**
 * Checks an operand of the library's operators and functions: no null, no infinite number, no nested value.
 */
function operand(value: unknown): unknown {
  if (value === null) throw new Unmet("null", "null");
  assertFinite(value);
  const first = firstOf(value);
  if (Array.isArray(first) || isMap(first)) {
    throw new Unmet("type", `cannot use a nested ${kindOf(value)} here`);
  }
  return value;
}

/** CEL's ints have 64 bits; larger JSON integers are converted to doubles. */
function term(value: unknown): unknown {
  const checked = operand(value);
  return typeof checked === "bigint" && BigInt.asIntN(64, checked) !== checked ? Number(checked) : checked;
}

/**
 * Integers of answers multiply and divide as doubles; those beyond 2^53 are bigints and are converted here.
 */
function factor(value: unknown): unknown {
  const checked = operand(value);
  return typeof checked === "bigint" && !Number.isSafeInteger(Number(checked)) ? Number(checked) : checked;
}

function firstOf(value: unknown): unknown {
  if (Array.isArray(value)) return value[0];
  if (!isMap(value)) return undefined;
  if (value instanceof Map) return value.values().next().value;
  for (const key in value) return value[key];
}

function assertFinite(value: unknown) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Unmet("type", "not a finite number");
}

const TYPE_ERROR =
  /overload|unsupported_type|type_mismatch|_conversion_error|invalid_(condition|logical|list|comprehension|timestamp|duration)/;

/** "no such overload: dyn<double> + string" -> "+ cannot take number and string". */
const plainTypes = (summary: string) =>
  summary.replace(/dyn<((?:[\w.]|, |<[\w., ]*>)+)>/g, "$1")
    .replace(/<[\w., <>]*>|google\.protobuf\./g, "")
    .replace(/\b(u?int|double)\b(?!\()/g, "number")
    .replace(/^no such overload: (\w+) [<>]=? /, "cannot compare $1 with ")
    .replace(/^no such overload: (\w+) (\S+) /, "$2 cannot take $1 and ")
    .replace(/^no such overload: (\W)/, "$1 cannot take ")
    .replace("found no matching overload for", "cannot call");

/** The reason of an evaluation error, with one line of detail. Never throws. */
export function expressionFailure(error: unknown): { reason: ValueReason; detail: string } {
  if (error instanceof Unmet) return { reason: error.reason, detail: error.message };
  if (!(error instanceof EvaluationError || error instanceof TypeError)) {
    return { reason: "error", detail: String(error) };
  }
  const detail = /overload/.test(error.code)
    ? plainTypes(error.summary)
    : error.summary.replace(/ (type|conversion) error/, "");
  if (error.code === "no_such_key" || error.code === "index_out_of_bounds") {
    return { reason: "missing", detail };
  }
  return { reason: TYPE_ERROR.test(error.code) ? "type" : "error", detail };
}
