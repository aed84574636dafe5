/** Assay as a library: read what a service claims of itself, hold it against what was seen, and let a quorum decide. */
export * from "./judgement/mod.ts";
export * from "./evidence/report/reading.ts";
