/** Whose fault it is that a round has no good answer. `path`: what lies between the prober and the target. */
export type Owner = "target" | "path" | "ours" | "config";

/**
 * Every reason why a step or the asking of a report had no good answer, and whose it is. What is the target's fails the journey
 * (and a transport failure is the path's if the prober's controls fail too); all else makes the slot inconclusive. docs/reasons.md
 * shows this table, with a sentence on each.
 */
export const REASONS = {
  expectation: "target",
  capture: "target",
  template: "target",
  redirect: "target",
  too_large: "ours",
  encoding: "target",
  stale: "target",
  timeout: "target",
  network: "target",
  body: "target",
  blocked: "path",
  cancelled: "ours",
  deadline: "ours",
  limit: "ours",
  platform: "ours",
  bug: "ours",
  refused: "config",
  config: "config",
} as const satisfies Record<string, Owner>;

/** One of {@linkcode REASONS}. */
export type Reason = keyof typeof REASONS;

/** Those that say nothing about the target. */
export type ForeignReason = {
  [R in Reason]: (typeof REASONS)[R] extends "target" ? never : R;
}[Reason];

/** Whether it is the target's fault. */
export const isTargets = (reason: Reason): boolean => REASONS[reason] === "target";

/** The reason that a text begins with, as "limit: ..." does, if it says nothing about the target. */
export function foreignReason(text: string): ForeignReason | undefined {
  const word = text.split(":", 1)[0]!;
  return Object.hasOwn(REASONS, word) && !isTargets(word as Reason) ? word as ForeignReason : undefined;
}
