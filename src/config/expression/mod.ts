/**
 * CEL expressions and templates that fail closed.
 *
 *     source -> check (types, names) -> tree -> compute(scope) -> value
 *                                         \-> explain: evaluates the parts again
 *
 * `compile.ts` checks and compiles; what is here needs neither the checks nor CEL's library.
 */
export {
  type ExpressionFunction,
  type Facts,
  type Language,
  type Library,
  type Patterns,
  type Run,
  Scope,
  type Variables,
} from "./scope.ts";
export { CaselessMap, toMap, Unmet, type Value, type ValueReason } from "./value.ts";
export type { Expectation, Mismatch, Program } from "./expectation.ts";
export type { Template } from "./template.ts";
export { trustExpectation, trustProgram, trustTemplate } from "./trusted.ts";
export { parseJson, writeJson } from "./body.ts";
export { type HostileAnswer, vacuousPasses } from "./vacuous.ts";
