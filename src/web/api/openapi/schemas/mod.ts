/** The shapes of what the API answers, for its document and its fuzzer. The app imports none of them, so no bundle pays for them. */
export * from "./check.ts";
export * from "./gates.ts";
export * from "./history.ts";
export * from "./incidents.ts";
export * from "./problem.ts";
export * from "./records.ts";
export * from "./targets.ts";
