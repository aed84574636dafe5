/** Error budgets from history: 30 days by day, three days and six hours by hour, the last hour by slot. */
import type { Check } from "../../config/config.ts";
import { periodMs } from "../../config/schedule.ts";
import { emptyFigures, type Figures, serviceLevel } from "../../judgement/service_level.ts";
import { type ErrorBudget, errorBudget, SLO_WINDOWS, type SloWindow } from "../../judgement/slo.ts";
import { type MapInSlices, slicer } from "../../base/slices.ts";
import { Cache } from "../../base/cache.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";
import { type HistoryContext, sumReader, type Sums } from "./bands.ts";
import { type Spans, sumSlots } from "./rollup.ts";

/** How long a result is cached. */
const FRESH_MS = 10_000;

/** Reads the current error budget of a check; undefined if it has no objective. */
export type ErrorBudgetReader = (check: Pick<Check, "key">) => Promise<ErrorBudget | undefined>;

type Seconds = Figures["seconds"];

/** Size of the rows a window is read from; absent: slot by slot. */
const SIZES: Partial<Record<SloWindow, number>> = { "6h": HOUR_MS, "3d": HOUR_MS, "30d": DAY_MS };

/** A reader of the error budgets of all checks with an objective. */
export function errorBudgetReader(context: HistoryContext): ErrorBudgetReader {
  const { clock, config, store, packing } = context;
  const checks = config.checks.filter(({ slo }) => slo !== undefined);
  const readSums = sumReader(config, store, packing, clock);
  const cache = new Cache<"all", Promise<Map<string, ErrorBudget>>>({ max: 1, ttlMs: FRESH_MS, clock });

  const readAll = async () => {
    const nowMs = clock.now();
    const days = await readSums("day", startOf("30d", nowMs), nowMs);
    const hours = await readSums("hour", startOf("3d", nowMs), nowMs);
    const map = slicer(clock);
    const spans = await recentSpans(context, checks, { nowMs, map });
    const secondsIn = (key: string, window: SloWindow): Seconds => {
      const from = startOf(window, nowMs);
      if (SIZES[window] === undefined) return secondsOf(spans.get(key) ?? [], from, nowMs);
      return sumSince(window === "30d" ? days : hours, key, from);
    };
    const budgets = await map(checks, ({ key, slo = 0 }): [string, ErrorBudget] => {
      const levelIn = (window: SloWindow) => ({
        from: startOf(window, nowMs),
        level: serviceLevel({ ...emptyFigures(), seconds: secondsIn(key, window) }),
      });
      return [key, errorBudget(slo, levelIn, nowMs)];
    });
    return new Map(budgets);
  };
  // A read may take longer than its result is cached.
  let running: Promise<Map<string, ErrorBudget>> | undefined;
  const read = () => running ??= readAll().finally(() => running = undefined);

  return async ({ key }) => checks.length === 0 ? undefined : (await cache.load("all", read)).get(key);
}

/** Start of a window, rounded down to a whole row. */
function startOf(window: SloWindow, nowMs: number): number {
  const from = nowMs - SLO_WINDOWS[window];
  const size = SIZES[window];
  return size === undefined ? from : Math.floor(from / size) * size;
}

/** When each outcome held in the last hour, by check key. */
async function recentSpans(
  { config, store, packing }: HistoryContext,
  checks: readonly Check[],
  { nowMs, map }: { nowMs: number; map: MapInSlices },
): Promise<Spans> {
  const all: Spans = new Map();
  for (const [shard, own] of Map.groupBy(checks, ({ key }) => packing.shardOf.get(key)!)) {
    // A slot before the hour may extend into it.
    const longest = Math.min(HOUR_MS, Math.max(...own.map((check) => periodMs(check, nowMs))));
    const samples = await store.readSamples({ shard, from: nowMs - HOUR_MS - longest, to: nowMs });
    for (const [key, spans] of (await sumSlots(config, samples, map)).spans) all.set(key, spans);
  }
  return all;
}

function secondsOf(spans: NonNullable<ReturnType<Spans["get"]>>, from: number, to: number): Seconds {
  const seconds: Seconds = {};
  for (const span of spans) {
    const lastsMs = Math.min(span.to, to) - Math.max(span.from, from);
    if (lastsMs > 0) seconds[span.outcome] = (seconds[span.outcome] ?? 0) + lastsMs / 1_000;
  }
  return seconds;
}

function sumSince(sums: Sums, key: string, from: number): Seconds {
  const whole: Seconds = {};
  for (const [start, checks] of sums) {
    if (start < from) continue;
    for (const [outcome, s] of Object.entries(checks.get(key) ?? {}) as [keyof Seconds, number][]) {
      whole[outcome] = (whole[outcome] ?? 0) + s;
    }
  }
  return whole;
}
