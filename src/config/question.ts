/** The questions a report source may answer. Only `liveness` is not a readiness claim. */
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
