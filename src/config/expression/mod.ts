/**
 * CEL expressions and templates that fail closed.
 *
 *     source -> check (types, names) -> rewrite (strict calls) -> program(scope) -> value
 *                                                                      \-> explain: evaluates the parts again
 */
export {
  type ExpressionFunction,
  type Facts,
  type Language,
  type Patterns,
  type Run,
  Scope,
  type Variables,
} from "./scope.ts";
export { CaselessMap, toMap, Unmet, type Value, type ValueReason } from "./value.ts";
export type { Expectation, Mismatch, Program } from "./expectation.ts";
export type { Template } from "./template.ts";
export { ExpressionError } from "./check.ts";
export { compileExpectation, compileProgram } from "./expectation.ts";
export { compileTemplate } from "./template.ts";
export { trustExpectation, trustProgram, trustTemplate } from "./trusted.ts";
export { parseJson, writeJson } from "./body.ts";
export { type HostileAnswer, vacuousPasses } from "./vacuous.ts";
