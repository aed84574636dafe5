/** Which question a source can be asked; only `liveness` makes no readiness claim. */
export const QUESTIONS = [
  "liveness",
  "readiness",
  "startup",
  "aggregate",
  "status_page",
  "lb",
  "push",
] as const;
/** One of {@linkcode QUESTIONS}. */
export type Question = (typeof QUESTIONS)[number];
