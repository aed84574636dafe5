import type { Check, Config, Step } from "./config/config.ts";

/**
 * Requests that one round of a check may send: the report twice (the second look), each step once or, polled, as often as its window
 * allows, and the cleanup. Redirects are not counted: a target that redirects every request is better asked where it leads.
 */
export function requestsOf(
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number {
  return (report ? 2 : 0) + [...journey, ...cleanup].reduce((sum, step) => sum + triesOf(step), 0);
}

const triesOf = ({ until }: Step) => until ? Math.floor(until.withinMs / until.everyMs) + 1 : 1;

/** A prober measures its own place once an hour, in any of its asks. */
const TRACES = 1;

/** Requests of one ask that are no check's own: the controls, and where the prober is. */
export const overheadOf = ({ controls }: Pick<Config, "controls">): number => controls.length + TRACES;
