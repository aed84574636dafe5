/**
 * Figures of a check over an hour, a day or a window. Pure; `storage/history/rollup.ts` stores them.
 *
 *     lines of history (one per slot) -> figuresOf -> hour -> mergeFigures -> day, window -> service level
 */
import type { CheckHistory, Trace } from "./assess.ts";
import type { QuorumOutcome } from "./quorum.ts";
import { isFailed, isUnjudged } from "./words.ts";

/** Counts by bucket; see {@linkcode bucketOf}. */
export type Histogram = Record<number, number>;

/** The figures of one check over some slots. */
export interface Figures {
  /** How long (s) each outcome held: a slot counts until the next one is due. */
  seconds: Partial<Record<QuorumOutcome, number>>;
  /** By prober, the number of rounds by verdict and the journeys' durations. */
  probers: Record<string, { words: Partial<Record<Trace["word"], number>>; latency: Histogram }>;
}

/** The figures of one shard over an hour or a day. */
export interface RollupRow {
  /** The hours of the day (UTC) that it includes, as bits, so that no hour is added twice. */
  hours: number;
  /** By check key. */
  checks: Record<string, Figures>;
}

/** Figures of no slots. */
export const emptyFigures = (): Figures => ({ seconds: {}, probers: {} });

const PER_OCTAVE = 4;
const BUCKETS = 80;

/** The bucket of a duration: four per doubling, from 1 ms to 17 minutes; each is 19 % wide. */
export const bucketOf = (ms: number): number =>
  Math.min(BUCKETS, Math.round(Math.log2(Math.max(1, ms)) * PER_OCTAVE));

/** The middle of a bucket in ms, within 9 % of every duration in it. */
export const middleOf = (bucket: number): number => 2 ** (bucket / PER_OCTAVE);

/**
 * Adds one slot to a check's figures, in place, because an hour of a shard has 36,000 rounds. `gapMs`: how
 * long the slot counts.
 */
export function addSlot(figures: Figures, { outcome, traces }: CheckHistory, gapMs: number): void {
  const { seconds, probers } = figures;
  seconds[outcome] = (seconds[outcome] ?? 0) + gapMs / 1_000;
  for (const { prober, word, totalMs } of traces) {
    const { words, latency } = probers[prober] ??= { words: {}, latency: {} };
    words[word] = (words[word] ?? 0) + 1;
    if (totalMs === undefined) continue;
    const bucket = bucketOf(totalMs);
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
}

/** The figures of two periods together. */
export function mergeFigures(a: Figures, b: Figures): Figures {
  const probers = { ...a.probers };
  for (const [id, { words, latency }] of Object.entries(b.probers)) {
    const known = probers[id];
    probers[id] = known
      ? { words: addCounts(known.words, words), latency: addCounts(known.latency, latency) }
      : { words, latency };
  }
  return { seconds: addCounts(a.seconds, b.seconds), probers };
}

/** Merges two rows, check by check. A row whose hours are all in the other adds nothing. */
export function mergeRows(a: RollupRow, b: RollupRow): RollupRow {
  if ((a.hours & b.hours) === b.hours) return a;
  const checks = { ...a.checks };
  for (const [key, figures] of Object.entries(b.checks)) {
    checks[key] = mergeFigures(checks[key] ?? emptyFigures(), figures);
  }
  return { hours: a.hours | b.hours, checks };
}

function addCounts<K extends string | number>(
  a: Partial<Record<K, number>>,
  b: Partial<Record<K, number>>,
): Partial<Record<K, number>> & Record<K, number> {
  const all = { ...a } as Record<K, number>;
  for (const [key, count] of Object.entries(b) as [K, number][]) all[key] = (all[key] ?? 0) + count;
  return all;
}

/**
 * The duration (ms) that this share of the counted ones did not exceed, within 9 %; null: none was counted.
 */
export function percentile(latency: Histogram, share: number): number | null {
  const buckets = Object.entries(latency).map(([bucket, count]) => [Number(bucket), count] as const)
    .sort(([a], [b]) => a - b);
  let left = Math.ceil(buckets.reduce((all, [, count]) => all + count, 0) * share);
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return Math.round(middleOf(bucket));
  }
  return null;
}

/** The service level that figures amount to. Times in seconds. */
export interface ServiceLevel {
  /** Good time over judged time, 0 to 1; null if no time was judged. */
  availability: number | null;
  /** The journey passed: ready, degraded, underclaim, unreported. */
  goodSeconds: number;
  /** The journey failed: drift, not_ready, down, failing. */
  badSeconds: number;
  /** The claim said ready and the journey failed. */
  driftSeconds: number;
  /** No verdict: split or pending. Neither good nor bad. */
  unjudgedSeconds: number;
}

/** Seconds with data, judged or not. */
export const coveredSeconds = (
  { goodSeconds, badSeconds, unjudgedSeconds }: ServiceLevel,
): number => goodSeconds + badSeconds + unjudgedSeconds;

export function serviceLevel({ seconds }: Figures): ServiceLevel {
  const total = (wanted: (outcome: string) => boolean) =>
    Object.entries(seconds).reduce((all, [outcome, s]) => all + (wanted(outcome) ? s : 0), 0);
  const badSeconds = total(isFailed);
  const unjudgedSeconds = total(isUnjudged);
  const goodSeconds = total((outcome) => !isFailed(outcome) && !isUnjudged(outcome));
  const judged = goodSeconds + badSeconds;
  return {
    availability: judged === 0 ? null : goodSeconds / judged,
    goodSeconds,
    badSeconds,
    driftSeconds: seconds.drift ?? 0,
    unjudgedSeconds,
  };
}
