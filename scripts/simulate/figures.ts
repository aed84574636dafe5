/** Aggregates runs by world, topology and period. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import { type Tape, topologyText } from "./tape.ts";
import { episodesOf, firstPartial, hasCause, silentProbers } from "./truth.ts";

/** One incident change under some rule; `at` is in ms after the start of the run. */
export interface NoticeAt {
  at: number;
  change: "opened" | "updated" | "resolved";
  kind: string;
}

/** The figures of one run. */
export interface Sample {
  world: string;
  topology: string;
  everyMs: number;
  hours: number;
  requests: number;
  judgements: number;
  notices: number;
  episodes: number;
  /** Seconds from the start of each episode to its first critical notice; Infinity if there was none. */
  delays: number[];
  /** Episodes whose first notice had the right kind. */
  right: number;
  /**
   * Seconds from the end of each noticed episode to its resolution; Infinity if there was none before the
   * next episode.
   */
  recoveries: number[];
  /** Critical incidents opened without a cause. */
  falseCritical: number;
  /** Critical incidents resolved during an episode. */
  wrongRecoveries: number;
  /**
   * Minutes from the first partial failure (a share or a region) to the first notice of any kind; Infinity if
   * there was none.
   */
  partials: number[];
  /** `blind` incidents opened, and those opened before every silent prober had an incident. */
  blinds: number;
  blindsTooEarly: number;
}

const isCritical = ({ kind }: Pick<NoticeAt, "kind">) => kind === "drift" || kind === "outage";

/** Computes the figures of one run. */
export function sampleOf(
  tape: Tape,
  notices: readonly NoticeAt[],
  { requests, judgements }: { requests: number; judgements: number },
): Sample {
  const episodes = episodesOf(tape);
  const critical = notices.filter(isCritical);
  const opened = critical.filter(({ change }) => change === "opened");
  const resolved = critical.filter(({ change }) => change === "resolved");
  const firsts = episodes.map(({ from }, i) => {
    const until = episodes[i + 1]?.from ?? Infinity;
    return opened.find(({ at }) => at >= from && at < until);
  });
  const partial = firstPartial(tape);
  const found = partial && notices.find(({ at }) => at >= partial.from);
  return {
    world: tape.world,
    topology: topologyText(tape.topology),
    everyMs: tape.everyMs,
    hours: tape.minutes * MINUTE_MS / HOUR_MS,
    requests,
    judgements,
    notices: notices.length,
    episodes: episodes.length,
    delays: episodes.map(({ from }, i) => ((firsts[i]?.at ?? Infinity) - from) / SECOND_MS),
    right: episodes.filter(({ kind }, i) => firsts[i]?.kind === kind).length,
    recoveries: episodes.flatMap(({ until }, i) => {
      if (!firsts[i]) return [];
      const limit = episodes[i + 1]?.from ?? Infinity;
      const first = resolved.find(({ at }) => at >= until && at < limit);
      return [((first?.at ?? Infinity) - until) / SECOND_MS];
    }),
    falseCritical: opened.filter(({ at }) => !hasCause(tape, at)).length,
    wrongRecoveries:
      resolved.filter(({ at }) => episodes.some(({ from, until }) => at > from + MINUTE_MS && at < until))
        .length,
    partials: partial ? [found ? (found.at - partial.from) / MINUTE_MS : Infinity] : [],
    ...blindsOf(tape, notices),
  };
}

/** Counts `blind` incidents, and those opened before the silent probers behind them had incidents. */
function blindsOf(tape: Tape, notices: readonly NoticeAt[]): Pick<Sample, "blinds" | "blindsTooEarly"> {
  let [probers, blinds, blindsTooEarly] = [0, 0, 0];
  for (const { at, change, kind } of notices) {
    if (kind === "prober" && change === "opened") probers++;
    if (kind === "prober" && change === "resolved") probers--;
    if (kind !== "blind" || change !== "opened") continue;
    blinds++;
    if (probers < silentProbers(tape, at)) blindsTooEarly++;
  }
  return { blinds, blindsTooEarly };
}

/**
 * The value that a share of `values` does not exceed, rounded to 0.1; null if there are none or it is
 * infinite.
 */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(values.length * share) - 1)]!;
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : null;
}

/** Figures of all runs of one world, topology and period. Detection and recovery times are in seconds. */
export interface Row {
  world: string;
  topology: string;
  everySeconds: number;
  hours: number;
  requests: number;
  judgements: number;
  episodes: number;
  detectionP50: number | null;
  detectionP95: number | null;
  missed: number;
  rightWord: number;
  recoveryP50: number | null;
  recoveryP95: number | null;
  falseCritical: number;
  falseAMonth: number;
  wrongRecoveries: number;
  notices: number;
  noticesPerEpisode: number | null;
  /** Partial failures (a share or a region): runs, how many were noticed, and median minutes until then. */
  partials: number;
  partialsTold: number;
  partialP50: number | null;
  blinds: number;
  blindsTooEarly: number;
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
const round = (value: number) => Math.round(value * 100) / 100;
const MONTH_HOURS = 720;

/** One row per world, topology and period, sorted by name. */
export function rowsOf(samples: readonly Sample[]): Row[] {
  const groups = Map.groupBy(
    samples,
    ({ world, topology, everyMs }) => `${world} | ${topology} | ${everyMs}`,
  );
  return [...groups].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, all]) => rowOf(all));
}

/** Aggregates samples into one row, named after the first. */
export function rowOf(all: readonly Sample[]): Row {
  const [{ world, topology, everyMs }] = all as [Sample, ...Sample[]];
  const [delays, recoveries, partials] = [
    all.flatMap((one) => one.delays),
    all.flatMap((one) => one.recoveries),
    all.flatMap((one) => one.partials),
  ];
  const noticed = delays.filter(Number.isFinite);
  const hours = sum(all.map((one) => one.hours));
  const falseCritical = sum(all.map((one) => one.falseCritical));
  const notices = sum(all.map((one) => one.notices));
  return {
    world,
    topology,
    everySeconds: everyMs / SECOND_MS,
    hours,
    requests: sum(all.map((one) => one.requests)),
    judgements: sum(all.map((one) => one.judgements)),
    episodes: delays.length,
    detectionP50: quantile(noticed, 0.5),
    detectionP95: quantile(noticed, 0.95),
    missed: delays.length - noticed.length,
    rightWord: sum(all.map((one) => one.right)),
    recoveryP50: quantile(recoveries, 0.5),
    recoveryP95: quantile(recoveries, 0.95),
    falseCritical,
    falseAMonth: round(falseCritical * MONTH_HOURS / hours),
    wrongRecoveries: sum(all.map((one) => one.wrongRecoveries)),
    notices,
    noticesPerEpisode: delays.length > 0 ? round(notices / delays.length) : null,
    partials: partials.length,
    partialsTold: partials.filter(Number.isFinite).length,
    partialP50: quantile(partials, 0.5),
    blinds: sum(all.map((one) => one.blinds)),
    blindsTooEarly: sum(all.map((one) => one.blindsTooEarly)),
  };
}
