import type { AskedSource, Check, Config, ReportConfig, Step } from "./config.ts";

const NONE: AskedSource[] = [];
const asked = new WeakMap<ReportConfig, AskedSource[]>();

/** The sources of a check that probers request. */
export function sourcesToAsk({ report }: Pick<Check, "report">): AskedSource[] {
  if (!report) return NONE;
  // Cached, because every round needs it several times.
  const known = asked.get(report) ?? report.sources.filter((source) => source.kind === "asked");
  asked.set(report, known);
  return known;
}

/** Whether a check has a source that pushes its reports. */
export const hasPushedSource = ({ report }: Pick<Check, "report">): boolean =>
  report?.sources.some(({ kind }) => kind === "pushed") ?? false;

/**
 * Requests one round may send: each source twice (the second is the re-read), each step once or, if polled,
 * as often as its window allows, and the cleanup. Requests beyond the usual ones are in `furtherRequestsOf`.
 */
export function requestsOf(
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number {
  return 2 * sourcesToAsk({ report }).length + usualOf(journey) + usualOf(cleanup);
}

const usualOf = (steps: readonly Step[]) =>
  steps.reduce((sum, step) => sum + step.requests.usual * triesOf(step), 0);

/** Requests of a round in which everything passes at the first attempt. */
export const usualRequestsOf = (
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number =>
  [...journey, ...cleanup].reduce(
    (sum, { requests }) => sum + requests.usual,
    sourcesToAsk({ report }).length,
  );

const triesOf = ({ until }: Step) => until ? Math.floor(until.withinMs / until.everyMs) + 1 : 1;

/**
 * Additional requests if every attempt sends its maximum, such as redirects, and every source its
 * authentication.
 */
export const furtherRequestsOf = (
  { report, journey, cleanup }: Pick<Check, "report" | "journey" | "cleanup">,
): number =>
  [...journey, ...cleanup].reduce(
    (sum, step) => sum + (step.requests.most - step.requests.usual) * triesOf(step),
    sourcesToAsk({ report }).reduce((sum, { further }) => sum + 2 * (further?.most ?? 0), 0),
  );

/** A prober locates itself once an hour, in any of its calls. */
const TRACES = 1;

/** Requests of one call that belong to no check: the controls, and the place of the prober. */
export const overheadOf = ({ controls }: Pick<Config, "controls">): number => controls.length + TRACES;
