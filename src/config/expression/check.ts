import { Environment, type ParseError, type TypeError } from "@marcbachmann/cel-js";
import { ExpressionError, type Mistake } from "./error.ts";
import { extendStandard } from "./library.ts";
import type { Language, Patterns, Variables } from "./scope.ts";
import { childrenOf, type Node } from "./tree.ts";
import { explainFault } from "./wording.ts";
import { closest } from "../../base/closest.ts";

const RUN = {
  id: "string",
  slot: "int",
  prober: "string",
  region: "string",
  target: "string",
  check: "string",
};
/** Variables of every expression besides `run`; answers add their own. */
const COMMON: Variables = { captures: "map<string, dyn>", now: "google.protobuf.Timestamp" };
const SOURCE_CHARS = 4096;
/** Maximum depth of a tree, so that no walk of one exhausts the stack. */
const MOST_LEVELS = 500;

const environments = new WeakMap<Language, Environment>();

function environmentOf(language: Language): Environment {
  const environment = environments.get(language) ?? environmentWith(language);
  environments.set(language, environment);
  return environment;
}

function environmentWith({ variables, patterns, functions = [] }: Language): Environment {
  const environment = extendStandard(new Environment({ homogeneousAggregateLiterals: false }));
  for (const [name, type] of Object.entries({ ...variables, ...COMMON })) {
    environment.registerVariable(name, type);
  }
  for (const { name, takes, gives, apply } of functions) {
    environment.registerFunction(`${name}(${takes.join(", ")}): ${gives}`, apply);
  }
  if (patterns) environment.registerFunction("regexCapture(string, string): string", patterns.capture);
  return environment.registerVariable({ name: "run", schema: RUN });
}

/** Parses and type-checks one expression. Throws `ExpressionError`. */
export function typeCheck(
  source: string,
  language: Language,
  captures: readonly string[],
) {
  const secret = source.search(/\$\{(env|file):/);
  if (secret >= 0) {
    const end = source.indexOf("}", secret) + 1 || source.length;
    throw new ExpressionError("secrets are not visible to expressions", { start: secret, end });
  }
  if (source.length > SOURCE_CHARS) {
    const found = `${source.length} characters`;
    const place = { start: SOURCE_CHARS, end: source.length };
    throw new ExpressionError("expression is too long", {
      ...place,
      expected: `at most ${SOURCE_CHARS}`,
      found,
    });
  }
  const { tree, type } = parse(source, language);
  inspect(tree, captures, language.patterns);
  return { tree, type };
}

function parse(source: string, language: Language): { tree: Node; type: string } {
  const environment = environmentOf(language);
  let error: ParseError | TypeError | undefined;
  try {
    const parsed = environment.parse(source);
    assertDepth(parsed.ast);
    const result = parsed.check();
    if (result.valid) return { tree: parsed.ast, type: result.type! };
    error = result.error;
  } catch (thrown) {
    if (thrown instanceof ExpressionError) throw thrown;
    error = thrown as ParseError;
  }
  if (!error?.range) throw new ExpressionError(String(error), { start: 0, end: source.length });
  throw new ExpressionError(...worded(error, source, language));
}

function assertDepth(tree: Node) {
  let level: readonly Node[] = [tree];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) throw new ExpressionError("expression is nested too deep", tree);
    level = level.flatMap(childrenOf);
  }
}

/** The message of a fault of the library, and its mistake: names get what may stand there. */
function worded(error: ParseError | TypeError, source: string, language: Language): [string, Mistake] {
  const environment = environmentOf(language);
  const { start, end } = error.range!;
  const where = source.slice(start, end);
  const { functions } = environment.getDefinitions();
  const { message, candidates = [], ...hints } = explainFault(error, where, source, functions);
  const whole = error.name === "ParseError";
  const suggestion = candidates.find((text) => fits(environment, text, whole));
  const place = { start, end: Math.max(end, start) };
  return [message, { suggestion, ...place, ...hints, ...namesFor(error, where, language) }];
}

/** Whether an expression is one, of fitting types if it is only a part. */
function fits(environment: Environment, text: string, parsesOnly: boolean): boolean {
  try {
    const parsed = environment.parse(text);
    return parsesOnly || parsed.check().valid;
  } catch {
    return false;
  }
}

function namesFor({ code }: ParseError | TypeError, text: string, language: Language): Partial<Mistake> {
  const { variables, absent = {} } = language;
  if (code === "no_such_key") return nameHints(text.split(".").at(-1)!, Object.keys(RUN));
  if (code !== "unknown_variable") return {};
  if (Object.hasOwn(absent, text)) {
    return { found: text, expected: "probers that run on Deno: a Worker cannot measure it" };
  }
  return nameHints(text, [...Object.keys({ ...variables, ...COMMON }), "run"]);
}

function nameHints(found: string, names: readonly string[]): Partial<Mistake> {
  return { found, expected: `one of ${names.join(", ")}`, suggestion: closest(found, names) };
}

/** Checks names of captures, patterns and optional values, which the type checker does not. */
function inspect(node: Node, captures: readonly string[], patterns?: Patterns) {
  const name = captureName(node);
  if (name !== undefined && !captures.includes(name)) {
    const { start, end } = node;
    const hints = captures.length
      ? nameHints(name, captures)
      : { found: name, expected: "a value captured earlier" };
    throw new ExpressionError(`Nothing captures '${name}' before this step`, { start, end, ...hints });
  }
  if (node.op === "rcall" && isOptional(node.args)) {
    const { start, end } = node.args[1];
    const expected = "an expression without optional values: has() tests whether a field is there";
    throw new ExpressionError("unknown name optional", { start, end, expected, found: "optional" });
  }
  if (node.op === "rcall" && node.args[0] === "matches") inspectPattern(node.args[2][0], patterns);
  if (node.op === "call" && node.args[0] === "regexCapture") inspectPattern(node.args[1][1], patterns);
  for (const child of childrenOf(node)) inspect(child, captures, patterns);
}

/** The library's checker knows the makers of optional values even where its grammar does not enable them. */
const isOptional = ([name, receiver]: readonly [string, Node, ...unknown[]]): boolean =>
  (name === "none" || name === "of") && receiver.op === "id" && receiver.args === "optional";

function captureName(node: Node): string | undefined {
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [holder, key] = node.args;
  if (holder.op !== "id" || holder.args !== "captures") return undefined;
  if (typeof key === "string") return key;
  return key.op === "value" && typeof key.args === "string" ? key.args : undefined;
}

function inspectPattern(pattern: Node | undefined, patterns?: Patterns) {
  if (!pattern) return;
  if (!patterns) throw new ExpressionError("this build has no patterns", pattern);
  const mistake = pattern.op === "value" && typeof pattern.args === "string" &&
    patterns.prepare(pattern.args);
  if (mistake) throw new ExpressionError("Invalid pattern", { ...pattern, ...mistake });
}
