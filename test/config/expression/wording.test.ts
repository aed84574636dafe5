/** What the CEL library complains about, in plain words, when a config is loaded and when a journey runs. */
import { expect, test } from "vitest";
import { compileExpectation } from "../../../src/config/expression/compile.ts";
import { ExpressionError } from "../../../src/config/expression/error.ts";
import { answer, HTTP } from "./facts.ts";

/** Words of the library that no user should read. */
const JARGON =
  /overload|operand|ternary|logical|predicate|comprehension|protobuf|dyn|RPAREN|EOF|token|\$run/i;

function mistake(source: string): ExpressionError {
  try {
    compileExpectation(source, ["order"], HTTP);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
  }
  throw new Error(`Cannot find the mistake in ${source} as it compiled`);
}

test.each<[source: string, message: string, suggestion?: string]>([
  ["status == '200'", "cannot compare a number with a string", "status == 200"],
  ["status == '2xx'", "cannot compare a number with a string", "status >= 200 && status < 300"],
  ["'200' != status", "cannot compare a string with a number", "200 != status"],
  ["status < '500'", "cannot compare a number with a string", "status < 500"],
  ["text == 5", "cannot compare a string with a number", "text == '5'"],
  ["headers['x'] > 5", "cannot compare a string with a number", "double(headers['x']) > 5"],
  ["status == true", "cannot compare a number with a bool"],
  [
    "now < '2030-01-01T00:00:00Z'",
    "cannot compare a timestamp with a string",
    "now < timestamp('2030-01-01T00:00:00Z')",
  ],
  ["now - now < '5s'", "cannot compare a duration with a string", "now - now < duration('5s')"],
  ["type(status) == 'int'", "cannot compare a type with a string"],
  ["'a' + status == 'a200'", "+ cannot take a string and a number", "'a' + string(status)"],
  ["status - text == 1", "- cannot take a number and a string"],
  ["body.n - 'a' == 2", "- cannot take a string"],
  ["'DOWN' in text", "cannot look for a string in a string", "text.contains('DOWN')"],
  ["status in ['200', '201']", "cannot look for a number in a list of strings", "status in [200, 201]"],
  ["!status", "! cannot take a number"],
  ["-text == 'a'", "- cannot take a string"],
  ["status && true", "&& cannot take a number"],
  ["status ? true : false", "a number is not a condition"],
  ["true ? 1 : 'a'", "both values of ? : must have the same type"],
  ["[1].all(x, x)", "a number is not a condition"],
  ["status.all(x, x > 1)", "a number has no elements"],
  ["[1].all(1, true)", "the first argument must be a new name"],
  ["has(body)", "has() needs a field"],
  ["size(status) > 3", "size cannot take a number", "string(status).size()"],
  ["status.contains('2')", "a number has no contains()", "string(status).contains('2')"],
  ["status.string() == '200'", "a number has no string()", "string(status)"],
  ["contains(text, 'a')", "contains is called on a value", "text.contains('a')"],
  ["text.matches(5)", "matches cannot take a number", "text.matches('5')"],
  ["[1].join() == 'a'", "join cannot take a list"],
  ["text.startWith('a')", "unknown function startWith", "startsWith"],
  ["text.length() > 3", "unknown function length", "size"],
  ["text.size > 3", "a string has no fields", "text.size()"],
  ["text[0] == 'a'", "a string has no fields"],
  ["[1, 2]['a'] == 1", "the index of a list must be a number"],
  ["run[1] == 'x'", "the key of a map must be a string"],
  ["run.idd == 'x'", "unknown field idd", "id"],
  ["statos == 200", "unknown name statos", "status"],
  ["optional.of(status).orValue(1) == 200", "unknown name optional"],
  ["optional.none().hasValue()", "unknown name optional"],
  ["body.a = 1", "unexpected '='", "body.a == 1"],
  ["status === 200", "unexpected '='", "status == 200"],
  ["status <> 200", "unexpected '>'", "status != 200"],
  ["status == 200 and not has(body.a)", "unexpected 'and'", "status == 200 && !has(body.a)"],
  ["text == 'a and b' or true", "unexpected 'or'", "text == 'a and b' || true"],
  ["status is 200", "unexpected 'is'", "status == 200"],
  ["status == #", "unexpected '#'"],
  ["status == ", "the expression ends too early"],
  ["(status == 200", "')' is missing"],
  ["{'a' 1} == 1", "':' is missing"],
  ["status == 200)", "unexpected ')'"],
  ["text == 'a", "the quotes are not closed"],
  ["if == 1", "if is a reserved word"],
  ["text == 'a\\q'", "Invalid escape sequence: \\q"],
])("%s: %s", (source, message, suggestion) => {
  const { expected, ...error } = mistake(source);
  expect({ ...error, message: mistake(source).message }).toMatchObject({ message, suggestion });
  expect(`${message} ${expected}`).not.toMatch(JARGON);
});

const BODY = { n: 5, s: "abc", l: [1, "a"], m: { a: 1 } };

test.each([
  ["body.n == '5'", "body.n is 5: cannot compare number with string"],
  ["body.s > 3", "body.s is 'abc': cannot compare string with number"],
  ["now < body.s", "now is 2026-01-01T00:00:00.000Z, body.s is 'abc': cannot compare timestamp with string"],
  ["body.n.size() > 3", "body.n is 5: a number has no size"],
  ["1 + body.s == 2", "body.s is 'abc': + cannot take number and string"],
  ["body.m + 1 == 2", "body.m is {a: 1}: + cannot take map and number"],
  ["-body.s == 2", "body.s is 'abc': - cannot take string"],
  ["!body.n", "body.n is 5: not a bool"],
  ["body.n.contains('5')", "body.n is 5: cannot call 'number.contains(string)'"],
  ["int(body.l) == 1", "body.l is [1, 'a']: cannot call 'int(list)'"],
  ["body.s.matches(body.n)", "body.s is 'abc', body.n is 5: cannot match a number"],
  ["int(body.s) == 1", "body.s is 'abc': int(): cannot convert to int"],
  ["bool(body.s)", "body.s is 'abc': bool(): invalid string value \"abc\""],
  ["body.l.all(x, x > 0)", "body.l is [1, 'a']: cannot compare string with number"],
  ["body.n in body.s", "body.n is 5, body.s is 'abc': cannot look for number in this string"],
])("at run time %s says %s", (source, detail) => {
  const failed = compileExpectation(source, [], HTTP).test(answer(JSON.stringify(BODY)));
  expect(failed).toMatchObject({ reason: "type", detail });
});
