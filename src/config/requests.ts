import type { AskedSource, Check, Config, ReportConfig, Step } from "./config.ts";

const NONE: AskedSource[] = [];
const asked = new WeakMap<ReportConfig, AskedSource[]>();

/** The sources of a check that a prober asks. */
export function sourcesToAsk({ report }: Pick<Check, "report">): AskedSource[] {
  if (!report) return NONE;
  // Asked for some times in every round, and always the same.
  const known = asked.get(report) ?? report.sources.filter((source) => source.kind === "asked");
  asked.set(report, known);
  return known;
}

/**
 * Requests that one round of a check may send: each source that is asked twice (the second look), each step once or, polled, as often as its window
 * allows, and the cleanup. What a step sends beyond its usual requests is not counted, see `furtherRequestsOf`.
 */
export function requestsOf(
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number {
  return 2 * sourcesToAsk({ report }).length +
    [...journey, ...cleanup].reduce((sum, step) => sum + step.requests.usual * triesOf(step), 0);
}

/** Requests of a round in which all is well at the first try. */
export const usualRequestsOf = (
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number =>
  [...journey, ...cleanup].reduce(
    (sum, { requests }) => sum + requests.usual,
    sourcesToAsk({ report }).length,
  );

const triesOf = ({ until }: Step) => until ? Math.floor(until.withinMs / until.everyMs) + 1 : 1;

/** What a round may send on top if each try of a step sends all that it may, as HTTP does where it is redirected, and each source takes all that lets it in. */
export const furtherRequestsOf = (
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number =>
  [...journey, ...cleanup].reduce(
    (sum, step) => sum + (step.requests.most - step.requests.usual) * triesOf(step),
    sourcesToAsk({ report }).reduce((sum, { further }) => sum + 2 * (further?.most ?? 0), 0),
  );

/** A prober measures its own place once an hour, in any of its asks. */
const TRACES = 1;

/** Requests of one ask that are no check's own: the controls, and where the prober is. */
export const overheadOf = ({ controls }: Pick<Config, "controls">): number => controls.length + TRACES;
