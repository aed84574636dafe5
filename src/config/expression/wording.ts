/**
 * Mistakes that the CEL library finds in an expression, in plain words. Candidates for a suggestion are tried
 * in turn; the caller keeps the first that is valid.
 */
import type { Environment, ParseError, TypeError } from "@marcbachmann/cel-js";
import { closest } from "../../base/closest.ts";
import { ellipsize } from "../../base/text.ts";
import { DURATION } from "../schema/duration.ts";
import { type Node, sourceOf } from "./tree.ts";

/** What is wrong with an expression. */
export interface Wording {
  message: string;
  expected?: string;
  found?: string;
  suggestion?: string;
  /** Possible replacements, likeliest first. */
  candidates?: string[];
}

type Fault = ParseError | TypeError;
type Definitions = ReturnType<Environment["getDefinitions"]>["functions"];

/** The kind of values that a type of the library stands for, as failures name it. */
function kindName(type: string): string {
  const plain = type.replace(/dyn<(.+)>/g, "$1").replace(/<.*>/, "").replace("google.protobuf.", "");
  if (/^(u?int|double)$/.test(plain)) return "number";
  return { dyn: "value", $run: "map" }[plain] ?? plain.toLowerCase();
}

/** A type of the library in words: "a number", "a list of strings", "null". */
export function withArticle(type: string): string {
  const kind = kindName(type);
  if (kind === "null" || kind === "bytes") return kind;
  const item = /^list<(.+)>$/.exec(type)?.[1];
  const items = kind === "list" && item && item !== "dyn" ? ` of ${kindName(item)}s` : "";
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}${items}`;
}

/** Splits at the commas that are outside of `<>`. */
const splitTypes = (types: string) => types === "" ? [] : types.split(/, (?![^<]*>)/);

const ORDERED = "two numbers, strings, bools, timestamps or durations";
const OPERANDS: Record<string, string> = {
  "==": "two values of the same type",
  "!=": "two values of the same type",
  "<": ORDERED,
  "<=": ORDERED,
  ">": ORDERED,
  ">=": ORDERED,
  "+": "two numbers, strings, lists or durations, or a timestamp and a duration",
  "-": "two numbers, timestamps or durations, or a timestamp and a duration",
  "*": "two numbers",
  "/": "two numbers",
  "%": "two numbers",
  in: "a list with elements of this type, or a map",
  "!_": "a bool",
  "-_": "a number",
};

/** Describes a fault of the library. `where` is the text at its range. */
export function explainFault(fault: Fault, where: string, source: string, known: Definitions): Wording {
  if (fault.name === "ParseError" && fault.code !== "invalid_macro_argument") {
    return syntax(fault, where, source);
  }
  const row = ROWS[fault.code];
  return row ? row(fault, where, known) : { message: fault.summary };
}

const CLOSING: Record<string, string> = { RPAREN: ")", RBRACKET: "]", RBRACE: "}", COLON: ":" };

/** Operators of other languages. */
const OPERATORS: Record<string, string> = {
  "=": "==",
  "===": "==",
  "!==": "!=",
  "=!": "!=",
  "<>": "!=",
  "&": "&&",
  "|": "||",
  and: "&&",
  or: "||",
  is: "==",
  "not ": "!",
};

function syntax({ summary, code }: Fault, where: string, source: string): Wording {
  const fixed = source.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[=!<>&|~]+|\b(?:and|or|is|not )\b/gi,
    (part) => OPERATORS[part.toLowerCase()] ?? part,
  );
  const missing = /^Expected (\w+)/.exec(summary)?.[1];
  const messages: Record<string, string> = {
    expected_token: CLOSING[missing!] ? `'${CLOSING[missing!]}' is missing` : "a name is missing",
    unexpected_token: where ? `unexpected '${where}'` : "the expression ends too early",
    unexpected_character: `unexpected '${where}'`,
    unterminated_string: "the quotes are not closed",
    unterminated_triple_quoted_string: "the quotes are not closed",
    reserved_identifier: `${where} is a reserved word`,
    limit_exceeded: "expression is nested too deep",
  };
  return {
    message: messages[code] ?? summary,
    expected: "an expression (CEL)",
    found: where || "the end",
    candidates: fixed === source ? [] : [fixed],
  };
}

const ROWS: Record<string, (fault: Fault, where: string, known: Definitions) => Wording> = {
  no_such_overload: operator,
  no_matching_overload: call,
  invalid_logical_operand: ({ node, summary }, where) => ({
    message: `${node!.op} cannot take ${quotedType(summary)}`,
    expected: "two bools",
    found: where,
  }),
  invalid_condition_type: ({ summary }, where) => ({
    message: `${quotedType(summary)} is not a condition`,
    expected: "a bool",
    found: where,
  }),
  incompatible_ternary_branches: ({ summary }) => {
    const [, left, right] = /got '(.+)' and '(.+)'$/.exec(summary)!;
    return {
      message: "both values of ? : must have the same type",
      expected: "two values of the same type",
      found: `${withArticle(left!)} and ${withArticle(right!)}`,
    };
  },
  cannot_index_type: field,
  invalid_index_type: field,
  invalid_comprehension_range: ({ summary }, where) => ({
    message: `${quotedType(summary)} has no elements`,
    expected: "a list or a map",
    found: where,
  }),
  invalid_macro_argument: ({ summary }, where) =>
    summary.startsWith("has")
      ? { message: "has() needs a field", expected: "a path, such as has(body.id)", found: where }
      : {
        message: "the first argument must be a new name",
        expected: "a name, as in all(x, x > 0)",
        found: where,
      },
  unknown_variable: (_, where) => ({ message: `unknown name ${where}` }),
  no_such_key: (_, where) => ({ message: `unknown field ${where}` }),
};

const quotedType = (summary: string) => withArticle(/'([^']+)'/.exec(summary)![1]!);

function field({ summary, code, node }: Fault, where: string): Wording {
  if (summary.startsWith("List")) {
    return { message: "the index of a list must be a number", expected: "a number", found: where };
  }
  if (code === "invalid_index_type") {
    return { message: "the key of a map must be a string", expected: "a string", found: where };
  }
  const [holder, key] = node!.args as [Node, string | Node];
  return {
    message: `${quotedType(summary)} has no fields`,
    expected: "a map or a list",
    found: sourceOf(holder),
    candidates: typeof key === "string"
      ? [`${sourceOf(holder)}.${key}()`, `${key}(${sourceOf(holder)})`]
      : [],
  };
}

function operator({ node, summary }: Fault, where: string): Wording {
  const op = node!.op!;
  const types = summary.replace("no such overload: ", "");
  const expected = OPERANDS[op];
  if (!Array.isArray(node!.args)) {
    return { message: `${op[0]} cannot take ${withArticle(types.slice(1))}`, expected, found: where };
  }
  const [left, right] = types.split(` ${op} `) as [string, string];
  const [a, b] = [withArticle(left), withArticle(right)];
  const known = [left, right].filter((type) => type !== "dyn").map(withArticle);
  const says = op === "in"
    ? `cannot look for ${a} in ${b}`
    : /^[=!<>]/.test(op)
    ? `cannot compare ${a} with ${b}`
    : `${op} cannot take ${known.join(" and ")}`;
  return {
    message: says,
    expected,
    found: where,
    candidates: operations(op, node!.args as [Node, Node]),
  };
}

const QUOTED = /^(['"])(.*)\1$/s;

/** Likely readings of an operation whose operands do not fit. */
function operations(op: string, nodes: [Node, Node]): string[] {
  const [left, right] = nodes.map(sourceOf) as [string, string];
  if (op === "in") return [`${right}.contains(${left})`, `${left} in ${unquoted(right)}`];
  const hundreds = /^(['"])([1-5])xx\1$/i.exec(right)?.[2];
  return [
    ...(hundreds && op === "==" ? [`${left} >= ${hundreds}00 && ${left} < ${Number(hundreds) + 1}00`] : []),
    ...(/^[<>]/.test(op) && !QUOTED.test(right) ? [`double(${left}) ${op} ${right}`] : []),
    `${left} ${op} ${readLiteral(right)}`,
    `${readLiteral(left)} ${op} ${right}`,
    ...(op === "+" ? [`${left} + string(${right})`, `string(${left}) + ${right}`] : []),
  ];
}

const unquoted = (text: string) => text.replace(/(['"])(-?\d+(?:\.\d+)?|true|false)\1/g, "$2");

/** A quoted literal as the value that its text names; a bare number or bool in quotes. */
function readLiteral(text: string): string {
  const inner = QUOTED.exec(text)?.[2];
  if (inner === undefined) return /^(-?[\d.]+|true|false)$/.test(text) ? `'${text}'` : text;
  if (DURATION.test(inner)) return `duration('${inner}')`;
  return /^\d{4}-\d\d-\d\dT/.test(inner) ? `timestamp('${inner}')` : unquoted(text);
}

/** Names of functions in other languages. */
const FOREIGN: Record<string, string> = {
  len: "size",
  length: "size",
  count: "size",
  includes: "contains",
  lower: "lowerAscii",
  toLowerCase: "lowerAscii",
  toUpperCase: "upperAscii",
  match: "matches",
  test: "matches",
  any: "exists",
  some: "exists",
  every: "all",
  parseInt: "int",
  Number: "double",
};

function call({ node, summary }: Fault, where: string, known: Definitions): Wording {
  const [, receiver, name, types] = /'(?:(.+)\.)?(\w+)\((.*)\)'$/s.exec(summary) as unknown as string[];
  const overloads = known.filter((one) => one.name === name);
  const parts = node!.args as [string, ...(Node | Node[])[]];
  const inputs = parts.slice(1).flat().map((part) => sourceOf(part as Node));
  if (overloads.length === 0) {
    const meant = FOREIGN[name!] ?? closest(name!, [...new Set(known.map((one) => one.name))]);
    return { message: `unknown function ${name}`, found: name, suggestion: meant };
  }
  const takes = splitTypes(types!).map(withArticle).join(" and ") || withArticle(receiver ?? "nothing");
  const signatures = overloads.map((one) => {
    const before = one.receiverType ? `${kindName(one.receiverType)}.` : "";
    return `${before}${name}(${one.params.map(({ type }) => kindName(type)).join(", ")})`;
  });
  const [first = "", ...rest] = inputs;
  const receivers = overloads.map(({ receiverType }) => receiverType && kindName(receiverType));
  let message = `${name} cannot take ${takes}`;
  if (!receiver && !receivers.includes(null)) message = `${name} is called on a value`;
  if (receiver && !receivers.includes(kindName(receiver))) {
    message = `${withArticle(receiver)} has no ${name}()`;
  }
  return {
    message,
    expected: [...new Set(signatures)].slice(0, 6).join(", "),
    found: ellipsize(where, 80),
    candidates: [
      `${first}.${name}(${rest.join(", ")})`,
      `${name}(${inputs.join(", ")})`,
      `string(${first}).${name}(${rest.join(", ")})`,
      `${first}.${name}(${rest.map((text) => /^\d+$/.test(text) ? `'${text}'` : text).join(", ")})`,
    ],
  };
}
