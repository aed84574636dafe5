/** Assay as a library: read a service's health report, compare it with an observation, and let a quorum decide. */
export * from "./judgement/mod.ts";
export * from "./evidence/report/reading.ts";
