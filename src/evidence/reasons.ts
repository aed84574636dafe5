/** Who is responsible for a failure. `path`: the network between prober and target. */
export type Owner = "target" | "path" | "ours" | "config";

/**
 * Every reason why a step or a report request can fail, and who is responsible. The target's failures fail
 * the journey, except that a transport failure counts as the path's if the prober's controls fail too. All
 * others make the slot inconclusive. docs/reasons.md explains each reason.
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

/** Reasons that say nothing about the target. */
export type ForeignReason = {
  [R in Reason]: (typeof REASONS)[R] extends "target" ? never : R;
}[Reason];

/** Whether it is the target's fault. */
export const isTargets = (reason: Reason): boolean => REASONS[reason] === "target";

/** The reason that a text such as "limit: ..." begins with, if it says nothing about the target. */
export function foreignReason(text: string): ForeignReason | undefined {
  const word = text.split(":", 1)[0]!;
  return Object.hasOwn(REASONS, word) && !isTargets(word as Reason) ? word as ForeignReason : undefined;
}
