/**
 * The schemas of the API's responses, for its OpenAPI document and its fuzzer. The app imports none of them,
 * so no bundle includes them.
 */
export * from "./check.ts";
export * from "./gates.ts";
export * from "./history.ts";
export * from "./incidents.ts";
export * from "./problem.ts";
export * from "./records.ts";
export * from "./targets.ts";
